#!/bin/bash
# An archive is away for half an hour, by a clock that is moved on, while cases finish, and the node is
# killed again and again; another archive is there. Each report is in both once, and the archive that was
# away has committed itself to all of them. ROUNDS: cases.
. "$(dirname "$0")/common.sh"
need Orthanc curl
[ -f "$tools/clock_shim.so" ] || { echo "SKIPPED: no clock_shim.so"; exit 77; }
n_cases=${rounds:-100}
away_port=$(free_port) away_http=$(free_port)
orthanc_pid=""
clean_up_more() { end_process "$orthanc_pid"; }

OBJECTS="" configure
sed -i "s/retry_max_s: .*/retry_max_s: 600/; s/^archives:/archives:\n  - {name: away, ae_title: ORTHANC, host: 127.0.0.1, port: $away_port, connect_timeout_s: 2, commitment: event, commitment_delay_s: 1}/" "$config"
minute=$((60 * 1000))
set_clock() { "$tool" clock "$work/clock" "$1"; }
set_clock 0
NODE_ENV="LD_PRELOAD=$tools/clock_shim.so CLOCK_CONTROL=$work/clock"
beside_has() { [ "$(find "$archive" -type f | wc -l)" -ge "$1" ]; }
committed_are() { [ "$(cases list --limit 0 --json | jq '[.[] | select(.state == "committed")] | length')" -eq "$1" ]; }
postponed() { grep "event=delivery_postponed" "$work/node.log" | grep -c "archive=away" || true; }

start_archive
start_node
for i in $(seq "$n_cases"); do make_patient "$i"; done
kills=0 sent=0
for step in $(seq 10); do
  # A tenth of the cases, three minutes on, and at each other step a kill.
  last=$((n_cases * step / 10))
  while [ "$sent" -lt "$last" ]; do
    sent=$((sent + 1))
    "$tool" send "$node_port" A "$work/ack" "$(patient "$sent")"/* || fail send
  done
  wait_for 120 beside_has "$sent" || { cases list; fail "the archive that is there has $(find "$archive" -type f | wc -l) of $sent"; }
  if [ $((step % 2)) -eq 0 ]; then
    kill_node
    kills=$((kills + 1))
    start_node
  fi
  set_clock $((step * 3 * minute))
  nap 700
done
[ "$(find "$archive" -type f | wc -l)" -eq "$n_cases" ] || fail "the archive that is there got one twice"
tries=$(postponed)
[ "$tries" -ge "$n_cases" ] || fail "$tries tries at $n_cases deliveries"
# Doubling from 1 s, half an hour holds at most a dozen; a kill may add one.
[ "$tries" -le $((n_cases * 18)) ] || fail "$tries tries at $n_cases deliveries: they do not back off"
start_orthanc "$work/orthanc" ORTHANC "$away_port" "$away_http" "$node_port" || fail "no Orthanc"
set_clock $((45 * minute))
wait_for 240 committed_are "$n_cases" || { cases list | head -20; fail "not all are committed"; }
n=$(find_instances "$away_http" SR | wc -l)
[ "$n" -eq "$n_cases" ] || fail "$n reports, expected $n_cases"
[ "$(curl -sf "http://127.0.0.1:$away_http/statistics" | jq .CountInstances)" -eq "$n_cases" ] || fail "something else as well"
[ "$(find "$archive" -type f | wc -l)" -eq "$n_cases" ] || fail "the other archive got one twice"
stop_node
echo "passed: $n_cases reports once each in both archives and committed, $tries tries while one was away, $kills kills of the node"
