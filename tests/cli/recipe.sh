#!/bin/bash
# `prognode train --recipe`: a recipe becomes figures out of fold, tables and a model; what is wrong is named.
prognode=$1 source=$2
verb=train
. "$(dirname "$0")/stderr.sh"

# three of six features make the hazard
awk 'BEGIN { srand(4); f = "features.csv"; c = "clinical.csv"
  print "case,site,original_firstorder_Mean,original_firstorder_Energy,original_firstorder_Entropy,original_glcm_Contrast,original_glcm_Idm,original_firstorder_Skewness" >f
  print "case,time,event,age,hospital" >c
  for (i = 0; i < 90; i++) { lp = 0; row = "p" i ",left"
    for (j = 0; j < 6; j++) { s = -6; for (k = 0; k < 12; k++) s += rand(); if (j < 3) lp += 0.8 * s; row = row sprintf(",%.6f", s) }
    t = -log(1 - rand()) * 1000 * exp(-lp); w = 300 + rand() * 2500; a = 50 + int(rand() * 30)
    print row >f; printf "p%d,%.3f,%d,%d,%s\n", i, (t < w ? t : w), (t < w), a, (i % 2 ? "A" : "B") >c } }'
data=(--features features.csv --clinical clinical.csv)
recipe() { printf 'schema: 1\nname: r\nsteps:\n  - filter: {columns: ["*"], %s}\n  - scale: {method: z}\n%s\nassess: {folds: 3, repeats: 2, seed: 1, horizon_years: [1, 2]}\n' "$1" "$2"; }
select='  - select: {method: lasso_cox, folds: 4, smallest_lambda: 0.05, seed: 1}'

# ---- figures, tables, a model
recipe 'missing: refuse' "$select
  - model: {method: cox}
  - cut: {method: median}" >r.yaml
expect 0 '1 columns of features.csv hold no number' "${data[@]}" --recipe r.yaml -o m.yaml --bootstrap 10 --table t.csv --out-of-fold o.csv
grep -qE '^C-index +0\.[0-9]{3} +0\.[0-9]{3} ' out || complain "no C-index out of fold: $(cat out)"
grep -q '100.0 %  original_firstorder_Mean' out || complain "a planted feature is not in every fit: $(cat out)"
[ "$(awk -F, '$2 == "C-index" && $3 == "out of fold" { print ($4 > 0.65 && $8 == 2) }' t.csv)" = 1 ] || complain "table: $(head -3 t.csv)"
[ "$(wc -l <o.csv)" -eq 181 ] || complain "o.csv has $(wc -l <o.csv) lines, expected 2 repeats of 90 patients"
awk -F, 'NR > 1 && ($3 < 1 || $3 > 3 || $4 == "" || ($5 != "low" && $5 != "high")) { bad = 1 } END { exit bad }' o.csv || complain "out of fold: $(head -3 o.csv)"
grep -q 'recipe_name: "r"' m.yaml && grep -q 'cross-validation of all steps, 2 times' m.yaml || complain "the card of m.yaml"
digest=$(sha256sum r.yaml | cut -d' ' -f1)
grep -q "$digest" m.yaml || complain "the digest of the recipe is not in the model"
verb=validate
expect 0 "" m.yaml --features features.csv --clinical clinical.csv
verb=train
cp o.csv first.csv
expect 0 '' "${data[@]}" --recipe r.yaml --out-of-fold o.csv -q
cmp -s first.csv o.csv || complain "the same recipe gave other scores"

# with clinical columns, which the model then takes from a table
recipe 'missing: refuse' "$select
  - model: {method: penalised}
  - combine: {clinical: [age], folds: 3, seed: 1}" >combine.yaml
expect 0 '' "${data[@]}" --recipe combine.yaml -o c.yaml -q
grep -q 'name: "age"' c.yaml && grep -q 'source: table' c.yaml || complain "age is not in c.yaml"

# ---- what is wrong, with its place
expect 2 'cutpoint does not go with --recipe' "${data[@]}" --recipe r.yaml --cutpoint median
expect 2 "clinical-use does not go with --recipe" "${data[@]}" --recipe r.yaml --clinical-use age
expect 2 'profiles goes with --recipe' "${data[@]}" --use x -o y.yaml --profiles s.csv
expect 1 'nowhere.yaml' "${data[@]}" --recipe nowhere.yaml
sed 's/lasso_cox/lasso_kox/' r.yaml >bad.yaml
expect 1 'bad.yaml:6:22: steps\[2\].select.method: got "lasso_kox", expected lasso_cox, elastic_net_cox or lasso_logistic' "${data[@]}" --recipe bad.yaml
sed '7s/,[^,]*$/,/' features.csv >gap.csv
expect 1 'gap.csv: row 7, column "original_firstorder_Skewness": the value is missing' --features gap.csv --clinical clinical.csv --recipe r.yaml
recipe 'missing: drop' "$select
  - model: {method: cox}" >drop.yaml
expect 0 '' --features gap.csv --clinical clinical.csv --recipe drop.yaml -q
grep -q '1 without a value in some patient' out || complain "the column with a gap: $(head -3 out)"
sed '9s/,[^,]*$/,many/' features.csv >text.csv
expect 1 'text.csv: row 9, column "original_firstorder_Skewness": "many" is not a number' --features text.csv --clinical clinical.csv --recipe r.yaml
sed '5s/^p3,/p2,/' features.csv >twice.csv
expect 1 'twice.csv: rows 4 and 5 have the same "case"' --features twice.csv --clinical clinical.csv --recipe r.yaml
awk -F, -v OFS=, 'NR > 1 { $3 = 0 } 1' clinical.csv >alive.csv
expect 1 'alive.csv: none of the 90 patients has an event' --features features.csv --clinical alive.csv --recipe r.yaml
awk -F, -v OFS=, 'NR > 1 { $8 = $3 * 2 } 1' features.csv >same.csv
recipe 'missing: refuse' '  - model: {method: cox}' >plain.yaml
expect 1 'model: original_firstorder_Skewness is determined by the columns before it' --features same.csv --clinical clinical.csv --recipe plain.yaml
awk -F, -v OFS=, 'NR > 1 { $8 = 7 } 1' features.csv >flat.csv
expect 0 '' --features flat.csv --clinical clinical.csv --recipe plain.yaml -q
grep -q '1 constant' out || complain "the constant column: $(head -3 out)"
recipe 'missing: refuse' '  - model: {method: cox}
  - combine: {clinical: [weight], seed: 1}' >unknown.yaml
expect 1 'clinical.csv.*"weight"' "${data[@]}" --recipe unknown.yaml
printf 'schema: 1\nname: r\nsteps:\n  - harmonise: {centre: hospital}\n  - scale: {method: z}\n  - model: {method: cox}\nassess: {folds: 3, repeats: 1, seed: 1}\n' >centres.yaml
expect 0 '' "${data[@]}" --recipe centres.yaml -q
grep -q 'harmonise   2 centres' out || complain "two centres: $(cat out)"
expect 1 'cannot hold the step harmonise' "${data[@]}" --recipe centres.yaml -o x.yaml
expect 1 "step deconvolve needs --expression" "${data[@]}" --recipe "$source/config/recipes/zhong2022.yaml"
[ ! -e x.yaml ] || complain "a model was written for nothing"

# ---- subclones: expression of two subpopulations, whose shares decide features and hazard
awk 'BEGIN { srand(6); f = "rf.csv"; c = "rc.csv"; e = "re.csv"; s = "rs.csv"
  print "case,original_firstorder_Mean,original_firstorder_Energy,original_firstorder_Entropy" >f; print "case,time,event" >c; print "gene,s1,s2" >s
  for (i = 0; i < 80; i++) { kind[i] = rand() < 0.5; printf "p%d", i >f
    for (j = 0; j < 3; j++) { v = -6; for (k = 0; k < 12; k++) v += rand(); printf ",%.6f", v + (j < 2 ? 2.5 * kind[i] : 0) >f } print "" >f
    t = -log(1 - rand()) * 900 * exp(-1.5 * kind[i]); w = 300 + rand() * 2500
    printf "p%d,%.3f,%d\n", i, (t < w ? t : w), (t < w) >c }
  printf "gene" >e; for (i = 0; i < 80; i++) printf ",p%d", i >e; print "" >e
  for (g = 0; g < 30; g++) { a = g < 10 ? 100 : g < 20 ? 0 : 50; b = g < 10 ? 0 : g < 20 ? 100 : 50
    print "g" g "," a "," b >s; printf "g%d", g >e
    for (i = 0; i < 80; i++) { share = kind[i] ? 0.8 : 0.2; printf ",%.4f", (a * share + b * (1 - share)) * (0.95 + 0.1 * rand()) >e } print "" >e } }'
printf 'schema: 1\nname: clones\nsteps:\n  - deconvolve: {profiles: rs.csv}\n  - cluster: {on: proportions, groups: 2, repetitions: 30, seed: 1}\n  - label: {high_risk: worst_survival}\n  - scale: {method: z}\n%s\n  - model: {method: elm, hidden: 40, networks: 3, seed: 1}\nassess: {folds: 3, repeats: 2, seed: 1, horizon_years: [1]}\n' "$select" >clones.yaml
expect 0 '' --features rf.csv --clinical rc.csv --expression re.csv --recipe clones.yaml -o e.yaml -q
grep -q 'deconvolve  2 subpopulations' out || complain "subpopulations: $(cat out)"
grep -q 'method: elm' e.yaml && [ "$(grep -c ' seed: ' e.yaml)" -ge 3 ] || complain "three networks in e.yaml"
grep -v '^g7,' re.csv >less.csv
expect 1 'less.csv has 29 genes|has 30 genes, less.csv has 29|no row "g7"' --features rf.csv --clinical rc.csv --expression less.csv --recipe clones.yaml
cut -d, -f1-70 re.csv >fewer.csv
expect 0 'warning: 11 patients have no column in fewer.csv' --features rf.csv --clinical rc.csv --expression fewer.csv --recipe clones.yaml -q
exit $status
