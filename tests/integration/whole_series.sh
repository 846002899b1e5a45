#!/bin/bash
# A segmentation that names only the slices of its segment, and an RTSTRUCT of the same region that
# names all: the first waits until the series is quiet and gives the same values, the second is
# there at once. A slice that comes late makes a version of the first. In the end the same series,
# named without images, is pulled from the archive as a series.
. "$(dirname "$0")/common.sh"
need dcmodify

"$prognode" phantom -o "$work/p" --size small --seed 91 --contour both > /dev/null || fail phantom
patient=$(ls -d "$work"/p/*)
seg=$patient/seg.dcm rtstruct=$patient/rtstruct.dcm
images=$(find "$patient" -name 'ct*' | sort)
n=$(echo "$images" | wc -l)
late=$(echo "$images" | tail -1)
named=$(dcmdump +P 0008,1155 "$seg" | sed 's/.*\[\(.*\)\].*/\1/' | sort -u | wc -l)
[ "$named" -lt "$n" ] || fail "the segmentation names $named of $n images: not what is to be tested"

FALLBACK_S=6 write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
sed -i -e 's/^cases:/&\n  pull_after_s: 1/' -e "s/^    port: $archive_port/&\n    query: get/" "$work/prognode.yaml"
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http" "$node_port"
start_node

of_kind() { cases list --limit 0 --json | jq -r --arg u "$1" --argjson v "${2:-1}" '.[] | select(.contour_uid == $u and .version == $v) | '"$3"; }
uid_of() { dcmdump +P 0008,0018 "$1" | sed -n 's/.*\[\(.*\)\].*/\1/p'; }
seg_uid=$(uid_of "$seg") rs_uid=$(uid_of "$rtstruct")
state_of() { of_kind "$1" "$2" .state; }
is() { [ "$(state_of "$1" "$2")" = "$3" ]; }
values() { jq -S '.regions[0].features // .regions[0].values' "$work"/spool/results/"$(of_kind "$1" "$2" .id)".*/report.json; }

send "$seg" $(echo "$images" | head -n -1)
wait_for 20 is "$seg_uid" 1 waiting || fail "the segmentation is $(state_of "$seg_uid" 1)"
send "$late"
send "$rtstruct"
wait_for 60 is "$rs_uid" 1 delivered || fail "the RTSTRUCT is $(state_of "$rs_uid" 1)"
wait_for 60 is "$seg_uid" 1 delivered || fail "the segmentation is $(cases list)"
used() { jq '.images | length' "$work"/spool/results/"$(of_kind "$1" "$2" .id)".*/job.json; }
[ "$(used "$seg_uid" 1)" -eq "$n" ] || fail "measured on $(used "$seg_uid" 1) of $n images"
[ "$(used "$rs_uid" 1)" -eq "$n" ] || fail "RTSTRUCT measured on $(used "$rs_uid" 1)"
values "$seg_uid" 1 > "$work/by-seg" && values "$rs_uid" 1 > "$work/by-rtstruct"
[ "$(wc -l < "$work/by-seg")" -gt 100 ] || fail "no values in the report: $(head -3 "$work/by-seg")"
cmp "$work/by-seg" "$work/by-rtstruct" || fail "other values than by the contour that names all images"

# A further slice of that series: the segmentation's next version, nothing of the RTSTRUCT's.
cp "$late" "$work/beyond.dcm"
z=$(dcmdump +P 0020,0032 "$late" | sed 's/.*\[\(.*\)\].*/\1/' | cut -d'\' -f3)
first_z=$(dcmdump +P 0020,0032 "$(echo "$images" | tail -2 | head -1)" | sed 's/.*\[\(.*\)\].*/\1/' | cut -d'\' -f3)
xy=$(dcmdump +P 0020,0032 "$late" | sed 's/.*\[\(.*\)\].*/\1/' | cut -d'\' -f1,2)
dcmodify -nb -gin -m "(0020,0032)=$xy\\$(awk -v a="$z" -v b="$first_z" 'BEGIN { print 2 * a - b }')" "$work/beyond.dcm" || fail dcmodify
send "$work/beyond.dcm"
wait_for 60 is "$seg_uid" 2 delivered || { cases list; fail "no second version"; }
[ "$(used "$seg_uid" 2)" -eq "$((n + 1))" ] || fail "version 2 on $(used "$seg_uid" 2) images"
[ -z "$(state_of "$rs_uid" 2)" ] || fail "the contour that names its images was made again"

# A structure set that names the series but no image, all of it in the archive, compressed.
"$prognode" phantom -o "$work/q" --size small --seed 92 --count 1 > /dev/null || fail phantom
other=$(ls -d "$work"/q/*)
dcmodify -nb -ea "(3006,0016)" "$other/rtstruct.dcm" || fail "dcmodify of a structure set"
dcmdump "$other/rtstruct.dcm" | grep -q '(3006,0016)' && fail "the structure set still names images"
mkdir "$work/compressed"
for f in "$other"/ct*; do dcmcrle "$f" "$work/compressed/$(basename "$f")" || fail dcmcrle; done
dcmsend -aet CT1 -aec ORTHANC 127.0.0.1 "$archive_port" "$work"/compressed/* > "$work/archive.log" 2>&1 || fail "to the archive: $(cat "$work/archive.log")"
send "$other/rtstruct.dcm"
rs_uid=$(uid_of "$other/rtstruct.dcm")
wait_for 90 is "$rs_uid" 1 delivered || { cases list; fail "not pulled as a series"; }
[ "$(used "$rs_uid" 1)" -eq "$(ls "$work/compressed" | wc -l)" ] || fail "pulled $(used "$rs_uid" 1) images"
grep -q 'event=asked_archive.*series=[1-9]' "$work/node.log" || fail "not asked for as a series"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo "passed: the same values by $named named images of $n, a second version, a series pulled by C-GET"
