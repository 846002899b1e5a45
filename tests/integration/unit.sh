#!/bin/bash
# The node under the shipped unit's restrictions, without systemd: its system call filter (the
# groups as systemd-analyze has them), its other filters, no capabilities, an unprivileged user in
# a user namespace of its own, everything but the state folder read-only, a private /tmp and /dev.
# The node starts, makes a report, and its own inner sandbox is active. The unit passes
# `systemd-analyze verify`, and `security` rates it 1.5 or better.
prognode=$1 source_dir=$3 launcher=$4
set -- "$1" "$(dirname "$4")" "$3"
. "$source_dir/tests/fault/common.sh"
need bwrap setpriv systemd-analyze
[ "$(id -u)" -eq 0 ] || { echo "SKIPPED: needs root, to become another user"; exit 77; }
unit=$source_dir/systemd/prognode.service

# ---- What systemd says of the unit ----
mkdir -m 755 "$work/unit" "$work/fixed"
mkdir -m 700 "$work/state"
sed "s|/usr/bin/prognode|$work/fixed/prognode|" "$unit" > "$work/unit/prognode.service"
cp "$prognode" "$work/fixed/prognode"
cp "$launcher" "$work/fixed/launcher"
cp "$model" "$work/fixed/model.yaml"
chmod 755 "$work" "$work/fixed"/*
said=$(systemd-analyze verify "$work/unit/prognode.service" 2>&1) || fail "systemd-analyze verify: $said"
[ -z "$said" ] || fail "systemd-analyze verify: $said"
rating=$(systemd-analyze security --offline=yes --threshold=15 "$work/unit/prognode.service" 2>&1 | tail -1) \
  || fail "systemd-analyze security: $rating"
echo "systemd-analyze: $rating"

# ---- The unit's list of calls ----
expand() {
  local word
  for word in "$@"; do
    case $word in
    @*) expand $(systemd-analyze syscall-filter "$word" | awk 'NR > 1 && $1 !~ /^#/ { print $1 }') ;;
    *) echo "$word" ;;
    esac
  done
}
expand @default | sort -u > "$work/calls"
while read -r words; do
  case $words in
  "~"*) expand ${words#"~"} | sort -u | comm -23 "$work/calls" - > "$work/calls.new" ;;
  *) expand $words | sort -u - "$work/calls" > "$work/calls.new" ;;
  esac
  mv "$work/calls.new" "$work/calls"
done < <(sed -n 's/^SystemCallFilter=//p' "$unit")
cp "$work/calls" "$work/unit/prognode.service" "$work/fixed/"
chmod 644 "$work/fixed/calls" "$work/fixed/prognode.service"
echo "$(wc -l < "$work/calls") system calls are allowed"

# ---- Locked up ----
chown -R 65534:65534 "$work/state"
locked() {    # leaks cannot be looked for without ptrace
  ASAN_OPTIONS=detect_leaks=0 \
  setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all \
    bwrap --ro-bind / / --tmpfs /tmp --dev /dev --unshare-user --unshare-pid --proc /proc --die-with-parent --cap-drop ALL \
    --ro-bind "$work/fixed" "$work/fixed" --bind "$work/state" "$work/state" --chdir "$work/state" \
    "$work/fixed/launcher" "$work/fixed/prognode.service" "$work/fixed/calls" "$@"
}
locked probe > "$work/probe" 2> "$work/probe.err" \
  || { grep -q bwrap: "$work/probe.err" && { cat "$work/probe.err"; echo "SKIPPED: no user namespaces"; exit 77; }; fail "probe: $(cat "$work/probe.err")"; }
cat > "$work/wanted" <<'T'
mount EPERM
write-execute EPERM
packet EAFNOSUPPORT
inet allowed
namespace EPERM
personality EPERM
suid EPERM
setuid EPERM
T
head -8 "$work/probe" | diff "$work/wanted" - || fail "the restrictions are not what the unit says"
grep -q '^limits allowed' "$work/probe" || fail "limits cannot be set"
echo "from within: $(tr '\n' ',' < "$work/probe")"

spool=$work/state/spool config=$work/fixed/prognode.yaml model=$work/fixed/model.yaml
configure
start_archive
locked "$work/fixed/prognode" serve --config "$config" 2>> "$work/node.log" &
jail_pid=$!
clean_up_more() { end_process "$jail_pid"; }
inside() {    # the supervisor, below bwrap's two processes
  local p=$jail_pid child=""
  while [ "$(cat "/proc/$p/comm")" != prognode ]; do
    read -r child _ < "/proc/$p/task/$p/children" || true
    [ -n "$child" ] && [ "$child" != "$p" ] || return 1
    p=$child
  done
  node_pid=$p
}
wait_for 30 inside || fail "no supervisor"
inside
wait_for 30 answers || fail "the node does not answer under the unit's restrictions"
make_patient 1
"$tool" send "$node_port" SENDER "$work/ack" "$(patient 1)"/* || fail "not all was taken"
# The spool is another user's; the list is read by root.
wait_for 60 delivered_are 1 || fail "no report: $(cases list | head -3)"

# ---- The inner sandbox ----
filters() { awk '/^Seccomp_filters:/ { print $2 }' "/proc/$1/status"; }
header=$(role_pids header)
[ -n "$header" ] || fail "no header process"
[ "$(filters "$header")" -gt "$(filters "$node_pid")" ] \
  || fail "the header process has $(filters "$header") filters, the supervisor $(filters "$node_pid")"
for process in compute header; do
  grep -q "event=sandbox process=$process .*seccomp=on" "$work/node.log" || fail "$process does not say its sandbox"
done
grep -o 'process=[a-z]* landlock=[a-z0-9]* seccomp=on' "$work/node.log"
! grep -q '^landlock allowed' "$work/probe" || ! grep -q 'landlock=none' "$work/node.log" \
  || fail "Landlock is there and is not used"
! grep -qE 'role_ended|association_died|level=error' "$work/node.log" || fail "$(grep -E 'role_ended|association_died|level=error' "$work/node.log" | head -3)"
kill -TERM "$node_pid"
wait "$jail_pid" || fail "the node ended with $?"
jail_pid="" node_pid=""
sanitizers_are_quiet
echo "passed: one report under the unit's restrictions"
