#!/bin/bash
# Storage commitment with Orthanc, and by C-FIND: a case is committed when the archive has said that it
# keeps every object, over an association of its own; what it lost is sent again; an archive that cannot
# be asked leaves the case delivered; a kill at any time changes nothing.
. "$(dirname "$0")/common.sh"

write() {   # write COMMITMENT
  write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
  sed -i "s/^    connect_timeout_s: 2/    commitment: $1\n    commitment_delay_s: ${delay:-1}\n    commitment_timeout_s: 20\n&/" \
    "$work/prognode.yaml"
  "$prognode" check-config "$work/prognode.yaml" > /dev/null || fail "the configuration"
}
deliveries() { cases show "$1" --json | jq -r '[.deliveries[] | select(.state == "sent") | .commitment] | unique | join(" ")'; }
phantom() { "$prognode" phantom -o "$work/p$1" --size small --seed "$1" > /dev/null; }

# Answered by a call of Orthanc's, with the node killed in between.
start_orthanc "$work/orthanc" ORTHANC "$archive_port" "$archive_http" "$node_port"
write event
start_node
phantom 1
send "$work/p1"
wait_for 90 state_is delivered 1 || wait_for 1 state_is committed 1 || fail "nothing was delivered"
kill_node
start_node
wait_for 60 state_is committed 1 || fail "not committed: $(cases show 1)"
[ "$(deliveries 1)" = committed ] || fail "the deliveries of a committed case: $(deliveries 1)"
cases show 1 | grep -q "sr .*committed" || fail "show does not say it: $(cases show 1)"
grep -q "event=commitment .*failed=0 unknown=0" "$work/node.log" || fail "no outcome in the log"
left=$(find "$work/spool/incoming" "$work/spool/quarantine" -type f)
[ -z "$left" ] || fail "reports are left in the spool: $left"

# Lost before it was asked: it says so, and gets it again under the same UID.
stop_node
delay=8 write event
start_node
phantom 2
send "$work/p2"
wait_for 90 state_is delivered 1 || fail "the second was not delivered"
lost=$(cases show 2 --json | jq -r '.deliveries[] | select(.kind == "sr" and .state == "sent") | .sop_uid')
id=$(curl -sf "http://127.0.0.1:$archive_http/tools/lookup" -d "$lost" | jq -r '.[0].ID')
curl -sf -X DELETE "http://127.0.0.1:$archive_http/instances/$id" > /dev/null || fail "the report is not in the archive"
wait_for 60 state_is committed 2 || fail "not committed after a loss: $(cases show 2)"
[ "$(curl -sf "http://127.0.0.1:$archive_http/tools/lookup" -d "$lost" | jq length)" -eq 1 ] || fail "the lost report did not come again"
grep -q "event=commitment .*failed=1" "$work/node.log" || fail "no failure in the log"
reports_are 2 || fail "$(reports) reports, expected 2"

# By C-FIND.
stop_node
write find
start_node
phantom 3
send "$work/p3"
wait_for 90 state_is committed 3 || fail "not found: $(cases show 3)"

# Away when it is to be asked: later, and then it answers.
stop_node
write event
start_node
phantom 4
send "$work/p4"
wait_for 90 state_is delivered 1 || fail "the fourth was not delivered"
kill -9 "$orthanc_pid"; wait "$orthanc_pid" 2> /dev/null || true
sleep 3
[ "$(state_count committed)" -eq 3 ] || [ "$(state_count committed)" -eq 4 ] || fail "committed by nobody"
start_orthanc "$work/orthanc" ORTHANC "$archive_port" "$archive_http" "$node_port"
wait_for 60 state_is committed 4 || fail "not committed after the archive came back: $(cases show 4)"

# An archive that does not offer it.
stop_node
kill -9 "$orthanc_pid"; wait "$orthanc_pid" 2> /dev/null || true
orthanc_pid=""
mkdir "$work/plain"
storescp -od "$work/plain" -aet ORTHANC "$archive_port" > "$work/storescp.log" 2>&1 & orthanc_pid=$!
start_node
phantom 5
send "$work/p5"
wait_for 90 state_is delivered 1 || fail "the fifth was not delivered"
refused() { grep -q "event=commitment_postponed .*does not offer Storage Commitment" "$work/node.log"; }
wait_for 30 refused || fail "no word of an archive that cannot be asked"
state_is delivered 1 || fail "committed by an archive that cannot say so"
stop_node
