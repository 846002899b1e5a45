#!/bin/bash
# Outgoing associations over TLS: an archive with the wrong certificate gets nothing and the log
# says why; with the right one it is asked for a missing slice, moves it back over TLS, and gets
# the report. No port without TLS is open on either side.
. "$(dirname "$0")/common.sh"
. "$(dirname "$0")/tls_common.sh"
need storescp

make_certificate stranger untrusted "IP:127.0.0.1"
make_certificate ca expired "IP:127.0.0.1" 20200101000000Z 20200201000000Z
make_certificate ca revoked "IP:127.0.0.1"
make_certificate ca elsewhere "DNS:elsewhere.example"
make_certificate ca unnamed "DNS:127.0.0.1.example"
make_crl ca "$pki/ca.crl" revoked
tls_config "crl: pki/ca.crl"

# ---- Whom the node talks to ----
scp_pid=""
trap '[ -z "$scp_pid" ] || kill "$scp_pid" 2>/dev/null; clean_up' EXIT
with() {    # with NAME COMMAND...: while an SCP with this certificate listens on $port
  port=$(free_port)
  storescp +tls "$pki/$1.key" "$pki/$1.crt" +cf "$pki/ca.crt" --ignore "$port" > "$work/scp.log" 2>&1 &
  scp_pid=$!
  shift
  listening() { (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
  wait_for 20 listening || fail "storescp: $(cat "$work/scp.log")"
  "$@"
  kill "$scp_pid"; wait "$scp_pid" 2>/dev/null || true
  scp_pid=""
}
node_echo() { "$prognode" echo 127.0.0.1 "$port" ANY --tls --config "$work/prognode.yaml" "$@" > "$work/echo.log" 2>&1; }
refuses() {    # refuses PATTERN [OPTIONS...]
  pattern=$1; shift
  ! node_echo "$@" || fail "not refused: $pattern"
  grep -qE -- "$pattern" "$work/echo.log" || fail "expected /$pattern/: $(cat "$work/echo.log")"
  cat "$work/echo.log"
}
accepts() { node_echo "$@" || fail "$(cat "$work/echo.log")"; cat "$work/echo.log"; }
with pacs accepts
with pacs accepts --fingerprint "$(fingerprint "$pki/pacs.crt")"
with elsewhere accepts --name elsewhere.example
with elsewhere accepts --fingerprint "$(fingerprint "$pki/elsewhere.crt")"
with elsewhere refuses 'certificate of "CN=elsewhere,O=Test" refused: it is not made out to 127.0.0.1'
with unnamed refuses 'refused: it is not made out to 127.0.0.1'
with pacs refuses 'refused: its fingerprint is [0-9a-f]{64}, not' --fingerprint "$(fingerprint "$pki/elsewhere.crt")"
with untrusted refuses 'certificate of "CN=untrusted,O=Test" refused: no CA of tls.ca vouches for it'
with untrusted refuses 'no CA of tls.ca vouches for it' --fingerprint "$(fingerprint "$pki/untrusted.crt")"
with expired refuses 'certificate of "CN=expired,O=Test" refused: it has expired'
with revoked refuses 'certificate of "CN=revoked,O=Test" refused: it is revoked'
port=$archive_port
refuses "127.0.0.1:$archive_port"

# ---- Query, move, report ----
ORTHANC_EXTRA="\"DicomTlsEnabled\": true, \"DicomTlsCertificate\": \"$pki/pacs.crt\",
  \"DicomTlsPrivateKey\": \"$pki/pacs.key\", \"DicomTlsTrustedCertificates\": \"$pki/ca.crt\","
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
curl -sf -X PUT "http://127.0.0.1:$archive_http/modalities/node" > /dev/null -d \
  "{\"AET\": \"PROGNODE\", \"Host\": \"127.0.0.1\", \"Port\": $tls_port, \"UseDicomTls\": true}" || fail "Orthanc: modality"

"$prognode" phantom -o "$work/p" --seed 77 --count 1 --size small > /dev/null
patient=$(ls -d "$work"/p/*)
images=$(find "$patient" -name 'ct*' | sort)
absent=$(echo "$images" | sed -n 4p)
storescu +tls "$pki/pacs.key" "$pki/pacs.crt" +cf "$pki/ca.crt" -aec ORTHANC 127.0.0.1 "$archive_port" $images > "$work/archive.log" 2>&1 \
  || fail "to the archive: $(tail -3 "$work/archive.log")"
mkdir "$work/sent" && cp "$patient"/* "$work/sent" && rm "$work/sent/$(basename "$absent")"

# Only TLS here, and at first the wrong name for the archive.
sed -i -e "s/^  port: $node_port/  port: 0/" -e 's/^cases:/&\n  pull_after_s: 1/' \
  -e "s/^    port: $archive_port/&\n    query: move\n    tls: true\n    tls_name: wrong.example/" "$work/prognode.yaml"
start_tls_node() {
  "$prognode" serve --config "$work/prognode.yaml" 2>> "$work/node.log" &
  node_pid=$!
  wait_for 30 "$prognode" echo 127.0.0.1 "$tls_port" PROGNODE --tls --config "$work/prognode.yaml" || fail "the node does not answer"
}
start_tls_node
! "$prognode" echo 127.0.0.1 "$node_port" PROGNODE > /dev/null 2>&1 || fail "the port without TLS is open"
storescu +tls "$pki/pacs.key" "$pki/pacs.crt" +cf "$pki/ca.crt" -aec PROGNODE 127.0.0.1 "$tls_port" "$work"/sent/* > "$work/send.log" 2>&1 \
  || fail "storescu +tls: $(tail -3 "$work/send.log")"
asked_wrongly() { grep -q 'event=asked_archive .*refused: it is not made out to wrong.example' "$work/node.log"; }
wait_for 40 asked_wrongly || fail "the fetcher does not say why it got nothing"
state_is waiting 1 || fail "not waiting"
stop_node
sed -i '/tls_name: wrong.example/d' "$work/prognode.yaml"
start_tls_node
wait_for 90 state_is delivered 1 || fail "$(cases list)"
reports_are 1 || fail "$(reports) reports"
grep -q 'event=tls_established .*subject="CN=pacs,O=Test"' "$work/node.log" || fail "the archive did not come over TLS"
grep -q 'event=asked_archive .*found=1 sent=1' "$work/node.log" || fail "not asked for"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo passed
