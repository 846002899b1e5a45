#!/bin/bash
# The disk is full, to the page: no Success that is not whole, no corruption, C-ECHO answers, and
# the node goes on by itself once there is room. Spool and database lie on a small tmpfs.
# ROUNDS: how many numbers of free pages are tried; up to 4 is the short form, which also fills up
# fewer times while cases are made.
. "$(dirname "$0")/common.sh"
OBJECTS=""
rounds=${rounds:-12}
short=$((rounds <= 4))
[ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root to mount a tmpfs"; exit 77; }
need dump2dcm
mkdir "$work/small"
mount -t tmpfs -o size=24m,mode=0700 tmpfs "$work/small" 2> /dev/null || { echo "SKIPPED: cannot mount a tmpfs"; exit 77; }
clean_up_more() { umount -l "$work/small" 2>/dev/null || true; }
spool=$work/small/spool filler=$work/small/filler

# Two objects of the sizes at which a writer that does not check its last write goes wrong: one of
# 1.3 KB, and one of 525,090 bytes (128 pages and 802 bytes).
make_object() {    # BYTES-OF-PIXELS NUMBER: into $work/object-BYTES-NUMBER.dcm
  head -c "$1" /dev/urandom > "$work/pixels"
  cat > "$work/dump" <<DUMP
(0008,0016) UI 1.2.840.10008.5.1.4.1.1.2
(0008,0018) UI 1.2.826.0.1.3680043.9.9999.$1.$2
(0008,0060) CS CT
(0020,000d) UI 1.2.826.0.1.3680043.9.9999.1
(0020,000e) UI 1.2.826.0.1.3680043.9.9999.2
(7fe0,0010) OB =$work/pixels
DUMP
  dump2dcm -q +te "$work/dump" "$work/object-$1-$2.dcm" || fail dump2dcm
}
status_of() { "$tool" status "$node_port" "$1"; }
free_pages() { stat -f -c %a "$work/small"; }
echo_is_prompt() {
  local t
  t=$(ms)
  answers > /dev/null 2>&1 || fail "$1: no C-ECHO"
  [ $(( $(ms) - t )) -lt 1000 ] || fail "$1: C-ECHO took $(( $(ms) - t )) ms"
}
same_processes() { pgrep -P "$node_pid" | sort | tr '\n' ' '; }

start_archive
configure
start_node
taken=0 refused=0

# ---- Free pages, one by one ----
pages=(0 128 127 129 1 2 126 130 131 132 140 3 64 256 4 8 16 32 100 133 134 135 136 137 138 139)
for ((round = 0; round < rounds; round++)); do
  n=${pages[round % ${#pages[@]}]}
  make_object 1024 "$round"
  make_object 524562 "$round"
  "$tool" pages "$filler" "$n" || fail "cannot fill"
  for size in 524562 1024 524562; do
    # With the last one, what was taken before must survive a second copy that finds no room.
    object=$work/object-$size-$round.dcm
    status=$(status_of "$object")
    case $status in
    0000) taken=$((taken + 1)); echo "$object" >> "$work/ack"
      "$tool" look "$spool" "$work/ack" > "$work/check" || { cat "$work/check"; fail "$n pages free: Success for $size bytes, and it is not there"; } ;;
    a700) refused=$((refused + 1)) ;;
    *) fail "$n pages free, object of $size bytes: status $status, expected a700" ;;
    esac
    echo_is_prompt "$n pages free"
  done
  [ "$n" -gt 127 ] || ! grep -qx "$work/object-524562-$round.dcm" "$work/ack" 2>/dev/null || fail "$n pages held $((524562 / 4096)) and more"
  [ -z "$(ls "$spool/tmp")" ] || fail "left in tmp/"
  rm "$filler"
  status=$(status_of "$work/object-524562-$round.dcm")
  [ "$status" = 0000 ] || fail "room again: status $status"
  echo "$work/object-524562-$round.dcm" >> "$work/ack"
  wait_for 20 incoming_is_empty || fail "objects are left in incoming/"
  "$tool" check "$spool" "$work/ack" > "$work/check" || { cat "$work/check"; fail "round $round"; }
  [ "$short" -eq 0 ] || continue
  # A new database, whose first pages are not there yet; and the small file system lasts.
  stop_node
  rm -rf "$spool" "$work/ack"
  start_node
done
echo "$rounds numbers of free pages: $taken taken whole, $refused refused with A700"

# ---- Full while cases are made: in the catalogue, in results/, in the outbox ----
# With the ordinary number of tries: a full disk is not the case's fault and must not use them up.
stop_node
rm -rf "$spool" "$work/ack"
sed -i 's/max_attempts: .*/max_attempts: 2/' "$config"
start_node
spread() {    # SEED FREE-PAGES STOPPED-ROLE
  make_patient "$1"
  local p before
  p=$(role_pids "$3" | head -1)
  before=$node_pid
  kill -STOP "$p"
  "$tool" send "$node_port" SENDER "$work/ack" "$(patient "$1")"/* || fail "send"
  [ "$3" = indexer ] || wait_for 20 waits_for_worker || fail "not ready: $(cases list | head -3)"
  "$tool" pages "$filler" "$2" || fail "cannot fill"
  begun=$(tries) tries_begun=$(ms)
  kill -CONT "$p"
  "$4"
  echo_is_prompt "full, $3 at work"
  "$tool" look "$spool" "$work/ack" > "$work/check" || { cat "$work/check"; fail "full, $3 at work"; }
  kill -0 "$before" || fail "the node is gone"
  rm "$filler"
  expected=$((expected + 1))
  wait_for 60 delivered_are "$expected" || { cases list | head -5; fail "full for $3 with $2 pages: no report after there is room again"; }
}
waits_for_worker() { [ "$(state_count ready)" -ge 1 ]; }
tries() { grep -cE "event=(case_(failed|postponed)|store_busy)" "$work/node.log" || true; }
# The disk stays full until the worker has tried more often than a case has tries, or has found
# room after all; where it does neither (it waits for the database), 8 s.
tried_out() { [ $(($(tries) - begun)) -gt 2 ] || [ "$(ms)" -gt $((tries_begun + 8000)) ] || [ "$(grep -c event=case_reported "$work/node.log")" -gt "$expected" ]; }
until_tried_out() { wait_for 10 tried_out || true; }
a_moment() { sleep 2; }
expected=0
seed=100
indexer_pages=(0 1 3 8) worker_pages=(0 2 8 20 40)
if [ "$short" -eq 1 ]; then indexer_pages=(1) worker_pages=(8 20); fi
for free in "${indexer_pages[@]}"; do
  seed=$((seed + 1))
  spread "$seed" "$free" indexer a_moment
done
for free in "${worker_pages[@]}"; do
  seed=$((seed + 1))
  spread "$seed" "$free" worker until_tried_out
done
"$tool" check "$spool" "$work/ack" || fail "at the end"
one_report_each "$expected"
database_is_whole
stop_node
echo "full in the catalogue and in results/: $expected cases, one report each; $(tries) tries failed for want of room"

# ---- No inodes ----
umount -l "$work/small"
mount -t tmpfs -o size=24m,nr_inodes=400,mode=0700 tmpfs "$work/small" || fail "mount"
rm -rf "$archive" "$work/ack"
start_archive_again() { end_process "$archive_pid"; start_archive; }
start_archive_again
start_node
make_object 1024 9000
make_object 1024 9001
mkdir "$work/small/many"
i=0
while touch "$work/small/many/$i" 2>/dev/null; do i=$((i + 1)); done
status=$(status_of "$work/object-1024-9000.dcm")
[ "$status" = a700 ] || fail "no inodes: status $status"
echo_is_prompt "no inodes"
rm -r "$work/small/many"
status=$(status_of "$work/object-1024-9000.dcm")
[ "$status" = 0000 ] || fail "inodes again: status $status"
stop_node

# ---- Read-only, and back; the database is elsewhere, since a file system with a file open for
# writing cannot be made read-only ----
sed -i "s|^spool:|spool:\n  database: $work/elsewhere.db|" "$config"
start_node
mount -o remount,ro "$work/small" 2>"$work/ro" || fail "remount: $(cat "$work/ro")"
status=$(status_of "$work/object-1024-9001.dcm")
[ "$status" = a700 ] || fail "read-only: status $status"
echo_is_prompt "read-only"
mount -o remount,rw "$work/small"
became=$(status_of "$work/object-1024-9001.dcm")
[ "$became" = 0000 ] || fail "writable again: status $became"
stop_node

# ---- A quota (EDQUOT), which btrfs has for root as well ----
with_quota() {
  command -v mkfs.btrfs > /dev/null && [ -c /dev/loop-control ] || return 1
  umount -l "$work/small"
  truncate -s 256M "$work/image"
  mkfs.btrfs -q "$work/image" && mount -o loop "$work/image" "$work/small" 2> /dev/null || return 1
  btrfs quota enable "$work/small" && btrfs qgroup limit 24M "$work/small" && btrfs filesystem sync "$work/small" > /dev/null
}
quota="no btrfs for a quota"
if with_quota; then
  start_node
  make_object 524562 9100
  make_object 524562 9101
  status=$(status_of "$work/object-524562-9100.dcm")
  [ "$status" = 0000 ] || fail "within the quota: status $status"
  why=$(LC_ALL=C dd if=/dev/zero of="$filler" bs=64k count=1000 conv=fsync 2>&1 || true)
  grep -q 'quota' <<< "$why" || fail "the quota does not hold: $why"
  status=$(status_of "$work/object-524562-9101.dcm")
  [ "$status" = a700 ] || fail "quota: status $status"
  echo_is_prompt "quota"
  rm "$filler"
  btrfs filesystem sync "$work/small" > /dev/null
  status=$(status_of "$work/object-524562-9101.dcm")
  [ "$status" = 0000 ] || fail "within the quota again: status $status"
  printf '%s\n' "$work/object-524562-9100.dcm" "$work/object-524562-9101.dcm" > "$work/ack"
  "$tool" check "$spool" "$work/ack" > "$work/check" || { cat "$work/check"; fail "quota"; }
  [ -z "$(ls "$spool/tmp")" ] || fail "left in tmp/"
  stop_node
  quota="quota"
fi
sanitizers_are_quiet
echo "no inodes, read-only, $quota: refused with A700, and taken afterwards; passed"
