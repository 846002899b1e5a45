#!/bin/bash
# The long form of the campaign of planted truth, by hand:
#   planted.sh PROGNODE PLANTED [COHORTS [PAPERS]]
# First `planted` over COHORTS (200) cohorts; then the whole radiogenomic procedure, by the program's own verbs, on
# PAPERS (5) sets of the five simulated cohorts of the paper: subpopulations found in one cohort, applied to the next,
# patients grouped by them, a recipe trained on their features, and validated on two cohorts with images only.
set -u
prognode=$(realpath "$1") planted=$(realpath "$2") cohorts=${3:-200} papers=${4:-5}
recipes=$(realpath "$(dirname "$0")/../../config/recipes")
work=$(mktemp -d "${TMPDIR:-/tmp}/planted.XXXXXX")
trap 'rm -rf "$work"' EXIT
status=0
if [ "$cohorts" -gt 0 ]; then "$planted" "$cohorts" || status=1; fi

# value NAME [COLUMN]: of validation.csv
value() { awk -F, -v name="$1" -v column="${2:-value}" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
  $1 == name { printf "%s", $at[column]; exit }' v.csv; }

# correlations of found and true shares, the best for each true one
correlations() { paste -d, "$1" "$2" | awk -F, 'NR == 1 { k = NF - 7; next }
  { n++; for (a = 0; a < 4; a++) { x = $(2 + a); sx[a] += x; xx[a] += x * x
      for (b = 0; b < k; b++) { y = $(8 + b); xy[a, b] += x * y; if (a == 0) { sy[b] += y; yy[b] += y * y } } } }
  END { for (a = 0; a < 4; a++) { best = -1
      for (b = 0; b < k; b++) { r = (xy[a, b] - sx[a] * sy[b] / n) / sqrt((xx[a] - sx[a]^2 / n) * (yy[b] - sy[b]^2 / n))
        if (r > best) best = r }
      printf " %.2f", best } }'; }

# the found share that goes best with true share $3
matched() { paste -d, "$1" "$2" | awk -F, -v a="$3" 'NR == 1 { k = NF - 7; next }
  { n++; x = $(1 + a); sx += x
    for (b = 1; b <= k; b++) { y = $(7 + b); xy[b] += x * y; sy[b] += y; yy[b] += y * y } }
  END { for (b = 1; b <= k; b++) { r = (xy[b] - sx * sy[b] / n) / sqrt(yy[b] - sy[b]^2 / n)
      if (b == 1 || r > best) { best = r; at = b } } print "s" at }'; }

for paper in $(seq "$papers"); do
  cd "$work" && rm -rf s && "$prognode" simulate -o s --preset paper --seed "$paper" -q || { status=1; continue; }
  cd s || exit 1
  printf -- '---- paper %s\n' "$paper"
  "$prognode" deconvolve genomic-development/expression.csv -o subclones --runs 3 -q || status=1
  printf 'subpopulations found: %s; shares against the truth:' "$(head -1 subclones/proportions.csv | tr -cd , | wc -c)"
  correlations genomic-development/truth.csv subclones/proportions.csv
  for cohort in genomic-test radiogenomic; do
    "$prognode" deconvolve $cohort/expression.csv --given subclones/expression.csv -o $cohort/shares -q || status=1
    printf '; %s:' $cohort
    correlations $cohort/truth.csv $cohort/shares/proportions.csv
  done
  echo
  # As the paper did it: the patients are grouped by the shares of the cell cycle's and the matrix' subpopulations.
  columns="$(matched radiogenomic/truth.csv radiogenomic/shares/proportions.csv 3), \
$(matched radiogenomic/truth.csv radiogenomic/shares/proportions.csv 4)"
  sed "s/on: proportions/on: proportions, columns: [$columns]/" "$recipes/zhong2022.yaml" >zhong2022-shares-3-4.yaml
  for shipped in "$recipes"/*.yaml zhong2022-shares-3-4.yaml; do
    name=$(basename "$shipped" .yaml) recipe=$PWD/recipe.yaml
    sed 's/repeats: *[0-9]*/repeats: 1/' "$shipped" >"$recipe"
    extra=(--expression radiogenomic/expression.csv --profiles subclones/expression.csv)
    grep -q 'deconvolve' "$recipe" || extra=()
    rm -f model.yaml
    if ! "$prognode" train --features radiogenomic/features.csv --clinical radiogenomic/clinical.csv --time-unit months \
        "${extra[@]}" --recipe "$recipe" --table figures.csv -o model.yaml -q >told 2>&1; then
      echo "recipe $name: $(tail -1 told)"
      continue
    fi
    printf 'recipe %s: apparent, out of fold, lowest and highest: %s\n' "$name" "$(grep -E '^ *C-index' told | head -1 | tr -s ' ')"
    drivers=$(awk -F, 'NR > 1 && $NF != 0 { print $1 }' truth/features.csv | grep -cFf - model.yaml)
    printf '  planted features that the model file names: %s lines\n' "$drivers"
    for test in image-test-1 image-test-2; do
      # clinical variables that a model combines its score with stand beside the features; both tables have one order
      paste -d, $test/features.csv <(cut -d, -f5- $test/clinical.csv) >patients.csv
      "$prognode" validate model.yaml --features patients.csv --clinical $test/clinical.csv --time-unit months \
        --table v.csv >/dev/null 2>err || { echo "  $test: $(tail -1 err)"; status=1; continue; }
      printf '  %s: C %.3f (%.3f to %.3f), hazard ratio of the groups %.2f (%.2f to %.2f), p %.2g\n' $test "$(value c_harrell)" \
        "$(value c_harrell low)" "$(value c_harrell high)" "$(value hazard_ratio_high_low)" \
        "$(value hazard_ratio_high_low low)" "$(value hazard_ratio_high_low high)" "$(value logrank_chisq p)"
    done
  done
done
exit $status
