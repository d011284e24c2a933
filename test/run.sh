#!/usr/bin/env bash
# Installs what the tests need, builds, and runs all of them.
#
#   test/run.sh                   everything (about an hour on two cores)
#   test/run.sh --quick           unit and fault tests only, without sanitizers
#   test/run.sh --only STAGE …    some stages          --list   their names
#
# A stage that fails does not stop the next. Ends with a table and the line "N passed, N failed"; exit status 1 when one failed.
# Tests start what they need (Prometheus, node_exporter, chronyd) on free ports of 127.0.0.1 in temporary folders and stop it. A test
# that was skipped is named with its reason; with CI=true a skipped test is a failed one. Logs: build/test.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

stages=(install unit threads lint e2e live package tidy fuzz)
about() {
  case "$1" in
    install) echo "Debian packages that are missing" ;;
    unit) echo "unit and fault tests under address and undefined sanitizer (preset $unit_preset, warnings are errors)" ;;
    threads) echo "runner, web, conf, database and notifier tests under thread sanitizer" ;;
    lint) echo "layout, shellcheck" ;;
    tidy) echo "clang-tidy over the tree" ;;
    e2e) echo "the released programs: allocations counted, Prometheus, node_exporter, quickstart" ;;
    live) echo "the programs beside real PostgreSQL, MariaDB, Tryton, Prometheus and Alertmanager under faults" ;;
    package) echo "cmake --install, .deb" ;;
    fuzz) echo "each fuzzer for 10 s" ;;
  esac
}

chosen=("${stages[@]}") unit_preset=asan
case "${1:-}" in
  "") ;;
  --quick) chosen=(install unit) unit_preset=dev ;;
  --only) shift; chosen=("$@") ;;
  --list) for stage in "${stages[@]}"; do printf '%-12s %s\n' "$stage" "$(about "$stage")"; done; exit 0 ;;
  -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
  *) echo "run.sh: unknown option $1; see --help" >&2; exit 2 ;;
esac
for stage in "${chosen[@]}"; do
  [[ " ${stages[*]} " == *" $stage "* ]] || { echo "run.sh: no stage $stage; see --list" >&2; exit 2; }
done

logs=$PWD/build/test
mkdir -p "$logs"
export PATH="$PWD/build/debian/bin:$PATH:/usr/sbin:/sbin"
jobs=$(nproc)
passed=0 failed=0 table=() skipped=()

# A stage calls these: how many tests passed and failed, and which were left out.
count() { passed=$((passed + $1)) failed=$((failed + $2)); }
one() { if [ "$1" -eq 0 ]; then count 1 0; else count 0 1; fi; }
skip() { skipped+=("$1"); }

# Runs a command quietly; its output is in the stage's log, and its end is shown when it fails.
quietly() {
  "$@" >>"$log" 2>&1 && return
  local status=$?
  echo "  failed (exit status $status): $*"
  tail -n 40 "$log" | sed 's/^/  | /'
  return "$status"
}

# Builds a preset and runs its tests: preset, and the test programs when it is not all of them.
ctest_preset() {
  local preset=$1 out=$logs/ctest-$1.log programs=("${@:2}")
  if ! quietly cmake --preset "$preset" || ! quietly cmake --build --preset "$preset" -j "$jobs" ${programs:+--target "${programs[@]}"}; then
    count 0 1
    return 1
  fi
  # Programs that were not wanted stand in the list as <name>_NOT_BUILT.
  ctest --preset "$preset" -j "$jobs" ${programs:+-E _NOT_BUILT} >"$out" 2>&1
  local status=$? summary total bad
  cat "$out" >>"$log"
  summary=$(grep -E 'tests passed, [0-9]+ tests? failed out of' "$out")
  total=$(sed -nE 's/.*out of ([0-9]+)$/\1/p' <<<"$summary")
  bad=$(sed -nE 's/.*, ([0-9]+) tests? failed.*/\1/p' <<<"$summary")
  if [ -z "$total" ]; then echo "  no tests ran under preset $preset"; tail -n 20 "$out"; count 0 1; return 1; fi
  count $((total - bad)) "$bad"
  echo "  $preset: $((total - bad)) passed, $bad failed"
  # A test that cannot run here says WARN("skipped: reason") and passes.
  while IFS= read -r line; do skip "$preset: $line"; done < <(
    awk '/^[0-9]+\/[0-9]+ Test: / { name = $0; sub(/^[^:]*: /, "", name) } /^ *skipped[,:]/ { sub(/^ */, ""); print name ": " $0 }' \
      build/"$preset"/Testing/Temporary/LastTest.log | sort -u)
  if [ "$status" -ne 0 ]; then sed -n '/The following tests FAILED/,$p' "$out"; grep -B2 -A25 'FAILED:' "$out" | head -n 120; fi
  return "$status"
}

stage_install() { quietly deploy/install-deps.sh --test; local status=$?; one "$status"; return "$status"; }

stage_unit() { ctest_preset "$unit_preset"; }

# The rooms in which threads meet. A collector is run by one thread at a time.
stage_threads() { ctest_preset tsan test_core test_run test_conf test_web test_database test_notifier; }

stage_lint() {
  local status=0
  if quietly test/lint/format.sh; then one 0; else one 1; status=1; fi
  if git ls-files --cached --others --exclude-standard '*.sh' .ci/run | xargs -r shellcheck >>"$log" 2>&1; then one 0; else
    one 1; status=1; echo "  shellcheck:"; git ls-files '*.sh' .ci/run | xargs -r shellcheck -f gcc | head -n 20; fi
  return "$status"
}

# clang-tidy takes what the tests of the programs leave of the processors: those mostly wait for servers.
tidy_process=
begin_tidy() {
  [[ " ${chosen[*]} " == *" tidy "* ]] || return 0
  nice -n 19 test/lint/tidy.sh >"$logs/tidy.out" 2>&1 &
  tidy_process=$!
}

stage_tidy() {
  [ -n "$tidy_process" ] || begin_tidy
  quietly wait "$tidy_process"
  local status=$?
  cat "$logs/tidy.out" >>"$log"
  [ "$status" -eq 0 ] || tail -n 40 "$logs/tidy.out"
  one "$status"
  return "$status"
}

# What users run; the tests of it speak Python.
build_programs() {
  if ! quietly cmake --preset release || ! quietly cmake --build --preset release -j "$jobs" --target finwatch-host finwatch-database finwatch-workflow finwatch-notifier finwatch finwatch_promql_verdicts finwatch_fake_providers test_notifier; then
    count 0 1
    return 1
  fi
}

stage_e2e() {
  local status=0
  build_programs || return 1
  # Sanitizers bring an allocator of their own, so allocations are counted here.
  ctest_preset release test_budget || status=1
  python_tests e2e || status=1
  return "$status"
}

stage_live() {
  build_programs && python_tests live
}

# The tests of one folder of test/ that are written in Python: a few files at a time, as they mostly wait for their servers.
python_tests() {
  local out=$logs/$1.out parts=$logs/$1 status total bad left
  rm -rf "$parts"
  mkdir -p "$parts"
  # shellcheck disable=SC2016  # $0 to $2 are the inner shell's
  (cd "test/$1" && printf '%s\0' test_*.py) | xargs -0 -P "$jobs" -n 1 \
    bash -c 'python3 -m unittest discover -v -s "test/$0" -t "test/$0" -p "$2" >"$1/$2.out" 2>&1' "$1" "$parts"
  status=$?
  cat "$parts"/*.out >"$out"
  cat "$out" >>"$log"
  sum_of() { sed -nE "s/^$1.*/\\1/p" "$out" | awk '{ sum += $1 } END { print sum + 0 }'; }
  total=$(sum_of 'Ran ([0-9]+) tests? in ')
  bad=$(($(sum_of 'FAILED .*failures=([0-9]+)') + $(sum_of 'FAILED .*errors=([0-9]+)')))
  left=$(grep -cE '\.\.\. skipped ' "$out")
  if [ "$total" -eq 0 ]; then echo "  no test ran"; tail -n 20 "$out"; count 0 1; return 1; fi
  count $((total - bad - left)) "$bad"
  echo "  $((total - bad - left)) passed, $bad failed"
  while IFS= read -r line; do skip "$line"; done < <(grep -E '\.\.\. skipped ' "$out")
  [ "$status" -eq 0 ] || sed -n '/^=====/,$p' "$out" | head -n 120
  return "$status"
}

stage_package() { quietly test/package/test_package.sh; local status=$?; one "$status"; return "$status"; }

stage_fuzz() {
  local out=$logs/fuzz.out status summary
  test/fuzz/run.sh 10 >"$out" 2>&1
  status=$?
  cat "$out" >>"$log"
  summary=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$out" | tail -1)
  if [ -z "$summary" ]; then tail -n 20 "$out"; count 0 1; return 1; fi
  count "$(cut -d' ' -f1 <<<"$summary")" "$(cut -d' ' -f3 <<<"$summary")"
  grep -E '^(ok|FAIL) ' "$out" | sed 's/^/  /'
  return "$status"
}

for stage in "${chosen[@]}"; do
  log=$logs/$stage.log
  : >"$log"
  echo "== $stage: $(about "$stage")"
  begun=$SECONDS before_passed=$passed before_failed=$failed
  if "stage_$stage"; then result=ok; else result=FAILED; fi
  [ "$result" = ok ] || [ "$failed" -gt "$before_failed" ] || count 0 1
  table+=("$(printf '%-12s %-7s %5d passed %4d failed %5d s' "$stage" "$result" $((passed - before_passed)) $((failed - before_failed)) $((SECONDS - begun)))")
  echo "   ${table[-1]}"
  if [ "$stage" = lint ]; then begin_tidy; fi
  # Nothing of the later stages works without the packages.
  if [ "$stage" = install ] && [ "$result" != ok ]; then break; fi
done

echo
for line in "${table[@]}"; do echo "$line"; done
if [ ${#skipped[@]} -gt 0 ]; then
  echo "skipped:"
  printf '  %s\n' "${skipped[@]}"
  if [ "${CI:-}" = true ]; then
    echo "with CI=true no test may be skipped"
    failed=$((failed + ${#skipped[@]}))
  fi
fi
echo "the whole run took $((SECONDS / 60)) min $((SECONDS % 60)) s; logs are in build/test"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
