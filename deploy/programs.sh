# shellcheck shell=bash
# Programs that a script starts, keeps and stops: one row each in `programs`, all below the folder `state`, where run/ holds their process
# ids and ports and log/ what they say. Sourced. The script gives a program's file (program_file NAME), its variables as words for env
# (environment_of NAME), the file of its standard output (output_of NAME), and the sentence about what else may hold the lock of the folder
# (`busy`, `busy_zh`).
: "${me:?}" "${programs:?}" "${state:?}" "${busy:?}" "${busy_zh:?}"
runner=""                  # the account that the programs run as, when it is another
marker=$state/finwatch-$me  # a folder without it is somebody else's: it is neither used nor removed

# ---- processes. A program's file holds its process id and that process's start time, so that no stranger is ever stopped.
# A zombie, which a slow init has not buried yet, does not run.
started_at() { sed -n 's/.*) //; /^[^ZX]/p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
process_of() {  # prints the id when the program runs
  local pid start
  read -r pid start 2>/dev/null <"$state/run/$1" || return 1
  [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ] && echo "$pid"
}
port_of() { cat "$state/run/$1.port" 2>/dev/null; }

# From the kernel's tables rather than by connecting: a listener that is frozen would not answer.
listens() {
  local port
  printf -v port ':%04X' "$1"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$port" '$4 == "0A" && index($2, port) { found = 1 } END { exit !found }'
}
listener() {  # who has the port, as far as one may know
  if ! command -v ss >/dev/null; then return; fi
  ss -Hltnp "sport = :$1" 2>/dev/null | sed -nE 's/.*users:\(\("([^"]*)",pid=([0-9]+).*/\1 \2/p' | head -n 1
}

stop_program() {
  local pid
  if pid=$(process_of "$1"); then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
      process_of "$1" >/dev/null || break
      sleep 0.1
    done
    if process_of "$1" >/dev/null; then kill -9 "$pid" 2>/dev/null || true; fi
    say "stopped $1 (process $pid)" "已停止 $1（进程 $pid）"
  fi
  rm -f "$state/run/$1"
}

# The latest first; also one that an older version of this script started and that has no row any more.
stop_all() {
  local i file
  for ((i = ${#programs[@]} - 1; i >= 0; i--)); do stop_program "${programs[i]%%|*}"; done
  for file in "$state"/run/*; do
    case "$file" in *.port | *'/*') ;; *) stop_program "${file##*/}" ;; esac
  done
}

# The port is the usual one of another program here, or was given to it.
is_anothers() {
  local row other wanted
  for row in "${programs[@]}"; do
    IFS='|' read -r other wanted _ <<<"$row"
    if [ "$other" != "$1" ] && { [ "$wanted" = "$2" ] || [ "$(port_of "$other")" = "$2" ]; }; then return 0; fi
  done
  return 1
}

# The port that the program had, else its own, else the next free one.
choose_port() {
  local name=$1 wanted=$2 had port who
  if [ "$wanted" = - ]; then echo -; return; fi
  had=$(port_of "$name") || true
  for port in ${had:+"$had"} $(seq "$wanted" $((wanted + 20))); do
    if is_anothers "$name" "$port"; then continue; fi
    if listens "$port"; then
      who=$(listener "$port")
      say "  port $port is taken${who:+ by ${who% *} (process ${who#* })}; $name gets the next free one" \
        "  端口 $port 已被${who:+ ${who% *}（进程 ${who#* }）}占用，$name 改用下一个空闲端口" >&2
      continue
    fi
    echo "$port"
    return
  done
  die "ports $wanted to $((wanted + 20)) are all taken; see who has them: ss -ltnp" \
    "端口 $wanted 至 $((wanted + 20)) 均被占用；查看占用者：ss -ltnp"
}

# The process writes who it is before it becomes the program, so that a kill of this script in between leaves no orphan; and while it is
# still root, so that run/ and log/ stay root's: a program must not choose what --down will kill.
start_program() {
  local name=$1 port=$2 command=() words variables
  read -ra words <<<"$3"
  words=("${words[@]//@PORT@/$port}")
  words=("${words[@]//@STATE@/$state}")
  words=("${words[@]//@PORT:postgres@/$(port_of postgres)}")
  [ -z "$runner" ] || command=(setpriv --reuid "$runner" --regid "$runner" --init-groups)
  read -ra variables <<<"$(environment_of "$name")"
  [ ${#variables[@]} -eq 0 ] || command+=(env "${variables[@]}")
  rm -f "$state/run/$name"
  # shellcheck disable=SC2016
  setsid bash -c 'echo "$$ $(sed "s/.*) //" /proc/$$/stat | cut -d" " -f20)" >"$1" && shift && exec "$@"' \
    _ "$state/run/$name" "${command[@]}" "$(program_file "$name")" "${words[@]}" </dev/null >>"$(output_of "$name")" 2>>"$state/log/$name.log" 9>&- &
  for _ in $(seq 300); do
    if [ -s "$state/run/$name" ] && ! process_of "$name" >/dev/null; then break; fi  # it ended
    if process_of "$name" >/dev/null && { [ "$port" = - ] || listens "$port"; }; then return; fi
    sleep 0.1
  done
  tail -n 5 "$state/log/$name.log" >&2 || true
  die "$name did not open port $port; its log is $state/log/$name.log" "$name 未能打开端口 $port；日志：$state/log/$name.log"
}

# ---- the state folder: bin/, run/, log/ and the configuration belong to whoever runs this script, data/ and the databases' folders to the programs.
cannot_write() {
  die "cannot write to $state: give another folder with --state, or look for space and rights (df -h, ls -ld)" \
    "无法写入 $state：请用 --state 指定其他目录，或检查空间与权限（df -h、ls -ld）"
}

prepare_state() {
  if [ -d "$state" ] && [ ! -e "$marker" ] && [ -n "$(ls -A "$state" 2>/dev/null)" ]; then
    die "$state holds something else already; give an empty or a new folder with --state" \
      "$state 已存有其他内容；请用 --state 指定空目录或新目录"
  fi
  { mkdir -p "$state" && : >"$marker" && mkdir -p "$state"/{bin,data,log,run}; } 2>/dev/null || cannot_write
  lock
  local free
  free=$(df -Pm "$state" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge 300 ] || die "only $free MiB are free in $state; 300 are needed" "$state 仅剩 $free MiB，至少需要 300 MiB"
}

# One at a time. What a killed run left behind holds the lock until it has finished.
lock() {
  [ -d "$state" ] || return 0
  { exec 9>"$state/lock"; } 2>/dev/null || cannot_write
  if flock -n 9; then return; fi
  say "$busy is at work on $state; waiting for it" "$busy_zh正在使用 $state，等待其结束"
  flock -w 1800 9 || die "it did not end within 30 minutes; see: fuser -v $state/lock" "30 分钟内未结束；查看：fuser -v $state/lock"
}

choose_runner() {
  runner=""
  [ "$(id -u)" -eq 0 ] || return 0
  runner=daemon
  if getent passwd prometheus >/dev/null; then runner=prometheus; fi
  chown -R "$runner:" "$state/data"
  setpriv --reuid "$runner" --regid "$runner" --init-groups test -w "$state/data" ||
    die "the programs run as user $runner, who cannot reach $state/data: give a folder with --state whose parents all may enter" \
      "程序以用户 $runner 运行，但该用户无法进入 $state/data：请用 --state 指定各级父目录均可进入的目录"
}

wipe() {
  if [ ! -e "$state" ]; then return; fi
  [ -e "$marker" ] || die "$state was not made by $me; it stays" "$state 不是由 $me 创建的，予以保留"
  lock
  stop_all
  # The marker last: what is killed half-way can be wiped again.
  if ! find "$state" -xdev -mindepth 1 -maxdepth 1 ! -path "$marker" -exec rm -rf -- {} + || ! rm -f -- "$marker" || ! rmdir -- "$state"; then
    die "could not remove all of $state" "未能完全删除 $state"
  fi
  say "removed $state" "已删除 $state"
}
