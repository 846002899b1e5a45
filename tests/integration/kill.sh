#!/bin/bash
# kill -9 of the whole node once in each state, then a restart: one report all the same.
. "$(dirname "$0")/common.sh"

"$prognode" phantom -o "$work/p" --seed 21 --count 6 --size small >/dev/null
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"

role_pids() { pgrep -P "$node_pid" -f "role $1" || true; }
stop_role() { for p in $(role_pids "$1"); do kill -STOP "$p"; done; }
case_state() { cases list --json | jq -r '.[0].state // "none"'; }
newest_is() { [ "$(case_state)" = "$1" ]; }
patient() { ls -d "$work"/p/* | sed -n "$1p"; }
expected=0

# run_round N STATE: reach the state with one patient, kill, restart, expect one more report.
finish_round() {
  expected=$((expected + 1))
  kill_node
  sleep 0.3
  ! pgrep -f "role .*--config $work/" >/dev/null || fail "roles outlived the node"
  start_node
  [ -z "${late:-}" ] || { send "$late"; late=""; }
  wait_for 90 reports_are "$expected" || fail "$1: $(reports) reports, expected $expected"
  wait_for 30 state_is delivered "$expected" || fail "$1: not delivered"
  echo "killed in $1: one report"
}

# received: stored, not yet seen by the indexer
start_node
stop_role indexer
send "$(patient 1)"
finish_round "stored"

# waiting: an image is missing, and comes after the restart
late=$(find "$(patient 2)" -name 'ct*' | sort | head -1)
mkdir "$work/part" && cp -r "$(patient 2)"/. "$work/part" && rm "$work/part/$(basename "$late")"
send "$work/part"
wait_for 20 newest_is waiting || fail "not waiting: $(case_state)"
finish_round "waiting"

# ready: complete, not yet claimed
stop_role worker
send "$(patient 3)"
wait_for 20 newest_is ready || fail "not ready: $(case_state)"
finish_round "ready"

# running: a worker has it; its compute process is stopped, as if it took long
send "$(patient 4)" &
sender=$!
for i in $(seq 400); do
  compute=$(pgrep -f "role compute $work/" || true)
  [ -z "$compute" ] || { kill -STOP $compute 2>/dev/null && break; }
  sleep 0.02
done
wait $sender
[ -n "$compute" ] || fail "no compute process was seen"
newest_is running || echo "note: the case was $(case_state) when it was killed"
finish_round "running"

# reported: computed, the archive is away
kill -9 "$orthanc_pid"; wait "$orthanc_pid" 2>/dev/null || true
send "$(patient 5)"
wait_for 30 newest_is reported || fail "not reported: $(case_state)"
tried() { cases show "$(cases list --json | jq '.[0].id')" --json | jq -e '.deliveries[0].attempts >= 1'; }
wait_for 30 tried || fail "no attempt at delivery"
first=$(cases show "$(cases list --json | jq '.[0].id')" --json | jq -r .report_sop_uid)
kill_node
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
start_node
finish_round "reported"
last=$(cases show "$(cases list --json | jq '.[0].id')" --json | jq -r .report_sop_uid)
[ "$first" = "$last" ] || fail "the report changed its UID: $first, $last"

# delivered: nothing is sent again
finish_count=$expected
kill_node
start_node
sleep 3
reports_are "$finish_count" || fail "delivered cases were reported again"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo "passed: $expected reports"
