#!/bin/bash
# `prognode validate --compare`: two models trained on one half of 400 made patients, compared on the other.
prognode=$1
verb=
. "$(dirname "$0")/stderr.sh"

# The hazard knows both features; age and stage are told in the follow-up, stage in words.
awk 'function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) }
BEGIN { srand(5); split("I II III", stage, " ")
  for (half = 0; half < 2; half++) {
    f = half ? "f2.csv" : "f1.csv"; c = half ? "c2.csv" : "c1.csv"
    print "case,original_glcm_JointEntropy,original_shape_Sphericity,original_firstorder_Mean" > f; print "case,time,event,age,stage,sex" > c
    for (i = 0; i < 200; i++) {
      a = normal(); b = normal(); s = int(3 * rand()) + 1; age = int(50 + 10 * normal())
      died = -log(1 - rand()) * 900 * exp(-1.1 * a - 0.3 * b - 0.3 * (s - 2)); left = 300 + 2500 * rand()
      printf "P%d,%.5f,%.5f,%.5f\n", i, a, b, normal() > f
      printf "P%d,%d,%d,%d,%s,%s\n", i, 1 + (died < left ? died : left), died < left, age, stage[s], i % 2 ? "m" : "f" > c } } }'
train() { "$prognode" train --features f1.csv --clinical c1.csv --horizons 1,3 --use "$1" --bootstrap 20 --model-id "$2" -o "$2.yaml" -q > /dev/null || complain "train $2"; }
train original_glcm_JointEntropy,original_shape_Sphericity both
train original_shape_Sphericity weak
value() { awk -F, -v name="$1" -v years="$2" -v column="$3" '$1 == name && $2 == years { print $column }' "$4"; }
within() { awk -v v="$1" -v lo="$2" -v hi="$3" 'BEGIN { exit !(v != "" && v >= lo && v <= hi) }'; }

tables="--features f2.csv --clinical c2.csv"
expect 0 '' validate both.yaml --compare weak.yaml $tables --clinical-columns age,stage,sex --risk-limits 0.2,0.5 --bootstrap 50 \
  -o page.html --table t.csv -q
within "$(value auc 1 5 t.csv)" 0.1 0.4 || complain "AUC at 1 year: $(grep '^auc' t.csv)"
within "$(value auc 1 8 t.csv)" 0 0.001 || complain "p at 1 year: $(grep '^auc' t.csv)"
within "$(value c_harrell '' 5 t.csv)" 0.05 0.35 || complain "C: $(grep '^c_' t.csv)"
within "$(value brier 3 7 t.csv)" -1 0 || complain "Brier score: $(grep '^brier' t.csv)"
within "$(value brier_integrated 3 5 t.csv)" -1 0 || complain "Brier score, integrated: $(grep '^brier' t.csv)"
within "$(value nri_any 3 5 t.csv)" 0.2 2 || complain "reclassification: $(grep '^nri' t.csv)"
within "$(value idi 3 6 t.csv)" 0 1 || complain "IDI: $(grep '^idi' t.csv)"
within "$(value model_added_likelihood_ratio '' 8 t.csv)" 0 1e-6 || complain "added: $(grep '^model_added' t.csv)"
within "$(value model_added_auc 1 5 t.csv)" 0.05 0.5 || complain "added: $(grep '^model_added' t.csv)"
grep -q 'likelihood ratio' out || complain "summary: $(cat out)"
grep -q '0.2 to 0.5' page.html || complain "no risk categories in the page"
grep -q 'age, stage, sex' page.html || complain "no clinical variables in the page"
grep -q 'proper score' page.html || complain "no warning about reclassification in the page"
grep -qF "$(value auc 1 5 t.csv | awk '{ printf "%+.4f", $1 }')" page.html || complain "the page has another difference of AUC"

# Turned round, every difference changes its sign; numbers and page are the same for the same seed.
expect 0 '' validate weak.yaml --compare both.yaml $tables --bootstrap 50 --table back.csv -q
awk -F, 'FNR == 1 { next } NR == FNR { d[$1 "," $2] = $5; p[$1 "," $2] = $8; next }
  $1 ~ /^(auc|c_|brier)/ { n++; if (d[$1 "," $2] + $5 > 1e-12 || d[$1 "," $2] + $5 < -1e-12 || p[$1 "," $2] != $8) bad = 1 }
  END { exit bad || n != 7 }' t.csv back.csv || complain "turned round: $(cat back.csv)"
expect 0 '' validate both.yaml --compare weak.yaml $tables --clinical-columns age,stage,sex --risk-limits 0.2,0.5 --bootstrap 50 \
  -o again.html --table again.csv -q
cmp -s t.csv again.csv && cmp -s page.html again.html || complain "the same seed gave other results"
expect 0 '' validate both.yaml --compare both.yaml $tables --bootstrap 20 --table self.csv -o self.pdf -q
awk -F, '$1 ~ /^(auc|c_|brier)/ { n++; if ($5 != 0 || $8 != 1) bad = 1 } $1 ~ /^(nri|idi)/ && $5 != 0 { bad = 1 }
  END { exit bad || n != 7 }' self.csv || complain "a model against itself: $(cat self.csv)"
head -c 5 self.pdf | grep -q '%PDF-' || complain "no PDF"

# The other model's features in a table of their own, in another order and with a patient less.
(head -1 f2.csv; tail -n +2 f2.csv | tac | grep -v '^P7,') > other.csv
expect 0 'warning: 1 patients have the features of one model only' validate both.yaml --compare weak.yaml $tables \
  --compare-features other.csv --bootstrap 0 --table less.csv -q
grep -v '^P7,' f2.csv > less-f2.csv
expect 0 '' validate both.yaml --compare weak.yaml --features less-f2.csv --clinical c2.csv --bootstrap 0 --table want.csv -q
cmp -s less.csv want.csv || complain "the table of its own gave other numbers"

# A committee of networks has risks by group: all but the integrated Brier score, which needs a curve for each patient.
printf 'schema: 1\nname: e\nsteps:\n  - scale: {method: z}\n  - cluster: {on: features, groups: 2, method: pam, distance: euclidean, repetitions: 20, seed: 1}\n  - label: {high_risk: worst_survival}\n  - model: {method: elm, hidden: 20, cost: 1, networks: 3, seed: 1}\n  - cut: {method: value, value: 0}\nassess: {folds: 3, repeats: 1, seed: 1, horizon_years: [1, 3]}\n' >elm.yaml
expect 0 '' train --features f1.csv --clinical c1.csv --recipe elm.yaml -o networks.yaml -q
expect 0 '' validate both.yaml --compare networks.yaml $tables --bootstrap 0 --table networks.csv -o networks.html -q
[ "$(grep -c '^brier,' networks.csv)" -eq 2 ] && ! grep -q '^brier_integrated' networks.csv || complain "networks: $(grep ^brier networks.csv)"

# What cannot be answered is said, and the rest is there.
awk -F, -v OFS=, 'NR > 1 { $4 = $3 == 1 ? 100000 - $2 : $2 }  { print }' c2.csv > perfect.csv
expect 0 '' validate both.yaml --compare weak.yaml --features f2.csv --clinical perfect.csv --clinical-columns age --bootstrap 0 \
  --table perfect-t.csv -o perfect.html -q
awk -F, 'NR <= 4 { print; next } { $3 = 0; print }' OFS=, c2.csv > three.csv
expect 0 'warning: 3 events' validate both.yaml --compare weak.yaml --features f2.csv --clinical three.csv \
  --clinical-columns age,stage,sex --bootstrap 20 --table three-t.csv -o three.html -q
grep -q 'too few for 4 clinical columns' three.html || complain "too few events are not told"

expect 2 'are for --compare' validate both.yaml $tables --clinical-columns age
expect 2 'risk-limits is "0.5,0.2", expected up to 9 rising' validate both.yaml --compare weak.yaml $tables --risk-limits 0.5,0.2
expect 1 'c2.csv: no column "grade"' validate both.yaml --compare weak.yaml $tables --clinical-columns age,grade -o x.html
expect 1 'column "age" is named twice' validate both.yaml --compare weak.yaml $tables --clinical-columns age,age -o x.html
sed '9s/,[^,]*,m$/,,m/;9s/,[^,]*,f$/,,f/' c2.csv > hole.csv
expect 1 'hole.csv: row 9, column "stage": the value is missing' validate both.yaml --compare weak.yaml --features f2.csv \
  --clinical hole.csv --clinical-columns stage -o x.html
awk -F, -v OFS=, 'NR > 1 { $5 = "II" } { print }' c2.csv > same.csv
expect 1 'same.csv: column "stage" is constant \("II" in all 200' validate both.yaml --compare weak.yaml --features f2.csv \
  --clinical same.csv --clinical-columns stage -o x.html
expect 1 'column "case" has text and 200 different values' validate both.yaml --compare weak.yaml $tables --clinical-columns case -o x.html
expect 1 'gone.yaml' validate both.yaml --compare gone.yaml $tables -o x.html
[ ! -e x.html ] || complain "a page was made for nothing"
[ $status -eq 0 ] && echo passed
exit $status
