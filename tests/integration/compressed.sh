#!/bin/bash
# A series compressed without loss gives the values of the uncompressed one, to the last digit:
# offline with each of DCMTK's compressors, and through the node with every slice compressed by
# another one. A lossily compressed series is measured, and its report says so.
. "$(dirname "$0")/common.sh"
need dcmcrle dcmcjpeg dcmcjpls

"$prognode" phantom -o "$work/data" --size small --seed 21 --count 2 > /dev/null || fail "phantom"
plain=$work/data/PHANTOM-021 second=$work/data/PHANTOM-022
compressors=("dcmcrle" "dcmcjpeg +e1" "dcmcjpeg +el +sv 6" "dcmcjpls +el")

compress() {    # FROM-FOLDER TO-FOLDER COMPRESSOR...: slice k with compressor k
  from=$1 to=$2
  shift 2
  mkdir -p "$to"
  k=0
  for f in "$from"/ct-*.dcm; do
    tools=("$@")
    ${tools[$((k % $#))]} "$f" "$to/$(basename "$f")" 2>> "$work/tools.log" || fail "${tools[$((k % $#))]} $f"
    k=$((k + 1))
  done
  cp "$from/rtstruct.dcm" "$to/"
}

"$prognode" extract -q "$plain" -o "$work/plain.json" || fail "extract on the uncompressed series"
i=0
for c in "${compressors[@]}"; do
  i=$((i + 1))
  compress "$plain" "$work/c$i" "$c"
  "$prognode" extract -q "$work/c$i" -o "$work/c$i.json" || fail "extract after $c"
  cmp "$work/plain.json" "$work/c$i.json" || fail "$c: other values than uncompressed"
  echo "$c: the same table"
done

start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
start_node
compress "$plain" "$work/mixed" "${compressors[@]}"
dcmsend -dn -v -aet PACS -aec PROGNODE --scan-directories 127.0.0.1 "$node_port" "$work/mixed" > "$work/send.log" 2>&1 \
  || { tail -20 "$work/send.log" >&2; fail "dcmsend"; }
# Stored as they came.
stored_as() { find "$work/spool" -name '*.dcm' -exec dcmdump +P 0002,0010 {} + 2>/dev/null | grep "=$1"; }
for uid in RLELossless JPEGLossless:Non-hierarchical-1stOrderPrediction JPEGLossless:Non-hierarchical:Process14 JPEGLSLossless; do
  # Again, where the indexer moved a file between find and dcmdump.
  wait_for 10 stored_as "$uid" || { find "$work/spool" -type f | head; fail "no $uid in the spool"; }
done
wait_for 120 reports_are 1 || fail "$(reports) reports of the compressed series"
sr=$work/sr.dcm
fetch "$(find_instances "$archive_http" SR)" "$sr"
dcm2json "$sr" | jq -r -f "$source_dir/tests/integration/sr_values.jq" > "$work/sr.txt"
! dsrdump "$sr" | grep -q "lossily" || fail "a lossless series called lossy"

# The uncompressed series, through a node that has never seen the other.
stop_node
write_config "$work/prognode.yaml" "$work/spool2" "$node_port" "$archive_port" "$model"
start_node
send "$plain"
wait_for 120 reports_are 2 || fail "$(reports) reports after the uncompressed series"
for id in $(find_instances "$archive_http" SR); do
  fetch "$id" "$work/other.dcm"
  [ "$(dcmdump +P 0008,0018 "$work/other.dcm")" = "$(dcmdump +P 0008,0018 "$sr")" ] || break
done
dcm2json "$work/other.dcm" | jq -r -f "$source_dir/tests/integration/sr_values.jq" > "$work/other.txt"
[ "$(grep -cE '^(IBSI|99PYRADIOMICS) ' "$work/sr.txt")" -eq 107 ] || fail "not 107 features in the report"
cmp "$work/sr.txt" "$work/other.txt" || fail "the report of the compressed series has other values"
echo "node: the same values in both reports"

compress "$second" "$work/lossy" "dcmcjpeg +ee +bt +q 95 +un"
dcmsend -dn -v -aet PACS -aec PROGNODE --scan-directories 127.0.0.1 "$node_port" "$work/lossy" > "$work/send.log" 2>&1 \
  || { tail -20 "$work/send.log" >&2; fail "dcmsend of the lossy series"; }
wait_for 120 reports_are 3 || fail "$(reports) reports after the lossy series"
lossy=0
for id in $(find_instances "$archive_http" SR); do
  fetch "$id" "$work/other.dcm"
  if dsrdump +Pl "$work/other.dcm" | grep -q "Images are lossily compressed (ratio up to"; then lossy=$((lossy + 1)); fi
done
[ "$lossy" -eq 1 ] || fail "$lossy reports say that their images are lossily compressed, expected 1"
stop_node
! grep -q 'AddressSanitizer\|runtime error' "$work/node.log" || fail "sanitizer report"
echo "passed"
