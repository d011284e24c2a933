#!/bin/bash
# Runs clang-tidy (.clang-tidy) over the tree, as many files at once as there are processors.
#   test/lint/tidy.sh                   every file that preset asan compiles; a few minutes
#   test/lint/tidy.sh nvme web/         those whose path holds one of the words
# Exit status 1 when something was found. CLANG_TIDY names another binary: version 14 (Debian 12) decides. Needs: clang, clang-tidy.
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/lint/tree.sh

clang_tidy=$(first_of "${CLANG_TIDY:-}" clang-tidy-14 clang-tidy) ||
  { echo "tidy: no clang-tidy: apt-get install clang-tidy" >&2; exit 2; }
room=build/asan/tidy
rm -rf "$room" && mkdir -p "$room/found"
cmake --preset asan >"$room/configure.log" 2>&1 || { cat "$room/configure.log"; exit 2; }

# What is compiled twice (the fuzzers compile the tree again) is looked at once, and generated files not at all.
python3 - build/asan/compile_commands.json "$room/compile_commands.json" "$@" >"$room/files" <<'E2'
import json, os, re, sys
commands, words = {}, sys.argv[3:]
for command in json.load(open(sys.argv[1])):
    path = os.path.relpath(command["file"])
    # Only a build makes the precompiled header; without one its headers are read from their text.
    precompiled = re.search(r"-include-pch -Xclang (\S+)", command["command"])
    if precompiled and not os.path.exists(precompiled[1]):
        command["command"] = re.sub(r"-Winvalid-pch|-Xclang -include(-pch)? -Xclang \S+", "", command["command"])
    if not path.startswith("build/") and (not words or any(word in path for word in words)):
        commands.setdefault(path, command)
json.dump(list(commands.values()), open(sys.argv[2], "w"))
print("\n".join(sorted(commands)))
E2
total=$(grep -c . "$room/files") || { echo "tidy: no file matches"; exit 2; }

look_at() {
  local out=$room/found/${1//\//_}
  "$clang_tidy" -p "$room" --quiet "$1" >"$out" 2>"$out.err" || [ -s "$out" ] || cp "$out.err" "$out"
  rm -f "$out.err"
  [ ! -t 1 ] || printf '\rtidy: %s of %s ' "$(find "$room/found" -type f ! -name '*.err' | wc -l)" "$total"
}
export -f look_at
export clang_tidy room total
[ -t 1 ] || echo "tidy: looking at $total files"
xargs -a "$room/files" -P "$(nproc)" -I{} bash -c 'look_at {}'
[ ! -t 1 ] || printf '\r\033[K'

# A finding in a header comes once for every file that includes it; one in a header of the system is not ours.
root=$PWD/
cat "$room"/found/* | sed "s|^$root||" | grep -E '^[^/].*(warning|error): ' | sort -u >"$room/findings" || true
if [ -s "$room/findings" ]; then
  cat "$room/findings"
  echo "tidy: $(wc -l <"$room/findings") findings in $total files; details: $room/found. Repair them, or silence one with its reason: // NOLINT(check): reason"
  exit 1
fi
echo "tidy: $total files, nothing found"
