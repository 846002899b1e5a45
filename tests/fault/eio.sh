#!/bin/bash
# The n-th call of a role fails: once, or from then on until the fault is taken away. The calls are
# those on files in the spool and the database (fault_shim.c). Never Success and broken; the node
# stays up, lets go of its descriptors, and goes on by itself to exactly one report a case.
# ROUNDS: values of n for each role, error and manner; half of them are 1, 2, 3 ..., the others
# random up to the number of calls of a run without faults. ONLY=ROLE takes one role. The short form
# (1) starts the node anew for every fourth run only: the others meet a node at work.
. "$(dirname "$0")/common.sh"
OBJECTS=""
rounds=${rounds:-1}
[ -f "$tools/fault_shim.so" ] || { echo "SKIPPED: no fault_shim.so"; exit 77; }

start_archive
configure
NODE_ENV="FAULT_CONTROL=$work/control LD_PRELOAD=$tools/fault_shim.so"
made=0 runs=0 hits=0 what=""

send_rest() {    # until all is acknowledged; the receiver may be on its way back
  local files
  mapfile -t files < <(ls -d "$(patient "$made")"/* | grep -vxFf "$work/ack" || true)
  [ ${#files[@]} -eq 0 ] || "$tool" send "$node_port" SENDER "$work/ack" "${files[@]}" 2>/dev/null
}
# Files of the spool that a role still holds when all is done. The database stays open by right.
held_files() {
  local p
  for p in $(cat "/proc/$node_pid/task/$node_pid/children"); do
    ls -l "/proc/$p/fd" 2>/dev/null | grep -F -- "-> $spool/" | grep -E '\.(dcm|part|json|reason)|results/' \
      | sed "s/^.*->/$(cat "/proc/$p/comm"):/" || true
  done
}
broken() { fail "$what: $*"; }

run_one() {    # ROLE OPS ERROR N once|always
  what="$1, $2, $3, call $4, $5"
  made=$((made + 1)) runs=$((runs + 1))
  [ -d "$(patient "$made")" ] || make_patients "$made" 12
  touch "$work/ack"
  log_begun=$(wc -c 2> /dev/null < "$work/node.log" || echo 0)
  "$tool" arm "$work/control" "$1" "$2" "$3" "$4" "$5" "$spool"
  [ -n "$node_pid" ] || spawn_node
  if [ "$5" = once ]; then wait_for 40 answers || broken "no answer"; else wait_for 2 answers || true; fi
  "$tool" send "$node_port" SENDER "$work/ack" "$(patient "$made")"/* 2>/dev/null || true
  if [ "$5" = always ]; then
    for ((k = 0; k < (rounds > 1 ? 15 : 10); k++)); do
      sleep 0.1
      [ "$rounds" -gt 1 ] || [ "$("$tool" count "$work/control" | cut -d' ' -f2)" -lt 3 ] || break
    done
    kill -0 "$node_pid" || broken "the supervisor is gone"
  fi
  failed=$("$tool" count "$work/control" | cut -d' ' -f2)
  "$tool" look "$spool" "$work/ack" > "$work/check" 2>&1 || { cat "$work/check"; broken "while it failed"; }
  if [ "$5" = always ]; then "$tool" arm "$work/control" none write EIO 0 once "$spool"; fi
  wait_for 60 send_rest || broken "objects are not taken any more"
  wait_for 60 delivered_are "$made" || { cases list | head -4; broken "$(state_count delivered) of $made delivered"; }
  [ "$5" = always ] || failed=$("$tool" count "$work/control" | cut -d' ' -f2)
  "$tool" look "$spool" "$work/ack" > "$work/check" 2>&1 || { cat "$work/check"; broken "afterwards"; }
  held=$(held_files)
  [ -z "$held" ] || broken "still open: $held"
  [ "$rounds" -eq 1 ] && [ $((runs % 4)) -ne 0 ] || stop_node
  [ "$failed" -eq 0 ] || hits=$((hits + 1))
  tail -c +$((log_begun + 1)) "$work/node.log" > "$work/log"
  ! grep -qE 'how="signal|association_died.*signal' "$work/log" || broken "a process was killed by a signal"
  if [ "$1 $2" = "association sync" ] && [ "$failed" -gt 0 ] && [ "$3" = EIO ]; then
    grep -q 'role_ended name=receiver.*exit code' "$work/log" || broken "the receiver did not end after a failed sync"
  fi
  [ -z "${PN_VERBOSE:-}" ] || echo "ok: $what: $failed calls failed"
}

# role, calls, errors, number of calls for one case of 41 objects
plan="association write+open+rename+close EIO 164
association sync EIO 82
association write+open ENOSPC 82
association write SHORT 41
header open+read+close EIO 130
indexer write+sync+rename+open+unlink+truncate+read EIO 700
indexer write+open ENOSPC 500
worker write+sync+rename+open+mkdir+read EIO 370
worker write+open+mkdir ENOSPC 300
compute write+sync+rename+open+read+close EIO 280
compute write+open ENOSPC 90
sender write+sync+open+read EIO 45"

begun=$(date +%s) turn=-1
while read -r role ops error calls; do
  [ -z "${ONLY:-}" ] || [ "$ONLY" = "$role" ] || continue
  for ((i = 1; i <= rounds; i++)); do
    n=$(( i * 2 <= rounds || i == 1 ? i : 1 + RANDOM % calls ))
    for manner in once always; do
      turn=$((turn + 1))
      # In the short form the two manners take turns.
      [ "$rounds" -gt 1 ] || [ $((turn / 2 % 2)) -eq $((turn % 2)) ] || continue
      run_one "$role" "$ops" "$error" "$n" "$manner"
    done
  done
done <<< "$plan"
[ -z "$node_pid" ] || stop_node
"$tool" check "$spool" "$work/ack" || fail "at the end"
[ -z "$(ls "$spool/quarantine")" ] || fail "quarantined: $(cat "$spool"/quarantine/*.reason | sort | uniq -c)"
database_is_whole
one_report_each "$made"
echo "passed: $runs runs, in $hits a call failed; $(( $(date +%s) - begun )) s"
