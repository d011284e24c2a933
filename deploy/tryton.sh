#!/usr/bin/env bash
# Starts a real ERP for finwatch-workflow to probe: Debian's Tryton (accounting, invoices) on a private PostgreSQL, with a company, a Chinese
# chart of accounts, this year's periods, a maker and a checker.
#
#   deploy/tryton.sh [--state DIR] [--no-install] [--lang en|zh]    start, or bring what runs up to date
#   deploy/tryton.sh --status | --down | --wipe [--state DIR]
#
# --state DIR    where programs, configuration, data, passwords and logs go; by default /var/lib/finwatch-tryton for root,
#                ~/.local/state/finwatch-tryton for others
# --no-install   do not touch Debian packages
# --status       what runs where
# --down         stop all that was started here
# --wipe         the same, and remove the state folder
# --lang         en or zh; by default that of the locale
#
# The first start takes a minute or two, later ones a few seconds. Packages are unpacked, not installed: nothing of the machine changes.
# Passwords are made at the first start, one file each in tryton/ of the state folder, readable by the account that the programs run
# as: the user prometheus or daemon when root starts them, otherwise you. Everything listens on 127.0.0.1. The year's periods are made
# again in January: run this once then. It is a laboratory: it has no backup, and no business being a company's real books.
# ----
# 启动一套供 finwatch-workflow 拨测的真实 ERP：Debian 的 Tryton（总账、发票）与私有 PostgreSQL，
# 内含一家公司、中文会计科目、本年度会计期间，以及制单人和审核人。
#
#   deploy/tryton.sh [--state 目录] [--no-install] [--lang en|zh]    启动，或使运行中的程序与代码一致
#   deploy/tryton.sh --status | --down | --wipe [--state 目录]
#
# --state 目录   程序、配置、数据、口令与日志的位置；root 默认 /var/lib/finwatch-tryton，
#                其他用户默认 ~/.local/state/finwatch-tryton
# --no-install   不改动 Debian 软件包
# --status       显示各程序的运行情况
# --down         停止由本脚本启动的全部程序
# --wipe         同上，并删除状态目录
# --lang         en 或 zh；默认按系统语言
#
# 首次启动需一两分钟，之后只需几秒。软件包只解包、不安装，不改动本机系统。口令在首次启动时生成，每个口令一个文件，
# 位于状态目录的 tryton/ 下，只有运行程序的账号可读：由 root 启动时为 prometheus 或 daemon，否则为当前用户。
# 全部只监听 127.0.0.1。每年一月需再运行一次以建立新年度的会计期间。这是实验环境：没有备份，不可用作真实账簿。
set -euo pipefail
cd "$(dirname "$0")/.."
me=tryton
source deploy/lib.sh
umask 022

# One row a program, in the order of starting; see programs.sh. Data that can be made again need not survive a power failure, hence the
# relaxed commits; the log says who waits for a lock.
programs=(
  "postgres|27010|-D @STATE@/tryton/data -p @PORT@ -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=64MB -c max_connections=60 -c shared_preload_libraries=pg_stat_statements -c synchronous_commit=off -c track_commit_timestamp=on -c log_lock_waits=on -c jit=off"
  "trytond|27020|@STATE@/bin/tryton-server -c @STATE@/tryton/trytond.conf -d tryton"
)

verb=up state="" install=yes help=""
while [ $# -gt 0 ]; do
  case "$1" in
    --state) state=${2:-}; [ -n "$state" ] || wrong "--state needs a folder" "--state 需要一个目录"; shift ;;
    --state=*) state=${1#*=} ;;
    --lang) set_lang "${2:-}"; shift ;;
    --lang=*) set_lang "${1#*=}" ;;
    --no-install) install="" ;;
    --down | --wipe | --status) verb=${1#--} ;;
    -h | --help) help=yes ;;
    *) wrong "unknown option $1; see --help" "未知选项 $1；参见 --help" ;;
  esac
  shift
done
if [ -n "$help" ]; then usage "$0"; exit 0; fi

if [ -z "$state" ]; then
  if [ "$(id -u)" -eq 0 ]; then state=/var/lib/finwatch-tryton
  else state=${XDG_STATE_HOME:-$HOME/.local/state}/finwatch-tryton; fi
fi
case "$state" in /*) ;; *) state=$PWD/$state ;; esac
vault=$state/tryton
busy="another tryton.sh" busy_zh="另一个 tryton.sh "
source deploy/programs.sh
source deploy/cluster.sh

# Debian's own Python: the unpacked modules are made for it.
program_file() { if [ "$1" = postgres ]; then echo "$(postgres_programs)/postgres"; else echo /usr/bin/python3; fi; }
environment_of() { if [ "$1" = trytond ]; then echo "PYTHONPATH=$state/python PYTHONWARNINGS=ignore"; fi; }
output_of() { echo "$state/log/$1.log"; }
in_tryton() { as_runner env PYTHONPATH="$state/python" PYTHONWARNINGS=ignore "$@"; }

# What is unpacked lies in a folder a package; Tryton looks for its modules in one. Compiled, because the runner may not write there.
put_tryton() {
  local made new=$state/python.new package unpacked=()
  for package in build/debian/{tryton,python3}-*/; do [ ! -d "$package/usr/lib/python3/dist-packages" ] || unpacked+=("$package"); done
  made=$(cat deploy/packages/unpacked-erp.txt && ls -ld --time-style=full-iso "${unpacked[@]}") || die "Tryton is missing: run without --no-install" \
    "缺少 Tryton：请去掉 --no-install"
  if [ "$(cat "$state/python/made" 2>/dev/null)" = "$made" ]; then return; fi
  stop_program trytond
  rm -rf "$new" "$state/python"
  mkdir "$new" || cannot_write
  for package in "${unpacked[@]}"; do cp -r "$package/usr/lib/python3/dist-packages/." "$new/" || cannot_write; done
  cp build/debian/tryton-server/usr/bin/tryton-server{,-admin} "$state/bin/" || cannot_write
  /usr/bin/python3 -m compileall -q "$new" >/dev/null || true  # what was written for another Python is not needed here
  printf '%s\n' "$made" >"$new/made" || cannot_write
  mv "$new" "$state/python"
}

# shellcheck disable=SC2016  # the inner shell expands
put_configuration() {
  local name
  for name in database admin maker checker probe; do secret "$name.password" >/dev/null; done
  mkdir -p "$vault/files" || cannot_write
  [ -z "$runner" ] || chown "$runner:" "$vault/files"
  as_runner sh -c 'umask 077; cat >"$1/trytond.conf.new" && mv "$1/trytond.conf.new" "$1/trytond.conf"' _ "$vault" <<END || cannot_write
[web]
listen = 127.0.0.1:$(port_of trytond)
[database]
uri = postgresql://tryton:$(secret database.password)@127.0.0.1:$(port_of postgres)/
path = $vault/files
# The passwords are random already; a rule that wants many different characters refuses hexadecimal ones.
[password]
entropy = 0
END
}

# What holds a password goes into no log and no statistics of the server.
erp_sql() {
  PGOPTIONS="-c log_min_error_statement=panic -c pg_stat_statements.track_utility=off" PGPASSWORD=$(secret owner.password) \
    psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port_of postgres)" -U tryton_owner "$@"
}

# step ENGLISH CHINESE COMMAND…: with its output in a log.
step() {
  local log=$state/log/seed.log
  say "  $1" "  $2"
  "${@:3}" 2>&1 | progress "$log" || { tail -n 5 "$log" >&2; die "that failed; see $log" "上述步骤失败；见 $log"; }
}

make_database() {
  erp_sql -d postgres -v vault="$vault" <<'END'
\set password `cat :'vault'/database.password`
SELECT 'CREATE ROLE tryton LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tryton') \gexec
ALTER ROLE tryton PASSWORD :'password';
DROP DATABASE IF EXISTS tryton_new;
CREATE DATABASE tryton_new OWNER tryton TEMPLATE template0 ENCODING 'UTF8';
END
}

make_schema() {
  in_tryton env "TRYTONPASSFILE=$vault/admin.password" /usr/bin/python3 "$state/bin/tryton-server-admin" -v -c "$vault/trytond.conf" \
    -d tryton_new --all -u account_invoice --activate-dependencies --email admin@example.com
}

make_company() {
  in_tryton env "TRYTOND_CONFIG=$vault/trytond.conf" /usr/bin/python3 "$state/bin/tryton_company.py" "$1" "$vault"
}

grant_probe() {
  erp_sql -d "$1" -v vault="$vault" <<'END'
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
\set password `cat :'vault'/probe.password`
\i deploy/sql/tryton.sql
\i deploy/sql/fin_views_tryton.sql
ALTER ROLE finwatch_probe PASSWORD :'password';
END
}

# The database gets its name when it is whole: what a kill leaves behind is made anew.
fill_tryton() {
  cp deploy/tryton_company.py "$state/bin/" || cannot_write
  if [ -z "$(erp_sql -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = 'tryton'")" ]; then
    : >"$state/log/seed.log" || cannot_write
    step "an empty database" "建立空数据库" make_database
    step "tables of 9 modules (a minute or two)" "建立 9 个模块的数据表（约一两分钟）" make_schema
    step "company, accounts, periods and users" "建立公司、会计科目、会计期间与用户" make_company tryton_new
    step "the account of the checks" "建立检查所用的账号" grant_probe tryton_new
    erp_sql -d postgres -c "ALTER DATABASE tryton_new RENAME TO tryton"
  elif [ -z "$(erp_sql -d tryton -Atc "SELECT 1 FROM account_period WHERE current_date BETWEEN start_date AND end_date LIMIT 1")" ]; then
    step "periods of this year" "建立本年度会计期间" make_company tryton
  fi
}

# The modules are loaded at the first question about the database, so it is asked one. The password goes through a file.
wait_for_login() {
  local answer="" body
  body=$(printf '{"id":0,"method":"common.db.login","params":["maker",{"password":"%s"},"en"]}' "$(secret maker.password)")
  for _ in $(seq 120); do
    answer=$(curl -s --noproxy '*' --max-time 20 -H 'Content-Type: application/json' -d @- "http://127.0.0.1:$(port_of trytond)/tryton/" <<<"$body") || true
    if [[ "$answer" == *'"result"'* ]]; then return; fi
    process_of trytond >/dev/null || break
    sleep 0.5
  done
  tail -n 5 "$state/log/trytond.log" >&2 || true
  die "nobody can log in to Tryton; its log is $state/log/trytond.log" "无法登录 Tryton；日志：$state/log/trytond.log"
}

# ---- what one asks for
status() {
  local row name running=0
  for row in "${programs[@]}"; do
    name=${row%%|*}
    if process_of "$name" >/dev/null; then
      running=$((running + 1))
      printf '  %-10s 127.0.0.1:%s  %s %s\n' "$name" "$(port_of "$name")" "$(say process 进程)" "$(process_of "$name")"
    else
      printf '  %-10s %s\n' "$name" "$(say "does not run" 未运行)"
    fi
  done
  [ "$running" -eq ${#programs[@]} ]
}

start_all() {
  local row name wanted arguments
  put_tryton
  prepare_cluster tryton_owner
  for row in "${programs[@]}"; do
    IFS='|' read -r name wanted _ <<<"$row"
    if process_of "$name" >/dev/null; then continue; fi
    choose_port "$name" "$wanted" >"$state/run/$name.port.new"
    mv "$state/run/$name.port.new" "$state/run/$name.port" || cannot_write
  done
  put_configuration
  for row in "${programs[@]}"; do
    IFS='|' read -r name _ arguments <<<"$row"
    [ "$name" != trytond ] || fill_tryton
    process_of "$name" >/dev/null || start_program "$name" "$(port_of "$name")" "$arguments"
  done
}

up() {
  prepare_state
  say "[1/3] packages" "[1/3] 软件包"
  if [ -n "$install" ]; then deploy/install-deps.sh --erp --lang "$lang" 9>&-; fi
  say "[2/3] starting" "[2/3] 启动"
  choose_runner
  start_all
  wait_for_login
  say "[3/3] Tryton runs" "[3/3] Tryton 已就绪"
  status
  say "  log in:   http://127.0.0.1:$(port_of trytond)/tryton/ (JSON-RPC) as maker or checker; passwords: $vault/*.password" \
    "  登录：    http://127.0.0.1:$(port_of trytond)/tryton/（JSON-RPC），用户 maker 或 checker；口令：$vault/*.password"
  say "  checks:   psql -h 127.0.0.1 -p $(port_of postgres) -U finwatch_probe tryton" "  检查：    psql -h 127.0.0.1 -p $(port_of postgres) -U finwatch_probe tryton"
  say "  stop:     deploy/tryton.sh --down      remove: deploy/tryton.sh --wipe" "  停止：    deploy/tryton.sh --down      清除：deploy/tryton.sh --wipe"
}

case "$verb" in
  up) up ;;
  status) status ;;
  down) if [ -e "$marker" ]; then lock; stop_all; fi ;;
  wipe) wipe ;;
esac
