#!/usr/bin/env bash
# Installs what is missing, builds finwatch, starts it beside Debian's Prometheus on loopback, and waits for real samples.
#
#   deploy/quickstart.sh [--state DIR] [--no-install] [--lang en|zh]    start, or bring what runs up to date
#   deploy/quickstart.sh --status | --down | --wipe [--state DIR]
#
# --state DIR    where binaries, configuration, data and logs go; by default /var/lib/finwatch-quickstart for root,
#                ~/.local/state/finwatch-quickstart for others
# --no-install   do not touch Debian packages
# --down         stop all that was started here          --wipe   the same, and remove the state folder
# --status       what runs where                         --lang   en or zh; by default that of $LANG
#
# Started by root, the programs run as the user prometheus (which Debian's package brings); otherwise as you. Everything listens on
# 127.0.0.1 only. Nothing that this script did not start is stopped or changed. Running it again is always safe.
set -euo pipefail
cd "$(dirname "$0")/.."

# One row a program, in the order of starting: name, port, arguments. @PORT@ and @STATE@ are replaced.
programs=(
  "finwatch-host|19600|--web.listen-address=127.0.0.1:@PORT@"
  "prometheus|19090|--web.listen-address=127.0.0.1:@PORT@ --config.file=@STATE@/prometheus.yml --storage.tsdb.path=@STATE@/data --storage.tsdb.retention.time=15d --rules.alert.for-grace-period=0s"
)
proof='node_load1{job="finwatch-host",instance="127.0.0.1:@PORT@"}'  # must find something that was scraped after the start

begun=$(date +%s)
verb=up state="" install=yes lang=en
case "${LC_ALL:-${LANG:-}}" in zh*) lang=zh ;; esac
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; }
while [ $# -gt 0 ]; do
  case "$1" in
    --state) state=${2:?--state needs a folder}; shift ;;
    --state=*) state=${1#*=} ;;
    --lang) lang=${2:?--lang needs en or zh}; shift ;;
    --lang=*) lang=${1#*=} ;;
    --no-install) install="" ;;
    --down | --wipe | --status) verb=${1#--} ;;
    -h | --help) usage; exit 0 ;;
    *) echo "quickstart: unknown option $1; see --help" >&2; exit 2 ;;
  esac
  shift
done

say() { if [ "$lang" = zh ]; then echo "$2"; else echo "$1"; fi; }
die() { { printf 'quickstart: '; say "$1" "$2"; } >&2; exit 1; }

if [ -z "$state" ]; then
  if [ "$(id -u)" -eq 0 ]; then state=/var/lib/finwatch-quickstart; else state=${XDG_STATE_HOME:-$HOME/.local/state}/finwatch-quickstart; fi
fi
case "$state" in /*) ;; *) state=$PWD/$state ;; esac
marker=$state/finwatch-quickstart  # a folder without it is somebody else's, and is never removed

# ---- processes. A program's file holds its process id and that process's start time, so that no stranger is ever stopped.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
process_of() {  # prints the id when the program runs
  local pid start
  read -r pid start 2>/dev/null <"$state/run/$1" || return 1
  [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ] && echo "$pid"
}
port_of() { cat "$state/run/$1.port" 2>/dev/null; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

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

stop_all() {
  local i
  for ((i = ${#programs[@]} - 1; i >= 0; i--)); do stop_program "${programs[i]%%|*}"; done
}

# The port that the program had, else its own, else the next free one.
choose_port() {
  local name=$1 wanted=$2 port
  port=$(port_of "$name") || true
  for port in ${port:+"$port"} $(seq "$wanted" $((wanted + 20))); do
    if ! answers "$port"; then
      [ "$port" = "$wanted" ] || say "port $wanted is taken; $name gets $port" "端口 $wanted 已被占用，$name 改用 $port" >&2
      echo "$port"
      return
    fi
  done
  die "ports $wanted to $((wanted + 20)) are all taken; see who has them: ss -ltnp" "端口 $wanted 至 $((wanted + 20)) 均被占用；查看占用者：ss -ltnp"
}

as_runner() { if [ -n "$runner" ]; then setpriv --reuid "$runner" --regid "$runner" --init-groups "$@"; else "$@"; fi; }

start_program() {
  local name=$1 port=$2 arguments=${3//@PORT@/$2}
  arguments=${arguments//@STATE@/$state}
  echo "$port" >"$state/run/$name.port"
  # The process itself writes who it is before it becomes the program: being killed in between leaves no orphan.
  # shellcheck disable=SC2016,SC2086
  as_runner setsid bash -c '
    echo "$$ $(sed "s/.*) //" /proc/$$/stat | cut -d" " -f20)" >"$1" && shift && exec "$@"' \
    quickstart "$state/run/$name" "$state/bin/$name" $arguments </dev/null >>"$state/log/$name.log" 2>&1 9>&- &
  for _ in $(seq 100); do
    if answers "$port"; then return; fi
    sleep 0.1
  done
  tail -n 5 "$state/log/$name.log" >&2 || true
  die "$name did not open port $port within 10 s; its log is $state/log/$name.log" "$name 未能在 10 秒内打开端口 $port；日志：$state/log/$name.log"
}

# Reads a build's output, keeps it, and shows that it moves.
show_progress() {
  local line last=0
  while IFS= read -r line; do
    echo "$line" >>"$1"
    if [ -t 1 ]; then printf '\r\033[K  %.100s' "$line"
    elif [ $((SECONDS - last)) -ge 15 ]; then last=$SECONDS; echo "  $line"; fi
  done
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

prepare_state() {
  if ! mkdir -p "$state"/{bin,data,log,run} 2>/dev/null || ! touch "$marker" 2>/dev/null; then
    die "cannot write to $state: give another folder with --state, or look for space and rights (df -h, ls -ld)" \
      "无法写入 $state：请用 --state 指定其他目录，或检查空间与权限（df -h、ls -ld）"
  fi
  local free
  free=$(df -Pm "$state" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge 200 ] || die "only $free MiB are free in $state; 200 are needed" "$state 仅剩 $free MiB，至少需要 200 MiB"
  exec 9>"$state/lock"
  flock -n 9 || die "another quickstart is at work on $state" "另一个 quickstart 正在使用 $state"
}

build() {
  # Under sudo the tree stays its owner's.
  local owner command=()
  owner=$(stat -c %U .)
  [ "$(id -u)" -ne 0 ] || [ "$owner" = root ] || [ "$owner" = UNKNOWN ] || command=(runuser -u "$owner" --)
  local log=$state/log/build.log
  : >"$log"
  local row targets=()
  for row in "${programs[@]}"; do case "$row" in finwatch-*) targets+=("${row%%|*}") ;; esac; done
  { "${command[@]}" cmake --preset release && "${command[@]}" cmake --build --preset release --target "${targets[@]}"; } 2>&1 | show_progress "$log" ||
    { tail -n 20 "$log" >&2; die "the build failed; all of it is in $log" "编译失败；完整日志：$log"; }
}

# True when the program changed and must be started anew.
put_program() {
  local name=$1 from=build/release/bin/$1
  [ -x "$from" ] || from=$(command -v "$name") || die "$name is missing: run without --no-install, or install it" "缺少 $name：请去掉 --no-install，或自行安装"
  if cmp -s "$from" "$state/bin/$name"; then return 1; fi
  cp "$from" "$state/bin/$name.new" || die "cannot copy $name to $state/bin" "无法将 $name 复制到 $state/bin"
  mv "$state/bin/$name.new" "$state/bin/$name"
}

write_configuration() {
  cp deploy/prometheus/prometheus.yml "$state/prometheus.yml.new"
  local row name port
  for row in "${programs[@]}"; do
    IFS='|' read -r name port _ <<<"$row"
    sed -i "s/127\.0\.0\.1:$port\b/127.0.0.1:$(port_of "$name")/" "$state/prometheus.yml.new"
  done
  if cmp -s "$state/prometheus.yml.new" "$state/prometheus.yml"; then rm "$state/prometheus.yml.new"; return 1; fi
  mv "$state/prometheus.yml.new" "$state/prometheus.yml"
}

wait_for_samples() {
  local answer="" url series=${proof//@PORT@/$(port_of finwatch-host)}
  url=http://127.0.0.1:$(port_of prometheus)/api/v1/query
  for _ in $(seq 120); do
    answer=$(curl -fsS --max-time 5 --data-urlencode "query=$series and timestamp($series) >= $begun" "$url" 2>/dev/null) || true
    if grep -q '"value":\[' <<<"$answer"; then
      echo "  $series = $(sed -nE 's/.*"value":\[[^,]*,"([^"]*)".*/\1/p' <<<"$answer")"
      return
    fi
    sleep 0.5
  done
  die "no sample of $series within a minute; see http://127.0.0.1:$(port_of prometheus)/targets and $state/log" \
    "一分钟内没有 $series 的样本；请查看 http://127.0.0.1:$(port_of prometheus)/targets 与 $state/log"
}

status() {
  local row name running=0
  for row in "${programs[@]}"; do
    name=${row%%|*}
    if process_of "$name" >/dev/null; then
      running=$((running + 1))
      printf '  %-16s http://127.0.0.1:%-6s %s %s\n' "$name" "$(port_of "$name")" "$(say process 进程)" "$(process_of "$name")"
    else
      printf '  %-16s %s\n' "$name" "$(say "does not run" 未运行)"
    fi
  done
  [ "$running" -eq ${#programs[@]} ]
}

up() {
  prepare_state
  say "[1/5] packages" "[1/5] 软件包"
  if [ -n "$install" ]; then deploy/install-deps.sh --build --run; fi
  say "[2/5] building (a few minutes the first time; the log is $state/log/build.log)" "[2/5] 编译（首次需几分钟；日志：$state/log/build.log）"
  build
  runner=""
  if [ "$(id -u)" -eq 0 ]; then
    runner=daemon
    if getent passwd prometheus >/dev/null; then runner=prometheus; fi
    chown -R "$runner:" "$state"/{data,log,run}
    chmod a+rx "$state" "$state/bin"
  fi

  say "[3/5] starting" "[3/5] 启动"
  local row name wanted arguments changed
  for row in "${programs[@]}"; do
    IFS='|' read -r name wanted _ <<<"$row"
    if put_program "$name"; then stop_program "$name"; fi
    if ! process_of "$name" >/dev/null; then port=$(choose_port "$name" "$wanted"); echo "$port" >"$state/run/$name.port"; fi
  done
  if write_configuration; then changed=yes; else changed=""; fi
  for row in "${programs[@]}"; do
    IFS='|' read -r name _ arguments <<<"$row"
    if ! process_of "$name" >/dev/null; then start_program "$name" "$(port_of "$name")" "$arguments"
    elif [ "$name" = prometheus ] && [ -n "$changed" ]; then kill -HUP "$(process_of prometheus)"; fi
  done

  say "[4/5] waiting for samples" "[4/5] 等待样本"
  wait_for_samples
  say "[5/5] everything runs" "[5/5] 全部就绪"
  status
  local host prometheus
  host=$(port_of finwatch-host) prometheus=$(port_of prometheus)
  say "  metrics:  curl -s http://127.0.0.1:$host/metrics | less" "  查看指标：curl -s http://127.0.0.1:$host/metrics | less"
  say "  graph:    http://127.0.0.1:$prometheus/graph?g0.expr=node_load1&g0.tab=0" "  查看曲线：http://127.0.0.1:$prometheus/graph?g0.expr=node_load1&g0.tab=0"
  say "  state:    $state (logs in log/)" "  状态目录：$state（日志在 log/）"
  say "  stop:     deploy/quickstart.sh --down      remove: deploy/quickstart.sh --wipe" "  停止：deploy/quickstart.sh --down      清除：deploy/quickstart.sh --wipe"
}

case "$verb" in
  up) up ;;
  status) status ;;
  down) stop_all ;;
  wipe)
    stop_all
    if [ -e "$marker" ]; then
      rm -rf -- "$state"
      say "removed $state" "已删除 $state"
    elif [ -e "$state" ]; then
      die "$state was not made by quickstart; it stays" "$state 不是由 quickstart 创建的，予以保留"
    fi
    ;;
esac
