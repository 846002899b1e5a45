#!/bin/bash
# A committee of networks over a feature of the image, the patient's age and sex from the header and a
# column of the administrator's table, the whole way: the report has predict's score. A patient who is not
# in the table, or twice, gets a report without a risk group that says so; once the row is there, a rerun
# makes the next version. A table that cannot be used fails its cases and nothing else.
. "$(dirname "$0")/common.sh"
need dcmodify

"$prognode" phantom -o "$work/p" --size small --seed 1 --count 4 > /dev/null || fail phantom
dcmodify -nb -ie -i "(0010,1010)=061Y" -m "(0010,0040)=F" "$work"/p/*/ct* || fail dcmodify
dcmodify -nb -m "(0010,0040)=F" "$work"/p/*/rtstruct.dcm || fail dcmodify

cat > "$work/committee.yaml" <<'YAML'
schema: 3
model: {id: committee, version: "1", title: Committee of made-up networks, endpoint: disease-free survival}
intended_use: {modality: [CT], contours: ["GTV*"]}
extraction:
  featureClass: {shape: [Sphericity]}
risk:
  method: elm
  cutpoint: 0
  horizon_years: [1]
  features:
  - {name: original_shape_Sphericity, mean: 0.7, sd: 0.1, quantiles: [0, 0.4, 0.5, 0.7, 0.8, 0.9, 1]}
  - {name: CEA, source: table, mean: 4, sd: 5, quantiles: [0, 1, 2, 4, 6, 20, 900]}
  - {name: PatientAge, source: patient, mean: 60, sd: 10, quantiles: [20, 30, 50, 60, 70, 80, 95]}
  - {name: PatientSex, source: patient, mean: 0.5, sd: 0.5, quantiles: [0, 0, 0, 1, 1, 1, 1]}
  elm:
    hidden: 4
    cost: 1
    networks:
    - {seed: 20220574, beta: [1.5, -0.75, 0.3333333333333333, 0.1]}
    - {seed: 20220575, beta: [0.9, 0.1, -2.25e-1, 0.4]}
    - {seed: 20220576, beta: [-0.4, 0.8, 0.05, 0.7]}
training:
  patients: 100
  events: 40
  kaplan_meier:
  - {group: low, patients: 50, events: 2, time_days: [100, 900], survival: [0.96, 0.9], at_risk: [50, 20]}
  - {group: high, patients: 50, events: 2, time_days: [50, 800], survival: [0.7, 0.5], at_risk: [50, 10]}
card:
  limitations: made up
  performance: [{name: AUC, estimate: 0.61, low: 0.5, high: 0.7, how: "10-fold cross-validation"}]
YAML
put_table() { cat > "$work/new.csv"; mv "$work/new.csv" "$work/table.csv"; }
put_table <<'CSV'
PatientID,CEA,other
PHANTOM-001,5.25,x
PHANTOM-01,900,x
phantom-002,1,x
PHANTOM-003,1,x
PHANTOM-003,2,x
CSV

write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$work/committee.yaml"
sed -i -e 's/^cases:/&\n  clinical_table: table.csv\n  max_attempts: 2/' "$work/prognode.yaml"
"$prognode" check-config "$work/prognode.yaml" > "$work/checked" || fail "check-config"
grep -q 'table.csv, 5 rows' "$work/checked" || fail "check-config says nothing of the table"
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http" "$node_port"
start_node

# of NUMBER VERSION JQ: the case of that phantom, and the report of it
case_of() {
  uid=$(dcmdump +P 0008,0018 "$work/p/PHANTOM-00$1/rtstruct.dcm" | sed -n 's/.*\[\(.*\)\].*/\1/p')
  cases list --limit 0 --json | jq -r --arg u "$uid" --argjson v "$2" '.[] | select(.contour_uid == $u and .version == $v) | '"$3"
}
is() { [ "$(case_of "$1" "$2" .state)" = "$3" ]; }
report_of() { jq -r "$3" "$work"/spool/results/"$(case_of "$1" "$2" .id)".*/report.json; }

send "$work/p/PHANTOM-001" "$work/p/PHANTOM-002" "$work/p/PHANTOM-003"
for i in 1 2 3; do wait_for 60 is $i 1 delivered || fail "phantom $i is $(case_of $i 1 '.state + ": " + .reason')"; done

# ---- the score is predict's, the survival the group's
"$prognode" extract "$work/p" -r 'GTV*' -q -o "$work/features.csv"
awk -F, 'NR == 1 { print $0 ",CEA,PatientAge,PatientSex"; next }
         { print $0 ",5.25,61,0" }' "$work/features.csv" > "$work/all.csv"
"$prognode" predict --model "$work/committee.yaml" --features "$work/all.csv" -o "$work/predicted.csv" 2> /dev/null
want=$(awk -F, '$1 == "PHANTOM-001" { printf "%.12g %s", $3, $6 }' "$work/predicted.csv")
[ "$(report_of 1 1 '.risk | "\(.score) \(.level)"' | awk '{ printf "%.12g %s", $1, tolower($2) }')" = "$want" ] ||
  fail "score $(report_of 1 1 .risk.score), predict says $want"
[ "$(report_of 1 1 '[.variables[] | "\(.name)=\(.value)"] | join(" ")')" = "CEA=5.25 PatientAge=61 PatientSex=0" ] ||
  fail "variables: $(report_of 1 1 .variables)"
case ${want##* } in low) curve=0.96 ;; high) curve=0.7 ;; *) fail "no group: $want" ;; esac
[ "$(report_of 1 1 '.risk.survival[0].probability')" = $curve ] || fail "survival is not the curve of the group"
[ "$(report_of 1 1 '.model.networks')" = 3 ] || fail "not three networks"

# ---- who is not there, or twice, has no risk group
for i in 2 3; do
  [ "$(report_of $i 1 .risk.applicable)" = false ] || fail "phantom $i has a risk group"
done
gate='.risk.gates[] | select(.gate == "variable") | "\(.state) \(.subject): \(.found_text)"'
[ "$(report_of 2 1 "$gate")" = "failed CEA: the clinical table has no row for this patient" ] || fail "$(report_of 2 1 "$gate")"
[ "$(report_of 3 1 "$gate")" = "failed CEA: 2 rows of the clinical table are of this patient, among them 5 and 6" ] ||
  fail "$(report_of 3 1 "$gate")"

# ---- the objects
for id in $(find_instances "$archive_http" SR); do
  fetch "$id" "$work/sr.dcm"
  ! dciodvfy -new "$work/sr.dcm" 2>&1 | grep -E '^Error' || fail "dciodvfy objects"
  dsrdump "$work/sr.dcm" > /dev/null 2>&1 || fail "dsrdump objects"
done
"$prognode" report "$work/p/PHANTOM-001" --model "$work/committee.yaml" --clinical-table "$work/table.csv" \
  -o "$work/again" -q > /dev/null || fail "prognode report"
"$prognode" show "$work/again/sr.dcm" > "$work/shown"
for line in "Age (years) = 61" "CEA = 5.25" "AUC 0.61, 95 % interval 0.5 to 0.7" "Limitations of the model: made up"; do
  grep -qF "$line" "$work/shown" || fail "not shown: $line"
done

# ---- a row that comes later, by a rerun
put_table <<'CSV'
PatientID,CEA
PHANTOM-001,5.25
PHANTOM-002,5.25
CSV
cases rerun "$(case_of 2 1 .id)" > /dev/null || fail rerun
wait_for 60 is 2 2 delivered || fail "the rerun is $(case_of 2 2 '.state + ": " + .reason')"
[ "$(report_of 2 2 .risk.applicable)" = true ] || fail "the rerun has no risk group"
[ "$(report_of 2 2 .predecessor_sop_uid)" = "$(report_of 2 1 .sop_uid)" ] || fail "the rerun replaces nothing"

# ---- a table that cannot be used
printf 'PatientID,CEA\nPHANTOM-004,"5\n' | put_table
send "$work/p/PHANTOM-004"
wait_for 60 is 4 1 failed || fail "with a broken table phantom 4 is $(case_of 4 1 '.state + ": " + .reason')"
case_of 4 1 .reason | grep -q 'clinical table: .*table.csv' || fail "reason: $(case_of 4 1 .reason)"
grep -q 'event=clinical_table ' "$work/node.log" || fail "the log does not tell of the table"
! grep 'event=clinical_table ' "$work/node.log" | grep -q PHANTOM || fail "a Patient ID in the log"
kill -0 "$node_pid" || fail "the node ended"
printf 'PatientID,CEA\nPHANTOM-004,5\n' | put_table
cases retry "$(case_of 4 1 .id)" > /dev/null || fail retry
wait_for 60 is 4 1 delivered || fail "after mending the table phantom 4 is $(case_of 4 1 '.state + ": " + .reason')"
[ "$(report_of 4 1 .risk.applicable)" = true ] || fail "phantom 4 has no risk group"
stop_node
echo "passed: $want"
