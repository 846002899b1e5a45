#!/bin/bash
# From artificial patients to a model and its predictions, as a researcher would do it.
set -eu
prognode=$1 source_dir=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

"$prognode" phantom -o "$work/p" --seed 100 --count 6 --size small --contour both > /dev/null
"$prognode" extract "$work/p" -r 'GTV*' -q -o "$work/f.csv"
[ "$(wc -l < "$work/f.csv")" -eq 13 ] || fail "expected 6 patients by RTSTRUCT and by SEG: $(wc -l < "$work/f.csv") lines"
"$prognode" extract "$work/p" -r 'GTV*' -q | cmp - "$work/f.csv" || fail "stdout differs from the file"
head -1 "$work/f.csv" | tr ',' '\n' | grep -c '^original_' | grep -qx 107 || fail "not 107 feature columns"

# The same patient measured through RTSTRUCT and SEG of the same contour: shape agrees to the voxel
# rule; the JSON form holds the same numbers as the CSV.
"$prognode" extract "$work/p" -r 'GTV*' -q -o "$work/f.json"
[ "$(grep -c original_shape_VoxelVolume "$work/f.json")" -eq 12 ] || fail "JSON rows"

# A parameter file limits the features; an unknown key is refused with its place.
printf 'setting:\n  binCount: 16\nimageType:\n  Original: {}\nfeatureClass:\n  glcm: [Contrast, Id]\n' > "$work/params.yaml"
"$prognode" extract "$work/p/"*101 -r 'GTV*' -q -p "$work/params.yaml" -o "$work/few.csv"
head -1 "$work/few.csv" | tr ',' '\n' | grep -c '^original_' | grep -qx 2 || fail "featureClass is not obeyed"
sed -i 's/binCount/binCuont/' "$work/params.yaml"
out=$("$prognode" extract "$work/p" -p "$work/params.yaml" 2>&1) && fail "a wrong key is accepted" || [ $? -eq 2 ] || fail "exit code"
echo "$out" | grep -qE 'params.yaml:2:3:.*binCuont.*binCount' || fail "message: $out"

# Prediction by the shipped model: one row a region, both groups or one, and a number.
"$prognode" predict --model "$source_dir/config/models/example-phantom.yaml" --features "$work/f.csv" -o "$work/pred.csv"
[ "$(wc -l < "$work/pred.csv")" -eq 13 ] || fail "predictions: $(wc -l < "$work/pred.csv") lines"
grep -qE 'low|high' "$work/pred.csv" || fail "no group"

# A missing image: the RTSTRUCT names it and is refused, the others are measured (the SEG does not
# name it: it lies outside the tumour), exit 3.
rm "$(find "$work/p" -name 'ct*' | sort | head -1)"
code=0
"$prognode" extract "$work/p" -r 'GTV*' -q -o "$work/part.csv" 2> "$work/err" || code=$?
[ $code -eq 3 ] || fail "exit $code with a missing image, expected 3"
grep -q 'missing' "$work/err" || fail "$(cat "$work/err")"
[ "$(wc -l < "$work/part.csv")" -eq 12 ] || fail "$(wc -l < "$work/part.csv") lines"
echo passed
