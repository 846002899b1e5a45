#!/bin/bash
# Several contours that fit a model, by each policy, and several models for one contour: what is
# scored, what heads the report, and that case and training must match.
set -eu
prognode=$1 source_dir=$2
command -v jq > /dev/null || { echo "SKIPPED: jq is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-several.XXXXXX")
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

# A model of one feature, with wide training values: the body is large, the tumour small.
cat > "$work/volume.yaml" <<'YAML'
schema: 2
model: {id: volume, version: "1", title: Volume, endpoint: overall survival}
intended_use: {modality: [CT], contours: ["GTV*", "Body"], max_missing_slices: 0}
extraction: {imageType: {Original: {}}}
risk:
  method: cox_cutpoint
  cutpoint: 0
  horizon_years: [1, 2]
  features:
    - {name: original_shape_MeshVolume, coefficient: 0.5, mean: 100000, sd: 1000000,
       quantiles: [0, 1, 2, 3, 4, 5, 100000000]}
  baseline: {time_days: [100, 800], cumulative_hazard: [0.1, 0.4]}
  bootstrap: {seed: 7, drawn: 3, coefficients: [0.4, 0.5, 0.6], cumulative_hazard: [0.1, 0.3, 0.1, 0.4, 0.2, 0.5]}
training: {patients: 30, events: 20, c_index: 0.7, c_index_se: 0.05, correlation: [1],
           mahalanobis_quantiles: [0, 1, 2, 3, 4, 5, 6]}
YAML
sed -e 's/id: volume/id: near/' -e 's/max_missing_slices: 0/&, max_mahalanobis: 0.01/' "$work/volume.yaml" > "$work/near.yaml"
"$prognode" phantom -o "$work/p" --seed 100 --size small > /dev/null

# report POLICY MODEL... -> $work/out
report() {
  local policy=$1; shift
  { sed '/^models:/,$d' "$source_dir/config/prognode.example.yaml" \
      | sed "s/^report:/report:\n  several_contours: $policy/"
    echo models:
    for model in "$@"; do echo "  - file: $work/$model.yaml"; done; } > "$work/node.yaml"
  rm -rf "$work/out"
  "$prognode" report "$work/p" -q -o "$work/out" -c "$work/node.yaml" --time 20260301120000 > "$work/log" 2>&1 \
    || fail "report with $policy: $(cat "$work/log")"
}
# holds FILE FILTER: what jq says of the report is true
holds() { jq -e "$2" "$1" > /dev/null || fail "$1: not $2: $(jq -c '.risk, (.regions[] | .risk | {level, gates})' "$1")"; }
count='[.risk.gates[] | select(.gate == "contour_count")][0]'

report refuse volume
json=$(find "$work/out" -name report.json)
holds "$json" '.risk.level == "Not assessed" and .risk.score == null and (.regions | length) == 2'
holds "$json" "$count.state == \"failed\" and $count.found == 2 and $count.high == 1"
holds "$json" 'all(.regions[]; .features.original_shape_MeshVolume > 0)'

report largest volume
json=$(find "$work/out" -name report.json)
holds "$json" '.risk.level == "High risk" and (.regions[] | select(.main) | .name) == "Body"'
holds "$json" "$count.state == \"warned\""
holds "$json" '[.regions[] | select(.risk != null)] | length == 1'
holds "$json" '.risk.score_interval.low < .risk.score and .risk.score < .risk.score_interval.high'
holds "$json" '.risk.group_agreement == 1 and (.risk.survival | length) == 2'

report each volume
json=$(find "$work/out" -name report.json)
holds "$json" '.risk.level == "High risk" and (.regions[] | select(.main) | .name) == "Body"'
holds "$json" '.regions[] | select(.name | startswith("GTV")) | .risk.level == "Low risk" and .risk.applicable'
holds "$json" "$count.state == \"passed\" and $count.found == 2"

# Two models: a report for each, of the same contours, with UIDs of its own. The one is only for
# patients like its own.
report each volume near
[ "$(find "$work/out" -name report.json | wc -l)" -eq 2 ] || fail "reports: $(find "$work/out" -name report.json)"
[ "$(find "$work/out" -name report.json -exec jq -r .sop_uid {} + | sort -u | wc -l)" -eq 2 ] || fail "one UID for two reports"
for json in $(find "$work/out" -name report.json); do
  if [ "$(jq -r .model.id "$json")" = near ]; then
    holds "$json" '.regions[] | select(.name == "Body") | .risk.gates[] | select(.gate == "distance") | .state == "failed" and .high == 0.01'
    holds "$json" '.regions[] | select(.name == "Body") | .risk.score == null and .risk.mahalanobis > 1'
  else
    holds "$json" '.risk.applicable'
  fi
done

# A slice that the contour names and that is not there: no report, and why.
holds "$json" '.risk.gates[] | select(.gate == "missing_slices") | .state == "passed" and .found == 0 and .high == 0'
rm "$(find "$work/p" -name 'ct*' | sort | head -1)"
! "$prognode" report "$work/p" -q -o "$work/none" -m "$work/volume.yaml" > "$work/log" 2>&1 || fail "a report in spite of a missing slice"
grep -q 'named images are missing' "$work/log" || fail "$(cat "$work/log")"
echo passed
