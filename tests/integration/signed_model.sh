#!/bin/bash
# A node that runs signed models only: the report names the bytes that were signed, whatever becomes of the file
# while the node runs; a copy in the spool that was changed is found out by the case.
. "$(dirname "$0")/common.sh"
need openssl dcmdump

openssl genpkey -algorithm ed25519 -out "$work/key.pem" 2> /dev/null && chmod 600 "$work/key.pem"
openssl pkey -in "$work/key.pem" -pubout -out "$work/public.pem"
cp "$model" "$work/model.yaml"
"$prognode" model sign "$work/model.yaml" --key "$work/key.pem" > /dev/null || fail "sign"
digest=$(sha256sum "$work/model.yaml" | cut -d' ' -f1)

"$prognode" phantom -o "$work/phantom" --size small --count 3 > /dev/null
patients=($(find "$work/phantom" -mindepth 1 -maxdepth 1 -type d | sort))
start_orthanc "$work" ORTHANC "$archive_port" "$archive_http"
write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$work/model.yaml"
printf 'signatures:\n  require: true\n  trusted_keys: [public.pem]\n' >> "$work/prognode.yaml"
start_node

send "${patients[0]}"
wait_for 60 reports_are 1 || fail "no report"
# The file changes under the running node, its signature goes: the second case has the same model all the same.
sed -i 's/^  cutpoint: .*/  cutpoint: 99/' "$work/model.yaml" && rm "$work/model.yaml.sig"
send "${patients[1]}"
wait_for 60 reports_are 2 || fail "no second report"
for f in "$work"/spool/results/*/report.json; do
  [ "$(jq -r .model.sha256 "$f")" = "$digest" ] || fail "$f was made with $(jq -c .model "$f"), expected $digest"
done
! cases rerun 1 > "$work/rerun.txt" 2>&1 || fail "a rerun with a model that is not signed: $(cat "$work/rerun.txt")"
grep -q 'is not signed' "$work/rerun.txt" || fail "rerun: $(cat "$work/rerun.txt")"

# Somebody changes the copy: the case fails and says so.
sed -i 's/^  cutpoint: .*/  cutpoint: 99/' "$work/spool/models/$digest.yaml"
send "${patients[2]}"
wait_for 60 state_is failed 1 || fail "a case was computed with a changed copy of the model"
cases list | grep -q 'is not the one that was checked' || fail "$(cases list)"
reports_are 2 || fail "$(reports) reports, expected 2"
stop_node

# What was refused at the file is refused at the start.
! "$prognode" serve --config "$work/prognode.yaml" 2> "$work/refused.log" || fail "the node starts with a model that is not signed"
grep -q 'model.yaml is not signed' "$work/refused.log" || fail "$(cat "$work/refused.log")"
# Signed again it is another model, and the failed case can be tried again.
"$prognode" model sign "$work/model.yaml" --key "$work/key.pem" > /dev/null || fail "sign again"
start_node
cases retry 3 > /dev/null 2>> "$work/node.log" || fail "retry"
wait_for 60 reports_are 3 || fail "no third report"
echo passed
