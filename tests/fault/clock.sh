#!/bin/bash
# The clock jumps by a day, forwards and back, while a case waits for an image and a report for
# its archive. Timers that are due stay due, none fires in a storm, every report has its own UID.
. "$(dirname "$0")/common.sh"
[ -f "$tools/clock_shim.so" ] || { echo "SKIPPED: no clock_shim.so"; exit 77; }

FALLBACK_S=20 configure
sed -i 's/^cases:/cases:\n  give_up_s: 1000000/' "$config"
day=$((24 * 3600 * 1000))
set_clock() { "$tool" clock "$work/clock" $(($1 * day)); }
set_clock 0
NODE_ENV="LD_PRELOAD=$tools/clock_shim.so CLOCK_CONTROL=$work/clock"
state_of() { cases list --limit 0 --json | jq -r --arg s "$1" '[.[] | select(.state == $s)] | length'; }
state_has() { [ "$(state_of "$1")" -eq "$2" ]; }
attempts() { grep -c event=delivery_postponed "$work/node.log" || true; }
jumped() { tail -1 "$work/node.log" | grep -q "time=$(date -u -d "$1 days" +%Y-%m-%d)"; }

start_node
pgrep -P "$node_pid" > "$work/roles"
made=0
for jump in 1 -1 0; do
  # One report that no archive takes (there is none yet), one case that lacks an image.
  made=$((made + 2))
  make_patient $((made - 1))
  make_patient "$made"
  late=$(ls "$(patient "$made")"/ct* | head -1)
  mv "$late" "$work/late.dcm"
  "$tool" send "$node_port" A "$work/ack" "$(patient $((made - 1)))"/* "$(patient "$made")"/* || fail send
  wait_for 20 state_has reported 1 || fail "$jump: not reported"
  wait_for 20 state_has waiting 1 || fail "$jump: not waiting"
  tried() { [ "$(attempts)" -gt 0 ]; }
  wait_for 20 tried || fail "no attempt at delivery"
  before=$(attempts)
  set_clock "$jump"
  answers > /dev/null || fail "$jump: no C-ECHO"
  wait_for 10 jumped "$jump" || fail "the node does not see the jump by $jump days"
  sleep 8
  n=$(( $(attempts) - before ))
  # Pauses of 1, 2, 4, 5, 5 s and a quarter: 8 s hold one to five tries.
  [ "$n" -ge 1 ] || fail "$jump: the delivery is not tried any more"
  [ "$n" -le 6 ] || fail "$jump: $n tries in 8 s"
  state_has waiting 1 || fail "$jump: the waiting case became $(cases list | head -3)"
  "$tool" send "$node_port" A "$work/ack.late" "$work/late.dcm" || fail send
  wait_for 20 state_has waiting 0 || fail "$jump: the image came, the case still waits"
  start_archive
  wait_for 60 delivered_are "$made" || { cases list; fail "$jump: not delivered"; }
  end_process "$archive_pid"
  archive_pid=""
done

# A case that waits for its series to be quiet, while the clock is set back by two days: it does not
# wait for the old time to come again.
"$prognode" phantom -o "$work/patients" --seed 900 --size small --contour seg > /dev/null || fail phantom
start_archive
"$tool" send "$node_port" A "$work/ack.seg" "$(patient 900)"/* || fail send
wait_for 20 state_has waiting 1 || fail "the segmentation does not wait: $(cases list | head -3)"
set_clock -2
made=$((made + 1))
wait_for 90 delivered_are "$made" || { cases list; fail "set back by two days: not delivered"; }
grep -q 'event=clock_set_back' "$work/node.log" || fail "the clock was not seen to be set back"
pgrep -P "$node_pid" | cmp -s - "$work/roles" || fail "a role ended"
stop_node
one_report_each "$made"
echo "passed: $made cases over four jumps of the clock, no role ended"
