#!/bin/sh
# The library as another program sees it: installed into an empty folder, found by pkg-config,
# linked shared and static; the example gives the same lines either way.
#   installed.sh BUILD-DIR SOURCE-DIR CC "FLAGS"
set -eu
build=$1 source=$2 cc=$3 flags=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "installed.sh: $*" >&2; exit 1; }

cmake --install "$build" --component radiomics --prefix "$work/prefix" >"$work/install.log" \
  || { cat "$work/install.log"; fail "cmake --install failed"; }
pc=$(find "$work/prefix" -name libradiomics.pc)
[ -n "$pc" ] || fail "libradiomics.pc is not installed"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
lib=$(pkg-config --variable=libdir libradiomics)
example=$(find "$work/prefix" -name sphere.c)
[ "$(wc -l <"$example")" -le 60 ] || fail "the example has more than 60 lines"

# nothing of the source tree is in reach: only what was installed
cd "$work"
$cc -std=c17 -Wall -Wextra -Wpedantic -Werror $flags $(pkg-config --cflags libradiomics) "$example" \
    $(pkg-config --libs libradiomics) -lm -o shared
$cc -std=c17 $flags $(pkg-config --cflags libradiomics) "$example" "$lib/libradiomics.a" -lm -o static
LD_LIBRARY_PATH=$lib ./shared >shared.csv || fail "the example failed with the shared library"
./static >static.csv || fail "the example failed with the static library"
cmp shared.csv static.csv || fail "shared and static libraries give different values"
objdump -p shared | grep -q 'NEEDED *libradiomics\.so\.[0-9]' || fail "the program does not need libradiomics.so.N"
[ "$(wc -l <shared.csv)" -eq 109 ] || fail "the example printed $(wc -l <shared.csv) lines, not 109"

for h in "$work"/prefix/include/radiomics/*.h; do
  printf '#include <radiomics/%s>\ntypedef int not_empty;\n' "$(basename "$h")" >alone.c
  $cc -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only $(pkg-config --cflags libradiomics) alone.c \
    || fail "$(basename "$h") does not compile from where it is installed"
done

# a feature that can be counted another way
awk 'BEGIN { for (k = -16; k < 16; k++) for (j = -32; j < 32; j++) for (i = -32; i < 32; i++)
               n += i*i + j*j + 4*k*k <= 400; print "voxels," n }' >count.csv
head -1 shared.csv | cmp - count.csv || fail "the example's sphere has another size than counted"
awk -F, '$2 == "nan" || $2 == "-nan" { exit 1 }' shared.csv || fail "a feature of the sphere is NaN"

# what is seen from outside is what the headers declare
shown() { nm -D --defined-only "$lib/libradiomics.so" | awk '{ print $3 }' | grep -vE '^(_init|_fini|__.*)$' | sort; }
sh "$source/radiomics/exports.sh" "$work"/prefix/include/radiomics/*.h | grep -oE 'rx_[a-z0-9_]+' | sort >declared
shown >exported
[ -s exported ] || fail "the shared library shows nothing"
extra=$(comm -13 declared exported)
[ -z "$extra" ] || fail "shown, but in no header: $extra"
missing=$(comm -23 declared exported)
[ -z "$missing" ] || fail "declared, but not in the library: $missing"
echo "installed, linked both ways; $(wc -l <exported) functions shown"
