#!/bin/bash
# Three real cases in one of three orders: exactly one valid report for each contour object, in
# the images' study, with the same values as `extract` on the same files.
. "$(dirname "$0")/common.sh"
order=$1
data=$shared/data/radiomics
[ -d "$data" ] || { echo "SKIPPED: test data not found at $data"; exit 77; }

ibsi=$data/ibsi_1_ct_radiomics_phantom/dicom
sts=$data/ibsi_validation_sts/STS_001/dicom/CT
seg=$data/dcmqi_seg
images=("$ibsi/image" "$sts/image" "$seg/ct-3slice")
contours=("$ibsi/mask" "$sts/mask" "$seg/liver.dcm")

start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
# STS_001's contours name 267 images, none of which was ever sent: it is matched by its series
# after the fallback time.
FALLBACK_S=8 write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
start_node

case $order in
contours-first) send "${contours[@]}"; send "${images[@]}" ;;
images-first)   send "${images[@]}"; send "${contours[@]}" ;;
mixed)          # two associations at once, each with a part of everything
  mkdir "$work/a" "$work/b"
  i=0
  find "${images[@]}" "${contours[@]}" -type f -size +2k | sort > "$work/all"
  while read -r f; do i=$((i + 1)); ln -s "$f" "$work/$([ $((i % 2)) -eq 0 ] && echo a || echo b)/$i.dcm"; done < "$work/all"
  dcmsend -aet CT1 -aec PROGNODE --scan-directories 127.0.0.1 "$node_port" "$work/a" > "$work/a.log" 2>&1 & first=$!
  dcmsend -aet TPS -aec PROGNODE --scan-directories 127.0.0.1 "$node_port" "$work/b" > "$work/b.log" 2>&1 || fail "second association"
  wait $first || fail "first association" ;;
*) fail "unknown order $order" ;;
esac

wait_for 120 reports_are 3 || fail "$(reports) reports after 120 s, expected 3"
wait_for 20 state_is delivered 3 || fail "not all cases are delivered"
# The same contours once more: nothing new.
send "${contours[@]}"
sleep 2
reports_are 3 || fail "$(reports) reports after sending the contours again"

check_report() {    # NAME FOLDER CONTOUR-FILE
  name=$1
  study=$(dcmdump +P 0020,000d "$3" | sed -n 's/.*\[\(.*\)\].*/\1/p' | head -1)
  sop=$(dcmdump +P 0008,0018 "$3" | sed -n 's/.*\[\(.*\)\].*/\1/p' | head -1)
  found=""
  for id in $(find_instances "$archive_http" SR); do
    fetch "$id" "$work/$id.dcm"
    if dcmdump "$work/$id.dcm" | grep -q "$sop"; then found="$found $id"; fi
  done
  [ "$(echo $found | wc -w)" -eq 1 ] || fail "$name: reports that name the contour:$found"
  sr=$work/$(echo $found).dcm
  dcmdump +P 0020,000d "$sr" | grep -qF "[$study]" || fail "$name: the report is in another study"
  dciodvfy -new "$sr" > "$work/dciodvfy.txt" 2>&1 || true
  ! grep -q '^Error' "$work/dciodvfy.txt" || { grep '^Error' "$work/dciodvfy.txt"; fail "$name: dciodvfy"; }
  dsrdump "$sr" > "$work/dsrdump.txt" 2>&1 || { cat "$work/dsrdump.txt"; fail "$name: dsrdump"; }

  # Values against `extract`, by way of the code table.
  dcm2json "$sr" | jq -r -f "$source_dir/tests/integration/sr_values.jq" > "$work/sr.txt"
  "$prognode" extract -q "$2" "$3" -o "$work/extract.json" || fail "$name: extract"
  [ "$(jq length "$work/extract.json")" -eq 1 ] || fail "$name: extract gives $(jq length "$work/extract.json") rows"
  features=$(grep -cE '^(IBSI|99PYRADIOMICS) ' "$work/sr.txt")
  [ "$features" -eq 107 ] || fail "$name: $features features in the report"
  [ "$(grep -c '^IBSI ' "$work/sr.txt")" -eq 101 ] || fail "$name: not 101 IBSI codes"
  compared=0
  while IFS=, read -r feature code scheme rest; do
    want=$(jq -r --arg f "$feature" '.[0][$f] // empty' "$work/extract.json")
    [ -n "$want" ] || continue
    got=$(awk -v s="$scheme" -v c="$code" '$1 == s && $2 == c { print $3; exit }' "$work/sr.txt")
    awk -v a="$got" -v b="$want" 'BEGIN { d = a - b; if (d < 0) d = -d; m = b < 0 ? -b : b; exit !(a != "" && d <= 1e-15 * m) }' \
      || fail "$name: $feature is $got in the report, $want by extract"
    compared=$((compared + 1))
  done < <(tail -n +2 "$shared/codes/feature_codes.csv" | grep '^original_')
  [ "$compared" -eq 107 ] || fail "$name: $compared features compared"

  # First what matters: risk level (or that it was not assessed) before the first feature.
  risk=$(grep -nE 'Risk level|Risk Level' "$work/dsrdump.txt" | head -1 | cut -d: -f1)
  first=$(grep -nE 'Volume|Elongation|Entropy' "$work/dsrdump.txt" | grep -n NUM | head -1 | cut -d: -f2)
  [ -n "$risk" ] && [ -n "$first" ] && [ "$risk" -lt "$first" ] || fail "$name: the risk level does not come first ($risk, $first)"
  echo "$name: 107 features equal, report $(echo $found)"
}
check_report "IBSI CT phantom" "$ibsi/image" "$(find "$ibsi/mask" -type f)"
check_report "STS_001" "$sts/image" "$(find "$sts/mask" -type f)"
check_report "liver SEG" "$seg/ct-3slice" "$seg/liver.dcm"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo "passed: $order"
