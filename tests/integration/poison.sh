#!/bin/bash
# A compute process that dies, hangs or wants too much memory costs its own case and no other;
# the case is tried again, then parked with the reason, and `cases retry` takes it up. Also
# here: a compute process that works on a real case is locked up.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0"    # die of it, as plain builds do
. "$(dirname "$0")/common.sh"

# Large enough to be caught at work, small enough for the time limit.
size=standard limit_s=6 sanitized=""
if nm -D "$prognode" 2>/dev/null | grep -q __asan_init; then size=small limit_s=10 sanitized=yes; fi
"$prognode" phantom -o "$work/p" --seed 61 --count 5 --size $size >/dev/null
patient() { ls -d "$work"/p/* | sed -n "$1p"; }
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
sed -i -e 's/^  port: '"$node_port"'/&\n  workers: 2/' \
       -e 's/^cases:/cases:\n  max_attempts: 2\n  compute_timeout_s: '$limit_s'\n  compute_memory: 4 GiB/' "$work/prognode.yaml"
start_node
pids() { { echo "$node_pid"; pgrep -P "$node_pid"; } | sort | tr '\n' ' '; }
before=$(pids)
workers=$(pgrep -P "$node_pid" -f 'role worker')
told() { cases show "$1" --json | jq -r '.state + ": " + .reason'; }
says() { told "$1" | grep -qE "$2"; }
expect() { wait_for 60 says "$1" "$2" || fail "case $1: got \"$(told "$1")\", expected /$2/"; echo "case $1: $(told "$1")"; }
# Wait for the next compute process of the case, and send it the signal. Without a process of its
# own for each look: the computation lasts some tenths of a second.
compute=""
catch() {    # CASE SIGNAL; sets compute
  limit=$((SECONDS + 30))
  while [ "$SECONDS" -lt "$limit" ]; do
    for w in $workers; do
      c="" folder=""
      read -r c < "/proc/$w/task/$w/children" || true
      c=${c%% *}
      [ -n "$c" ] && [ "$c" != "$compute" ] || continue
      while IFS= read -r -d '' part; do folder=$part; done 2>/dev/null < "/proc/$c/cmdline" || true
      case $folder in "$work/spool/results/$1."*) ;; *) continue ;; esac
      kill -"$2" "$c" || continue
      compute=$c
      return
    done
  done
  fail "no compute process of case $1 was seen"
}

locked_up() {    # the next compute process is seen in its sandbox
  limit=$((SECONDS + 60))
  while [ "$SECONDS" -lt "$limit" ]; do
    for w in $workers; do
      c="" status=""
      read -r c < "/proc/$w/task/$w/children" || true
      [ -z "$c" ] || IFS= read -r -d '' status 2>/dev/null < "/proc/${c%% *}/status" || true
      case $status in *NoNewPrivs:?1*Seccomp:?2*) return ;; esac
    done
  done
  fail "no compute process was seen in its sandbox"
}

# It works in its sandbox.
send "$(patient 1)" & sender=$!
locked_up
wait "$sender"
expect 1 '^reported'

# It dies of a signal, twice.
send "$(patient 2)" & sender=$!
bad=2
catch "$bad" SEGV
wait "$sender"
catch "$bad" SEGV
expect "$bad" '^failed: process died: compute died: signal 11 \(Segmentation fault\)$'
cases retry "$bad" > /dev/null || fail "cases retry"
expect "$bad" '^reported'

# It hangs; meanwhile another case goes through, and the receiver answers.
send "$(patient 3)" & sender=$!
bad=3
catch "$bad" STOP
grep -qE '^Max core file size +0 ' "/proc/$compute/limits" || fail "core files"
wait "$sender"
send "$(patient 4)"
wait_for 30 says 4 '^reported' || fail "the case beside the poisoned one is $(told 4)"
says "$bad" '^(running|ready)' || fail "the poisoned case is $(told "$bad")"
"$prognode" echo 127.0.0.1 "$node_port" PROGNODE > /dev/null || fail "echo"
catch "$bad" STOP
expect "$bad" '^failed: process died: compute ran longer than '$limit_s' s$'
cases retry "$bad" > /dev/null || fail "cases retry"
expect "$bad" '^reported'

[ "$(pids)" = "$before" ] || fail "processes of the node: $(pids), before: $before"
if [ "$(grep -c 'event=sandbox process=compute .*seccomp=on' "$work/node.log")" -ne 2 ] ||
   [ "$(grep -c 'event=sandbox process=header .*seccomp=on' "$work/node.log")" -ne 1 ]; then
  fail "the log does not say which sandboxes there are"
fi

# It wants more memory than it may have: the first of the two cases takes over 240 MiB of addresses, the other 128.
# Sanitized builds have no such limit.
if [ -z "$sanitized" ]; then
  stop_node
  sed -i 's/compute_memory: .*/compute_memory: 160 MiB/' "$work/prognode.yaml"
  start_node
  before=$(pids)
  "$prognode" phantom -o "$work/large" --seed 72 --size large > /dev/null
  send "$work/large"
  send "$(patient 5)"
  expect 5 '^failed: .*memory'
  expect 6 '^reported'
  [ "$(pids)" = "$before" ] || fail "processes of the node: $(pids), before: $before"
fi
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo passed
