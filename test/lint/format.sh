#!/bin/bash
# Are all C++ files of the tree laid out as .clang-format says?
#   test/lint/format.sh          checks; names each file that differs; exit status 1 when there is one
#   test/lint/format.sh --fix    rewrites them
# CLANG_FORMAT names another binary. Versions lay out differently: 14 (Debian 12) decides.
set -euo pipefail
cd "$(dirname "$0")/../.."
source test/lint/tree.sh

clang_format=$(first_of "${CLANG_FORMAT:-}" clang-format-14 clang-format) ||
  { echo "format: no clang-format: apt-get install clang-format" >&2; exit 2; }
version=$("$clang_format" --version | grep -oE 'version [0-9]+' | head -1)
[ "$version" = "version 14" ] || echo "format: $clang_format is $version; the tree is laid out by version 14" >&2

mapfile -t files < <(tree_files '*.cpp' '*.h')
if [ "${1:-}" = --fix ]; then
  printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 20 "$clang_format" --style=file -i
  echo "format: ${#files[@]} files laid out"
  exit 0
fi

# clang-format writes a message for each place; the file names in them are what matters.
mapfile -t differ < <(printf '%s\0' "${files[@]}" |
  xargs -0 -P "$(nproc)" -n 20 "$clang_format" --style=file --dry-run 2>&1 |
  sed -nE 's/^([^:]+):[0-9]+:[0-9]+: .*-Wclang-format-violations.*/\1/p' | sort -u)
if [ ${#differ[@]} -gt 0 ]; then
  printf '%s: not laid out as .clang-format says\n' "${differ[@]}"
  echo "format: ${#differ[@]} of ${#files[@]} files differ; mend them with: test/lint/format.sh --fix"
  exit 1
fi
echo "format: ${#files[@]} files, all laid out as .clang-format says"
