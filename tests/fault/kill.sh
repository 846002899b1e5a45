#!/bin/bash
# kill -9 at random times while three senders store and the node computes and reports: of one role
# or of everything, and in the end of every round of everything. What was acknowledged is there
# before and after each restart; each contour gets exactly one report.
. "$(dirname "$0")/common.sh"
rounds=${rounds:-100}
victims=(node node node receiver association indexer header worker compute sender)

start_archive
configure
kills=0 acknowledged=0
declare -A hit

# The files that are not acknowledged yet, to three senders at once.
outstanding=()
start_senders() {    # ROUND
  senders=()
  local i part
  for i in 0 1 2; do
    part=()
    for ((k = i; k < ${#outstanding[@]}; k += 3)); do part+=("${outstanding[k]}"); done
    [ ${#part[@]} -gt 0 ] || continue
    ( for try in 1 2 3 4 5 6 7 8; do
        "$tool" send "$node_port" "SENDER$i" "$work/ack.$1.$i" "${part[@]}" && break
        [ ! -s "$work/ack.$1.$i" ] || break
        sleep 0.1
      done ) > /dev/null 2>&1 &
    senders+=($!)
  done
}
strike() {    # VICTIM
  local pids=$node_pid
  [ "$1" = node ] || pids=$(role_pids "$1" | head -1)
  [ -n "$pids" ] || return 0
  kill -9 $pids 2>/dev/null || return 0
  kills=$((kills + 1))
  hit[$1]=$((${hit[$1]:-0} + 1))
}

begun=$(date +%s)
for ((round = 1; round <= rounds; round++)); do
  make_patient "$round"
  outstanding+=("$(patient "$round")"/*)
  spawn_node
  start_senders "$round"
  nap "$(between 60 700)"
  victim=${victims[RANDOM % ${#victims[@]}]}
  strike "$victim"
  if [ "$victim" != node ]; then
    nap "$(between 0 900)"
    strike node
  fi
  kill_node
  wait "${senders[@]}" || true
  # The spool as the kill left it.
  "$tool" look "$spool" "$work/ack.$round".* > "$work/check" 2>&1 || { cat "$work/check"; fail "round $round, killed $victim"; }
  cat "$work/ack.$round".* >> "$work/ack" 2>/dev/null || true
  # A quarter of what was taken goes again, so that duplicates are met as well.
  mapfile -t outstanding < <(cat "$work/ack.$round".* 2>/dev/null | sort > "$work/taken"
    printf '%s\n' "${outstanding[@]}" | sort | comm -23 - "$work/taken"
    awk -v r="$round" '(NR + r) % 4 == 0' "$work/taken")
  rm -f "$work/ack.$round".*
  [ $((round % 50)) -ne 0 ] || echo "round $round: $(wc -l < "$work/ack") acknowledged, $(( $(date +%s) - begun )) s"
done

start_node
start_senders last
wait "${senders[@]}"
cat "$work/ack.last".* >> "$work/ack"
wait_for $((60 + rounds)) delivered_are "$rounds" || fail "$(state_count delivered) of $rounds cases delivered"
sleep 1
[ -z "$(ls "$spool/tmp")" ] || fail "left in tmp/: $(ls "$spool/tmp" | head -3)"
stop_node
sort -u "$work/ack" > "$work/ack.unique"
"$tool" check "$spool" "$work/ack.unique" || fail "at the end"
[ "$(wc -l < "$work/ack.unique")" -eq $((rounds * 41)) ] || fail "not every object was acknowledged in the end"
[ -z "$(ls "$spool/quarantine")" ] || fail "quarantined: $(cat "$spool"/quarantine/*.reason | sort | uniq -c)"
database_is_whole
one_report_each "$rounds"
sanitizers_are_quiet
echo "passed: $rounds rounds, $kills kills ($(for v in "${!hit[@]}"; do echo -n "$v ${hit[$v]} "; done)), $(wc -l < "$work/ack") acknowledgements, $(ls "$archive" | wc -l) objects sent to the archive for $rounds reports"
