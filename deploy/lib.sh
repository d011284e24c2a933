# shellcheck shell=bash
# What the scripts of this folder share. Sourced, with the tree's root as working directory; they give their own name in `me`.
: "${me:?}"

# en or zh: --lang wins, then the locale, by the same rules of precedence as elsewhere.
lang=en
case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in zh*) lang=zh ;; esac

# say ENGLISH CHINESE
say() { if [ "$lang" = zh ]; then printf '%s\n' "$2"; else printf '%s\n' "$1"; fi; }
complain() {
  { printf '%s: ' "$me"; say "$1" "$2"; } >&2
}
# die ENGLISH CHINESE: to standard error, and out. wrong: the same for a wrong command line.
die() { complain "$@"; exit 1; }
wrong() { complain "$@"; exit 2; }

set_lang() {
  case "$1" in
    en | zh) lang=$1 ;;
    *) wrong "--lang is en or zh, not '$1'" "--lang 只能是 en 或 zh，不能是 '$1'" ;;
  esac
}

# usage FILE: the comment at its head in the language of the reader. The Chinese part stands below the line "# ----".
usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$1" |
    if [ "$lang" = zh ]; then sed '1,/^----$/d'; else sed '/^----$/,$d'; fi
}

# Runs something as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo -- "$@"
  else die "root is needed for this: run it as root, or install sudo" "此步骤需要 root 权限：请以 root 运行，或安装 sudo"
  fi
}

# progress LOG: keeps what it reads in LOG and shows that things move: one changing line on a terminal, elsewhere a line each 15 s.
progress() {
  local line last=$SECONDS
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    if [ -t 1 ]; then printf '\r\033[K  %.100s' "$line"
    elif [ $((SECONDS - last)) -ge 15 ]; then
      last=$SECONDS
      printf '  %.160s\n' "$line"
    fi
  done
  if [ -t 1 ]; then printf '\r\033[K'; fi
}
