#!/bin/bash
# The key: which processes have it, that its file is looked at, and that SIGHUP changes it for new
# associations while open ones go on and nothing is lost, also with the node killed in between.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tls_common.sh"
memory_holds=$1

# ---- Files that are not fit for use ----
tls_config
check_fails() {
  ! "$prognode" check-config "$work/prognode.yaml" > "$work/check.log" 2>&1 || fail "check-config accepts: $1"
  grep -qE -- "$1" "$work/check.log" || fail "check-config does not say /$1/: $(cat "$work/check.log")"
  echo "check-config: $(grep -E -- "$1" "$work/check.log")"
}
chmod 640 "$pki/node.key"
check_fails 'TLS key .*/node.key has mode 0640: others than its owner may open it, expected 0600 or 0400'
chmod 600 "$pki/node.key"
cp "$pki/node.key" "$work/good.key"
cp "$pki/pacs.key" "$pki/node.key"
check_fails 'TLS key: not the key of the certificate of CN=node,O=Test'
echo garbage > "$pki/node.key"
check_fails 'TLS key: no private key in PEM format'
cp "$work/good.key" "$pki/node.key"
cp "$pki/ca.crt" "$work/good.ca"
echo garbage > "$pki/ca.crt"
check_fails 'TLS CA: no certificate in PEM format'
rm "$pki/ca.crt"
check_fails 'TLS CA .*/ca.crt: No such file'
cp "$work/good.ca" "$pki/ca.crt"
cp "$pki/node.crt" "$work/good.crt"
make_certificate ca gone "IP:127.0.0.1" 20200101000000Z 20200201000000Z
cp "$pki/gone.crt" "$pki/node.crt" && cp "$pki/gone.key" "$pki/node.key"
check_fails 'the certificate of CN=gone,O=Test has expired on 2020-02-01 00:00 UTC'
soon=$(date -u -d '+10 days' +%Y%m%d%H%M%SZ)
make_certificate ca soon "IP:127.0.0.1" 20200101000000Z "$soon"
cp "$pki/soon.crt" "$pki/node.crt" && cp "$pki/soon.key" "$pki/node.key"
"$prognode" check-config "$work/prognode.yaml" > "$work/check.log" 2>&1 || fail "check-config: $(cat "$work/check.log")"
grep -qE 'warning: the certificate of CN=soon,O=Test expires on .*, in (9|10) days' "$work/check.log" || fail "no warning: $(cat "$work/check.log")"

# ---- Who has it ----
# The archive wants TLS too, so that the sender has the key as well as the receiver.
sed -i "s/^    port: $archive_port/&\n    tls: true/" "$work/prognode.yaml"
start_node
grep -q 'event=tls_expiry what="the certificate of CN=soon,O=Test expires' "$work/node.log" || fail "no warning at the start"
secret=$(openssl ec -in "$pki/node.key" -noout -text 2>/dev/null | sed -n '/^priv:/,/^pub:/{/^ /p}' | tr -d ' :\n')
[ "${#secret}" -ge 60 ] || fail "the secret of the key is \"$secret\""
pem=$(sed -n 2p "$pki/node.key" | tr -d '\n' | od -An -tx1 | tr -d ' \n')
has_key() { "$memory_holds" "$1" "$secret" "$pem" > /dev/null; }
has_descriptor() { ls -l "/proc/$1/fd" | grep -q 'prognode-tls'; }
# Take the case to compute and stop it there, to look into it too.
"$prognode" phantom -o "$work/p" --seed 77 --count 1 --size large > /dev/null
patient=$(ls -d "$work"/p/*)
storescu +sd +tls "$pki/pacs.key" "$pki/pacs.crt" +cf "$pki/ca.crt" -aec PROGNODE 127.0.0.1 "$tls_port" "$patient" > "$work/send.log" 2>&1 &
sender=$!
worker=$(pgrep -P "$node_pid" -f 'role worker')
compute="" limit=$((SECONDS + 90))
while [ -z "$compute" ] && [ "$SECONDS" -lt "$limit" ]; do
  c=""
  read -r c < "/proc/$worker/task/$worker/children" || true
  c=${c%% *} status=""
  [ -z "$c" ] || IFS= read -r -d '' status 2>/dev/null < "/proc/$c/status" || true
  case $status in *Seccomp:?2*) kill -STOP "$c" && compute=$c ;; esac
done
wait "$sender" || fail "storescu +tls: $(tail -3 "$work/send.log")"
[ -n "$compute" ] || fail "no compute process was seen"
found="" looked=""
for pid in $(pgrep -P "$node_pid") $(pgrep -f "role header $work/spool") "$compute"; do
  what=$(tr '\0' ' ' < "/proc/$pid/cmdline")
  case $what in
  *"role receiver"*|*"role sender"*)
    has_key "$pid" || fail "the key is not found where it is: $what"      # or the search finds nothing
    has_descriptor "$pid" || fail "no descriptor of the key: $what"
    found="$found $pid" ;;
  *)
    code=0; "$memory_holds" "$pid" "$secret" "$pem" > "$work/found.log" || code=$?
    [ "$code" -eq 1 ] || fail "memory of $what: $(cat "$work/found.log") (code $code)"
    ! has_descriptor "$pid" || fail "a descriptor of the key: $what"
    looked="$looked $(echo "$what" | grep -oE 'role [a-z]+' | cut -c6-)" ;;
  esac
done
[ "$(echo $found | wc -w)" -eq 2 ] || fail "receiver and sender: $found"
for role in indexer header worker compute keeper; do
  case "$looked " in *" $role "*) ;; *) fail "$role was not looked into:$looked" ;; esac
done
echo "no key in:$looked"
kill -CONT "$compute"

# ---- Another key, while an association is open ----
served() { openssl s_client -connect "127.0.0.1:$tls_port" -cert "$pki/pacs.crt" -key "$pki/pacs.key" < /dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 | cut -d= -f2; }
[ "$(served)" = "$(fingerprint "$pki/soon.crt")" ] || fail "another certificate is shown"
"$prognode" phantom -o "$work/q" --seed 78 --count 1 --size standard > /dev/null
n_images=$(find "$work/q" -name 'ct*' | wc -l)
images=$(find "$work/q" -name 'ct*' | sort)
many="$images $images $images $images $images $images $images $images $images $images"
make_certificate ca node2 "IP:127.0.0.1"
mark=$(log_lines)
storescu --no-halt +tls "$pki/pacs.key" "$pki/pacs.crt" +cf "$pki/ca.crt" -aec PROGNODE 127.0.0.1 "$tls_port" $many > "$work/send.log" 2>&1 &
sender=$!
accepted() { logged_since "$mark" 'event=association_accepted .*calling="STORESCU"'; }
wait_for 30 accepted || fail "no association: $(cat "$work/send.log")"
cp "$pki/node2.crt" "$pki/node.crt" && cp "$pki/node2.key" "$pki/node.key"
kill -HUP "$node_pid"
renewed() { [ "$(tail -n "+$((mark + 1))" "$work/node.log" | grep -c 'event=tls_renewed')" -ge 2 ]; }
wait_for 20 renewed || fail "receiver and sender did not take the new key"
[ "$(served)" = "$(fingerprint "$pki/node2.crt")" ] || fail "the old certificate is shown after SIGHUP"
wait "$sender" || fail "an association that was open at SIGHUP: $(tail -3 "$work/send.log")"
whole() { logged_since "$mark" "event=association_ended .*end=\"released\" stored=$((10 * n_images)) failed=0"; }
wait_for 20 whole || fail "not all was stored: $(tail -5 "$work/node.log")"
line_of() { grep -nE "$1" "$work/node.log" | tail -1 | cut -d: -f1; }
[ "$(line_of 'role=receiver .*event=tls_renewed')" -lt "$(line_of "event=association_ended .*stored=$((10 * n_images)) ")" ] \
  || fail "the association had ended before the reload"

# Files that are not fit for use change nothing.
mark=$(log_lines)
echo garbage > "$pki/node.key"
kill -HUP "$node_pid"
kept() { logged_since "$mark" 'level=error role=supervisor .*event=tls_kept reason="TLS key: no private key'; }
wait_for 20 kept || fail "the broken key is not in the log"
[ "$(served)" = "$(fingerprint "$pki/node2.crt")" ] || fail "a broken file changed the certificate"
cp "$pki/node2.key" "$pki/node.key"
chmod 644 "$pki/node.key"
mark=$(log_lines)
kill -HUP "$node_pid"
kept() { logged_since "$mark" 'event=tls_kept reason="TLS key .* has mode 0644'; }
wait_for 20 kept || fail "the open key is not in the log"
chmod 600 "$pki/node.key"
tls_echo pacs || fail "C-ECHO after two refused reloads"

# ---- Under load, reloaded and killed: what was acknowledged is there ----
: > "$work/acknowledged"
send_all() {    # each file by itself, so that each acknowledgement is known
  for f in $images; do
    ! storescu +tls "$pki/pacs.key" "$pki/pacs.crt" +cf "$pki/ca.crt" -aec PROGNODE 127.0.0.1 "$tls_port" "$f" > /dev/null 2>&1 \
      || dcmdump +P 0008,0018 "$f" | sed -n 's/.*\[\(.*\)\].*/\1/p' >> "$work/acknowledged"
  done
}
stop_node
mv "$work/spool" "$work/spool.old"
start_node
send_all & sender=$!
for i in 1 2 3; do sleep 1; kill -HUP "$node_pid"; done
kill_node
sleep 0.5
start_node
wait "$sender"
[ -s "$work/acknowledged" ] || fail "nothing was acknowledged"
n=$(sort -u "$work/acknowledged" | wc -l)
stored() { [ "$(find "$work/spool/instances" "$work/spool/incoming" -type f | wc -l)" -ge "$n" ]; }
wait_for 30 stored || fail "$n acknowledged, $(find "$work/spool/instances" "$work/spool/incoming" -type f | wc -l) there"
stop_node                     # which moves files from one folder to the other
for f in $(find "$work/spool/instances" "$work/spool/incoming" -type f); do
  dcmdump +P 0008,0018 "$f" 2>/dev/null | sed -n 's/.*\[\(.*\)\].*/\1/p'
done | sort -u > "$work/there"
sort -u "$work/acknowledged" | comm -23 - "$work/there" > "$work/lost"
[ ! -s "$work/lost" ] || fail "acknowledged and lost: $(cat "$work/lost")"
echo "$n acknowledged over TLS with three reloads and a kill, all there"

# ---- A process of the same user looks in vain ----
# As root everything can be seen, so the node runs as somebody else here. Sanitized builds leave
# the shield out.
nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null && $nobody test -x "$prognode" \
   && ! nm -D "$prognode" 2>/dev/null | grep -q __asan_init; then
  chmod 711 "$work"
  mkdir "$work/other" "$work/other/spool"
  cp -r "$pki" "$work/prognode.yaml" "$model" "$work/other/"
  sed -i "s|^  folder: .*|  folder: $work/other/spool|; s|^  - file: .*|  - file: $(basename "$model")|" "$work/other/prognode.yaml"
  chown -R 65534:65534 "$work/other"
  $nobody "$prognode" serve --config "$work/other/prognode.yaml" 2>> "$work/node.log" &
  node_pid=$!
  wait_for 30 "$prognode" echo 127.0.0.1 "$node_port" PROGNODE || fail "the node of another user does not answer"
  looks() { $nobody sh -c "ls /proc/$1/fd && cat /proc/$1/maps" > /dev/null 2> "$work/look.log"; }
  for pid in "$node_pid" $(pgrep -P "$node_pid" -f 'role (receiver|sender)'); do
    ! looks "$pid" || fail "process $pid can be looked into by its user"
    grep -q 'Permission denied' "$work/look.log" || fail "process $pid: $(cat "$work/look.log")"
  done
  looks "$(pgrep -P "$node_pid" -f 'role worker')" || fail "a process without a key cannot be looked into either: $(cat "$work/look.log")"
  echo "supervisor, receiver and sender cannot be looked into by their own user"
  stop_node
else
  echo "(not root, or sanitized: the shield is not tried)"
fi
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo passed
