#!/bin/bash
# `prognode report`: several tumours are a segment each, which the report's groups name by number
# and tracking UID; what cannot be made is told in one line, with its exit code.
prognode=$1 source_dir=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-report.XXXXXX")
trap 'rm -rf "$work"' EXIT
. "$source_dir/scripts/lib.sh"
fail() { echo "FAILED: $*" >&2; exit 1; }
model=$source_dir/config/models/example-phantom.yaml

"$prognode" phantom -o "$work/p" --size small --contour both > /dev/null || fail "phantom"
patient=$(find "$work/p" -mindepth 1 -maxdepth 1 -type d)
mkdir "$work/drawn"
cp "$patient"/ct-*.dcm "$patient/rtstruct.dcm" "$work/drawn"
write_config "$work/node.yaml" "$work/spool" 11112 11113 "$model"
sed -e 's/^    contours: .*/    contours: ["*"]/' -e 's/^delivery:/report:\n  several_contours: each\n  pdf: false\ndelivery:/' \
  "$work/node.yaml" > "$work/each.yaml"

"$prognode" report "$work/drawn" --config "$work/each.yaml" -o "$work/each" > "$work/each.txt" || fail "two regions"
[ "$(cut -d' ' -f1 "$work/each.txt" | sort -u | tr '\n' ' ')" = "sc seg sr " ] || fail "made: $(cat "$work/each.txt")"
if /usr/bin/python3 -c 'import pydicom' 2> /dev/null; then
  /usr/bin/python3 - "$work/each/seg.dcm" "$work/each/sr.dcm" << 'PY' || fail "segments and groups do not agree"
import sys, pydicom
seg, sr = (pydicom.dcmread(f) for f in sys.argv[1:])
segments = {s.SegmentNumber: (s.TrackingID, s.TrackingUID) for s in seg.SegmentSequence}
groups = {}
def walk(item):
    own = {c.ConceptNameCodeSequence[0].CodeValue: c for c in item.get("ContentSequence", []) if "ConceptNameCodeSequence" in c}
    if "121191" in own:
        ref = own["121191"].ReferencedSOPSequence[0]
        assert ref.ReferencedSOPInstanceUID == seg.SOPInstanceUID
        number = ref.ReferencedSegmentNumber
        groups[number] = (own["112039"].TextValue, own["112040"].UID)
    for c in item.get("ContentSequence", []):
        walk(c)
walk(sr)
assert len(segments) == 2 and groups == segments, (segments, groups)
PY
else
  echo "SKIPPED in part: python3-pydicom not found"
fi

# A contour that came as SEG needs none of ours; RTSTRUCT and SEG in one folder are two reports.
"$prognode" report "$patient" --model "$model" -o "$work/two" > "$work/two.txt" || fail "two contour objects"
[ "$(grep -c '^seg' "$work/two.txt")" -eq 1 ] && [ -f "$work/two/1/sr.dcm" ] && [ -f "$work/two/2/sr.dcm" ] || fail "two: $(cat "$work/two.txt")"

# One of two lacks an image: partly done. None left: failed.
mkdir "$work/lack"
cp "$work/drawn"/* "$work/lack"
rm "$(ls "$work/lack"/ct-*.dcm | head -1)"
"$prognode" report "$work/lack" --model "$model" -o "$work/none" 2> "$work/err" > /dev/null
[ $? -eq 1 ] && grep -q '1 of 40 named images are missing' "$work/err" || fail "missing image: $(cat "$work/err")"
sed 's/^    contours: .*/    contours: ["no such*"]/' "$work/node.yaml" > "$work/other.yaml"
"$prognode" report "$work/drawn" --config "$work/other.yaml" -o "$work/none" 2> "$work/err" > /dev/null
[ $? -eq 1 ] && grep -q 'no model wants any region of the 1 contour objects' "$work/err" || fail "no region: $(cat "$work/err")"
echo passed
