#!/bin/bash
# The spool on NFS, by the kernel's own server and client: two nodes on one PostgreSQL, each with an
# NFS mount of its own (nosharecache, a mount namespace each), as on two hosts; one is killed at
# work and comes back. Each case gets one report, nothing acknowledged is lost. SQLite on NFS is
# refused. Runs in a user-mode Linux (Debian's user-mode-linux), since not every machine's kernel
# knows NFS; the host's files are its root. ROUNDS: patients, default 12.
if [ $$ -ne 1 ]; then
  . "$(dirname "$0")/common.sh"
  [ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root"; exit 77; }
  need linux.uml modprobe exportfs rpc.nfsd rpc.mountd mount.nfs4 mkfs.ext4 nsenter
  ls -d /usr/lib/postgresql/*/bin > /dev/null 2>&1 || { echo "SKIPPED: postgresql is not installed"; exit 77; }
  ! grep -q __asan_init "$prognode" || { echo "SKIPPED: user-mode Linux has no room for AddressSanitizer"; exit 77; }
  truncate -s 3G "$work/disk"
  mkfs.ext4 -q -F "$work/disk"
  mkdir -p "$work/modules/lib"
  ln -s /usr/lib/uml/modules "$work/modules/lib/modules"
  # Nothing of the host's is written to but what lies in the work folder.
  timeout "${UML_TIMEOUT:-900}" linux.uml rootfstype=hostfs rootflags=/ rw mem=1G ubda="$work/disk" con=null con0=null \
    init="$(realpath "$0")" -- "$(realpath "$prognode")" "$(realpath "$tools")" "$(realpath "$source_dir")" "${rounds:-12}" "$work" \
    > "$work/uml.log" 2>&1 < /dev/null || true
  cat "$work/out"
  [ "$(cat "$work/status" 2>/dev/null)" = 0 ] || { tail -15 "$work/uml.log"; fail "the user-mode Linux ended with $(cat "$work/status" 2>/dev/null)"; }
  exit 0
fi

# ---- The first process of the user-mode Linux ----
outside=$5
exec > "$outside/out" 2>&1 < /dev/null
power_off() {
  echo "$1" > "$outside/status"
  for log in /mnt/work/*/[ab].log; do [ "$1" = 0 ] || tail -8 "$log"; done
  sync
  echo o > /proc/sysrq-trigger
  sleep 60
}
trap 'power_off $?' EXIT
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 OPENBLAS_NUM_THREADS=1 HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /dev/shm 2> /dev/null || { mkdir -p /dev/shm && mount -t tmpfs tmpfs /dev/shm; }
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib/nfs
mount /dev/ubda /mnt
mount --make-rprivate /
mkdir -p /mnt/work /mnt/export /mnt/spool /var/lib/nfs/v4recovery /var/lib/nfs/rpc_pipefs
ip link set lo up
for m in nfsd nfsv4; do modprobe -d "$outside/modules" "$m"; done
mount -t nfsd nfsd /proc/fs/nfsd
echo 10 > /proc/fs/nfsd/nfsv4leasetime
echo 10 > /proc/fs/nfsd/nfsv4gracetime
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
rpc.mountd --no-nfs-version 3 2> /dev/null
exportfs -o rw,sync,fsid=0,no_root_squash,no_subtree_check,insecure '127.0.0.1:/mnt/export'
rpc.nfsd --no-nfs-version 3 --no-udp 4 2> /dev/null
echo "Linux $(uname -r): kernel NFS server and client"

TMPDIR=/mnt/work
set -- "$1" "$2" "$3" "$4"
. "$(dirname "$0")/common.sh"
OBJECTS=""
trap 'rc=$?; trap - EXIT; power_off $rc' EXIT
patients=$rounds
pg_bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
mkdir /mnt/pg
chown postgres /mnt/pg
chmod 755 "$work"
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
cd /
as_postgres "$pg_bin/initdb" -D /mnt/pg/data -U postgres -A trust -E UTF8 --locale=C --no-sync > /dev/null
as_postgres "$pg_bin/pg_ctl" -D /mnt/pg/data -w -l /mnt/pg/log -o "-k /mnt/pg -c listen_addresses='' -c shared_buffers=32MB" start > /dev/null

# ---- Two hosts ----
declare -A port=() pid=() keeper=()
for h in a b; do
  # The namespace lives in a process of its own, so that it outlasts a killed node.
  unshare -m --propagation private bash -c "mount -t nfs4 -o vers=4.2,hard,nosharecache,proto=tcp 127.0.0.1:/ /mnt/spool && touch $work/mounted.$h && exec sleep 100000" &
  keeper[$h]=$!
  wait_for 30 test -e "$work/mounted.$h" || fail "host $h cannot mount"
  port[$h]=$(free_port)
done
on() { local h=$1; shift; nsenter -t "${keeper[$h]}" -m -- "$@"; }
on a stat -f -c 'the spool lies on %T' /mnt/spool
spool=/mnt/spool/s
for h in a b; do
  node_port=${port[$h]} config=$work/$h.yaml
  configure
  cp "$config" "$work/$h-sqlite.yaml"
  sed -i -e "s|^node:|node:\n  host_name: host-$h|" -e 's|^spool:|spool:\n  database: "host=/mnt/pg user=postgres dbname=postgres"|' "$config"
done
start_host() {
  nsenter -t "${keeper[$1]}" -m -- "$prognode" serve --config "$work/$1.yaml" 2>> "$work/$1.log" &
  pid[$1]=$!
  wait_for 60 "$prognode" echo 127.0.0.1 "${port[$1]}" PROGNODE || fail "node $1 does not answer"
}
fail() { echo "FAILED: $*"; exit 1; }

# ---- SQLite is refused ----
if on a timeout 60 "$prognode" serve --config "$work/a-sqlite.yaml" 2> "$work/refused"; then fail "SQLite on NFS is not refused"; fi
grep -m1 -o 'prognode serve: .*\|reason=.*NFS.*' "$work/refused" || fail "SQLite on NFS: $(tail -3 "$work/refused")"
grep -q NFS "$work/refused" || fail "the refusal does not name NFS"

# ---- Two nodes, one killed ----
start_archive
start_host a
start_host b
grep -ho 'process=compute landlock=[a-z0-9]* seccomp=on' "$work/a.log" || true
make_patients 1 "$patients"
send_to() { "$tool" send "${port[$1]}" SENDER "$work/ack" "$(patient "$2")"/*; }
half=$((patients / 2))
for ((i = 1; i <= half; i++)); do
  if [ $((i % 2)) -eq 0 ]; then send_to a "$i" || fail "send"; else send_to b "$i" || fail "send"; fi
done
# Killed in the middle of a transfer, and while its worker has cases.
send_to a $((half + 1)) > /dev/null 2>&1 & sending=$!
sleep 0.2
kill -9 "${pid[a]}"
wait "${pid[a]}" 2>/dev/null || true
wait "$sending" 2>/dev/null || true
! "$prognode" echo 127.0.0.1 "${port[a]}" PROGNODE 2> /dev/null || fail "the killed node answers"
begun=$(date +%s)
for ((i = half + 1; i <= patients; i++)); do send_to b "$i" || fail "send after the kill"; done
config=$work/b.yaml
wait_for 240 delivered_are "$patients" || { cases list; fail "$(state_count delivered) of $patients delivered"; }
echo "one of two nodes killed: all $patients cases delivered $(($(date +%s) - begun)) s later"
sort -u "$work/ack" > "$work/ack.unique"
on b "$tool" check "$spool" "$work/ack.unique" || fail "as a client sees it"
"$tool" check /mnt/export/s "$work/ack.unique" || fail "as it lies on the server's disk"
one_report_each "$patients"

# ---- It comes back and works on ----
start_host a
make_patient $((patients + 1))
send_to a $((patients + 1)) || fail "send to the node that came back"
wait_for 120 delivered_are $((patients + 1)) || fail "no report after the node came back"
for h in a b; do kill "${pid[$h]}"; wait "${pid[$h]}" || fail "node $h ended with $?"; done
one_report_each $((patients + 1))
[ -z "$(ls /mnt/export/s/tmp)" ] || echo "note: in tmp/: $(ls /mnt/export/s/tmp)"
as_postgres "$pg_bin/pg_ctl" -D /mnt/pg/data -m immediate stop > /dev/null || true
echo "passed: $((patients + 1)) cases, one report each, on NFS 4.2"
