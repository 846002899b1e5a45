#!/bin/sh
# Installs what the tests need, builds with warnings as errors and sanitizers, runs everything;
# then once more without sanitizers what only that build shows: the sandbox with its memory limit,
# and whole cases in it.
#   scripts/test.sh [ctest arguments]      e.g. scripts/test.sh -R glcm
# The shared test data is looked for in ../shared (or PN_SHARED_DIR); tests that need it say
# that they skip where it is absent.
set -eu
cd "$(dirname "$0")/.."
scripts/packages.sh test
jobs=$(nproc)
shared=${PN_SHARED_DIR:-$(pwd)/../shared}

# The sanitized build: unit tests, and the whole node end to end.
cmake -S . -B build-test -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPN_WERROR=ON \
      -DPN_SANITIZE=ON -DPN_SHARED_DIR="$shared" >/dev/null
cmake --build build-test -j "$jobs"

export LC_ALL=C.UTF-8 OPENBLAS_NUM_THREADS=1
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
ctest --test-dir build-test --output-on-failure -j "$jobs" "$@"

# As it is shipped. With arguments the tests have been chosen already.
[ $# -eq 0 ] || exit 0
cmake -S . -B build-plain -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPN_WERROR=ON \
      -DPN_SANITIZE=OFF -DPN_SHARED_DIR="$shared" >/dev/null
cmake --build build-plain -j "$jobs" --target prognode test_sandbox test_header_child test_indexer hostile_peer fault_tool clock_shim unit_launcher test_filt_golden test_pyr_golden test_resp_phase2 test_deconvolve test_deconvolve_whole test_pipeline
ctest --test-dir build-plain --output-on-failure -j "$jobs" \
      -R "^(test_sandbox|test_header_child|test_indexer|test_filt_golden|test_pyr_golden|test_resp_phase2|test_deconvolve|test_deconvolve_whole|test_pipeline|fault_soak|fault_kill|integration_(end_to_end_mixed|poison|hostile|bad_input|unit))\$"
