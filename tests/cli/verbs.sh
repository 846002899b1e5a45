#!/bin/bash
# Every verb: help on stdout with exit 0, wrong use on stderr with exit 2, one clear line.
prognode=$1
status=0
complain() { echo "FAILED: $*"; status=1; }

# expect CODE PATTERN ARGS...: the exit code, and a pattern in what is printed
expect() {
  want=$1 pattern=$2
  shift 2
  out=$("$prognode" "$@" 2>&1 </dev/null)
  code=$?
  [ "$code" -eq "$want" ] || complain "prognode $*: exit $code, expected $want: $out"
  echo "$out" | grep -qE -- "$pattern" || complain "prognode $*: expected /$pattern/ in: $out"
}

expect 0 'usage: prognode VERB' --help
expect 2 'usage: prognode VERB'
expect 2 'unknown verb "frobnicate"' frobnicate
expect 0 '^prognode [0-9]+\.[0-9]+' version
expect 0 'DCMTK' version

for verb in serve cases check-config cluster correlate deconvolve doctor echo enrich extract init landmarks model phantom predict \
            queue reliability report show simulate train tune validate version; do
  expect 0 "usage: prognode $verb" "$verb" --help
  [ -z "$("$prognode" "$verb" --help 2>&1 >/dev/null)" ] || complain "$verb --help writes to stderr"
  "$prognode" --help | grep -qE "^  $verb " || complain "$verb is not in the list of verbs"
  [ "$verb" = version ] || expect 2 '' "$verb" --no-such-option
done
"$prognode" --help | grep -q '^  role' && complain "role is for the node itself"

expect 2 'config' serve
expect 2 'nowhere.yaml' serve --config /nowhere.yaml
expect 2 'nowhere.yaml' check-config /nowhere.yaml
expect 2 'at least one' extract
expect 1 'nowhere' extract /nowhere
expect 2 'prognode.yaml' echo
expect 1 '127.0.0.1' echo 127.0.0.1 1 ANY
expect 1 'nowhere.dcm' show /nowhere.dcm
expect 2 '' train
expect 2 '' predict
expect 2 'expected 2 to 64' reliability
expect 2 '' phantom
expect 2 'o FOLDER is missing' simulate
expect 2 'case number or a folder' report
expect 2 'output is missing' report 1
expect 2 'prognode.yaml' report 1 -o /tmp/none
expect 2 'config or --model' report /nowhere -o /tmp/none
expect 1 'nowhere' report /nowhere --model "$(dirname "$0")/../../config/models/example-phantom.yaml" -o /tmp/none
expect 2 'YYYYMMDDHHMMSS' report 1 -o /tmp/none --time yesterday
expect 2 'verb|list|usage' cases
expect 2 'usage' queue
expect 2 'usage' queue quarantine --dry-run
expect 2 'prognode.yaml' queue status
expect 2 'prognode.yaml' queue quarantine
exit $status
