# Functions for scripts that run the node against an archive on this machine. Source it; it
# expects `set -eu`. Everything lives in $work, a temporary folder, and ends with the script.

# A port of 127.0.0.1 that nothing listens on, below those that the kernel gives to clients (from
# 32768): what ends and starts again finds it free.
free_port() {
  while :; do
    port=$(( 20000 + $(od -An -N2 -tu2 /dev/urandom) % 12768 ))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails after the time.
wait_for() {
  limit=$(( $(date +%s) + $1 ))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$limit" ] || return 1
    sleep 0.2
  done
}

# start_orthanc FOLDER AE DICOM_PORT HTTP_PORT [NODE_PORT]: sets orthanc_pid. With NODE_PORT it knows
# the node on this machine, which may then query it and have it send. ORTHANC_PLUGINS: a list of
# quoted paths; ORTHANC_EXTRA: further lines of its settings, each with a comma at its end.
start_orthanc() {
  mkdir -p "$1/store"
  cat > "$1/orthanc.json" <<JSON
{ "Name": "archive", "DicomAet": "$2", "DicomPort": $3, "HttpPort": $4,
  "StorageDirectory": "$1/store", "IndexDirectory": "$1/store", "RemoteAccessAllowed": false,
  "AuthenticationEnabled": false, "Plugins": [${ORTHANC_PLUGINS:-}], ${ORTHANC_EXTRA:-}
  "StableAge": 1, "OverwriteInstances": true,
  "DicomModalities": { ${5:+"\"node\": [\"PROGNODE\", \"127.0.0.1\", $5]"} },
  "DicomServerEnabled": true, "SaveJobs": false }
JSON
  Orthanc "$1/orthanc.json" > "$1/orthanc.log" 2>&1 &
  orthanc_pid=$!
  wait_for 30 curl -sf "http://127.0.0.1:$4/system" || { tail -5 "$1/orthanc.log"; return 1; }
}

# find_instances HTTP_PORT MODALITY: Orthanc's ids of the instances of that modality.
find_instances() {
  curl -sf "http://127.0.0.1:$1/tools/find" \
    -d "{\"Level\":\"Instance\",\"Query\":{\"Modality\":\"$2\"}}" | grep -oE '[0-9a-f]{8}(-[0-9a-f]{8}){4}' || true
}

# write_config FILE SPOOL PORT ARCHIVE_PORT MODEL [EXTRA-CASES-LINES]
write_config() {
  cat > "$1" <<YAML
node:
  ae_title: PROGNODE
  listen: 127.0.0.1
  port: $3
spool:
  folder: $2
  reserve: 64 MiB
cases:
  series_fallback_s: ${FALLBACK_S:-600}
retention:
  low_water: 0               # the test's disk is small, and what was acknowledged is counted
delivery:
  retry_first_s: 1
  retry_max_s: 5
archives:
  - name: archive
    ae_title: ORTHANC
    host: 127.0.0.1
    port: $4
    connect_timeout_s: 2
    dimse_timeout_s: 20
models:
  - file: $5
    contours: ["GTV*", "*tumour*", "*tumor*", "Lesion*", "liver*", "Liver*"]
YAML
}
