#!/bin/sh
# Every header compiles alone, the C ones in C17 and in C++17.
cd "$1" || exit 2
cc=$2 cxx=$3 status=0 n=0
flags="$(pkg-config --cflags libpq cairo cairo-ft harfbuzz 2>/dev/null) -I radiomics/include -I survival/include -I config/include -I node -D_GNU_SOURCE -fsyntax-only -Wall -Wextra -Wpedantic -Werror"
for h in $(find radiomics/include survival/include config/include node -name '*.h' | sort); do
  n=$((n + 1))
  printf '#include "%s"\ntypedef int not_empty;\n' "$(pwd)/$h" > "${TMPDIR:-/tmp}/header-$$.c"
  cp "${TMPDIR:-/tmp}/header-$$.c" "${TMPDIR:-/tmp}/header-$$.cc"
  $cc -std=c17 $flags "${TMPDIR:-/tmp}/header-$$.c" || { echo "NOT C17 alone: $h"; status=1; }
  $cxx -std=c++17 $flags "${TMPDIR:-/tmp}/header-$$.cc" || { echo "NOT C++17 alone: $h"; status=1; }
done
rm -f "${TMPDIR:-/tmp}/header-$$.c" "${TMPDIR:-/tmp}/header-$$.cc"
echo "$n headers"
[ "$n" -gt 0 ] || status=1
exit $status
