#!/bin/bash
# A model judged on other patients, as a reviewer reads it: page, document and tables tell the same figures.
set -eu
prognode=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# cohort NAME PATIENTS SEED: three features of which two matter, age, sex, stage
cohort() {
  awk -v n="$2" -v seed="$3" -v f="$work/$1_f.csv" -v c="$work/$1_c.csv" '
    function gauss(  i, s) { s = 0; for (i = 0; i < 12; i++) s += rand(); return s - 6 }
    BEGIN { srand(seed); split("I,II,III", stage, ",")
      print "case,original_shape_VoxelVolume,original_firstorder_Entropy,original_glcm_Contrast" > f
      print "case,time,event,age,sex,stage" > c
      for (i = 1; i <= n; i++) { a = gauss(); b = gauss(); k = gauss()
        t = -log(1 - rand()) * 1500 / exp(0.8 * a - 0.5 * b); w = 400 + 2500 * rand()
        printf "P%d,%.6f,%.6f,%.6f\n", i, 9000 + 2000 * a, 5 + 0.5 * b, 40 + 9 * k > f
        printf "P%d,%.1f,%d,%s,%s,%s\n", i, (t < w ? t : w) + 1, t < w, (i % 9 ? int(60 + 8 * gauss()) : ""), (rand() < .5 ? "M" : "F"), stage[1 + int(3 * rand())] > c
      } }'
}
cohort train 150 1
cohort other 90 2
"$prognode" train --features "$work/train_f.csv" --clinical "$work/train_c.csv" --use 'original_*' --bootstrap 20 --horizons 1,3 \
  --title 'A <model> & more' -q -o "$work/m.yaml" > /dev/null
validate() {
  "$prognode" validate "$work/m.yaml" --features "$work/other_f.csv" --clinical "$work/other_c.csv" --cohort '<others> & co' "$@"
}
validate --adjust 'age,sex,factor(stage)' -o "$work/a.html" --pdf "$work/a.pdf" --table "$work/t.csv" --points "$work/p.csv" \
  > "$work/out" 2> "$work/err"
grep -q 'fewer than 100' "$work/err" || fail "no warning about few events"

# Groups of a clinical column, in the order of their names.
validate --group-column stage -o "$work/g.html" --table "$work/g.csv" > "$work/out" 2> /dev/null
grep -q '^3 groups of stage: log-rank p ' "$work/out" || fail "groups: $(cat "$work/out")"
grep -q 'Groups of stage' "$work/g.html" || fail "no groups in the page"
for stage in I II III; do
  n=$(awk -F, -v s=$stage 'NR > 1 && $6 == s { n++ } END { print n + 0 }' "$work/other_c.csv")
  grep -qx "group $stage: patients,,$n,,," "$work/g.csv" || fail "stage $stage: $(grep "^group" "$work/g.csv")"
done
grep -q '^groups: trend_chisq,,[0-9.]*,,,[0-9.]*$' "$work/g.csv" || fail "trend: $(grep "^groups" "$work/g.csv")"
if validate --group-column case -o "$work/none.html" > /dev/null 2> "$work/err"; then fail "90 groups are taken"; fi
grep -q 'row 10, column "case": "P9" would be group 9, expected at most 8' "$work/err" || fail "$(cat "$work/err")"

# The same content twice: the same bytes.
validate --adjust 'age,sex,factor(stage)' -o "$work/b.pdf" --table "$work/t2.csv" > /dev/null 2>&1
cmp "$work/a.pdf" "$work/b.pdf" || fail "the PDF changes from run to run"
cmp "$work/t.csv" "$work/t2.csv"
[ "$(head -c 4 "$work/b.pdf")" = %PDF ] || fail "-o x.pdf is no PDF"

# HTML: nothing from elsewhere, no script, texts escaped.
grep -q 'A &lt;model&gt; &amp; more' "$work/a.html" || fail "title"
grep -q '&lt;others&gt; &amp; co' "$work/a.html" || fail "cohort"
grep -qiE '<script|src=|url\(|https?:' "$work/a.html" && fail "the page asks for something else"
grep -q '[> ]-\?nan' "$work/a.html" && fail "a number that is none"
if command -v xmllint > /dev/null; then
  tr '\n' ' ' < "$work/a.html" | grep -oE '<svg .*</svg>' | sed 's/<\/svg>/<\/svg>\n/g' | sed 's/.*<svg /<svg /' | grep '^<svg ' > "$work/svgs"
  [ "$(wc -l < "$work/svgs")" -ge 12 ] || fail "only $(wc -l < "$work/svgs") plots"
  while read -r svg; do echo "$svg" | xmllint --noout - || fail "a plot is not well-formed"; done < "$work/svgs"
fi

# The figures of the table stand in the page and in the document.
if command -v pdftotext > /dev/null; then pdftotext -layout "$work/a.pdf" "$work/a.txt"; else cp "$work/a.html" "$work/a.txt"; fi
figure() {   # NAME HORIZON
  text=$(awk -F, -v name="$1" -v h="$2" '$1 == name && $2 == h { printf "%.3f (%.3f to %.3f)", $3, $4, $5 }' "$work/t.csv")
  [ -n "$text" ] || fail "no $1 in the table"
  grep -qF "$text" "$work/a.html" || fail "the page does not say $1 = $text"
  grep -qF "$text" "$work/a.txt" || fail "the document does not say $1 = $text"
}
figure c_harrell ''
figure calibration_slope ''
figure hazard_ratio_high_low ''
figure auc 1
figure auc 3
for plot in kaplan_meier at_risk roc calibration decision auc brier; do
  grep -q "^$plot," "$work/p.csv" || fail "no points of $plot"
done
ratio=$(awk -F, '$1 == "hazard_ratio with the score: sex (M against F)" || $1 == "hazard_ratio with the score: sex (F against M)" { printf "%.3g (%.3g to %.3g)", $3, $4, $5 }' "$work/t.csv")
grep -qF ">$ratio<" "$work/a.html" || fail "forest plot: $ratio"
grep -q '80 patients' "$work/a.html" || fail "patients without an age are not left out of the adjusted models"
grep -q 'Total of the .* criteria shown' "$work/a.txt" || fail "no radiomics quality score"
grep -q '15a full model' "$work/a.txt" || fail "no TRIPOD items"

# Bad input is named, and nothing is written.
bad() {      # EXIT PATTERN OPTIONS...
  want=$1 says=$2; shift 2
  code=0
  validate -o "$work/bad.html" "$@" > "$work/out" 2> "$work/err" || code=$?
  [ $code -eq "$want" ] || fail "$*: exit $code, expected $want: $(cat "$work/err")"
  grep -qE "$says" "$work/err" || fail "$*: $(cat "$work/err")"
  [ ! -e "$work/bad.html" ] || fail "$*: a page was written"
}
bad 1 'no column .*weight|weight' --adjust weight
bad 1 'column "case" has text and 90 different values' --adjust case
bad 1 '"age" is named twice' --adjust age,age
bad 2 'adjust' --adjust ,age
sed 's/^P7,\([^,]*\),/P7,many,/' "$work/other_f.csv" > "$work/broken_f.csv"
code=0
"$prognode" validate "$work/m.yaml" --features "$work/broken_f.csv" --clinical "$work/other_c.csv" -o "$work/bad.html" 2> "$work/err" || code=$?
[ $code -eq 1 ] && grep -q 'row 8, column "original_shape_VoxelVolume": "many"' "$work/err" || fail "$(cat "$work/err")"
echo passed
