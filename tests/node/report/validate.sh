#!/bin/bash
# Validators and readers that are not ours, over a report of every kind.
#   validate.sh WRITE_REPORTS SOURCE SHARED             dciodvfy, dsrdump, pydicom: seconds
#   validate.sh WRITE_REPORTS SOURCE SHARED KIND...     also PixelMed's template validator, on these
#                                                       kinds ("all": every one), 15 s each when idle
# PixelMed's findings must be among the known ones (pixelmed_known.txt, told in docs/VALIDATION.md).
set -eu
write_reports=$1 source=$2 shared=$3
shift 3
here=$source/tests/node/report
for tool in dciodvfy dsrdump; do
  command -v $tool >/dev/null || { echo "SKIPPED: $tool is not installed"; exit 77; }
done
/usr/bin/python3 -c 'import pydicom' 2>/dev/null || { echo "SKIPPED: python3-pydicom is not installed"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-validate.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/kinds"
"$write_reports" "$work/kinds" > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "write_reports"; }

n=0
for f in "$work"/kinds/*.dcm; do
  dciodvfy -new "$f" > "$work/out" 2>&1 || true
  grep -q '^Comprehensive' "$work/out" || fail "$f: dciodvfy does not know the object"
  ! grep '^Error' "$work/out" >&2 || fail "$f: dciodvfy"
  dsrdump "$f" > "$work/out" 2>&1 || { cat "$work/out" >&2; fail "$f: dsrdump"; }
  ! grep '^E:' "$work/out" >&2 || fail "$f: dsrdump"
  n=$((n + 1))
done
[ "$n" -ge 8 ] || fail "only $n kinds"

codes=$shared/codes/feature_codes.csv
[ -f "$codes" ] || codes=-
/usr/bin/python3 "$here/read_back.py" "$work/kinds" "$codes" || fail "read_back.py"
# That the reader would notice: one digit of one value, in its full form only.
first=$(ls "$work"/kinds/*.json | head -1)
mkdir "$work/changed"
cp "${first%.json}.dcm" "$work/changed/"
sed '0,/"score":/s/"score":[[:space:]]*\([0-9.]*\)[0-9]/"score": \19/' "$first" > "$work/changed/$(basename "$first")"
! cmp -s "$first" "$work/changed/$(basename "$first")" || fail "nothing was changed"
! /usr/bin/python3 "$here/read_back.py" "$work/changed" "$codes" > "$work/out" 2>&1 || fail "a changed score was not noticed"

[ $# -gt 0 ] || exit 0
jar=/usr/share/java/pixelmed.jar
command -v java >/dev/null && [ -f $jar ] || { echo "SKIPPED: PixelMed is not installed"; exit 77; }
[ "$1" != all ] || set -- $(ls "$work"/kinds/*.dcm | xargs -n1 basename | sed 's/\.dcm$//')
for kind in "$@"; do
  # Java 17 limits XPath expressions below what the templates need.
  java -Xmx8g -Xss64m -Djdk.xml.xpathExprGrpLimit=0 -Djdk.xml.xpathExprOpLimit=0 -Djdk.xml.xpathTotalOpLimit=0 \
    -cp $jar com.pixelmed.validate.DicomSRValidator -checkcontentitemorder -checktemplateid \
    "$work/kinds/$kind.dcm" > "$work/out" 2>&1 || { tail -5 "$work/out" >&2; fail "$kind: the validator itself failed"; }
  grep -q 'Found Root Template TID_1500' "$work/out" || { cat "$work/out" >&2; fail "$kind: TID 1500 not found"; }
  grep -E '^(Error|Warning)' "$work/out" | grep -vEf <(grep -v '^#' "$here/pixelmed_known.txt") > "$work/new" || true
  [ ! -s "$work/new" ] || { cat "$work/new" >&2; fail "$kind: PixelMed has findings that are not known"; }
  echo "$kind: PixelMed, $(grep -cE '^(Error|Warning)' "$work/out" || true) known findings"
done
