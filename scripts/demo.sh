#!/bin/bash
# Shows the whole way once: an archive (Orthanc), the node, a CT series with contours sent to
# the node, and the report that arrives in the archive.
#   scripts/demo.sh        an artificial patient
#   scripts/demo.sh DIR    your own folder with one CT series and an RTSTRUCT or SEG on it
# Uses ports of its own on 127.0.0.1 and a temporary folder; leaves nothing running.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib.sh

[ $# -le 1 ] || { echo "usage: scripts/demo.sh [DIR]" >&2; exit 2; }
data=${1:-}
[ -z "$data" ] || [ -d "$data" ] || { echo "demo.sh: $data is not a folder" >&2; exit 2; }

say() { printf '\n== %s\n' "$*"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-demo.XXXXXX")
orthanc_pid="" node_pid=""
clean_up() {
  [ -z "$node_pid" ] || { kill "$node_pid" 2>/dev/null && wait "$node_pid" 2>/dev/null || true; }
  [ -z "$orthanc_pid" ] || { kill "$orthanc_pid" 2>/dev/null && wait "$orthanc_pid" 2>/dev/null || true; }
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say "Packages and build"
scripts/packages.sh demo
scripts/build.sh build > "$work/build.log" 2>&1 || { tail -20 "$work/build.log"; exit 1; }
prognode=$(pwd)/build/bin/prognode
"$prognode" version

archive_port=$(free_port) archive_http=$(free_port) node_port=$(free_port)

say "Archive: Orthanc, DICOM port $archive_port, web http://127.0.0.1:$archive_http"
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"

say "Node: prognode serve, AE PROGNODE, port $node_port"
sed -e "s|^\( *port: *\)11112|\1$node_port|" -e "s|^\( *port: *\)4242|\1$archive_port|" \
    -e "s|^\( *folder: *\).*|\1$work/spool|" -e "s|reserve: 5 GiB|reserve: 64 MiB|" \
    -e "s|models/example-phantom.yaml|$(pwd)/config/models/example-phantom.yaml|" \
    config/prognode.example.yaml > "$work/prognode.yaml"
"$prognode" check-config "$work/prognode.yaml"
"$prognode" serve --config "$work/prognode.yaml" 2> "$work/node.log" &
node_pid=$!
wait_for 15 "$prognode" echo 127.0.0.1 "$node_port" PROGNODE || { tail "$work/node.log"; exit 1; }

if [ -z "$data" ]; then
  say "Patient: an artificial one"
  data=$work/patient
  "$prognode" phantom -o "$data" --seed 7
fi
images=$(find "$data" -type f | wc -l)
say "Sending $images files to the archive and to the node, as a PACS would"
dcmsend -aet PACS -aec ORTHANC --scan-directories --recurse 127.0.0.1 "$archive_port" "$data" > "$work/send.log" 2>&1 || true
began=$(date +%s.%N)
dcmsend -aet PACS -aec PROGNODE --scan-directories --recurse 127.0.0.1 "$node_port" "$data" >> "$work/send.log" 2>&1 || true

arrived() { [ -n "$(find_instances "$archive_http" SR)" ]; }
if ! wait_for 120 arrived; then
  echo "No report arrived. What the node says:"
  "$prognode" cases list --config "$work/prognode.yaml" || true
  for id in $("$prognode" cases list --config "$work/prognode.yaml" --json | sed -n 's/.*"id":[[:space:]]*\([0-9]*\).*/\1/p'); do
    "$prognode" cases show "$id" --config "$work/prognode.yaml" || true
  done
  tail -20 "$work/node.log"
  exit 1
fi
awk -v a="$began" -v b="$(date +%s.%N)" \
  'BEGIN { printf "The report is in the archive %.1f s after the first image was sent.\n", b - a }'

say "The cases, as the administrator sees them"
"$prognode" cases list --config "$work/prognode.yaml"

say "The report, fetched from the archive"
id=$(find_instances "$archive_http" SR | head -1)
curl -sf "http://127.0.0.1:$archive_http/instances/$id/file" -o "$work/report.dcm"
"$prognode" show "$work/report.dcm"

cat <<TEXT

In your own archive the report lies in the study of the images; open it there in the viewer
that you use, as a Structured Report (in OHIF: double-click the SR beside the series).
TEXT
