#!/bin/sh
# Time to write all objects of a report (SEG, SR, picture, document) of a CT of 200 slices of
# 512 x 512: tests/bench/objects.sh BUILD-FOLDER [TIMES]
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1/bin/prognode" phantom -o "$work" --size large > /dev/null
"$1/bin/bench_objects" "$(dirname "$0")/../../config/models/example-phantom.yaml" "$work" "${2:-5}"
