#!/bin/bash
# `prognode simulate`: the tables load in the other verbs, and what was planted comes back.
prognode=$1
verb=
. "$(dirname "$0")/stderr.sh"

# ---- one cohort
population=(--genes 400 --gene-noise 0.02 --features 40 --seed 7)
expect 0 '^cohort: 120 patients, [0-9]+ events, expression, features$' simulate -o one -n 120 "${population[@]}"
for file in genesets.gmt truth/{profiles,markers,features,hazard}.csv truth/truth.yaml \
            cohort/{features,features_repeat,clinical,expression,truth}.csv; do
  [ -s "one/$file" ] || complain "no $file"
done
[ "$(wc -l <one/cohort/clinical.csv)" = 121 ] || complain "clinical.csv has $(wc -l <one/cohort/clinical.csv) lines"
[ "$(head -1 one/cohort/features.csv | tr , '\n' | sort | uniq | wc -l)" = 41 ] || complain "names of features"
head -1 one/cohort/features.csv | grep -q '^case,original_shape_SurfaceVolumeRatio,' || complain "first driver"
[ "$(cut -f1 one/genesets.gmt | head -4 | tr '\n' ' ')" = 'WNT_SIGNALLING CELL_DIFFERENTIATION CELL_CYCLE EXTRACELLULAR_MATRIX ' ] ||
  complain "gene sets: $(cut -f1 one/genesets.gmt)"
awk -F, 'NR > 1 && ($2 < 0.0001 || ($3 != 0 && $3 != 1) || $7 !~ /^(I|II|III|IV)$/) { exit 1 }' one/cohort/clinical.csv ||
  complain "clinical: $(head -3 one/cohort/clinical.csv)"

# ---- the same seed the same bytes; other patients of the same population; other populations
expect 0 '' simulate -o again -q -n 120 "${population[@]}"
diff -r one again >/dev/null || complain "the same seed gave other bytes"
expect 0 '' simulate -o two -q -n 90 --cohort 2 "${population[@]}"
cmp -s one/truth/features.csv two/truth/features.csv || complain "another cohort has another population"
cmp -s <(sed -n 2p one/cohort/truth.csv) <(sed -n 2p two/cohort/truth.csv) && complain "another cohort has the same patients"
expect 0 '' simulate -o wide -q -n 5 --genes 0 --features 1781 --seed 8
[ "$(head -1 wide/cohort/features.csv | tr , '\n' | sort | uniq | wc -l)" = 1782 ] || complain "1781 names"
[ ! -e wide/genesets.gmt ] && [ ! -e wide/cohort/expression.csv ] || complain "expression without genes"

# ---- every table is read by its verb
expect 0 '' train --features one/cohort/features.csv --clinical one/cohort/clinical.csv --time-unit months \
  --use original_shape_SurfaceVolumeRatio,original_gldm_DependenceEntropy --bootstrap 20 -q -o model.yaml
expect 0 '' validate model.yaml --features two/cohort/features.csv --clinical two/cohort/clinical.csv --time-unit months --table v.csv
expect 0 '' reliability one/cohort/features.csv one/cohort/features_repeat.csv -q -o icc.csv
# a driver's two measurements agree by 0.95, within the interval
awk -F, '$1 == "original_gldm_DependenceEntropy" { for (i = 2; i <= NF; i++) if ($i + 0 > 0.9 && $i + 0 < 0.98) ok = 1 } END { exit !ok }' icc.csv ||
  complain "reliability: $(grep DependenceEntropy icc.csv)"
expect 0 '' deconvolve one/cohort/expression.csv --given one/truth/profiles.csv -o shares -q
paste -d, one/cohort/truth.csv shares/proportions.csv | awk -F, 'NR > 1 { if ($1 != $7) exit 1
    for (k = 2; k <= 5; k++) { d = $k - $(k + 6); if (d < -0.05 || d > 0.05) exit 1 } }' ||
  complain "shares: $(head -2 one/cohort/truth.csv shares/proportions.csv)"
expect 0 '' cluster shares/proportions.csv -o groups -q --max-k 3 --repeats 20
expect 0 '' correlate one/cohort/features.csv one/cohort/truth.csv -o pairs.csv -q
awk -F, '$1 == "original_gldm_DependenceEntropy" && $2 == "s4" && $4 > 0.25 { ok = 1 } END { exit !ok }' pairs.csv || complain "no link"

# ---- nothing acts on the hazard
expect 0 '' simulate -o null -q -n 60 --genes 0 --null
awk -F, 'NR > 1 && $NF != 0 { exit 1 }' null/cohort/truth.csv || complain "an effect with --null"
awk -F, 'NR > 1 && $NF != 0 { exit 1 }' null/truth/hazard.csv || complain "a log hazard ratio with --null"

# ---- the cohorts of the paper
expect 0 '^image-test-2: 69 patients, [0-9]+ events, features$' simulate -o paper --preset paper --genes 480
for size in genomic-development:200 genomic-test:559 radiogenomic:236 image-test-1:543 image-test-2:69; do
  [ "$(wc -l <"paper/${size%:*}/clinical.csv")" = $((${size#*:} + 1)) ] || complain "$size"
done
[ ! -e paper/image-test-1/expression.csv ] && [ ! -e paper/genomic-test/features.csv ] || complain "what the paper did not measure"
# shares of subpopulations 2 and 4: 49 % and 3.56 %
awk -F, 'NR > 1 { a += $3; b += $5; n++ } END { exit !(a / n > 0.46 && a / n < 0.52 && b / n > 0.025 && b / n < 0.05) }' \
  paper/genomic-test/truth.csv || complain "mean shares"

expect 2 'unexpected argument' simulate -o x y
expect 2 'preset is "none", expected paper' simulate -o x --preset none
expect 2 'are not for --preset' simulate -o x --preset paper -n 10
expect 2 'features is "1782", expected a whole number from 0 to 1781' simulate -o x --features 1782
expect 2 'events is "1.5", expected a number from 0.01 to 0.99' simulate -o x --events 1.5
expect 1 'drivers is 9, expected no more than blocks' simulate -o x --drivers 9 --features 20
expect 1 'markers is 5, expected 5 to an eighth of 30 genes' simulate -o x --genes 30
[ ! -e x ] || complain "a folder was made for nothing"
exit $status
