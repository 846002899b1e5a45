#!/bin/sh
# Builds a release of prognode into build/ (or the folder given).
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh build
out=${1:-build}
cmake -S . -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPN_TESTS=OFF >/dev/null
cmake --build "$out"
echo "built $out/bin/prognode"
