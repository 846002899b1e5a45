#!/bin/bash
# Trains the example model on artificial phantoms with a planted hazard. Nothing in it comes from
# patients, and nothing that it says is about patients.
#   scripts/train-example-model.sh PROGNODE            writes config/models/example-phantom.yaml
#   scripts/train-example-model.sh PROGNODE FILE       writes FILE
#   scripts/train-example-model.sh --check PROGNODE    trains again and compares with the shipped file
# Runs some minutes; needs about 150 MB in TMPDIR. The same program gives the same file.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C OPENBLAS_NUM_THREADS=1

usage() { sed -n '4,6s/^# *//p' "$0" >&2; exit 2; }
check=no
[ "${1:-}" != --check ] || { check=yes; shift; }
[ $# -ge 1 ] && [ $# -le 2 ] || usage
prognode=$1
shipped=config/models/example-phantom.yaml
patients=150 a_time=10
[ -x "$prognode" ] || { echo "train-example-model.sh: $prognode is not a program" >&2; exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-train.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# ---- features: a few patients at a time, so that the images need little room
for first in $(seq 1 $a_time $patients); do
  "$prognode" phantom -o "$work/images" --seed "$first" --count $a_time --size standard > "$work/log"
  "$prognode" extract "$work/images" -r 'GTV*' -q -o "$work/part.csv"
  [ "$first" -eq 1 ] && head -n 1 "$work/part.csv" > "$work/features.csv"
  tail -n +2 "$work/part.csv" >> "$work/features.csv"
  rm -rf "$work/images"
done
rows=$(( $(wc -l < "$work/features.csv") - 1 ))
[ "$rows" -eq "$patients" ] || { echo "train-example-model.sh: $rows rows, expected $patients" >&2; exit 1; }

# ---- survival: hazard = 1/1100 per day * exp(0.9 z1 - 0.6 z2 + 0.4 z3), z the standardised values
# of the three features; exponential times by the inverse distribution function, random numbers of
# the "minimal standard" generator (Park & Miller 1988); censored after 3 to 6 years.
awk -v names="original_glcm_JointEntropy original_shape_Sphericity original_shape_MeshVolume" \
    -v betas="0.9 -0.6 0.4" '
function next_random() { state = (16807 * state) % 2147483647; return state / 2147483647 }
# Fills cell[] from a CSV record; returns the number of cells.
function split_csv(line,    n, i, c, quoted, text) {
  n = 0; quoted = 0; text = ""
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1)
    if (c == "\"") quoted = !quoted
    else if (c == "," && !quoted) { cell[++n] = text; text = "" }
    else text = text c
  }
  cell[++n] = text
  return n
}
BEGIN { p = split(names, name, " "); split(betas, beta, " "); state = 1 }
{ n_cells = split_csv($0) }
NR == 1 {
  for (i = 1; i <= n_cells; i++) for (j = 1; j <= p; j++) if (cell[i] == name[j]) column[j] = i
  for (j = 1; j <= p; j++) if (!column[j]) { print "no column " name[j] > "/dev/stderr"; exit 1 }
  next
}
{
  n++; id[n] = cell[1]
  for (j = 1; j <= p; j++) { x[n, j] = cell[column[j]]; sum[j] += x[n, j] }
}
END {
  if (n < 2) exit 1
  for (j = 1; j <= p; j++) {
    mean = sum[j] / n; squares = 0
    for (i = 1; i <= n; i++) squares += (x[i, j] - mean) ^ 2
    sd = sqrt(squares / (n - 1))
    for (i = 1; i <= n; i++) lp[i] += beta[j] * (x[i, j] - mean) / sd
  }
  print "case,time,event"
  for (i = 1; i <= n; i++) {
    event_day = int(-log(next_random()) * 1100 * exp(-lp[i])) + 1
    last_day = int(1095 + 1096 * next_random())
    printf "%s,%d,%d\n", id[i], event_day < last_day ? event_day : last_day, event_day <= last_day
  }
}' "$work/features.csv" > "$work/clinical.csv"

# ---- the model
"$prognode" train --features "$work/features.csv" --clinical "$work/clinical.csv" \
  --use original_glcm_JointEntropy,original_shape_Sphericity,original_shape_MeshVolume \
  --model-id example-phantom --model-version 1.1.0 \
  --title "Example model (artificial phantoms, not for clinical use)" \
  --description "Demonstration model trained on artificial phantoms. Not for clinical use. The survival times were planted: nothing here is about patients." \
  --endpoint "planted survival of phantoms" --research-only yes --modality CT \
  --contours 'GTV*,*tumor*,*tumour*,*lesion*' --min-voxels 50 --max-missing-slices 0 --horizons 1,3,5 --bootstrap 500 --seed 1 -q \
  -o "$work/model.yaml"

if [ $check = yes ]; then
  cmp "$work/model.yaml" "$shipped" || { diff "$shipped" "$work/model.yaml" | head -20; exit 1; }
  echo "the shipped model is what this program trains"
else
  mkdir -p "$(dirname "${2:-$shipped}")"
  cp "$work/model.yaml" "${2:-$shipped}"
  echo "copied to ${2:-$shipped}"
fi
[ -z "${KEEP_TABLES:-}" ] || cp "$work/features.csv" "$work/clinical.csv" "$KEEP_TABLES/"
