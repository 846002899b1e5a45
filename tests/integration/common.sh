# Sourced by the integration scripts: arguments, a work folder, an archive and a node that end
# with the script. Usage: SCRIPT PROGNODE SHARED SOURCE [...]
set -eu
prognode=$1 shared=$2 source_dir=$3
shift 3
. "$source_dir/scripts/lib.sh"

need() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "SKIPPED: $tool is not installed"; exit 77; }
  done
}
need Orthanc dcmsend curl jq dcm2json dciodvfy dsrdump dcmdump

fail() {
  echo "FAILED: $*" >&2
  [ ! -f "$work/node.log" ] || { echo "--- node.log" >&2; tail -40 "$work/node.log" >&2; }
  [ ! -f "$work/prognode.yaml" ] || "$prognode" cases list --config "$work/prognode.yaml" >&2 || true
  exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-test.XXXXXX")
orthanc_pid="" node_pid=""
clean_up() {
  [ -z "$node_pid" ] || { kill "$node_pid" 2>/dev/null && wait "$node_pid" 2>/dev/null || true; }
  [ -z "$orthanc_pid" ] || { kill -9 "$orthanc_pid" 2>/dev/null && wait "$orthanc_pid" 2>/dev/null || true; }
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

archive_port=$(free_port) archive_http=$(free_port) node_port=$(free_port)
model=${PN_TEST_MODEL:-$source_dir/config/models/example-phantom.yaml}

start_node() {
  "$prognode" serve --config "$work/prognode.yaml" 2>> "$work/node.log" &
  node_pid=$!
  wait_for 30 "$prognode" echo 127.0.0.1 "$node_port" PROGNODE || fail "the node does not answer"
}
stop_node() {
  kill "$node_pid"
  wait "$node_pid" || fail "the node ended with $?"
  node_pid=""
}
# Everything that the node runs, and at once.
kill_node() {
  kill -9 "$node_pid"
  wait "$node_pid" 2>/dev/null || true
  node_pid=""
}
send() {    # send FILE-OR-FOLDER...: to the node; every object must be acknowledged
  dcmsend -v -aet PACS -aec PROGNODE --scan-directories --recurse 127.0.0.1 "$node_port" "$@" > "$work/send.log" 2>&1 \
    || { cat "$work/send.log" >&2; fail "dcmsend $*"; }
}
cases() { "$prognode" cases "$@" --config "$work/prognode.yaml"; }
state_count() { cases list --json | jq --arg s "$1" '[.[] | select(.state == $s)] | length'; }
state_is() { [ "$(state_count "$1")" -ge "$2" ]; }
reports() { find_instances "$archive_http" SR | wc -l; }
reports_are() { [ "$(reports)" -eq "$1" ]; }
fetch() { curl -sf "http://127.0.0.1:$archive_http/instances/$1/file" -o "$2"; }
