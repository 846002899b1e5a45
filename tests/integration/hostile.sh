#!/bin/bash
# Hostile peers and objects: what is refused gets its status, what is accepted and turns out to be
# a trap is put away with its reason, and nothing else changes: not the other association, not
# the files around the spool, not one process of the node.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tls_common.sh"
peer=$1

"$prognode" phantom -o "$work/p" --seed 81 --size small >/dev/null
tls_config
sed -i "s/^  port: $node_port/&\n  idle_timeout_s: 20\n  artim_s: 5/" "$work/prognode.yaml"
start_node
pids() { { echo "$node_pid"; pgrep -P "$node_pid"; } | sort | tr '\n' ' '; }
files() { find "$work" -path "$work/spool" -prune -o -print | sort; }
reasons() { cat "$work"/spool/quarantine/*.reason 2>/dev/null; }
put_away() { [ "$(ls "$work"/spool/quarantine/*.dcm 2>/dev/null | wc -l)" -eq "$1" ]; }
before=$(pids) around=$(files)

"$peer" "$node_port" "$tls_port" || fail "the peer was not answered as expected"
# Five traps; garbage may be unreadable in more than one way, nesting must be named.
wait_for 30 put_away 5 || fail "$(ls "$work/spool/quarantine" | wc -l) files in quarantine: $(reasons)"
[ "$(reasons | grep -ciE 'nest|depth|deep')" -eq 2 ] || fail "nesting is not named: $(reasons)"
echo "reasons:"; reasons
# What an operator sees of it, once and for all.
look() { "$prognode" queue "$1" --config "$work/prognode.yaml" 2>> "$work/node.log"; }
seen=$(look status) && fail "objects in quarantine that nobody has seen, and all is well" || [ $? -eq 3 ] || fail "queue status"
echo "$seen" | grep -qx 'prognode_quarantine_unlisted 5' || fail "$seen"
list=$(look quarantine) || fail "queue quarantine"
[ "$(echo "$list" | grep -c '^20.* from .*: ')" -eq 5 ] || fail "$list"
seen=$(look status) || [ $? -eq 3 ] || fail "queue status"
echo "$seen" | grep -qx 'prognode_quarantine_unlisted 0' || fail "$seen"
incoming_empty() { [ -z "$(ls "$work/spool/incoming")" ]; }
wait_for 20 incoming_empty || fail "objects are left in incoming/"
[ "$(find "$work/spool/instances" -type f | wc -l)" -eq 2 ] || fail "not the two good images only"
[ "$(files)" = "$around" ] || fail "files outside the spool: $(files)"
[ -z "$(find "$work/spool" -name '*..*' -o -name 'x' -o -name 'x.dcm' -o -name 'prognode-named-by-peer*')" ] || fail "a file named by its sender"
[ ! -f /tmp/prognode-named-by-peer ] || fail "/tmp/prognode-named-by-peer"

# The node works as before, by the same processes.
tls_echo pacs || fail "C-ECHO over TLS after the attack"
for why in "no TLS on the TLS port" "an association without TLS on the TLS port" "TLS on the port without TLS"; do
  grep -q "event=connection_refused peer=127.0.0.1 reason=\"$why\"" "$work/node.log" || fail "no word: $why"
done
send "$work/p"
wait_for 60 state_is reported 1 || fail "no report after the attack"
[ "$(pids)" = "$before" ] || fail "processes of the node: $(pids), before: $before"
! grep -qE 'role_ended|association_died' "$work/node.log" || fail "a process died: $(grep -E 'role_ended|association_died' "$work/node.log")"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo passed
