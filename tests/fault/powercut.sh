#!/bin/bash
# The power goes at random times: the spool lies on a file system on a disk whose write cache is
# lost (power_disk.c). After each cut the file system is mounted again, what was acknowledged must
# be there, and the node goes on. In the end each contour has exactly one report.
# FS=xfs takes xfs instead of ext4. LIES=1 is the proof that the campaign can fail: the receiver's
# syncs are made to do nothing, and the script passes only if a loss is found.
. "$(dirname "$0")/common.sh"
OBJECTS=""
rounds=${rounds:-50}
fs=${FS:-ext4}
[ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root"; exit 77; }
[ -c /dev/fuse ] && [ -c /dev/loop-control ] || { echo "SKIPPED: no FUSE or loop devices"; exit 77; }
need losetup "mkfs.$fs"

mkdir "$work/fuse" "$work/mnt"
disk_pid="" loop=""
# Not by mountpoint(1): xfs that has shut itself down answers its stat with EIO.
is_mounted() { grep -qF " $work/mnt " /proc/mounts; }
is_loop() { [ -n "$loop" ] && losetup "$loop" > /dev/null 2>&1; }
# The disk is taken from under the file system: both unmount with complaints, which is the point.
detach() {
  for try in $(seq 100); do
    ! is_mounted || umount "$work/mnt" 2>/dev/null || { sleep 0.1; continue; }
    [ -z "$loop" ] || losetup -d "$loop" 2>/dev/null || true
    # It stays as long as a mount namespace elsewhere (of a sandbox) holds the file system.
    ! is_loop || { sleep 0.1; continue; }
    loop=""
    return 0
  done
  return 1
}
clean_up_more() {
  detach || umount -l "$work/mnt" || true
  [ -z "$disk_pid" ] || { kill "$disk_pid" 2>/dev/null; wait "$disk_pid" 2>/dev/null || true; }
  ! mountpoint -q "$work/fuse" || umount -l "$work/fuse"
}
attach() {
  loop=$(losetup -f --show "$work/fuse/disk" 2>> "$work/mount.log") || return 1
  [ "$(stat -fc %T "$work/mnt")" != "$fs" ] || return 1
}
mount_disk() { attach && mount "$loop" "$work/mnt" 2>> "$work/mount.log" || fail "cannot mount: $(tail -1 "$work/mount.log")"; }

size=$(( (128 + rounds * 2) * 1048576 ))
[ "$fs" != xfs ] || size=$(( size + 256 * 1048576 ))
"$tools/power_disk" "$work/fuse" "$size" > "$work/disk.log" 2>&1 &
disk_pid=$!
wait_for 10 test -e "$work/fuse/disk" || { cat "$work/disk.log"; echo "SKIPPED: cannot mount FUSE"; exit 77; }
attach || { cat "$work/mount.log"; echo "SKIPPED: no loop device"; exit 77; }
case $fs in
ext4) mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$loop" ;;
*) "mkfs.$fs" -q -f "$loop" ;;
esac
mount "$loop" "$work/mnt" || { echo "SKIPPED: cannot mount $fs on a loop device"; exit 77; }

spool=$work/mnt/spool
if [ -n "${LIES:-}" ]; then
  "$tool" arm "$work/control" association sync LIE 1 always "$work"
  NODE_ENV="FAULT_CONTROL=$work/control LD_PRELOAD=$tools/fault_shim.so"
fi
lost() {
  [ -z "${LIES:-}" ] || { tail -1 "$work/check"; echo "passed: without syncs the campaign finds the loss in round $round"; exit 0; }
  head -5 "$work/check"
  tail -1 "$work/disk.log"
  fail "round $round"
}
start_archive
configure
outstanding=()
begun=$(date +%s)
for ((round = 1; round <= rounds; round++)); do
  make_patient "$round"
  outstanding+=("$(patient "$round")"/*)
  spawn_node
  senders=()
  for i in 0 1; do
    part=()
    for ((k = i; k < ${#outstanding[@]}; k += 2)); do part+=("${outstanding[k]}"); done
    ( for try in 1 2 3 4 5 6 7 8; do
        "$tool" send "$node_port" "SENDER$i" "$work/ack.$round.$i" "${part[@]}" && break
        [ ! -s "$work/ack.$round.$i" ] || break
        sleep 0.1
      done ) > /dev/null 2>&1 &
    senders+=($!)
  done
  [ -z "${LIES:-}" ] || wait_for 30 answers || fail "the node does not answer"
  nap "$(between 80 1200)"
  kill -USR1 "$disk_pid"
  nap "$(between 0 60)"         # a real cut gives no time; here whatever still runs meets errors
  kill_node
  wait "${senders[@]}" || true
  detach || fail "round $round: the file system does not let go"
  kill -USR2 "$disk_pid"
  mount_disk
  "$tool" look "$spool" "$work/ack.$round".* > "$work/check" 2>&1 || lost
  cat "$work/ack.$round".* >> "$work/ack" 2>/dev/null || true
  mapfile -t outstanding < <(printf '%s\n' "${outstanding[@]}" | sort |
    comm -23 - <(cat "$work/ack.$round".* 2>/dev/null | sort))
  rm -f "$work/ack.$round".*
  [ $((round % 50)) -ne 0 ] || echo "round $round: $(wc -l < "$work/ack") acknowledged, $(( $(date +%s) - begun )) s"
done

[ -z "${LIES:-}" ] || fail "nothing was lost, though nothing was synced"
start_node
[ ${#outstanding[@]} -eq 0 ] || "$tool" send "$node_port" LAST "$work/ack" "${outstanding[@]}" || fail "the last send"
wait_for $((60 + rounds)) delivered_are "$rounds" \
  || { cases list --limit 0 | grep -v ' delivered ' | head; fail "$(state_count delivered) of $rounds cases delivered"; }
sleep 1
stop_node
"$tool" check "$spool" "$work/ack" || fail "at the end"
[ -z "$(ls "$spool/tmp")" ] || fail "left in tmp/"
[ -z "$(ls "$spool/quarantine")" ] || fail "quarantined: $(cat "$spool"/quarantine/*.reason | sort | uniq -c)"
database_is_whole
one_report_each "$rounds"
sanitizers_are_quiet
echo "passed: $rounds power cuts on $fs, $(wc -l < "$work/ack") acknowledged; $(awk '{ lost += $7; open += $3 } END { print lost " of " open }' "$work/disk.log") unflushed blocks lost; $(ls "$archive" | wc -l) objects sent to the archive for $rounds reports"
