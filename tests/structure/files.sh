#!/bin/sh
# House rules that a machine can see: file length, tabs, blanks at line ends, markers of
# unfinished work.
cd "$1" || exit 2
status=0
for f in $(find radiomics survival config node tests -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.hh'); do
  lines=$(wc -l < "$f")
  [ "$lines" -le 800 ] || { echo "$f has $lines lines: split it by concept (500 is long, 800 too long)"; status=1; }
done
bad=$(grep -rnE "$(printf '\t')|[[:space:]]+\$|TODO|FIXME|XXX" radiomics survival config node \
        --include='*.c' --include='*.h' --include='*.cc' --include='*.hh') || true
[ -z "$bad" ] || { printf 'tabs, trailing blanks or unfinished work:\n%s\n' "$bad"; status=1; }
exit $status
