# shellcheck shell=bash
# What the lint scripts share. Sourced, with the tree's root as working directory.

# The files of the tree that match the patterns: what git tracks, or all outside build/ where there is no git.
tree_files() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "$@"
  else
    local pattern
    for pattern; do find . -path ./build -prune -o -name "$pattern" -type f -print; done | sed 's|^\./||'
  fi | sort
}

# The first of the commands that exists; an empty word is skipped.
first_of() {
  local command
  for command; do
    if [ -n "$command" ] && command -v "$command"; then return 0; fi
  done
  return 1
}
