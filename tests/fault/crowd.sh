#!/bin/bash
# Many peers at once: mute and slow ones, more senders than there are associations, connections
# that come and go. ROUNDS: 1 is the short form; by hand 20000 is the number of comings and goings,
# 8 senders have 1,000 images each, and a C-ECHO beside 200 mute connections takes under 1 s.
. "$(dirname "$0")/common.sh"
rounds=${rounds:-1}
crowd=$tools/crowd
RESERVE=0
configure
limits() {    # TOTAL ADDRESS
  sed -i -e '/max_associations/d' -e '/artim_s\|idle_timeout_s/d' \
         -e "s/^  port: .*/&\n  max_associations: $1\n  max_associations_per_address: $2\n  artim_s: 6\n  idle_timeout_s: 6/" "$config"
}
receiver_has() { local p; p=$(role_pids receiver); echo "$(ls "/proc/$p/fd" | wc -l) $(awk '/^Anonymous:/ { print $2 }' "/proc/$p/smaps_rollup")"; }
same_node() { pgrep -P "$node_pid" | sort | tr '\n' ' '; }
quiet_peers() { [ -z "$(role_pids association)" ]; }

# ---- 200 mute connections and a slow one ----
limits 300 250
start_node
before=$(same_node)
"$crowd" mute "$node_port" 200 20 | tee "$work/mute" || true
[ "${PIPESTATUS[0]}" -eq 0 ] || fail "mute peers"
wait_for 10 quiet_peers || fail "associations outlast their peers: $(role_pids association | wc -l)"
if [ "$rounds" -gt 1 ]; then
  [ "$(sed -n 's/.*took \([0-9]*\) ms/\1/p' "$work/mute")" -lt 1000 ] || fail "a C-ECHO took a second"
fi

# ---- Connections that come and go: nothing of them stays with the receiver ----
n=$((rounds > 1 ? rounds : 20))
"$crowd" churn "$node_port" 20 > /dev/null || fail "churn"
wait_for 10 quiet_peers
first=$(receiver_has)
"$crowd" churn "$node_port" "$n" || fail "churn"
wait_for 10 quiet_peers
last=$(receiver_has)
echo "the receiver before and after: descriptors, KB of its own: $first, $last"
[ "${last% *}" -eq "${first% *}" ] || fail "descriptors of the receiver: ${first% *}, then ${last% *}"
[ $((${last#* } - ${first#* })) -lt 1024 ] || fail "memory of the receiver: ${first#* } KB, then ${last#* } KB"
[ "$(same_node)" = "$before" ] || fail "a process was replaced"
stop_node

# ---- 64 senders where 48 have room; 8 with whole studies ----
limits 48 48
start_node
mkdir "$work/a" "$work/b"
"$crowd" senders "$node_port" 64 $((rounds > 1 ? 20 : 3)) 20000 "$work/a" || fail "64 senders"
"$tool" check "$spool" "$work/a/ack" || fail "64 senders"
rm -r "$work/a"
if [ "$rounds" -gt 1 ]; then objects=1000 bytes=131072; else objects=20 bytes=65536; fi
"$crowd" senders "$node_port" 8 "$objects" "$bytes" "$work/b" || fail "8 senders"
"$tool" check "$spool" "$work/b/ack" || fail "8 senders"
wait_for 120 incoming_is_empty || fail "objects are left in incoming/"
"$tool" check "$spool" "$work/b/ack" > "$work/check" || { cat "$work/check"; fail "8 senders, indexed"; }

# ---- 100,000 files that nobody sent ----
if [ "$rounds" -gt 1 ]; then
  mkdir "$work/many"
  (cd "$spool/incoming" && seq 100000 | sed 's/^/foreign-/' | xargs touch)
  "$crowd" senders "$node_port" 8 5 30000 "$work/many" || fail "beside 100,000 foreign files"
  all_taken_in() { ! ls "$spool/incoming" | grep -q '\.dcm$'; }
  wait_for 60 all_taken_in || fail "the indexer does not see objects among foreign files"
  "$tool" check "$spool" "$work/many/ack" || fail "beside 100,000 foreign files"
fi
[ -z "$(ls "$spool/tmp")" ] || fail "left in tmp/"
[ -z "$(ls "$spool/quarantine")" ] || fail "quarantined: $(cat "$spool"/quarantine/*.reason | sort | uniq -c)"
! grep -qE 'role_ended|association_died' "$work/node.log" || fail "a process died: $(grep -E 'role_ended|association_died' "$work/node.log" | head -3)"
stop_node
sanitizers_are_quiet
echo "passed"
