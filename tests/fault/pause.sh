#!/bin/bash
# Each role is stopped (SIGSTOP) for some seconds while objects come in and cases are made; then
# the node is told to end (SIGTERM) in the middle of a transfer. Nothing is lost, everything goes
# on, each contour gets one report. ROUNDS: how often for each role; SECONDS_STOPPED, default 2
# (0.7 in the short form; 18 outlasts a worker's lease: another worker takes the case, and the late
# one is refused).
. "$(dirname "$0")/common.sh"
rounds=${rounds:-1}
stopped=${SECONDS_STOPPED:-2}
start_archive
configure
sed -i 's/^  port:/  workers: 2\n  port:/' "$config"
start_node
made=0 met=""
for ((round = 1; round <= rounds; round++)); do
  for role in association receiver indexer header worker compute sender; do
    made=$((made + 1))
    [ -d "$(patient "$made")" ] || make_patients "$made" 12
    "$tool" send "$node_port" SENDER "$work/ack" "$(patient "$made")"/* & sender=$!
    # Without a pause: an association is over in some hundredths of a second.
    victim="" until=$(($(ms) + 3000))
    while [ -z "$victim" ] && [ "$(ms)" -lt "$until" ]; do victim=$(role_pids "$role") victim=${victim%%$'\n'*}; done
    if [ -z "$victim" ] || ! kill -STOP "$victim" 2>/dev/null; then
      echo "note: no $role was seen"
    else
      met="$met $role"
    fi
    sleep "$stopped"
    case $role in
    indexer | header | worker | compute | sender)
      answers > /dev/null || fail "$role stopped: no C-ECHO"
      wait "$sender" || fail "$role stopped: objects were not taken"
      sender="" ;;
    esac
    [ -z "$victim" ] || kill -CONT "$victim" 2>/dev/null || true
    [ -z "$sender" ] || wait "$sender" || fail "$role stopped: objects were not taken"
    wait_for 60 delivered_are "$made" || { cases list | head -4; fail "$role was stopped: no report"; }
  done
done
echo "stopped for $stopped s, $rounds times:$met; $made cases"
for role in receiver indexer header worker sender; do
  [ "$(grep -ow "$role" <<< "$met" | wc -l)" -eq "$rounds" ] || fail "$role was not stopped"
done

for ((round = 1; round <= rounds * 2; round++)); do
  made=$((made + 1))
  [ -d "$(patient "$made")" ] || make_patients "$made" 12
  "$tool" send "$node_port" SENDER "$work/ack.part" "$(patient "$made")"/* & sender=$!
  nap "$(between 5 120)"
  begun=$(ms)
  stop_node
  [ $(( $(ms) - begun )) -lt 30000 ] || fail "SIGTERM took $(( $(ms) - begun )) ms"
  wait "$sender" || true
  touch "$work/ack.part"
  "$tool" check "$spool" "$work/ack.part" > "$work/check" || { cat "$work/check"; fail "SIGTERM in mid transfer"; }
  cat "$work/ack.part" >> "$work/ack"
  start_node
  mapfile -t rest < <(ls -d "$(patient "$made")"/* | grep -vxFf "$work/ack.part" || true)
  rm "$work/ack.part"
  [ ${#rest[@]} -eq 0 ] || "$tool" send "$node_port" SENDER "$work/ack" "${rest[@]}" || fail "the rest is not taken"
  wait_for 60 delivered_are "$made" || fail "no report after SIGTERM in mid transfer"
done
stop_node
[ -z "$(ls "$spool/tmp")" ] || fail "left in tmp/"
"$tool" check "$spool" "$work/ack" || fail "at the end"
database_is_whole
one_report_each "$made"
sanitizers_are_quiet
echo "passed: $made cases, $((rounds * 2)) ends in mid transfer"
