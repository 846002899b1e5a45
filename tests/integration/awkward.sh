#!/bin/bash
# Odd but legal studies through `prognode report`: each gives a report that is valid and has the
# patient's name and features, or a refusal that says why. With `all` as fourth argument twelve
# character sets, else four.
set -eu
prognode=$1 source_dir=$3 sets=${4:-few}
for tool in dciodvfy dsrdump jq; do
  command -v $tool >/dev/null || { echo "SKIPPED: $tool is not installed"; exit 77; }
done
/usr/bin/python3 -c 'import pydicom' 2>/dev/null || { echo "SKIPPED: python3-pydicom is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-awkward.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; [ ! -s "$work/err" ] || tail -3 "$work/err" >&2; exit 1; }
model=$source_dir/config/models/example-phantom.yaml

"$prognode" phantom -o "$work/p" --seed 3 --size small >/dev/null
/usr/bin/python3 "$source_dir/tests/integration/awkward.py" "$work"/p/PHANTOM-003 "$work/kinds" "$sets"

cat > "$work/node.yaml" <<YAML
node: {ae_title: PROGNODE}
spool: {folder: $work/spool}
report: {seg: false, picture: false, pdf: false, language: de, several_contours: each}
archives: [{name: pacs, ae_title: PACS, host: 127.0.0.1, port: 4242}]
models: [{file: $model}]
YAML

report() {    # report KIND OUT OPTIONS...
  kind=$1 out=$2
  shift 2
  "$prognode" report "$work/kinds/$kind" -o "$work/$out" --time 20260301120000 -q "$@" > "$work/out" 2> "$work/err"
}
check_valid() {
  [ -f "$work/$1/sr.dcm" ] || fail "$1: no report"
  dciodvfy -new "$work/$1/sr.dcm" > "$work/out" 2>&1 || true
  ! grep '^Error' "$work/out" >&2 || fail "$1: dciodvfy"
  dsrdump "$work/$1/sr.dcm" > "$work/dump" 2>&1 || fail "$1: dsrdump"
  "$prognode" show "$work/$1/sr.dcm" > "$work/shown" || fail "$1: show"
}
features() { jq -c '.regions[0].features' "$work/$1/report.json"; }

report plain plain --model "$model" || fail "plain"
check_valid plain
for kind in oblique bare; do
  report "$kind" "$kind" --model "$model" || fail "$kind"
  check_valid "$kind"
  # the same voxels: what rotation leaves is rounding of the coordinates
  jq -en --argjson a "$(features plain)" --argjson b "$(features "$kind")" \
    '[$a | keys[] | select((($a[.] // 0) - ($b[.] // 0) | fabs) > 1e-5 * (1 + ($a[.] // 0 | fabs)))] | length == 0' >/dev/null \
    || fail "$kind: other features"
done
! dcmdump "$work/bare/sr.dcm" | grep -q '(0008,0020).*\[' || fail "bare: a study date out of nowhere"

# Two contours: by default none is scored, by configuration each.
report two-contours two --model "$model" || fail "two-contours"
check_valid two
[ "$(jq '.regions | length' "$work/two/report.json")" = 2 ] || fail "two: regions"
jq -e '.risk.applicable == false and .risk.level == "Not assessed"' "$work/two/report.json" >/dev/null || fail "two: scored by default"
grep -qE 'contours (that )?fit the model' "$work/shown" || fail "two: the reason is not shown"
report two-contours each --config "$work/node.yaml" || fail "two-contours, each"
check_valid each
[ "$(jq '[.regions[].risk.applicable] | length' "$work/each/report.json")" = 2 ] || fail "each: two results"
jq -e '.language == "de"' "$work/each/report.json" >/dev/null || fail "each: language"

# Contours that name no image: measured as they lie, or refused with words; never silence.
if report no-references none --model "$model"; then check_valid none; else
  grep -qiE 'image|reference|series|frame' "$work/err" || fail "no-references: refused without a reason"
fi

# A name that would have to be guessed.
if report unknown-set unknown --model "$model"; then fail "unknown-set: a report with a guessed name"; fi
grep -q 'Specific Character Set "ISO_IR 999" is not known' "$work/err" || fail "unknown-set: refused without the reason"

n=0
for expected in "$work"/kinds/name-*.expected; do
  kind=$(basename "$expected" .expected)
  report "$kind" "$kind" --model "$model" || fail "$kind"
  check_valid "$kind"
  got=$(/usr/bin/python3 -c 'import pydicom, sys; d = pydicom.dcmread(sys.argv[1]); print(d.SpecificCharacterSet, d.PatientName)' "$work/$kind/sr.dcm")
  [ "$got" = "ISO_IR 192 $(cat "$expected")" ] || fail "$kind: the name is '$got', expected '$(cat "$expected")'"
  n=$((n + 1))
done
echo "$n character sets, oblique, bare, two contours, no references, an unknown set: as expected"
