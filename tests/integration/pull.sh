#!/bin/bash
# One slice is missing in what was sent and lies in the archive: the node asks for it and reports,
# though the archive is away at first and the node is killed while it waits. By C-MOVE or C-GET.
. "$(dirname "$0")/common.sh"
how=$1

"$prognode" phantom -o "$work/p" --seed 77 --count 1 --size small >/dev/null
patient=$(ls -d "$work"/p/*)
images=$(find "$patient" -name 'ct*' | sort)
n=$(echo "$images" | wc -l)
absent=$(echo "$images" | sed -n 4p)
uid=$(dcmdump +P 0008,0018 "$absent" | sed -n 's/.*\[\(.*\)\].*/\1/p')
mkdir "$work/sent" && cp "$patient"/* "$work/sent" && rm "$work/sent/$(basename "$absent")"

write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
sed -i -e 's/^cases:/&\n  pull_after_s: 1/' -e "s/^    port: $archive_port/&\n    query: $how/" "$work/prognode.yaml"
start_node
send "$work/sent"
reason() { cases show 1 --json | jq -r '.state + ": " + .reason'; }
says() { reason | grep -qE "$1"; }
wait_for 30 says "waiting: $((n - 1)) of $n images; asked archive [0-9]+ times?: .*" || fail "$(reason)"
echo "archive away: $(reason)"
cases show 1 | grep -qF "$uid" || fail "the missing image is not named"

asked() { reason | sed -n 's/.*asked archive \([0-9]*\) time.*/\1/p'; }
before=$(asked)
kill_node
sleep 1
start_node
more() { [ "$(asked)" -gt "$before" ]; }
wait_for 30 more || fail "asked $(asked) times after the restart, $before before: $(reason)"

start_orthanc "$work" ORTHANC "$archive_port" "$archive_http" "$node_port"
nothing() { says "it has none of the 1 missing"; }
wait_for 30 nothing || fail "$(reason)"
echo "archive empty: $(reason)"
dcmsend -aet CT1 -aec ORTHANC 127.0.0.1 "$archive_port" $images > "$work/archive.log" 2>&1 || fail "to the archive"
wait_for 60 state_is delivered 1 || fail "$(reason)"
reports_are 1 || fail "$(reports) reports"
[ "$(cases list --json | jq length)" -eq 1 ] || fail "more than one case"
grep -q 'event=asked_archive.*found=1 sent=1' "$work/node.log" || grep -q 'asked_archive.*found=1 sent=1' "$work/node.log" || fail "not asked for"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo "passed: $how"
