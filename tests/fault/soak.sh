#!/bin/bash
# Days of mixed traffic in minutes: after each round of traffic the node's clock (time of day, also
# of its files: clock_shim.c) moves on by STEP_S, 20 minutes; connections' time-outs run in real time. Memory,
# descriptors and processes of each role stay flat, the queue empties after each round and after
# each outage of the archive, every case ends as it must, and the disk is given back.
# ROUNDS: 72 are a day, unless STEP_S says otherwise. SOAK_OUT=FOLDER keeps soak.csv, and soak.png where gnuplot is.
. "$(dirname "$0")/common.sh"
rounds=${rounds:-216}
step=${STEP_S:-1200}
[ -f "$tools/clock_shim.so" ] || { echo "SKIPPED: no clock_shim.so"; exit 77; }
! grep -q __asan_init "$prognode" || { echo "SKIPPED: AddressSanitizer keeps what is freed"; exit 77; }
peer=$tools/hostile_peer
[ -x "$peer" ] || { echo "SKIPPED: no hostile_peer"; exit 77; }

configure
sed -i -e 's/^cases:/cases:\n  give_up_s: 7200/' -e 's/^  port: .*/&\n  artim_s: 3/' \
       -e 's/^retention:/retention:\n  keep_images_days: 1\n  keep_unclaimed_days: 1\n  keep_results_days: 1/' "$config"
ahead=0
move_clock() {
  ahead=$((ahead + $1))
  "$tool" clock "$work/clock" $((ahead * 1000))
}
move_clock 0
NODE_ENV="LD_PRELOAD=$tools/clock_shim.so CLOCK_CONTROL=$work/clock"
cases() { env $NODE_ENV "$prognode" cases "$@" --config "$config"; }

# ---- Traffic -------------------------------------------------------------------------------

transmit() { "$tool" send "$node_port" SENDER "$work/ack" "$@" || fail "round $round: not all was taken"; }
images() { ls -d "$(patient "$1")"/ct*; }
contour() { ls -d "$(patient "$1")"/* | grep -v '/ct[^/]*$' | head -1; }
state_of() { cases list --limit 0 --json | jq -r --arg u "$1" '.[] | select(.contour_uid == $u) | "\(.id) \(.state)"'; }
uid_of() { dcmdump +P 0008,0018 "$1" | sed -n 's/.*\[\(.*\)\].*/\1/p'; }
is_in_state() { [ "$(state_of "$1" | cut -d' ' -f2)" = "$2" ]; }
drop() {    # STATE: what the operator does about cases that cannot go on
  local ids
  ids=$(cases list --limit 0 --json --state "$1" | jq -r '.[].id')
  [ -z "$ids" ] || cases drop $ids > /dev/null 2>&1 || fail "round $round: drop"
}

declare -A expected=([delivered]=0 [not_applicable]=0 [dropped]=0)
expect() { expected[$1]=$((expected[$1] + 1)); }
late=() mute_pid="" away=0
# The archive is back before the last of them.
kinds=(images_first segments no_model no_contour archive_away duplicate late_slice conflict hostile mute incomplete contour_first)

traffic_images_first() { transmit $(images "$1"); transmit "$(contour "$1")"; expect delivered; }
traffic_contour_first() { transmit "$(contour "$1")"; transmit $(images "$1"); expect delivered; }
traffic_segments() { traffic_images_first "$1"; }
traffic_no_contour() { transmit $(images "$1"); }
traffic_no_model() {
  cp "$(contour "$1")" "$work/heart.dcm"
  dcmodify -nb -ma "(3006,0020)[*].(3006,0026)=Heart" "$work/heart.dcm" || fail dcmodify
  transmit $(images "$1") "$work/heart.dcm"
  expect not_applicable
}
traffic_late_slice() {
  mapfile -t late < <(images "$1" | head -2)
  transmit $(images "$1" | tail -n +3) "$(contour "$1")"
  expect delivered
}
traffic_duplicate() {    # of what was measured before
  local before=$(($1 - 5))
  [ "$before" -ge 1 ] || return 0
  transmit "$(patient "$before")"/*
}
traffic_conflict() {
  local first
  first=$(images "$1" | head -1)
  transmit $(images "$1" | head -n -1) "$(contour "$1")"
  cp "$first" "$work/other.dcm"
  dcmodify -nb -m "(0028,1052)=-1000" "$work/other.dcm" || fail dcmodify
  transmit "$work/other.dcm"
  wait_for 20 is_in_state "$(uid_of "$(contour "$1")")" held || fail "round $round: a conflict is not held: $(state_of "$(uid_of "$(contour "$1")")")"
  drop held
  expect dropped
}
traffic_hostile() { "$peer" "$node_port" > "$work/peer.log" 2>&1 || fail "round $round: $(cat "$work/peer.log")"; }
traffic_mute() {
  ( for i in 1 2 3 4 5 6 7 8; do exec {fd}<> "/dev/tcp/127.0.0.1/$node_port"; done; sleep 6 ) & mute_pid=$!
  traffic_images_first "$1"
}
traffic_archive_away() {
  end_process "$archive_pid"
  archive_pid="" away=3
  traffic_images_first "$1"
}
traffic_incomplete() { transmit $(images "$1" | tail -n +2) "$(contour "$1")"; expect dropped; }

# ---- Samples -------------------------------------------------------------------------------

roles="supervisor receiver indexer header worker sender keeper"
{ echo -n "round,hours,processes,associations,open_cases,queue_age_s,instances_kb,results_kb,quarantine_kb,database_kb"
  for r in $roles; do echo -n ",${r}_pss_kb,${r}_rss_kb,${r}_anon_kb,${r}_fds"; done; echo; } > "$work/soak.csv"
pid_of() { if [ "$1" = supervisor ]; then echo "$node_pid"; else role_pids "$1" | head -1; fi; }
kb() { du -sk "$1" 2>/dev/null | cut -f1; }
sample() {
  local p r
  cases list --limit 0 --json > "$work/now.json"
  { echo -n "$round,$(awk -v s="$ahead" 'BEGIN { printf "%.2f", s / 3600 }')"
    echo -n ",$(pgrep -g 0 -P "$node_pid" | wc -l),$(role_pids association | wc -l)"
    jq -r --argjson now "$(( $(ms) + ahead * 1000 ))" '[.[] | select(.state | IN("received", "ready", "running", "reported"))]
      | "," + (length | tostring) + "," + (((map($now - .created_ms) | max // 0) / 1000) | floor | tostring)' "$work/now.json" | tr -d '\n'
    echo -n ",$(kb "$spool/instances"),$(kb "$spool/results"),$(kb "$spool/quarantine"),$(cat "$spool"/prognode.db* | wc -c | awk '{ print int($1 / 1024) }')"
    for r in $roles; do
      p=$(pid_of "$r")
      [ -n "$p" ] || { echo -n ",,,,"; continue; }
      awk '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } /^Anonymous:/ { anon = $2 } END { printf ",%d,%d,%d", pss, rss, anon }' "/proc/$p/smaps_rollup"
      echo -n ",$(ls "/proc/$p/fd" | wc -l)"
    done; echo; } >> "$work/soak.csv"
}

# ---- The days ------------------------------------------------------------------------------

at_rest() {
  incoming_is_empty && cases list --limit 0 --json \
    | jq -e --argjson away "$away" '[.[] | select(.state | IN("received", "ready", "running") or (. == "reported" and $away == 0))] == []'
}
quiet_peers() { [ -z "$(role_pids association)" ]; }
start_archive
start_node
pgrep -P "$node_pid" | sort > "$work/roles"
begun=$(date +%s)
for ((round = 1; round <= rounds; round++)); do
  kind=${kinds[(round - 1) % ${#kinds[@]}]}
  case $kind in
  segments) "$prognode" phantom -o "$work/patients" --seed "$round" --size small --contour seg > /dev/null || fail phantom ;;
  duplicate | hostile) ;;
  *) make_patient "$round" ;;
  esac
  if [ ${#late[@]} -gt 0 ]; then
    transmit "${late[@]}"
    late=()
  fi
  if [ "$away" -gt 0 ]; then
    away=$((away - 1))
    [ "$away" -gt 0 ] || start_archive
  fi
  "traffic_$kind" "$round"
  answers > /dev/null || fail "round $round: no C-ECHO"
  wait_for 60 at_rest || fail "round $round, $kind: the queue does not empty: $(cases list | head -5)"
  if [ -n "$mute_pid" ]; then
    wait_for 10 quiet_peers || fail "round $round: mute connections outlast ARTIM"
    end_process "$mute_pid"
    mute_pid=""
  fi
  sample
  drop failed
  rm -rf "$(patient $((round - 6)))"
  move_clock "$step"
done

# What is still waiting gives up and is dropped; the archive is back; after two more days nothing
# is left of the images.
[ -n "$archive_pid" ] || start_archive
away=0
[ ${#late[@]} -eq 0 ] || transmit "${late[@]}"
wait_for 60 at_rest || fail "the queue does not empty in the end"
move_clock 7300
none_waits() { [ "$(state_count waiting)" -eq 0 ] && drop failed; }
wait_for 30 none_waits || fail "waiting cases do not give up: $(cases list | head -5)"
wait_for 60 at_rest || fail "the queue does not empty in the end"
move_clock 180000
nothing_is_kept() { [ -z "$(find "$spool/instances" -type f | head -1)" ]; }
wait_for 60 nothing_is_kept || fail "$(find "$spool/instances" -type f | wc -l) files are kept for ever"
for s in "${!expected[@]}"; do
  [ "$(state_count "$s")" -eq "${expected[$s]}" ] || fail "$(state_count "$s") cases are $s, expected ${expected[$s]}"
done
! grep -qE 'role_ended|association_died' "$work/node.log" || fail "a process died: $(grep -E 'role_ended|association_died' "$work/node.log" | head -3)"
pgrep -P "$node_pid" | sort | cmp -s - "$work/roles" || fail "a role was replaced"
[ -z "$(ls "$spool/tmp")" ] || fail "left in tmp/"
stop_node
reports_are_whole
database_is_whole

if [ -n "${SOAK_OUT:-}" ]; then
  mkdir -p "$SOAK_OUT"
  cp "$work/soak.csv" "$SOAK_OUT/"
  ! command -v gnuplot > /dev/null || gnuplot -e "csv='$work/soak.csv'; png='$SOAK_OUT/soak.png'" "$(dirname "$0")/soak.gp" || true
fi
echo "$rounds rounds, $((rounds * step / 3600)) simulated hours in $(( $(date +%s) - begun )) s: ${expected[delivered]} reports, ${expected[not_applicable]} not applicable, ${expected[dropped]} dropped"
# Medians of the middle third and of the last one. In the short form caches still fill. The
# proportional set size is told only: it changes with whoever else has the same libraries open.
awk -F, -v rounds="$rounds" '
  function median(a, n,   i, j, t) {
    for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] < a[j-1]; j--) { t = a[j]; a[j] = a[j-1]; a[j-1] = t }
    return n % 2 ? a[(n+1)/2] : (a[n/2] + a[n/2+1]) / 2
  }
  NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; n_columns = NF; next }
  { for (i = 1; i <= NF; i++) value[NR-1, i] = $i; n = NR - 1 }
  END {
    third = int(n / 3)
    for (i = 3; i <= n_columns; i++) {
      k = 0
      for (r = third + 1; r <= 2 * third; r++) if (value[r, i] != "") middle[++k] = value[r, i]
      m = k ? median(middle, k) : 0
      k2 = 0
      for (r = n - third + 1; r <= n; r++) if (value[r, i] != "") last[++k2] = value[r, i]
      l = k2 ? median(last, k2) : 0
      printf "%-22s middle %9.1f   last %9.1f\n", name[i], m, l
      if (name[i] ~ /_anon_kb$|_rss_kb$/) { if (k == 0 || l - m > (rounds < 72 ? 2048 : 512)) bad = bad " " name[i] }
      if (name[i] ~ /_fds$|^processes$|^associations$/ && l != m) bad = bad " " name[i]
    }
    if (value[n, 5] != 0 && rounds >= 72) bad = bad " open_cases"
    if (bad != "") { print "not flat:" bad; exit 1 }
  }' "$work/soak.csv" || fail "not flat"
echo "passed"
