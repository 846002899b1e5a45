#!/bin/bash
# What doctor tells of an archive that takes all, one that takes little, and one that is away.
. "$(dirname "$0")/common.sh"
need storescp
start_orthanc "$work/orthanc" ORTHANC "$archive_port" "$archive_http" "$node_port"
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
sed -i "s/^    connect_timeout_s: 2/    commitment: event\n    query: get\n&/" "$work/prognode.yaml"
doctor() { "$prognode" doctor --config "$work/prognode.yaml" "$@" > "$work/said" 2>&1; }
says() { grep -q "$1" "$work/said" || { cat "$work/said" >&2; fail "doctor does not say: $1"; }; }
says_not() { ! grep -q "$1" "$work/said" || { cat "$work/said" >&2; fail "doctor says: $1"; }; }

start_node
doctor --send || { cat "$work/said" >&2; fail "doctor found something wrong with Orthanc: $?"; }
says "^archive: ORTHANC at 127.0.0.1 port $archive_port"
says "ok     C-ECHO"
says "ok     Segmentation"
says "ok     Comprehensive 3D SR"
says "ok     Storage Commitment"
says "ok     C-GET"
says "ok     test report        taken, status 0000"
says "ok     commitment         request taken"
says_not WRONG
[ "$(reports)" -eq 1 ] || fail "$(reports) reports in the archive, expected the test report"
id=$(find_instances "$archive_http" SR)
fetch "$id" "$work/tiny.dcm"
dciodvfy "$work/tiny.dcm" 2>&1 | grep -q '^Error' && fail "dciodvfy: $(dciodvfy "$work/tiny.dcm" 2>&1 | grep '^Error')"
dcmdump +P 0010,0020 "$work/tiny.dcm" | grep -q PROGNODE-TEST || fail "the patient of the test report"
unknown() { grep -q "event=commitment .*unknown=1" "$work/node.log"; }
wait_for 30 unknown || fail "the node did not hear of the commitment"
[ "$(cases list --json | jq length)" -eq 0 ] || fail "the test report made a case"
stop_node

# Takes CT images and no more.
kill -9 "$orthanc_pid"; wait "$orthanc_pid" 2> /dev/null || true
cat > "$work/little.cfg" <<'C'
[[TransferSyntaxes]]
[Explicit]
TransferSyntax1 = LittleEndianExplicit
[Implicit]
TransferSyntax1 = LittleEndianImplicit
[[PresentationContexts]]
[Little]
PresentationContext1 = CTImageStorage\Explicit
PresentationContext2 = VerificationSOPClass\Implicit
[[Profiles]]
[Default]
PresentationContexts = Little
C
storescp -aet ORTHANC -od "$work" -xf "$work/little.cfg" Default "$archive_port" > "$work/storescp.log" 2>&1 & orthanc_pid=$!
up() { "$prognode" echo 127.0.0.1 "$archive_port" ORTHANC; }
wait_for 20 up || fail "storescp does not answer"
rc=0; doctor --send || rc=$?
[ "$rc" -eq 1 ] || fail "exit code $rc for an archive that takes nothing"
says "note   Segmentation       not accepted"
says "WRONG  Comprehensive 3D SR not accepted: it can take no report"
says "WRONG  Storage Commitment not offered: change commitment: event"
says "WRONG  C-GET              not offered: change query"
says "WRONG  test report        not taken"

# Away.
kill -9 "$orthanc_pid"; wait "$orthanc_pid" 2> /dev/null || true
orthanc_pid=""
rc=0; doctor || rc=$?
[ "$rc" -eq 1 ] || fail "exit code $rc for an archive that is away"
says "WRONG  C-ECHO             no association with 127.0.0.1:$archive_port"
says_not Segmentation
rc=0; doctor --archive nobody || rc=$?
[ "$rc" -eq 2 ] || fail "exit code $rc for an archive that is not configured"
says 'no archive is called "nobody"'
