#!/bin/sh
# Fuzzing with libFuzzer: builds every target with clang, ASan and UBSan, and runs one after the
# other.
#   tests/fuzz/campaign.sh [-o FOLDER] [-j N] [SECONDS-PER-TARGET [TARGET...]]
#   tests/fuzz/campaign.sh [-o FOLDER] -c [TARGET...]
#
# -c prints, instead, which share of each source file's lines the corpora reach.
# FOLDER (default build-fuzz/) keeps the corpora, which grow over runs, what was found
# (findings/TARGET-...), the logs, and hours.txt: CPU seconds, runs and coverage of every run.
# DCMTK is the system's library and is not instrumented: the coverage is that of our own code.
# Real files under PN_SHARED_DIR (default ../shared) are further seeds where they are there.
# Exit code: 0 nothing found, 1 something found.
set -eu
cd "$(dirname "$0")/../.."
source=$(pwd) out=$source/build-fuzz jobs=1 only_coverage=""
while getopts o:j:c option; do
  case $option in
  o) out=$OPTARG ;;
  j) jobs=$OPTARG ;;
  c) only_coverage=yes ;;
  *) sed -n '2,7p' "$0" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
seconds=60
if [ -z "$only_coverage" ] && [ $# -gt 0 ]; then
  seconds=$1
  shift
fi
shared=${PN_SHARED_DIR:-$source/../shared}

targets=${*:-$(sed -n 's/^pn_fuzz_target(\([a-z0-9_]*\).*/\1/p' tests/fuzz/CMakeLists.txt)}
if [ -z "${PN_FUZZ_BUILT:-}" ]; then
  scripts/packages.sh fuzz
  cmake -S . -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DPN_SANITIZE=ON -DPN_FUZZ=ON \
        -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14 \
        -DCMAKE_C_FLAGS=-fsanitize=fuzzer-no-link -DCMAKE_CXX_FLAGS=-fsanitize=fuzzer-no-link >/dev/null
  # shellcheck disable=SC2046
  cmake --build "$out" --target $(for t in $targets; do echo "fuzz_$t"; done) >"$out/build.log" 2>&1 ||
    { tail -30 "$out/build.log" >&2; exit 2; }
fi

export OPENBLAS_NUM_THREADS=1 LC_ALL=C.UTF-8 UBSAN_OPTIONS=print_stacktrace=1
# An allocation that the input asks for must fail, not kill: without this limit a harmless
# refusal takes so long that the fuzzer gets 7 inputs a second done.
export ASAN_OPTIONS=max_allocation_size_mb=256:allocator_may_return_null=1:detect_leaks=1
mkdir -p "$out/findings" "$out/logs"

dictionary() {
  case $1 in
  scp | scu | query) echo pdu ;;
  json | job | node | model | settings | csv | image) echo text ;;
  extract | maps | survival) echo "" ;;
  *) echo dicom ;;
  esac
}

# DCMTK loses memory where an A-ASSOCIATE is broken (sockets.c). To look for leaks after each such
# input takes a second; they are still looked for at the end, and by the replay.
options() {
  case $1 in
  scp | scu | query) echo -detect_leaks=0 ;;
  esac
}

# Small files of the public test data; what is large teaches nothing that a small one does not.
extra_seeds() {
  case $1 in
  scan | header | volume | sr) find "$shared/data" -type f -size -60k -name '*.dcm' 2>/dev/null | head -60 ;;
  esac
}

# CPU seconds of the children so far into $cpu; `times` would tell nothing in a subshell.
children_cpu() {
  times >"$out/logs/$1.times"
  cpu=$(tail -1 "$out/logs/$1.times" |
    awk '{ s = 0; for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); s += 60 * t[1] + t[2] } print s }')
}

run() {
  t=$1 corpus=$out/corpus/$1 log=$out/logs/$1.log dict=$(dictionary "$1")
  mkdir -p "$corpus"
  for f in $(extra_seeds "$t"); do cp "$f" "$corpus/seed-$(echo "$f" | cksum | cut -d' ' -f1)"; done
  children_cpu "$t"
  cpu_before=$cpu
  nice -n 10 "$out/bin/fuzz_$t" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
    -max_len=16384 -print_final_stats=1 -use_value_profile=1 -artifact_prefix="$out/findings/$t-" \
    $(options "$t") ${dict:+-dict="tests/fuzz/$dict.dict"} "$corpus" "tests/fuzz/corpus/$t" >"$log" 2>&1 && rc=0 || rc=$?
  children_cpu "$t"
  cpu=$(echo "$cpu_before $cpu" | awk '{ printf "%.1f", $2 - $1 }')
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  cover=$(grep -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -1)
  line=$(printf '%-10s cpu_s=%s runs=%s %s exit=%s' "$t" "$cpu" "${runs:-0}" "$(echo "$cover" | tr ':' '=' | tr -d ' ' | sed 's/ft/ ft/')" "$rc")
  echo "$line"
  echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $line" >>"$out/hours.txt"
  [ "$rc" -eq 0 ] || { grep -m3 -E 'ERROR|runtime error|broken promise|SUMMARY' "$log" || true; }
}

# Lines of our sources that the corpora reach: built by gcc without sanitizers, whose own branches
# would count, and replayed.
coverage() {
  cmake -S . -B "$out/coverage" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=--coverage \
        -DCMAKE_CXX_FLAGS=--coverage >/dev/null
  # shellcheck disable=SC2046
  cmake --build "$out/coverage" --target $(for t in $targets; do echo "fuzz_$t"; done) >"$out/coverage.log" 2>&1
  find "$out/coverage" -name '*.gcda' -delete
  for t in $targets; do
    mkdir -p "$out/corpus/$t"
    "$out/coverage/bin/fuzz_$t" "$out/corpus/$t" "tests/fuzz/corpus/$t" >/dev/null 2>&1
  done
  (cd "$out/coverage" && find . -name '*.gcda' -exec gcov -n {} +) 2>/dev/null |
    awk -v root="$source/" '
      /^File/ { file = substr($0, 7, length($0) - 7); sub(root, "", file) }
      /^Lines executed/ && file ~ /^(node|radiomics|survival|config)\/.*\.(c|cc)$/ {
        split($0, n, /[:%]| of /); printf "%6.1f %% of %4d lines  %s\n", n[2], n[4], file }
      /^Lines executed/ { file = "" }' | sort -k6
}

if [ -n "$only_coverage" ]; then
  coverage
  exit 0
fi
before=$(find "$out/findings" -type f | wc -l)
if [ "$jobs" -gt 1 ]; then
  # Each job is this script with one target: its CPU time is then its own.
  export PN_FUZZ_BUILT=1
  echo "$targets" | tr ' ' '\n' | xargs -P "$jobs" -I{} "$0" -o "$out" "$seconds" {} || true
else
  for t in $targets; do run "$t"; done
fi
[ -n "${PN_FUZZ_BUILT:-}" ] && [ "$jobs" -eq 1 ] && exit 0
found=$(($(find "$out/findings" -type f | wc -l) - before))
awk '{ sub(/cpu_s=/, "", $3); s += $3 } END { printf "in all %.2f CPU hours over %d runs\n", s / 3600, NR }' "$out/hours.txt"
echo "found now: $found"
[ "$found" -eq 0 ]
