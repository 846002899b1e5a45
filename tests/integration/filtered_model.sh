#!/bin/bash
# A model of filtered images, the whole way: extract with PyRadiomics' preparation and filters, train,
# report. The report's numbers are extract's, each filtered image stands in a group of its own, and the
# score is the one that predict gives for the row of the table.
set -eu
prognode=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-filtered.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
cd "$work"

cat > params.yaml <<'YAML'
setting:
  binWidth: 25
  resampledPixelSpacing: [2, 2, 2]
  interpolator: sitkLinear
imageType:
  Original: {}
  LoG: {sigma: [3.0]}
  Wavelet: {binWidth: 10}
featureClass:
  shape: [MeshVolume, Sphericity]
  firstorder: [Mean, Entropy]
  glcm: [Contrast]
YAML
patients=14
"$prognode" phantom -o images --seed 1 --count $patients --size small > /dev/null
"$prognode" extract images -r 'GTV*' -q -p params.yaml -o features.csv
[ "$(($(wc -l < features.csv) - 1))" -eq $patients ] || fail "not a row for each of $patients patients"
awk 'BEGIN { print "case,time,event" }' > clinical.csv
tail -n +2 features.csv | cut -d, -f1 | awk '{ s = (16807 * (s ? s : 7)) % 2147483647
  print $1 "," 100 + int(900 * s / 2147483647) "," (NR % 4 != 0) }' >> clinical.csv

features=original_shape_Sphericity,wavelet-LLH_glcm_Contrast,log-sigma-3-0-mm-3D_firstorder_Entropy
"$prognode" train --features features.csv --clinical clinical.csv --use "$features" --extraction params.yaml \
  --contours 'GTV*' --bootstrap 0 -o model.yaml > /dev/null
"$prognode" report images/PHANTOM-003 --model model.yaml -o out -q --time 20260102030405 > report.log 2>&1 ||
  { cat report.log >&2; fail "report"; }
sr=$(find out -name '*sr*.dcm' | head -1)
"$prognode" show "$sr" > shown

# The table's cell of one feature of patient 3.
cell() {
  awk -v name="$1" 'function split_csv(line,    n, i, c, quoted, text) {
      n = 0; quoted = 0; text = ""
      for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) { cell[++n] = text; text = "" }
        else text = text c
      }
      cell[++n] = text
      return n }
    { n = split_csv($0) }
    NR == 1 { for (i = 1; i <= n; i++) if (cell[i] == name) column = i; next }
    cell[1] == "PHANTOM-003" { printf "%.9g", cell[column] }' features.csv
}
for feature in shape_Sphericity wavelet-LLH_glcm_Contrast wavelet-HHH_firstorder_Mean log-sigma-3-0-mm-3D_firstorder_Entropy; do
  case $feature in wavelet* | log*) column=$feature ;; *) column=original_$feature ;; esac
  want=$(cell "$column")
  [ -n "$want" ] || fail "extract gave no $column"
  grep -qE "^  $feature +$want( |$)" shown || fail "$feature is not $want: $(grep -E "^  $feature " shown)"
done
[ "$(grep -c '^Region ' shown)" -eq 10 ] || fail "expected the region, LoG and 8 wavelets: $(grep '^Region ' shown)"
grep -q '^Region .* wavelet-HHH' shown || fail "no group of wavelet-HHH"
for checker in "dciodvfy -new" dsrdump; do
  command -v "${checker%% *}" > /dev/null || continue
  ! $checker "$sr" 2>&1 | grep -E '^(Error|E:)' || fail "$checker objects"
done

"$prognode" predict --model model.yaml --features features.csv -o predicted.csv
score=$(awk -F, '$1 == "PHANTOM-003" { printf "%.6g", $3 }' predicted.csv)
grep -qE "^  Score +$score " shown || fail "score is not $score: $(grep '^  Score' shown)"
# Of all features by pattern, as the LASSO chooses them; what it chooses has columns of its own.
"$prognode" train --features features.csv --clinical clinical.csv --use 'original_*,wavelet-*' --select lasso \
  --redundancy 0.9 --folds 5 --extraction params.yaml --contours 'GTV*' --bootstrap 0 -o chosen.yaml > choice 2>&1 ||
  grep -q "the LASSO chooses none of" choice || fail "selection: $(cat choice)"
# On the patients it was made from, a Cox model is calibrated by construction.
"$prognode" validate model.yaml --features features.csv --clinical clinical.csv -o page.html --table numbers.csv > judged 2> /dev/null
grep -q "^calibration slope (1: right) *1.000 " judged || fail "slope: $(cat judged)"
grep -q "^patients,,$patients," numbers.csv || fail "table of validate"
grep -q "</html>" page.html || fail "page of validate"
echo "passed: $(grep -c . shown) lines shown"
