#!/bin/bash
# What bad input gets: a clear word at the place where the person looks, and nothing lost.
. "$(dirname "$0")/common.sh"
need dcmodify

"$prognode" phantom -o "$work/p" --seed 31 --count 5 --size small >/dev/null
patient() { ls -d "$work"/p/* | sed -n "$1p"; }
contour() { find "$1" -name '*rtstruct*' | head -1; }
images() { find "$1" -name 'ct*' | sort; }

write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
start_node
newest() { cases list --json | jq -r '.[0].id'; }
reason_of() { cases show "$1" --json | jq -r '.state + ": " + .reason'; }
newest_says() { reason_of "$(newest)" | grep -qiE "$1"; }
expect() { wait_for 30 newest_says "$2" || fail "$1: got \"$(reason_of "$(newest)")\", expected /$2/"; echo "$1: $(reason_of "$(newest)")"; }

# No contour of a name that a model wants: not applicable, the present names are told.
mkdir "$work/1" && cp "$(patient 1)"/* "$work/1"
dcmodify -q -nb -m '(3006,0020)[0].(3006,0026)=Heart' -m '(3006,0020)[1].(3006,0026)=Spine' "$(contour "$work/1")"
send "$work/1"
expect "no contour matches" 'not_applicable.*Heart.*Spine'

# An image is missing: how many of how many.
mkdir "$work/2" && cp "$(patient 2)"/* "$work/2"
n=$(images "$work/2" | wc -l)
rm "$(images "$work/2" | sed -n 5p)"
send "$work/2"
expect "image missing" "waiting.*$((n - 1)) of $n"
cases show "$(newest)" | grep -qF "$(dcmdump +P 0008,0018 "$(images "$(patient 2)" | sed -n 5p)" | sed -n 's/.*\[\(.*\)\].*/\1/p')" \
  || fail "the missing image is not named by cases show"

# Contours of another patient: both values, no report.
mkdir "$work/3" && cp "$(patient 3)"/* "$work/3"
dcmodify -q -nb -m 'PatientID=SOMEBODY-ELSE' "$(contour "$work/3")"
send "$work/3"
expect "other patient" 'failed: identity conflict.*SOMEBODY-ELSE.*PHANTOM'

# A contour around no voxel centre.
mkdir "$work/4" && cp "$(patient 4)"/* "$work/4"
dcmodify -q -nb -m '(3006,0039)[0].(3006,0040)[*].(3006,0050)=0\0\0\0.01\0\0\0\0.01\0' "$(contour "$work/4")" || fail dcmodify
send "$work/4"
expect "contour off the slices or empty" 'failed.*(geometry|empty|contour)'

# A truncated file: quarantined by its header, or failed by its pixels; the node goes on.
mkdir "$work/5" && cp "$(patient 5)"/* "$work/5"
f=$(images "$work/5" | head -1)
storescu -aet PACS -aec PROGNODE 127.0.0.1 "$node_port" "$f" > /dev/null 2>&1 || fail "storescu"
"$prognode" echo 127.0.0.1 "$node_port" PROGNODE > /dev/null || fail "the node is gone"

# A patient's bytes never stand in the log.
! grep -q 'SOMEBODY-ELSE\|PHANTOM-' "$work/node.log" || fail "patient data in the log"

# The archive is away (it never ran here): a good case is reported, kept and tried again.
send "$(patient 5)"
wait_for 30 state_is reported 1 || fail "not reported"
deliveries() { cases show "$(newest)" | grep -qiE 'attempt|pending'; }
wait_for 10 deliveries || fail "cases show tells nothing of the delivery"

# Configuration errors: file, line, key, exit code 2.
sed 's/  port: /  prot: /' "$work/prognode.yaml" > "$work/bad.yaml"
out=$("$prognode" check-config "$work/bad.yaml" 2>&1) && fail "a wrong key is accepted" || [ $? -eq 2 ] || fail "exit code"
echo "$out" | grep -qE 'bad.yaml:[0-9]+:[0-9]+:.*prot' || fail "message: $out"
"$prognode" serve --config "$work/bad.yaml" 2>/dev/null && fail "serve accepts it" || [ $? -eq 2 ] || fail "exit code of serve"
# A second node on the same spool is refused.
"$prognode" serve --config "$work/prognode.yaml" 2> "$work/second.log" && fail "two nodes on one spool" || true
grep -q 'in use' "$work/second.log" || fail "$(cat "$work/second.log")"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo passed
