#!/bin/bash
# Who may connect over TLS and how: versions and ciphers as docs/CONFORMANCE says and no others;
# each kind of wrong certificate refused with its reason in the log; each port refuses what
# belongs to the other; half-open handshakes disturb nobody and end; the lists of access:.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tls_common.sh"

make_certificate stranger untrusted "IP:127.0.0.1"
make_certificate ca expired "IP:127.0.0.1" 20200101000000Z 20200201000000Z
make_certificate ca early "IP:127.0.0.1" 20900101000000Z 20910101000000Z
make_certificate ca revoked "IP:127.0.0.1"
make_certificate ca unlisted "IP:127.0.0.1"
make_crl ca "$pki/ca.crl" revoked
tls_config "crl: pki/ca.crl"
sed -i "s/^  port: $node_port/&\n  artim_s: 4\n  max_associations: 400\n  max_associations_per_address: 300/" "$work/prognode.yaml"
cat >> "$work/prognode.yaml" <<YAML
access:
  called_ae_titles: [SECOND]
  calling_ae_titles: [TEST, PACS, PROGNODE]
  addresses: [127.0.0.0/28]
  certificates: ["CN=pacs,O=Test", "CN=node,O=Test", "CN=revoked,O=Test", "$(fingerprint "$pki/expired.crt")"]
YAML
"$prognode" check-config "$work/prognode.yaml" > "$work/check.log" || fail "check-config"
grep -q '1 CA certificate, 1 revocation list, client certificate required' "$work/check.log" || fail "$(cat "$work/check.log")"
start_node

# ---- Versions and ciphers ----
hello() {    # the protocol and cipher that s_client gets with these options; "none" where it gets nothing
  openssl s_client -connect "127.0.0.1:$tls_port" -cert "$pki/pacs.crt" -key "$pki/pacs.key" -CAfile "$pki/ca.crt" "$@" \
    < /dev/null 2>/dev/null | sed -n 's/^New, \(TLS[^ ]*\), Cipher is \(.*\)$/\1 \2/p; s/^New, (NONE).*/none/p' | head -1
}
expect_hello() {
  want=$1; shift
  got=$(hello "$@"); got=${got:-none}
  [ "$got" = "$want" ] || fail "s_client $*: got $got, expected $want"
  echo "s_client $*: $got"
}
weak="DEFAULT:@SECLEVEL=0"
mark=$(log_lines)
for version in tls1 tls1_1; do expect_hello none "-$version" -cipher "$weak"; done
wait_for 20 logged_since "$mark" 'reason="no version in common, expected TLS 1.2 or 1.3"' || fail "no word on the version"
for cipher in TLS_AES_256_GCM_SHA384 TLS_AES_128_GCM_SHA256 TLS_CHACHA20_POLY1305_SHA256; do
  expect_hello "TLSv1.3 $cipher" -tls1_3 -ciphersuites "$cipher"
done
expect_hello none -tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256
# Every cipher that this OpenSSL knows for TLS 1.2, each alone. The node's key is on an elliptic
# curve here, so those for RSA are tried below with the other.
allowed_ec="ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-CHACHA20-POLY1305"
allowed_rsa="ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-CHACHA20-POLY1305"
probe() {    # the ciphers that are taken, sorted; those for other kinds of keys need no connection
  openssl ciphers -s -tls1_2 "ALL:COMPLEMENTOFALL:@SECLEVEL=0" | tr ':' '\n' | grep -E "$1" | while read -r c; do
    [ "$(hello -tls1_2 -cipher "$c:@SECLEVEL=0")" = "" ] || hello -tls1_2 -cipher "$c:@SECLEVEL=0"
  done | grep -v none | cut -d' ' -f2 | sort | tr '\n' ' '
}
sorted() { echo $1 | tr ' ' '\n' | sort | tr '\n' ' '; }
got=$(probe 'ECDHE-ECDSA|NULL|^ADH|^AECDH|PSK-AES128-CBC-SHA$')
[ "$got" = "$(sorted "$allowed_ec")" ] || fail "TLS 1.2 ciphers: $got"
echo "TLS 1.2, ECDSA key: $got"
echo "R" | openssl s_client -connect "127.0.0.1:$tls_port" -tls1_2 -cert "$pki/pacs.crt" -key "$pki/pacs.key" \
  -CAfile "$pki/ca.crt" > "$work/renegotiate.log" 2>&1 || true
grep -q 'no renegotiation' "$work/renegotiate.log" || fail "renegotiation: $(tail -5 "$work/renegotiate.log")"
details=$(openssl s_client -connect "127.0.0.1:$tls_port" -tls1_2 -cert "$pki/pacs.crt" -key "$pki/pacs.key" < /dev/null 2>/dev/null)
echo "$details" | grep -q '^Compression: NONE' || fail "compression"
! echo "$details" | grep -q 'TLS session ticket:' || fail "a session ticket"
echo "$details" | grep -q '^Reused' && fail "a session was resumed"

# ---- Certificates ----
tls_echo pacs || fail "a good certificate"
anonymous() { echoscu +tla +cf "$pki/ca.crt" -aet TEST -aec PROGNODE 127.0.0.1 "$tls_port"; }
expect_refused 'event=connection_refused peer=127.0.0.1 reason="the peer showed no certificate"' anonymous
expect_refused 'certificate of \\"CN=untrusted,O=Test\\" refused: no CA of tls.ca vouches for it' tls_echo untrusted
expect_refused 'certificate of \\"CN=expired,O=Test\\" refused: it has expired' tls_echo expired
expect_refused 'certificate of \\"CN=early,O=Test\\" refused: it is not yet valid' tls_echo early
expect_refused 'certificate of \\"CN=revoked,O=Test\\" refused: it is revoked' tls_echo revoked
expect_refused 'certificate of \\"CN=unlisted,O=Test\\" refused: it is not on the list access.certificates' tls_echo unlisted

# ---- Each port refuses what belongs to the other ----
expect_refused 'reason="an association without TLS on the TLS port"' echoscu -aet TEST -aec PROGNODE 127.0.0.1 "$tls_port"
expect_refused 'reason="TLS on the port without TLS"' echoscu +tla -aet TEST -aec PROGNODE 127.0.0.1 "$node_port"
expect_refused 'reason="no TLS on the TLS port"' curl -sf -m 10 "http://127.0.0.1:$tls_port/"

# ---- Titles and addresses ----
titles() { echoscu -v -aet "$1" -aec "$2" 127.0.0.1 "$node_port"; }
titles TEST SECOND || fail "a further title of ours"
expect_refused 'event=association_rejected .*calling="?OTHER"? .*reason="calling AE title"' titles OTHER PROGNODE
grep -q 'Calling AE Title Not Recognized' "$work/refused.log" || fail "$(cat "$work/refused.log")"
expect_refused 'event=association_rejected .*called="?WRONG"? reason="called AE title"' titles TEST WRONG
grep -q 'Called AE Title Not Recognized' "$work/refused.log" || fail "$(cat "$work/refused.log")"
elsewhere() {    # from an address outside the range, a good request; the answer as hexadecimal
  python3 - "$1" "$2" <<'PY'
import socket, struct, sys
s = socket.socket()
s.bind(("127.0.0.99", 0))
s.settimeout(20)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.sendall(bytes.fromhex(sys.argv[2]))
got = b""
try:
    while True:
        b = s.recv(100)
        if not b: break
        got += b
except OSError:
    pass
print(got.hex())
PY
}
mark=$(log_lines)
[ "$(elsewhere "$node_port" 010000000004)" = 03000000000400010101 ] || fail "no A-ASSOCIATE-RJ 1/1/1 for a foreign address"
[ "$(elsewhere "$tls_port" 160301)" = "" ] || fail "a foreign address is answered on the TLS port"
two() { [ "$(tail -n "+$((mark + 1))" "$work/node.log" | grep -c 'event=association_rejected peer=127.0.0.99 reason=address')" -eq 2 ]; }
wait_for 20 two || fail "foreign addresses are not in the log"

# ---- 200 handshakes that do not go on ----
mark=$(log_lines)
python3 - "$tls_port" > "$work/idle.log" <<'PY' &
import socket, sys, time
socks = []
for i in range(200):
    s = socket.socket()
    s.bind(("127.0.0.2", 0))
    s.connect(("127.0.0.1", int(sys.argv[1])))
    if i % 2: s.sendall(bytes.fromhex("16030102000100"))    # the beginning of a ClientHello
    socks.append(s)
print("open", flush=True)
begun, ended = time.time(), 0
for s in socks:
    s.settimeout(max(0.1, 120 - (time.time() - begun)))
    try:
        while s.recv(100): pass
        ended += 1
    except ConnectionError: ended += 1
    except OSError: pass
print("ended", ended, flush=True)
PY
idle=$!
wait_for 60 grep -q open "$work/idle.log" || fail "200 connections"
begun=$(date +%s%N)
tls_echo pacs || fail "C-ECHO beside 200 half-open handshakes"
echo "C-ECHO over TLS beside 200 half-open handshakes: $((($(date +%s%N) - begun) / 1000000)) ms"
! grep -q ended "$work/idle.log" || echo "(they had ended by then)"
wait "$idle"
grep -q 'ended 200' "$work/idle.log" || fail "half-open handshakes: $(cat "$work/idle.log")"
all_gone() { [ "$(tail -n "+$((mark + 1))" "$work/node.log" | grep -c 'peer=127.0.0.2 .*end="timed out"')" -eq 200 ]; }
wait_for 30 all_gone || fail "not all timed out"

# ---- An RSA key ----
stop_node
KEY=rsa make_certificate ca node "IP:127.0.0.1"
start_node
got=$(probe 'ECDHE-RSA|^DHE-RSA|^AES|^CAMELLIA|RSA-PSK-AES128-CBC-SHA$')
[ "$got" = "$(sorted "$allowed_rsa")" ] || fail "TLS 1.2 ciphers: $got"
echo "TLS 1.2, RSA key: $got"
tls_echo pacs || fail "an RSA key"
stop_node
! grep -q 'event=association_died\|event=role_ended' "$work/node.log" || fail "a process died"
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo passed
