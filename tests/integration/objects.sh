#!/bin/bash
# All objects of a case at an archive: in the images' study, the report referring to the segment
# that is there; sent back they make nothing new; offline copies are the same bytes; withdrawal
# reaches the archive, and a rerun makes the next version of everything.
. "$(dirname "$0")/common.sh"

"$prognode" phantom -o "$work/phantom" --size small > /dev/null
patient=$(find "$work/phantom" -mindepth 1 -maxdepth 1 -type d)
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
start_node

value() { dcmdump "$2" | sed -n "s/^($1)[^[]*\[\([^]]*\)\].*/\1/p"; }   # of the data set itself
valid() { dciodvfy -new "$1" > "$work/dciodvfy.txt" 2>&1 || true; ! grep '^Error' "$work/dciodvfy.txt" || fail "$1: dciodvfy"; }
held() { find_instances "$archive_http" "$1" | wc -l; }
fetch_one() {       # fetch_one MODALITY FILE
  [ "$(held "$1")" -eq 1 ] || fail "$(held "$1") objects of modality $1 in the archive, expected 1"
  fetch "$(find_instances "$archive_http" "$1")" "$2"
}

send "$patient"
wait_for 90 state_is delivered 1 || fail "the case is not delivered"
[ "$(cases show 1 --json | jq -r '[.deliveries[] | select(.state == "sent") | .kind] | join(" ")')" = "seg sr sc pdf" ] \
  || fail "sent: $(cases show 1 --json | jq -c '[.deliveries[] | {kind, state}]')"
results=$(cases show 1 --json | jq -r .result_dir)
study=$(value 0020,000d "$(find "$patient" -name 'ct-*.dcm' | head -1)")
for kind in SEG:seg.dcm SR:sr.dcm OT:page.dcm DOC:page.pdf.dcm; do
  fetch_one "${kind%:*}" "$work/${kind%:*}.dcm"
  [ "$(value 0020,000d "$work/${kind%:*}.dcm")" = "$study" ] || fail "$kind is in another study"
  [ "$(value 0008,0018 "$work/${kind%:*}.dcm")" = "$(value 0008,0018 "$results/${kind#*:}")" ] || fail "$kind has another UID"
done
for f in "$results"/*.dcm; do valid "$f"; done
for f in "$results"/sr*.dcm; do dsrdump "$f" > "$work/dsrdump.txt" 2>&1 || { cat "$work/dsrdump.txt"; fail "$f: dsrdump"; }; done

# The report names the segment, as evidence too, and the same tumour by the same UID.
seg=$(value 0008,0018 "$work/SEG.dcm")
[ "$(dcmdump "$work/SR.dcm" | grep -c "$seg")" -ge 2 ] || fail "the report does not name the segmentation"
tracking=$(dcmdump "$work/SEG.dcm" | sed -n 's/.*(0062,0021)[^[]*\[\([^]]*\)\].*/\1/p')
dcmdump "$work/SR.dcm" | grep -q "$tracking" || fail "report and segmentation name different tumours"
# The forms for archives that refuse a segmentation do not.
for f in "$results"/sr-region*.dcm; do ! dcmdump "$f" | grep -q "$seg" || fail "$f names the segmentation"; done

# What an editor saves is a contour like any other, and gives the values of the contours themselves.
cp "$work/SEG.dcm" "$work/edited.dcm"
dcmodify -nb -gin -m "(0008,0070)=EDITOR" "$work/edited.dcm"
mkdir "$work/images"
cp "$(dirname "$(find "$patient" -name 'ct-*.dcm' | head -1)")"/ct-*.dcm "$work/images"
"$prognode" extract -q "$work/images" "$work/edited.dcm" -o "$work/edited.json" || fail "extract from the segmentation"
"$prognode" extract -q "$patient" -o "$work/drawn.json" || fail "extract from the contours"
features='.[] | with_entries(select(.key | startswith("original_")))'
name=$(jq -r '.[0].roi' "$work/edited.json")
[ "$(jq -S "$features" "$work/edited.json")" = "$(jq -S ".[] | select(.roi == \"$name\") | with_entries(select(.key | startswith(\"original_\")))" "$work/drawn.json")" ] \
  || fail "the segmentation gives other values than the contours"

# The same bytes offline: of the case, and of a folder with the same objects, time and settings.
# "$(jq -r .content_datetime ...)": the time was fixed when the case was first claimed.
"$prognode" report 1 --config "$work/prognode.yaml" -o "$work/again" > /dev/null || fail "report of a case"
"$prognode" report "$work/spool/instances" --config "$work/prognode.yaml" -q -o "$work/folder" \
  --time "$(jq -r .content_datetime "$results/job.json")" > "$work/folder.txt" || fail "report of a folder"
for f in "$results"/*.dcm "$results/report.json"; do
  cmp "$f" "$work/again/$(basename "$f")" || fail "report of the case: $(basename "$f") differs"
  cmp "$f" "$work/folder/$(basename "$f")" || fail "report of the folder: $(basename "$f") differs"
done
"$prognode" report 99 --config "$work/prognode.yaml" -o "$work/none" 2> "$work/err" && fail "report of case 99"
grep -q 'no case 99' "$work/err" || fail "report of case 99: $(cat "$work/err")"

# Routed back to the node, in any shape, the segmentation is no contour of anyone.
send "$work/SEG.dcm" "$work/SR.dcm" "$work/OT.dcm" "$work/DOC.dcm"
cp "$work/SEG.dcm" "$work/stripped.dcm"
dcmodify -nb -imt -ea "(0018,a001)" -m "(0008,0070)=ARCHIVE" "$work/stripped.dcm"
send "$work/stripped.dcm"
wait_for 20 sh -c "[ \$(grep -c own_object_returned '$work/node.log') -ge 5 ]" || fail "own objects are not known"
sleep 1
[ "$(cases list --json | jq length)" -eq 1 ] || fail "own objects made a case"

# Recall: how many, then for good; the archive gets a note that names all four.
id=$(cases list --json | jq -r '.[0].model_id') version=$(cases list --json | jq -r '.[0].model_version')
[ "$(cases list --model "$id" --version "$version" --json | jq length)" -eq 1 ] || fail "list by model and version"
! cases withdraw --model "$id" --version "$version" --reason "wrong reconstruction" 2> "$work/err" || fail "withdrawn without --yes"
grep -q 'would take 1 cases' "$work/err" || fail "withdraw: $(cat "$work/err")"
! cases withdraw 1 2> "$work/err" || fail "withdrawn without a reason"
cases withdraw --model "$id" --version "$version" --reason "wrong reconstruction" --yes 2>> "$work/node.log" | grep -q '1 rejection note to send' || fail "withdraw"
wait_for 30 state_is dropped 1 || fail "the withdrawn case is not at its end"
fetch_one KO "$work/KO.dcm"
valid "$work/KO.dcm"
dsrdump "$work/KO.dcm" | grep -q 'Rejected for Quality Reasons' || fail "the note has another title"
dcmdump "$work/KO.dcm" | grep -q 'wrong reconstruction' || fail "the note does not tell the reason"
[ "$(value 0020,000d "$work/KO.dcm")" = "$study" ] || fail "the note is in another study"
for kind in SEG SR OT DOC; do
  [ "$(dcmdump "$work/KO.dcm" | grep -c "$(value 0008,0018 "$work/$kind.dcm")")" -eq 2 ] || fail "the note does not name the $kind"
done
grep -q 'event=operator verb=withdraw case=1 .*reason="wrong reconstruction"' "$work/node.log" || fail "the withdrawal is not logged"
! cases withdraw 1 --reason again 2> "$work/err" || fail "withdrawn twice"

# A rerun of all that the model made.
cases rerun --model "$id" --version "$version" --yes > "$work/rerun.txt" 2>> "$work/node.log" || fail "rerun: $(cat "$work/rerun.txt")"
wait_for 90 state_is delivered 1 || fail "the next version is not delivered"
for kind in SEG SR OT DOC; do
  [ "$(held $kind)" -eq 2 ] || fail "$(held $kind) objects of modality $kind after the rerun, expected 2"
done

# A database that is lost is built again from the folders: what was taken back stays so.
stop_node
rm -f "$work/spool/prognode.db"*
start_node
wait_for 60 state_is delivered 1 || fail "the report is not delivered again after the loss of the database"
wait_for 60 state_is dropped 1 || fail "the withdrawn case is $(cases show 1 --json | jq -c '[.state, .reason]')"
[ "$(cases list --json | jq length)" -eq 2 ] || fail "an own object made a case after the loss of the database"
[ "$(cases show 1 --json | jq -r '.withdrawn')" = "wrong reconstruction" ] || fail "the reason of the withdrawal is lost"
[ "$(cases show 1 --json | jq -r '[.deliveries[] | select(.state != "spare") | .kind] | join(" ")')" = note ] || fail "a withdrawn report is sent again"
stop_node
echo "passed"
