#!/bin/bash
# What TLS costs: 200 CT slices of 512x512 in one association to the node, without and with TLS in
# turn, by the same client (storescu with 128 KB PDUs), after one round that is not counted:
#   tests/bench/tls.sh BUILD/bin/prognode [ROUNDS]
# Prints the median of each and their ratio, and how long a C-ECHO takes beside 200 half-open
# handshakes.
set -eu
prognode=$(realpath "$1") rounds=${2:-7}
cd "$(dirname "$0")/../.."
. scripts/lib.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-bench.XXXXXX")
pids=""
clean_up() { for p in $pids; do kill "$p" 2>/dev/null && wait "$p" 2>/dev/null || true; done; rm -rf "$work"; }
trap clean_up EXIT
pki=$work/pki
mkdir "$pki"
. tests/support/certs.sh
make_ca ca
make_certificate ca node "IP:127.0.0.1"
make_certificate ca pacs "IP:127.0.0.1"

"$prognode" phantom -o "$work/p" --seed 5 --size large > /dev/null
images=$(find "$work/p" -name 'ct*' | sort | head -200)
while [ "$(echo "$images" | wc -l)" -lt 200 ]; do images=$(printf '%s\n%s\n' "$images" "$images" | head -200); done
port=$(free_port) tls_port=$(free_port)
write_config "$work/node.yaml" "$work/spool" "$port" "$(free_port)" "$(pwd)/config/models/example-phantom.yaml"
sed -i "s/^  port: $port/&\n  artim_s: 20\n  max_associations: 400\n  max_associations_per_address: 300/" "$work/node.yaml"
cat >> "$work/node.yaml" <<YAML
tls:
  port: $tls_port
  certificate: pki/node.crt
  key: pki/node.key
  ca: pki/ca.crt
YAML
"$prognode" serve --config "$work/node.yaml" 2> "$work/node.log" & pids="$pids $!"
wait_for 30 "$prognode" echo 127.0.0.1 "$port" PROGNODE

store() {    # OPTIONS...: seconds for all slices
  begun=$(date +%s%N)
  storescu -pdu 131072 -aec PROGNODE "$@" $images > "$work/send.log" 2>&1 || { tail -3 "$work/send.log"; exit 1; }
  awk -v n="$(($(date +%s%N) - begun))" 'BEGIN { printf "%.3f\n", n / 1e9 }'
}
plain() { store 127.0.0.1 "$port"; }
secure() { store +tls "$pki/pacs.key" "$pki/pacs.crt" +cf "$pki/ca.crt" 127.0.0.1 "$tls_port"; }
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
echo "$(echo "$images" | wc -l) slices of $(stat -c %s "$(echo "$images" | head -1)") bytes, $rounds rounds, load $(cut -d' ' -f1-3 /proc/loadavg)"
plain > /dev/null
secure > /dev/null
for round in $(seq "$rounds"); do
  plain | tee -a "$work/plain" | sed "s/^/round $round: plain /" | tr '\n' ' '
  secure | tee -a "$work/tls" | sed 's/^/TLS /'
done
awk -v p="$(median "$work/plain")" -v t="$(median "$work/tls")" \
  'BEGIN { printf "median: plain %.3f s, TLS %.3f s, ratio %.2f\n", p, t, t / p }'

python3 - "$tls_port" > "$work/idle.log" <<'PY' & pids="$pids $!"
import socket, sys, time
socks = []
for i in range(200):
    s = socket.socket()
    s.bind(("127.0.0.2", 0))
    s.connect(("127.0.0.1", int(sys.argv[1])))
    s.sendall(bytes.fromhex("16030102000100"))
    socks.append(s)
print("open", flush=True)
time.sleep(60)
PY
wait_for 60 grep -q open "$work/idle.log"
for i in 1 2 3; do
  begun=$(date +%s%N)
  echoscu +tls "$pki/pacs.key" "$pki/pacs.crt" +cf "$pki/ca.crt" -aec PROGNODE 127.0.0.1 "$tls_port"
  echo "C-ECHO over TLS beside 200 half-open handshakes: $((($(date +%s%N) - begun) / 1000000)) ms"
done
