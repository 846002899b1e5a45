#!/bin/bash
# Archives that do not take everything: without segmentations, without Comprehensive 3D SR, without
# either, without pictures, and one that breaks off. Each gets what it takes, a report never names
# a segmentation that is not there, and the case says what was refused. The node is killed again and
# again meanwhile: every object comes once, under one UID.
. "$(dirname "$0")/common.sh"
need storescp

"$prognode" phantom -o "$work/phantom" --size small > /dev/null
patient=$(find "$work/phantom" -mindepth 1 -maxdepth 1 -type d)

# One archive a profile, on a port of its own.
classes() {
  case $1 in
  all)      echo SegmentationStorage Comprehensive3DSRStorage ComprehensiveSRStorage SecondaryCaptureImageStorage EncapsulatedPDFStorage ;;
  no-seg)   echo Comprehensive3DSRStorage ComprehensiveSRStorage SecondaryCaptureImageStorage EncapsulatedPDFStorage ;;
  no-3d)    echo SegmentationStorage ComprehensiveSRStorage SecondaryCaptureImageStorage EncapsulatedPDFStorage ;;
  neither)  echo ComprehensiveSRStorage SecondaryCaptureImageStorage EncapsulatedPDFStorage ;;
  no-pages) echo SegmentationStorage Comprehensive3DSRStorage ComprehensiveSRStorage ;;
  nothing)  echo SecondaryCaptureImageStorage EncapsulatedPDFStorage ;;
  esac
}
write_profile() {   # write_profile FILE CLASS...
  file=$1
  shift
  {
    echo '[[TransferSyntaxes]]'
    echo '[Explicit]'
    echo 'TransferSyntax1 = LittleEndianExplicit'
    echo '[[PresentationContexts]]'
    echo '[Taken]'
    n=0
    for c in "$@" VerificationSOPClass; do n=$((n + 1)); echo "PresentationContext$n = $c\\Explicit"; done
    echo '[[Profiles]]'
    echo '[Default]'
    echo 'PresentationContexts = Taken'
  } > "$file"
}
declare -A port pid
archives="all no-seg no-3d neither no-pages nothing"
start_archive() {   # start_archive NAME [OPTION...]
  name=$1
  shift
  mkdir -p "$work/at/$name"
  storescp -od "$work/at/$name" -fe .dcm +uf -xf "$work/$name.cfg" Default "$@" "${port[$name]}" > "$work/$name.log" 2>&1 &
  pid[$name]=$!
}
clean_up_all() {
  for name in "${!pid[@]}"; do kill "${pid[$name]}" 2>/dev/null || true; done
  clean_up
}
trap clean_up_all EXIT
write_config "$work/whole.yaml" "$work/spool" "$node_port" 1 "$model"
sed '/^archives:/,$d' "$work/whole.yaml" > "$work/prognode.yaml"
sed -i 's/^delivery:/delivery:\n  segment_patience_s: 0/' "$work/prognode.yaml"
echo "archives:" >> "$work/prognode.yaml"
for name in $archives broken; do
  port[$name]=$(free_port)
  write_profile "$work/$name.cfg" $(classes ${name/broken/all})
  printf '  - {name: %s, ae_title: ANY, host: 127.0.0.1, port: %s, connect_timeout_s: 2, dimse_timeout_s: 20}\n' \
    "$name" "${port[$name]}" >> "$work/prognode.yaml"
done
sed -n '/^models:/,$p' "$work/whole.yaml" >> "$work/prognode.yaml"
"$prognode" check-config "$work/prognode.yaml" > /dev/null || fail "the configuration"
for name in $archives; do start_archive "$name"; done
start_archive broken --abort-during

start_node
send "$patient"
for i in 1 2 3 4 5; do sleep 0.7; kill_node; start_node; done

deliveries() { cases show 1 --json | jq -r --arg a "$1" '[.deliveries[] | select(.archive == $a and .state == "'"$2"'")]'; }
sent_is() { [ "$(deliveries "$1" sent | jq -r '[.[].kind] | join(" ")')" = "$2" ]; }
expect_sent() { wait_for 90 sent_is "$1" "$2" || fail "$1 got: $(deliveries "$1" sent | jq -c '[.[].kind]'), expected $2"; }
expect_sent all "seg sr sc pdf"
expect_sent no-seg "sr sc pdf"
expect_sent no-3d "seg sr sc pdf"
expect_sent neither "sr sc pdf"
expect_sent no-pages "seg sr"
expect_sent nothing ""
# What the database calls sent is at the archive, and nothing else is. An object whose answer came
# just before a kill is sent again: the same object, which an archive keeps once, and storescp twice.
for name in $archives; do
  deliveries "$name" sent | jq -r '.[].sop_uid' | sort > "$work/sent.txt"
  for f in "$work/at/$name"/*.dcm; do
    [ ! -e "$f" ] || dcmdump +P 0008,0018 "$f" | head -1 | sed 's/.*\[\(.*\)\].*/\1/'
  done | sort -u > "$work/there.txt"
  cmp -s "$work/sent.txt" "$work/there.txt" || fail "$name: sent $(cat "$work/sent.txt"), there is $(cat "$work/there.txt")"
done
names_segment() { deliveries "$1" sent | jq -r '.[] | select(.kind == "sr") | .names_segment'; }
class_of() { deliveries "$1" sent | jq -r '.[] | select(.kind == "sr") | .sop_class_uid'; }
check() {           # check ARCHIVE NAMES-SEGMENT CLASS
  [ "$(names_segment "$1")" = "$2" ] || fail "$1: the report names a segment: $(names_segment "$1")"
  [ "$(class_of "$1")" = "1.2.840.10008.5.1.4.1.1.88.$3" ] || fail "$1: class $(class_of "$1")"
  sr=$(deliveries "$1" sent | jq -r '.[] | select(.kind == "sr") | .path')
  seg=$(cases show 1 --json | jq -r '[.deliveries[] | select(.kind == "seg")][0].sop_uid')
  if [ "$2" = true ]; then dcmdump "$sr" | grep -q "$seg" || fail "$1: the report lacks its segment"
  else ! dcmdump "$sr" | grep -q "$seg" || fail "$1: the report claims a segment"; fi
}
check all true 34
check no-seg false 34
check no-3d true 33
check neither false 33
check no-pages true 34
[ "$(deliveries no-pages refused | jq -r '[.[].kind] | join(" ")')" = "sc pdf" ] || fail "no-pages: what was refused"
[ "$(deliveries nothing failed | jq -r '[.[].kind] | join(" ")')" = "sr" ] || fail "nothing: the report has not failed"
[ "$(deliveries nothing queued | jq length)" -eq 2 ] || fail "nothing: pages were sent without a report"

# One that breaks off has lost the segmentation after a try; the report waits, and comes whole.
broken_lost() { [ "$(deliveries broken refused | jq -r '[.[].kind] | join(" ")')" = "seg" ]; }
wait_for 30 broken_lost || fail "broken: $(deliveries broken refused)"
[ "$(deliveries broken sent | jq length)" -eq 0 ] || fail "broken: sent $(deliveries broken sent)"
kill "${pid[broken]}"; wait "${pid[broken]}" 2>/dev/null || true
start_archive broken
expect_sent broken "sr sc pdf"
check broken false 34

# The case is not done while one archive lacks its report, and says which; then it is.
[ "$(cases show 1 --json | jq -r .state)" = reported ] || fail "the case is $(cases show 1 --json | jq -r .state)"
kill "${pid[nothing]}"; wait "${pid[nothing]}" 2>/dev/null || true
write_profile "$work/nothing.cfg" $(classes all)
start_archive nothing
cases retry 1 > /dev/null 2>> "$work/node.log" || fail "retry"
wait_for 60 state_is delivered 1 || fail "the case is not delivered after the archive was mended"
expect_sent nothing "sr sc pdf"
check nothing false 33
stop_node
echo "passed"
