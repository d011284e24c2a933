#!/bin/bash
# Builds the fuzzers (preset asan) and runs each for a bounded time.
#   test/fuzz/run.sh [seconds each, default 20] [fuzzer…]        test/fuzz/run.sh 300 yaml host
# What they learn stays in build/asan/fuzz/corpus. An input that breaks one is kept in build/asan/fuzz/broken, named, and the
# command to see it again is written; copy it to test/fuzz/seeds/<fuzzer>/ with the repair, so that it is tried first ever after.
# Ends with "N passed, N failed"; exit status 1 when one failed. Needs: clang, libclang-rt-14-dev (Debian 12).
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}
shift || true
[[ $seconds =~ ^[0-9]+$ ]] || { echo "usage: test/fuzz/run.sh [seconds each] [fuzzer…]" >&2; exit 2; }

room=$PWD/build/asan/fuzz
mkdir -p "$room/corpus" "$room/broken" "$room/seeds" "$room/logs"
echo "fuzz: building (preset asan)"
cmake --preset asan >"$room/logs/configure.log" 2>&1 || { cat "$room/logs/configure.log"; exit 1; }
cmake --build --preset asan --target fuzzers >"$room/logs/build.log" 2>&1 || { tail -50 "$room/logs/build.log"; exit 1; }

# The host fuzzer rewrites files all the time: in memory where there is room for it.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")" finwatch-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

if [ $# -gt 0 ]; then fuzzers=("$@"); else mapfile -t fuzzers < <(printf "%s\n" test/fuzz/fuzz_*.cpp | sed -E "s|.*/fuzz_(.*)\.cpp|\1|"); fi

# Seeds that are made from the fixtures of the tests rather than kept twice.
rm -rf "$room/seeds" && mkdir -p "$room/seeds/host" "$room/seeds/yaml" "$room/seeds/promql"
cp test/fixtures/web/*.yml "$room/seeds/yaml/" 2>/dev/null || true
cat test/fixtures/promql/* | split -l 1 -a 4 -d - "$room/seeds/promql/"
FINWATCH_FUZZ_SEEDS=$room/seeds/host build/asan/bin/fuzz_host 2>"$room/logs/seeds.log" ||
  { cat "$room/logs/seeds.log"; exit 1; }

run_one() {
  local name=$1 log=$room/logs/$1.log folder corpus=("$room/corpus/$1")
  mkdir -p "${corpus[0]}"
  for folder in "test/fuzz/seeds/$name" "$room/seeds/$name"; do [ ! -d "$folder" ] || corpus+=("$folder"); done
  if build/asan/bin/fuzz_"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -print_funcs=0 \
    -artifact_prefix="$room/broken/$name-" "${corpus[@]}" >"$log" 2>&1; then
    echo "ok   $name: $(sed -nE 's/^stat::number_of_executed_units: +//p' "$log") inputs, $(grep -aoE 'cov: [0-9]+' "$log" | tail -1)"
  else
    echo "FAIL $name: $(grep -a -m1 -E 'does not hold|ERROR: |runtime error|SUMMARY' "$log" || tail -1 "$log")"
    sed -nE "s|.*Test unit written to (.*)|     again: TMPDIR=/dev/shm build/asan/bin/fuzz_$name \1|p" "$log"
    echo "     log: $log"
  fi
}

echo "fuzz: ${#fuzzers[@]} fuzzers, $seconds s each, $(nproc) at once"
export -f run_one
export room seconds
printf '%s\n' "${fuzzers[@]}" | xargs -P "$(nproc)" -I{} bash -c 'run_one {}' | tee "$room/logs/summary"
failed=$(grep -c '^FAIL' "$room/logs/summary" || true)
echo "$((${#fuzzers[@]} - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
