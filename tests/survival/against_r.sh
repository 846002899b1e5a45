#!/bin/bash
# The survival library against R on random cohorts, many of them awkward: ties, few rows, collinear, constant and huge
# columns, weights, strata, late entry, no censoring, nothing but censoring.
#   tests/survival/against_r.sh BUILD [COHORTS] [SEED] [TASK]
# Says what differs by more than the tolerances in against_r.R, with the seed that makes it; exit 1 then, 77 without R.
set -eu
program=$(realpath "$1")/bin/against_r
here=$(realpath "$(dirname "$0")")
command -v Rscript > /dev/null || { echo "against_r.sh: SKIPPED, Rscript is not installed"; exit 77; }
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 LC_ALL=C.UTF-8
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-against-r.XXXXXX")
trap 'rm -rf "$work"' EXIT
Rscript --vanilla "$here/against_r/against_r.R" "$program" "$work" "${2:-100}" "${3:-1}" "${4:-all}"
