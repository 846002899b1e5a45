#!/bin/bash
# The report in the radiologist's viewer: the node sends its objects to an archive with DICOMweb,
# OHIF opens the study in a headless browser, and what stands on the screen is checked.
#   viewer.sh PROGNODE SHARED SOURCE [OUTPUT-FOLDER]
# Screenshots and texts stay in OUTPUT-FOLDER. Skipped where browser, viewer or plugin are missing.
set -eu
here=$3/tests/viewer
out=${4:-$PWD/viewer}
for tool in node npm chromium; do
  command -v "$tool" >/dev/null || { echo "SKIPPED: $tool is not installed"; exit 77; }
done
plugin=$(ls /usr/lib/orthanc/libOrthancDicomWeb.so.* /usr/share/orthanc/plugins/libOrthancDicomWeb.so 2>/dev/null | head -1)
[ -n "$plugin" ] || { echo "SKIPPED: orthanc-dicomweb is not installed"; exit 77; }
cache=${PN_VIEWER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/prognode-viewer}
"$here/setup.sh" "$cache"

. "$3/tests/integration/common.sh"

ORTHANC_PLUGINS="\"$plugin\""
ORTHANC_EXTRA='"DicomWeb": { "Enable": true, "Root": "/dicom-web/", "EnableWado": true, "WadoRoot": "/wado",
  "StudiesMetadata": "Full", "SeriesMetadata": "Full" }, "DefaultEncoding": "Utf8",'
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
start_node

"$prognode" phantom -o "$work/patient" --seed 7 >/dev/null
dcmsend -aec ORTHANC +sd +r 127.0.0.1 "$archive_port" "$work/patient" > "$work/send.log" 2>&1 || fail "the archive refused the images"
send "$work/patient"
wait_for 60 reports_are 1 || fail "no report in the archive"
fetch "$(find_instances "$archive_http" SR)" "$work/report.dcm"
wait_for 60 state_is delivered 1 || fail "not everything was delivered"

viewer_port=$(free_port)
node "$here/serve.js" "$cache/ohif" "$viewer_port" "$archive_http" > "$work/serve.log" 2>&1 &
serve_pid=$!
trap 'kill "$serve_pid" 2>/dev/null || true; clean_up' EXIT

. "$here/plan.sh"
# look PLAN SR-FILE: OHIF at the study of that report
look() {
  study=$(dcm2json "$2" | jq -r '."0020000D".Value[0]')
  node "$here/look.js" "$cache/playwright-core" "http://127.0.0.1:$viewer_port" "$study" "$1" "$out"
}

plan_applies "$work"/spool/results/*/report.json > "$work/applies.json"
look "$work/applies.json" "$work/report.dcm" || fail "the report is not on the screen as it should be"

# The same software, a case that the model is not for.
"$prognode" phantom -o "$work/other" --seed 8 >/dev/null
sed 's/^  modality: .*/  modality: ["MR"]/' "$model" > "$work/mr.yaml"
"$prognode" report "$work/other" -o "$work/refused" --model "$work/mr.yaml" -q >/dev/null
dcmsend -aec ORTHANC +sd +r 127.0.0.1 "$archive_port" "$work/other" > "$work/send.log" 2>&1
dcmsend -aec ORTHANC 127.0.0.1 "$archive_port" "$work/refused/sr.dcm" > "$work/send.log" 2>&1
plan_refused "$work/refused/report.json" > "$work/refused.json"
look "$work/refused.json" "$work/refused/sr.dcm" || fail "the refusal is not on the screen as it should be"
