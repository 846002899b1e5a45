#!/bin/bash
# What comes after the first report of a tumour: an edited contour, an older one, the same data
# again, the node's own report sent back, a corrected patient, a corrected order, a rerun, a lost
# database. Each makes exactly the reports that it should.
. "$(dirname "$0")/common.sh"
need dcmodify

"$prognode" phantom -o "$work/phantom" --size small > /dev/null
patient=$(find "$work/phantom" -mindepth 1 -maxdepth 1 -type d)
mkdir "$work/images"
for f in $(find "$patient" -type f -name '*.dcm'); do
  if dcmdump +P 0008,0060 "$f" | grep -q RTSTRUCT; then cp "$f" "$work/contour.dcm"; else cp "$f" "$work/images/"; fi
done
[ -f "$work/contour.dcm" ] || fail "no contour in the phantom"
n_images=$(ls "$work/images" | wc -l)

value() { dcmdump "$2" | sed -n "s/^($1)[^[]*\[\([^]]*\)\].*/\1/p"; }   # of the data set itself
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
start_node

# report N: waits for exactly N reports and fetches the one of version N into v<N>.dcm.
report() {
  wait_for 90 reports_are "$1" || fail "$(reports) reports, expected $1"
  wait_for 20 state_is delivered "$1" || fail "$(state_count delivered) cases are delivered, expected $1"
  sop=$(cases list --json | jq -r --argjson v "$1" '.[] | select(.version == $v and .report_sop_uid != "") | .report_sop_uid')
  [ "$(echo "$sop" | wc -w)" -eq 1 ] || fail "cases of version $1 with a report: $sop"
  for id in $(find_instances "$archive_http" SR); do
    fetch "$id" "$work/one.dcm"
    [ "$(value 0008,0018 "$work/one.dcm")" != "$sop" ] || mv "$work/one.dcm" "$work/v$1.dcm"
  done
  [ -f "$work/v$1.dcm" ] || fail "report $sop of version $1 is not in the archive"
}
predecessor_is() {  # predecessor_is FILE EARLIER: EARLIER's UIDs stand in FILE's Predecessor Documents Sequence
  dcmdump "$1" | sed -n '/^(0040,a360)/,/^(fffe,e0dd)/p' > "$work/predecessor.txt"
  for tag in 0008,0018 0020,000e; do
    grep -qF "[$(value $tag "$2")]" "$work/predecessor.txt" || fail "$1 does not name $2's $tag as its predecessor"
  done
}
# Everything that came is in the catalogue, and no case is on its way.
at_rest() {
  [ -z "$(ls "$work/spool/incoming")" ] \
    && cases list --json | jq -e '[.[] | select(.state | IN("received", "ready", "running", "reported"))] == []'
}
nothing_new() {     # nothing_new REPORTS CASES WHAT
  wait_for 30 at_rest || fail "$3: the node does not come to rest"
  sleep 0.5
  reports_are "$1" || fail "$3: $(reports) reports, expected $1"
  [ "$(cases list --json | jq length)" -eq "$2" ] || fail "$3: $(cases list --json | jq length) cases, expected $2"
}

send "$work/images" "$work/contour.dcm"
report 1
[ -z "$(dcmdump +P 0040,a360 "$work/v1.dcm")" ] || fail "the first report names a predecessor"

# An edited contour: another object of the same tumour, drawn later.
cp "$work/contour.dcm" "$work/edited.dcm"
dcmodify -nb -gin -i "(3006,0008)=20991231" -i "(3006,0009)=120000" "$work/edited.dcm"
send "$work/edited.dcm"
report 2
predecessor_is "$work/v2.dcm" "$work/v1.dcm"

# Identical data again, and a contour that was drawn before the newest one.
send "$work/images" "$work/contour.dcm" "$work/edited.dcm"
nothing_new 2 2 "identical data"
cp "$work/contour.dcm" "$work/old.dcm"
dcmodify -nb -gin -i "(3006,0008)=20010101" -i "(3006,0009)=120000" "$work/old.dcm"
send "$work/old.dcm"
nothing_new 2 3 "an older contour"
cases list --json --state not_applicable | jq -e '.[0].reason == "older than the contour of case 2"' > /dev/null \
  || fail "the older contour is not told as older"

# The node's own report, routed back.
send "$work/v2.dcm"
wait_for 10 grep -q own_object_returned "$work/node.log" || fail "the own report is not counted"
nothing_new 2 3 "the own report"

# A corrected patient: nothing until images and contour agree, then the right patient's report.
cp -r "$work/images" "$work/merged"
cp "$work/edited.dcm" "$work/merged-contour.dcm"
dcmodify -nb -i "(0010,0020)=MERGED" "$work/merged"/*.dcm "$work/merged-contour.dcm"
send "$work/merged"
nothing_new 2 3 "images of a corrected patient"
send "$work/merged-contour.dcm"
report 3
[ "$(value 0010,0020 "$work/v3.dcm")" = MERGED ] || fail "the report is of patient $(value 0010,0020 "$work/v3.dcm")"
[ "$(value 0010,0020 "$work/v2.dcm")" != MERGED ] || fail "the phantom's patient is MERGED already"
predecessor_is "$work/v3.dcm" "$work/v2.dcm"

# A corrected order: of half of the images nothing follows, of all of them a new version.
cp -r "$work/merged" "$work/order"
dcmodify -nb -i "(0008,0050)=A2" "$work/order"/*.dcm
mkdir "$work/half"
for f in $(ls "$work/order" | head -$((n_images / 2))); do cp "$work/order/$f" "$work/half/"; done
send "$work/half"
nothing_new 3 4 "half of the images of a corrected order"
send "$work/order"
report 4
[ "$(value 0008,0050 "$work/v4.dcm")" = A2 ] || fail "the report's accession number is $(value 0008,0050 "$work/v4.dcm")"
predecessor_is "$work/v4.dcm" "$work/v3.dcm"

# The operator.
newest=$(cases list --json | jq -r '.[] | select(.version == 4) | .id')
cases rerun "$newest" > /dev/null || fail "rerun"
report 5
predecessor_is "$work/v5.dcm" "$work/v4.dcm"
! cases rerun "$newest" 2> "$work/refused.txt" || fail "a replaced case was run again"
grep -q superseded "$work/refused.txt" || fail "rerun of a replaced case: $(cat "$work/refused.txt")"

# A lost database: the same cases, and not one document more or other.
known() { cases list --json | jq -c '[.[] | select(.report_sop_uid != "") | {id, version, report_sop_uid, predecessor_sop_uid}]'; }
before=$(known)
stop_node
rm "$work/spool"/prognode.db*
start_node
wait_for 60 state_is delivered 5 || fail "$(state_count delivered) cases are delivered after the loss, expected 5"
[ "$(known)" = "$before" ] || fail "after the loss: $(known), before: $before"
nothing_new 5 "$(cases list --json | jq length)" "a lost database"
for v in 1 2 3 4 5; do
  sop=$(value 0008,0018 "$work/v$v.dcm")
  for id in $(find_instances "$archive_http" SR); do
    fetch "$id" "$work/one.dcm"
    [ "$(value 0008,0018 "$work/one.dcm")" != "$sop" ] || cmp "$work/one.dcm" "$work/v$v.dcm" || fail "version $v has other bytes"
  done
done
"$prognode" queue reconcile --config "$work/prognode.yaml" > "$work/reconcile.txt" 2>> "$work/node.log" || fail "reconcile"
grep -q ', 0 of them added; 0 reports restored' "$work/reconcile.txt" || fail "$(cat "$work/reconcile.txt")"
stop_node

# Shadow mode: of this model's first six reports five are there; the sixth is held until released.
echo '    shadow: 6' >> "$work/prognode.yaml"
start_node
"$prognode" phantom -o "$work/second" --size small --seed 2 > /dev/null
send "$work/second"
wait_for 60 state_is reported 1 || fail "no report in shadow mode"
sleep 1
reports_are 5 || fail "a report in shadow mode was sent"
cases list --json --state reported | jq -e '.[0].reason == "shadow: held from delivery"' > /dev/null || fail "no reason"
cases release "$(cases list --json --state reported | jq '.[0].id')" > /dev/null 2>&1 || fail "release"
wait_for 20 reports_are 6 || fail "the released report was not sent"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo "passed"
