#!/bin/bash
# The survival library beside R, in one run: the same generated data, one thread, CPU seconds, in turns.
#   tests/bench/survival_r.sh BUILD [ROUNDS] [TASK...]
# Needs r-base-core, r-cran-survival, r-cran-glmnet and r-bioc-consensusclusterplus. BUILD: without sanitizers.
# Prints the medians, the ratio, and how far the two answers are from each other.
set -eu
bench=$(realpath "$1")/bin/bench_against_r rounds=${2:-3}
shift $(( $# < 2 ? $# : 2 ))
here=$(realpath "$(dirname "$0")")
command -v Rscript > /dev/null || { echo "survival_r.sh: Rscript is not installed, nothing is measured"; exit 77; }
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 LC_ALL=C.UTF-8
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export BENCH_SETS="$work/sets.tab"

declare -A what=(
  [cox]="Cox, 10,000 x 20" [lasso_wide]="LASSO-Cox path, 500 x 2,000" [lasso_long]="LASSO-Cox path, 5,000 x 1,000"
  [lasso_cv]="10-fold cross-validation, 500 x 2,000" [km]="Kaplan-Meier, 10^6, two groups"
  [logrank]="log-rank test, 10^6" [concordance]="concordance with its error, 10^6"
  [consensus_hc]="consensus clustering, 560 x 1,000 draws, hierarchical"
  [consensus_km]="the same, k-means from one start" [spectra]="functional spectra, 236 x 15,000 x 500")
tasks=("$@")
[ $# -gt 0 ] || tasks=(cox lasso_wide lasso_long lasso_cv km logrank concordance consensus_hc consensus_km spectra)

median() { sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

Rscript --vanilla "$here/survival_r.R" make "$work"
printf '| task | R | prognode | ratio | answers |\n|---|---|---|---|---|\n'
for task in "${tasks[@]}"; do
  for _ in $(seq "$rounds"); do
    Rscript --vanilla "$here/survival_r.R" run "$task" "$work" >> "$work/$task.rs"
    "$bench" "$task" "$work/$task.tab" "$work/$task.c" >> "$work/$task.cs"
  done
  r=$(median "$work/$task.rs") c=$(median "$work/$task.cs")
  printf '| %s | %.3f | %.3f | %s | %s |\n' "${what[$task]}" "$r" "$c" \
    "$(awk -v r="$r" -v c="$c" 'BEGIN { printf "%.1f", r / c }')" \
    "$(Rscript --vanilla "$here/survival_r.R" compare "$task" "$work")"
done
