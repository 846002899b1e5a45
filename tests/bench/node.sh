#!/bin/bash
# The node's speed beside other receivers, with an untouched dcmsend, in one run:
#   tests/bench/node.sh BUILD/bin/prognode [ROUNDS]
# 1. C-STORE: 200 CT slices of 512x512 in one association, instances a second, for prognode
#    (durable), storescp as it is shipped and with TCP_NODELAY=1, and Orthanc with TCP_NODELAY=1.
# 2. From the last C-STORE response to the report in the archive.
set -eu
prognode=$(realpath "$1") rounds=${2:-3}
cd "$(dirname "$0")/../.."
. scripts/lib.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-bench.XXXXXX")
pids=""
clean_up() { for p in $pids; do kill "$p" 2>/dev/null && wait "$p" 2>/dev/null || true; done; rm -rf "$work"; }
trap clean_up EXIT

"$prognode" phantom -o "$work/p" --seed 5 --size large > /dev/null
images=$(find "$work/p" -name 'ct*' | wc -l)
mkdir "$work/ct" && ln $(find "$work/p" -name 'ct*') "$work/ct/"
contour=$(find "$work/p" -name 'rtstruct*')

now() { date +%s.%N; }
rate() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { printf "%.0f", n / (b - a) }'; }
store_rate() {      # PORT AE
  a=$(now)
  dcmsend -aec "$2" --scan-directories 127.0.0.1 "$1" "$work/ct" > "$work/send.log" 2>&1 || { cat "$work/send.log"; exit 1; }
  b=$(now)
  rate "$a" "$b" "$images"
}
table() { printf '%-44s %s\n' "$1" "$2"; }

echo "$images slices of $(stat -c %s "$(ls "$work"/ct/* | head -1)") bytes, $rounds rounds, load $(cut -d' ' -f1-3 /proc/loadavg)"
plain_port=$(free_port) nodelay_port=$(free_port) orthanc_port=$(free_port) orthanc_http=$(free_port)
mkdir "$work/s1" "$work/s2"
storescp -od "$work/s1" "$plain_port" > /dev/null 2>&1 & pids="$pids $!"
TCP_NODELAY=1 storescp -od "$work/s2" "$nodelay_port" > /dev/null 2>&1 & pids="$pids $!"
export TCP_NODELAY=1
start_orthanc "$work/o" ORTHANC "$orthanc_port" "$orthanc_http"; pids="$pids $orthanc_pid"
unset TCP_NODELAY
for round in $(seq "$rounds"); do
  spool=$work/spool$round port=$(free_port)
  FALLBACK_S=600 write_config "$work/node.yaml" "$spool" "$port" "$orthanc_port" "$(pwd)/config/models/example-phantom.yaml"
  "$prognode" serve --config "$work/node.yaml" 2> "$work/node.log" & node=$!
  pids="$pids $node"
  wait_for 20 "$prognode" echo 127.0.0.1 "$port" PROGNODE
  table "C-STORE/s, prognode, durable" "$(store_rate "$port" PROGNODE)"
  table "C-STORE/s, storescp as shipped" "$(store_rate "$plain_port" ANY)"
  table "C-STORE/s, storescp with TCP_NODELAY=1" "$(store_rate "$nodelay_port" ANY)"
  table "C-STORE/s, Orthanc with TCP_NODELAY=1" "$(store_rate "$orthanc_port" ORTHANC)"
  before=$(find_instances "$orthanc_http" SR | wc -l)
  dcmsend -aec PROGNODE 127.0.0.1 "$port" "$contour" > /dev/null 2>&1
  a=$(now)
  more() { [ "$(find_instances "$orthanc_http" SR | wc -l)" -gt "$before" ]; }
  until more; do sleep 0.02; done
  table "s, last C-STORE response to report in archive" "$(awk -v a="$a" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }')"
  kill "$node"; wait "$node" || true
  rm -rf "$spool"
  curl -sf -X DELETE "http://127.0.0.1:$orthanc_http/patients/$(curl -sf "http://127.0.0.1:$orthanc_http/patients" | tr -d '[]" \n' | cut -d, -f1)" > /dev/null || true
done
