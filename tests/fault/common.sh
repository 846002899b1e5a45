# Sourced by the campaigns: SCRIPT PROGNODE TOOLS SOURCE [ROUNDS [SEED]]. A work folder, a light
# archive that keeps every object that it is sent as a file of its own, and a node, all of which
# end with the script. TOOLS is the folder of fault_tool and of the shims.
set -eu
prognode=$1 tools=$2 source_dir=$3 rounds=${4:-}
tool=$tools/fault_tool
. "$source_dir/scripts/lib.sh"
RANDOM=${5:-1}

need() {
  for program in "$@"; do
    command -v "$program" > /dev/null || { echo "SKIPPED: $program is not installed"; exit 77; }
  done
}
need storescp jq dcmdump dcmodify

work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-fault.XXXXXX")
archive_pid="" node_pid=""
fail() {
  echo "FAILED: $*" >&2
  [ ! -f "$work/node.log" ] || { echo "--- node.log" >&2; tail -${PN_LOG_LINES:-40} "$work/node.log" >&2; }
  [ -z "${PN_KEEP:-}" ] || { cp -r "$work" "$PN_KEEP" && echo "kept in $PN_KEEP" >&2; }
  exit 1
}
clean_up_more() { :; }
end_process() {    # PID
  [ -z "$1" ] || { kill -9 "$1" 2>/dev/null && wait "$1" 2>/dev/null || true; }
}
clean_up() {
  end_process "$node_pid"
  end_process "$archive_pid"
  clean_up_more
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

archive_port=$(free_port) node_port=$(free_port)
spool=$work/spool archive=$work/archive config=$work/prognode.yaml
# Of its own, so that a long campaign does not see the source tree change.
model=$work/model.yaml
cp "$source_dir/config/models/example-phantom.yaml" "$model"
ms() { echo $(( $(date +%s%N) / 1000000 )); }
nap() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }    # milliseconds
between() { echo $(( $1 + RANDOM % ($2 - $1 + 1) )); }

start_archive() {
  mkdir -p "$archive"
  storescp -aet ORTHANC +B +uf -od "$archive" "$archive_port" > "$work/archive.log" 2>&1 &
  archive_pid=$!
}
# A case whose processes are killed again and again is not to be taken for a poisoned one. OBJECTS:
# what is sent beside the report; the picture is 6 MB and left out.
configure() {
  local beside=${OBJECTS-seg pdf} o
  write_config "$config" "$spool" "$node_port" "$archive_port" "$model"
  sed -i -e 's/^cases:/cases:\n  max_attempts: 100/' -e "s/reserve: .*/reserve: ${RESERVE:-0}/" "$config"
  { echo "report:"; for o in seg picture pdf; do echo "  $o: $([[ " $beside " == *" $o "* ]] && echo true || echo false)"; done; } >> "$config"
}
# Under the shim the sanitizer's library is not the first one, which it would complain about.
spawn_node() {    # without waiting for it; NODE_ENV: words of the form NAME=VALUE
  env ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 ${NODE_ENV:-} "$prognode" serve --config "$config" 2>> "$work/node.log" &
  node_pid=$!
}
answers() { "$prognode" echo 127.0.0.1 "$node_port" PROGNODE; }
start_node() {
  spawn_node
  wait_for 30 answers || fail "the node does not answer"
}
kill_node() {    # the roles go with it (PR_SET_PDEATHSIG)
  end_process "$node_pid"
  node_pid=""
}
stop_node() {
  kill "$node_pid"
  wait "$node_pid" || fail "the node ended with $?"
  node_pid=""
}
# Pids of a role: indexer, worker, sender, receiver, header, compute; association for the
# receiver's children.
# Without a process started for it: the moment in which a role can be met is short.
role_pids() {
  local all p more name
  read -r all 2> /dev/null < "/proc/$node_pid/task/$node_pid/children" || true
  for p in $all; do
    more=""
    read -r more 2> /dev/null < "/proc/$p/task/$p/children" || true
    all="$all $more"
  done
  for p in $all; do
    name=""
    read -r name 2> /dev/null < "/proc/$p/comm" || true
    [ "$name" != "pn-$1" ] || echo "$p"
  done
}
make_patients() {    # SEED HOW-MANY: into $work/patients
  "$prognode" phantom -o "$work/patients" --seed "$1" --count "$2" --size small > /dev/null || fail "phantom"
}
make_patient() { make_patients "$1" 1; }
patient() { printf '%s/patients/PHANTOM-%03d' "$work" "$1"; }
cases() { "$prognode" cases "$@" --config "$config"; }
state_count() { cases list --limit 0 --json | jq --arg s "$1" '[.[] | select(.state == $s)] | length'; }
# What is not in the archive is not delivered: the cheaper look comes first.
delivered_are() { [ "$(ls "$archive" | wc -l)" -ge "$1" ] && [ "$(state_count delivered)" -eq "$1" ]; }
incoming_is_empty() { [ -z "$(ls "$spool/incoming")" ]; }
sanitizers_are_quiet() {
  ! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
}

database_is_whole() {
  command -v sqlite3 > /dev/null || return 0
  [ "$(sqlite3 "$spool/prognode.db" 'pragma integrity_check')" = ok ] || fail "the database is damaged"
}

# The archive holds the objects of each delivered case, one report among them, and nothing else; what
# came twice came with the same bytes.
reports_are_whole() {
  local id file
  cases list --limit 0 --json > "$work/cases.json"
  jq -r '.[] | select(.state == "delivered") | .report_sop_uid' "$work/cases.json" | sort > "$work/wanted"
  if [ -n "${OBJECTS-seg pdf}" ]; then
    for id in $(jq -r '.[] | select(.state == "delivered") | .id' "$work/cases.json"); do
      cases show "$id" --json | jq -r '.deliveries[] | select(.state == "sent") | .sop_uid'
    done | sort > "$work/sent"
    [ -z "$(comm -23 "$work/wanted" "$work/sent")" ] || fail "a delivered case has not sent its report"
    cp "$work/sent" "$work/wanted"
  fi
  find "$archive" -type f -print0 | xargs -0 sha256sum | sort -u -k1,1 > "$work/sums"
  while read -r _ file; do
    dcmdump +P 0008,0018 "$file" | sed -n 's/.*\[\(.*\)\].*/\1/p'
  done < "$work/sums" | sort > "$work/got"
  cmp -s "$work/wanted" "$work/got" \
    || fail "in the archive: $(wc -l < "$work/got") different objects, expected $(wc -l < "$work/wanted"): $(diff "$work/wanted" "$work/got" | head -4)"
}

# one_report_each N: N cases, all delivered.
one_report_each() {
  reports_are_whole
  local n
  n=$(jq -r '.[] | select(.state == "delivered") | .report_sop_uid' "$work/cases.json" | sort -u | wc -l)
  [ "$n" -eq "$1" ] && [ "$(jq length "$work/cases.json")" -eq "$1" ] \
    || fail "$n reports of $(jq length "$work/cases.json") cases, expected $1"
}
