#!/bin/bash
# Three nodes, as on three hosts, on one PostgreSQL and one spool: work is shared, a node is
# killed while it computes, another is killed and started again; each case has one report.
. "$(dirname "$0")/common.sh"

pg_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -n "$pg_bin" ] || { echo "SKIPPED: postgresql is not installed"; exit 77; }
as_postgres() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

pg=$(mktemp -d "${TMPDIR:-/tmp}/prognode-pg.XXXXXX")
declare -A pid=() port=()
end_all() {
  for p in "${pid[@]}"; do kill "$p" 2>/dev/null || true; done
  for p in "${pid[@]}"; do wait "$p" 2>/dev/null || true; done
  as_postgres "$pg_bin/pg_ctl" -D "$pg/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$pg"
  clean_up
}
trap end_all EXIT
[ "$(id -u)" -ne 0 ] || chown postgres "$pg"
cd /
as_postgres "$pg_bin/initdb" -D "$pg/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >/dev/null
as_postgres "$pg_bin/pg_ctl" -D "$pg/data" -w -l "$pg/log" -o "-k $pg -c listen_addresses=''" start >/dev/null

start_host() {
  "$prognode" serve --config "$work/$1.yaml" 2>> "$work/$1.log" &
  pid[$1]=$!
  wait_for 30 "$prognode" echo 127.0.0.1 "${port[$1]}" PROGNODE || fail "node $1 does not answer"
}
kill_host() {
  kill -9 "${pid[$1]}"
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}
for h in a b c; do
  port[$h]=$(free_port)
  write_config "$work/$h.yaml" "$work/spool" "${port[$h]}" "$archive_port" "$model"
  sed -i -e "s|^node:|node:\n  host_name: host-$h|" \
         -e "s|^spool:|spool:\n  database: \"host=$pg user=postgres dbname=postgres\"|" "$work/$h.yaml"
done
cp "$work/b.yaml" "$work/prognode.yaml"     # for `cases`
fail() {
  echo "FAILED: $*" >&2
  for h in a b c; do echo "--- $h" >&2; tail -15 "$work/$h.log" >&2; done
  cases list >&2 || true
  exit 1
}
patient() { ls -d "$work"/p/* | sed -n "$1p"; }
send_to() { node_port=${port[$1]}; shift; send "$@"; }

# The case that the worker of a node is computing; its compute process is stopped, as if it took
# long. Sets `caught`.
catch_compute() {
  caught=""
  for i in $(seq 600); do
    for w in $(pgrep -P "${pid[$1]}" -f 'role worker' || true); do
      compute=$(pgrep -P "$w" -f 'role compute' || true)
      if [ -n "$compute" ] && kill -STOP $compute 2>/dev/null; then
        caught=$(tr '\0' ' ' < "/proc/$compute/cmdline" | sed -n 's|.*/results/\([0-9]*\)\..*|\1|p')
        [ -z "$caught" ] || return 0
      fi
    done
    sleep 0.02
  done
  return 1
}
case_is() { [ "$(cases show "$1" --json | jq -r .state)" = "$2" ]; }

"$prognode" phantom -o "$work/p" --seed 41 --count 14 --size small >/dev/null
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
for h in a b c; do start_host $h; done
[ "$(cat "$work"/?.log | grep -c event=leading)" -eq 1 ] || fail "not one leader"

# Twelve patients over two nodes; node a is killed at work and stays away.
for i in 1 2 3 4 5 6; do send_to a "$(patient $i)"; done &
catch_compute a || fail "node a computed nothing"
wait $!
kill_host a
killed=$(date +%s%3N)
for i in 7 8 9 10 11 12; do send_to b "$(patient $i)"; done
wait_for 40 case_is "$caught" delivered || fail "case $caught of the killed node is not delivered"
echo "killed node: case $caught delivered by another after $(( $(date +%s%3N) - killed )) ms"
wait_for 60 reports_are 12 || fail "$(reports) reports, expected 12"
# A report that the killed sender had sent but not recorded is sent again once its lease is over:
# connect and answer time-outs of the archive, 47 s here.
wait_for 70 state_is delivered 12 || fail "not all delivered"
[ "$(cat "$work"/?.log | grep -c event=leading)" -ge 2 ] || fail "nobody took the lead"

# A node that is killed at work and starts again takes its own case up at once. The third node
# is away meanwhile, so that nobody else can.
kill_host c
send_to b "$(patient 13)" &
catch_compute b || fail "node b computed nothing"
wait $!
kill_host b
start_host b
began=$(date +%s%3N)
wait_for 10 case_is "$caught" delivered || fail "case $caught was not taken up after the restart"
took=$(( $(date +%s%3N) - began ))
grep -q 'event=leases_freed owner=host-b:worker:0' "$work/b.log" || fail "no lease was freed"
[ "$took" -lt 10000 ] || fail "taken up after $took ms"
echo "restarted node: its case delivered $took ms after it answered"

# What nodes leave in tmp/ is theirs: b cleans up after itself, not after a living host.
touch "$work/spool/tmp/999999-1@host-a.part" "$work/spool/tmp/999999-1@host-b.part"
kill_host b
start_host b
[ -e "$work/spool/tmp/999999-1@host-a.part" ] || fail "a file of another host was removed"
[ ! -e "$work/spool/tmp/999999-1@host-b.part" ] || fail "an own file was left"

start_host c
send_to c "$(patient 14)"
wait_for 60 reports_are 14 || fail "$(reports) reports, expected 14"
wait_for 20 state_is delivered 14 || fail "not all delivered"
[ "$(cases list --json | jq 'length')" -eq 14 ] || fail "not one case a patient"
[ "$(cases list --json | jq '[.[].report_sop_uid] | unique | length')" -eq 14 ] || fail "report UIDs"
for h in b c; do
  kill "${pid[$h]}"
  wait "${pid[$h]}" || fail "node $h ended with $?"
  unset "pid[$h]"
done
! grep -l 'AddressSanitizer\|runtime error' "$work"/?.log || fail "sanitizer report"
echo "passed: 14 reports from three nodes"
