#!/usr/bin/env bash
# Installs what is missing, builds finwatch, starts it on loopback beside Debian's Prometheus and Alertmanager, a private PostgreSQL in which
# clerks enter vouchers, and a real ERP in which finwatch-workflow enters one every 30 s, and waits for real samples and until finwatch-notifier
# has heard the first alert. Nobody is called: what the notifier would send goes into log/messages.log.
#
#   deploy/quickstart.sh [--state DIR] [--no-erp] [--no-install] [--no-wait] [--lang en|zh]    start, or bring what runs up to date
#   deploy/quickstart.sh --status | --down | --wipe [--state DIR]
#
# --state DIR    where programs, configuration, data and logs go; by default /var/lib/finwatch-quickstart for root,
#                ~/.local/state/finwatch-quickstart for others
# --no-erp       without the ERP (deploy/tryton.sh, in erp/ of the state folder) and finwatch-workflow; what ran of them is stopped
# --no-install   do not touch Debian packages
# --no-wait      do not wait for samples and the first alert
# --status       what runs where
# --down         stop all that was started here
# --wipe         the same, and remove the state folder
# --lang         en or zh; by default that of the locale
#
# What is promised, who is told and what is scraped stands in sla.yaml of the state folder: finwatch compiles rules, routes and the
# configurations of Prometheus and Alertmanager of it, at each start.
#
# Started by root or with sudo, the programs run as the user prometheus, which Debian's package brings, and may write to data/,
# alertmanager/, ledger/, notifier/, workflow/ and the ERP's own folder only; otherwise they run as you. Everything listens on 127.0.0.1. Nothing that this
# script did not start is stopped or changed, and running it again is always safe: what runs is kept, what was rebuilt is started anew.
# ----
# 安装缺少的软件包，编译 finwatch，在本机回环地址上与 Debian 的 Prometheus 和 Alertmanager、一个私有的 PostgreSQL（其中有人不断
# 录入凭证）以及一套真实 ERP（finwatch-workflow 每 30 秒录入一张凭证）一起启动，并等到查出真实样本、finwatch-notifier 收到第一条告警为止。
# 不会呼叫任何人：通知程序本应发出的消息写入 log/messages.log。
#
#   deploy/quickstart.sh [--state 目录] [--no-erp] [--no-install] [--no-wait] [--lang en|zh]    启动，或使运行中的程序与代码一致
#   deploy/quickstart.sh --status | --down | --wipe [--state 目录]
#
# --state 目录   程序、配置、数据与日志的位置；root 默认 /var/lib/finwatch-quickstart，
#                其他用户默认 ~/.local/state/finwatch-quickstart
# --no-erp       不启动 ERP（deploy/tryton.sh，位于状态目录的 erp/）与 finwatch-workflow；已在运行的予以停止
# --no-install   不改动 Debian 软件包
# --no-wait      不等待样本与第一条告警
# --status       显示各程序的运行情况
# --down         停止由本脚本启动的全部程序
# --wipe         同上，并删除状态目录
# --lang         en 或 zh；默认按系统语言
#
# 承诺什么、通知谁、采集什么，写在状态目录的 sla.yaml 中；每次启动时，finwatch 由它编译出规则、路由以及 Prometheus 与 Alertmanager 的配置。
#
# 以 root 或 sudo 运行时，程序以 Debian 软件包自带的用户 prometheus 的身份运行，只能写入 data/、alertmanager/、ledger/、notifier/、workflow/ 与 ERP 自己的目录；
# 否则以当前用户运行。
# 全部只监听 127.0.0.1。不会停止或改动不是由本脚本启动的任何程序；可随时重复运行：已在运行的保留，重新编译过的重启。
set -euo pipefail
cd "$(dirname "$0")/.."
me=quickstart
source deploy/lib.sh
umask 022

# One row a program, in the order of starting: name, port ("-" for none), arguments. @PORT@, @STATE@ and @PORT:name@ are replaced. When its
# name begins with finwatch- it is built; that Prometheus scrapes it stands in rules/sla.yaml.
programs=(
  "postgres|19432|-D @STATE@/ledger/data -p @PORT@ -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=32MB -c max_connections=30 -c shared_preload_libraries=pg_stat_statements -c jit=off"
  "pgbench|-|-n -h 127.0.0.1 -p @PORT:postgres@ -U ledger_app -c 3 -R 2 -T 2000000000 -f @STATE@/voucher.sql@20 -f @STATE@/report.sql@1 ledger"
  "finwatch-host|19600|--web.listen-address=127.0.0.1:@PORT@ --config.file=@STATE@/finwatch-host.yml"
  "finwatch-database|19601|--web.listen-address=127.0.0.1:@PORT@ --config.file=@STATE@/finwatch-database.yml"
  "finwatch-workflow|19602|--web.listen-address=127.0.0.1:@PORT@ --config.file=@STATE@/finwatch-workflow.yml"
  "finwatch-notifier|19605|--web.listen-address=127.0.0.1:@PORT@ --config.file=@STATE@/finwatch-notifier.yml"
  "prometheus-alertmanager|19093|--web.listen-address=127.0.0.1:@PORT@ --config.file=@STATE@/compiled/alertmanager.yml --storage.path=@STATE@/alertmanager --cluster.listen-address="
  "prometheus|19090|--web.listen-address=127.0.0.1:@PORT@ --config.file=@STATE@/compiled/prometheus.yml --storage.tsdb.path=@STATE@/data --storage.tsdb.retention.time=15d --rules.alert.for-grace-period=0s"
)
# Each must find something that was scraped after the start.
proofs=('node_load1{job="finwatch-host"}' 'finwatch_db_connections_used{job="finwatch-database",target="ledger"} > 0'
  'finwatch_flow_success{job="finwatch-workflow",flow="tryton_voucher_entry"} == 1')

begun=$(date +%s)
verb=up state="" erp=yes install=yes wait=yes help=""
while [ $# -gt 0 ]; do
  case "$1" in
    --state) state=${2:-}; [ -n "$state" ] || wrong "--state needs a folder" "--state 需要一个目录"; shift ;;
    --state=*) state=${1#*=} ;;
    --lang) set_lang "${2:-}"; shift ;;
    --lang=*) set_lang "${1#*=}" ;;
    --no-erp) erp="" ;;
    --no-install) install="" ;;
    --no-wait) wait="" ;;
    --down | --wipe | --status) verb=${1#--} ;;
    -h | --help) help=yes ;;
    *) wrong "unknown option $1; see --help" "未知选项 $1；参见 --help" ;;
  esac
  shift
done
if [ -n "$help" ]; then usage "$0"; exit 0; fi

if [ -z "$state" ]; then
  if [ "$(id -u)" -eq 0 ]; then state=/var/lib/finwatch-quickstart
  else state=${XDG_STATE_HOME:-$HOME/.local/state}/finwatch-quickstart; fi
fi
case "$state" in /*) ;; *) state=$PWD/$state ;; esac
busy="another quickstart, or the build of one that was killed," busy_zh="另一个 quickstart（或其被终止后仍在进行的编译）"
source deploy/programs.sh
source deploy/ledger.sh
erp_state=$state/erp
no_erp=$state/no-erp  # there when the last start left the ERP out
unread=$state/unread  # there while what was compiled has not been read by those who run

# leave_erp_out: the rows without what needs the ERP.
leave_erp_out() {
  local row kept=() proof left=()
  for row in "${programs[@]}"; do case "$row" in finwatch-workflow\|*) ;; *) kept+=("$row") ;; esac; done
  for proof in "${proofs[@]}"; do case "$proof" in *finwatch-workflow*) ;; *) left+=("$proof") ;; esac; done
  erp="" programs=("${kept[@]}") proofs=("${left[@]}")
}

tryton() { deploy/tryton.sh --state "$erp_state" --no-install --lang "$lang" "$@" 9>&-; }
end_erp() { if [ -e "$erp_state/finwatch-tryton" ]; then tryton "--$1"; fi; }

start_erp() {
  local log=$state/log/erp.log
  : >"$log" || cannot_write
  say "  the ERP (its tables take a minute or two the first time; the log is $log)" "  ERP（首次建表约需一两分钟；日志：$log）"
  tryton 2>&1 | progress "$log" || { tail -n 5 "$log" >&2; die "the ERP did not start; see $log" "ERP 启动失败；见 $log"; }
}

build() {
  # Under sudo the tree stays its owner's.
  local owner as_owner=() row targets=(finwatch) log=$state/log/build.log
  owner=$(stat -c %U .)
  [ "$(id -u)" -ne 0 ] || [ "$owner" = root ] || [ "$owner" = UNKNOWN ] || as_owner=(runuser -u "$owner" --)
  for row in "${programs[@]}"; do case "$row" in finwatch-*) targets+=("${row%%|*}") ;; esac; done
  : >"$log" || cannot_write
  { "${as_owner[@]}" cmake --preset release && "${as_owner[@]}" cmake --build --preset release --target "${targets[@]}"; } 2>&1 | progress "$log" || {
    tail -n 20 "$log" >&2
    die "the build failed; all of it is in $log" "编译失败；完整日志：$log"
  }
}

# replace FROM TO: true when TO was another file or none, and is FROM now.
replace() {
  if cmp -s "$1" "$2"; then return 1; fi
  if ! cp "$1" "$2.new" || ! mv "$2.new" "$2"; then cannot_write; fi
}

# PostgreSQL's programs find their files from where they lie.
program_file() { case "$1" in postgres | pgbench) echo "$(postgres_programs)/$1" ;; *) echo "$state/bin/$1" ;; esac; }

# Standard output, where it is not the log's: what the notifier would have sent.
output_of() { case "$1" in finwatch-notifier) echo "$state/log/messages.log" ;; *) echo "$state/log/$1.log" ;; esac; }

environment_of() { if [ "$1" = pgbench ]; then echo "PGPASSFILE=$state/ledger/pgpass"; fi; }

# True when the program changed and must be started anew.
put_program() {
  local from=build/release/bin/$1
  case "$1" in postgres | pgbench) return 1 ;; esac
  case "$1" in
    finwatch-notifier) folder_of_runner notifier ;;
    finwatch-workflow) put_packs ;;
    prometheus-alertmanager) folder_of_runner alertmanager ;;
  esac
  [ -x "$from" ] || from=$(command -v "$1") ||
    die "$1 is missing: run without --no-install, or install it" "缺少 $1：请去掉 --no-install，或自行安装"
  replace "$from" "$state/bin/$1"
}

# folder_of_runner NAME: a folder that the programs may write to.
folder_of_runner() {
  mkdir -p "$state/$1" || cannot_write
  [ -z "$runner" ] || chown "$runner:" "$state/$1"
}

# The flows, checks and holidays that ours names, where the runner can reach them; the journal of what its flows made is the runner's.
put_packs() {
  local folder
  folder_of_runner workflow
  for folder in packs calendars; do
    if diff -rq "exporters/workflow/$folder" "$state/$folder" >/dev/null 2>&1; then continue; fi
    stop_program finwatch-workflow
    rm -rf "${state:?}/$folder"
    cp -r "exporters/workflow/$folder" "$state/" || cannot_write
  done
}

workflow_configuration() {
  local database application
  database=$(cat "$erp_state/run/postgres.port") application=$(cat "$erp_state/run/trytond.port")
  cat <<END
calendar:
  time_zone: Asia/Shanghai
  holidays: [calendars/cn.yml]
  windows: {close: {days: last workday, from: "14:00", to: "22:00"}}
state: workflow
connections:
  erp: {engine: postgresql, host: 127.0.0.1, port: $database, database: tryton, user: finwatch_probe,
    password_file: $erp_state/tryton/probe.password}
flows:
  - file: packs/tryton.yml
    prefix: tryton_
    parameters: {url: "http://127.0.0.1:$application"}
    secrets: {maker_password_file: $erp_state/tryton/maker.password, checker_password_file: $erp_state/tryton/checker.password}
    only: [voucher_entry, trial_balance, general_ledger, period_state]
    allow: {mode: write, hosts: ["127.0.0.1:$application"], ledgers: [tryton], writes_per_day: 3000}
    schedules: {voucher_entry: {every: 30s}}
checks:
  - {file: packs/integrity/tryton.yml, name: tryton, connection: erp}
END
}

# Nobody is called of this one: its messages go to standard output.
notifier_configuration() {
  cat <<END
contract: compiled/notifier.yml
store: {sqlite: notifier/journal.db}
intake: {open: true}  # it listens on loopback only
page:
  address: http://127.0.0.1:$(port_of finwatch-notifier)
  users_file: notifier-users.yml
  key_file: notifier/page.key
alertmanager: {url: "http://127.0.0.1:$(port_of prometheus-alertmanager)"}
delivery: {instead: console}
END
}

# The user "operator" of the incidents' pages, with a password of its own, made once.
put_operator() {
  local password=$state/operator.password users=$state/notifier-users.yml hash
  if [ ! -s "$password" ]; then
    (umask 077 && od -An -N12 -tx1 /dev/urandom | tr -d ' \n' >"$password.new" && mv "$password.new" "$password") || cannot_write
  fi
  if [ -e "$users" ]; then return; fi
  hash=$("$state/bin/finwatch-notifier" --hash-password <"$password") ||
    die "no hash could be made of the password in $password" "无法为 $password 中的密码生成散列"
  # The runner reads it, and nobody changes it but who runs this script.
  (umask 027 && printf 'users:\n  operator: {password: "%s", role: admin}\n' "$hash" >"$users.new") || cannot_write
  [ -z "$runner" ] || chown ":$runner" "$users.new"
  mv "$users.new" "$users" || cannot_write
}

# The contract of this machine: the shipped one, of the ledger's database. It is for the person to edit, so it is put there once.
put_contract() {
  local file
  for file in sla.yaml rota.csv; do
    if [ -e "$state/$file" ]; then continue; fi
    if ! sed 's/{database: erp}/{database: ledger}/' "rules/$file" >"$state/$file.new" || ! mv "$state/$file.new" "$state/$file"; then
      cannot_write
    fi
  done
}

# The contract as it holds today, each line where it was: ports that were taken are the next free ones, and what needs an ERP that is not
# there is left out.
contract_of_today() {
  local row name wanted moves=()
  for row in "${programs[@]}"; do
    IFS='|' read -r name wanted _ <<<"$row"
    [ "$wanted" = - ] || moves+=(-e "s/127\\.0\\.0\\.1:$wanted\\b/127.0.0.1:$(port_of "$name")/g")
  done
  sed "${moves[@]}" "$state/sla.yaml" |
    if [ -n "$erp" ]; then cat; else
      awk 'function give() { printf "%s", needs_erp ? blank : item; item = blank = ""; needs_erp = 0 }
        /^[^ #]/ { give(); section = $1 }
        section == "services:" && /^  - / { give() }
        section == "services:" { item = item $0 "\n"; blank = blank "\n"; needs_erp = needs_erp || /tryton/; next }
        section == "scrape:" && /^    finwatch-workflow:/ { print ""; next }
        { print }
        END { give() }'
    fi
}

# Rules, routes and configurations, of the contract and the alert catalogue.
compile_contract() {
  local today=$state/sla.today.yaml said
  contract_of_today >"$today" || cannot_write
  replace build/release/bin/finwatch "$state/bin/finwatch" || true
  said=$("$state/bin/finwatch" compile --contract="$today" --alerts=rules/alerts --output="$state/compiled" 2>&1) || {
    said=${said//"$today"/"$state/sla.yaml"}
    die "$said" "$said"
  }
  if [[ "$said" != *" 0 changed" ]]; then : >"$unread" || cannot_write; fi
}

check_configuration() {
  local message
  message=$("$state/bin/$1" --config.check --config.file="$state/$1.yml" 2>&1) || die "$message" "$message"
}

# The configurations of our programs are for the person to edit: they are put there once.
put_configuration() {
  local row name
  [ -e "$state/finwatch-host.yml" ] || cp deploy/finwatch-host.yml "$state/finwatch-host.yml" || cannot_write
  [ -e "$state/finwatch-database.yml" ] || cat >"$state/finwatch-database.yml" <<END || cannot_write
targets:
  - {name: ledger, engine: postgresql, host: 127.0.0.1, port: $(port_of postgres), database: ledger, user: finwatch_monitor,
     password_file: $state/ledger/monitor.password}
END
  if [ -n "$erp" ] && [ ! -e "$state/finwatch-workflow.yml" ]; then
    workflow_configuration >"$state/finwatch-workflow.yml" || cannot_write
  fi
  [ -e "$state/finwatch-notifier.yml" ] || notifier_configuration >"$state/finwatch-notifier.yml" || cannot_write
  put_operator
  for row in "${programs[@]}"; do
    name=${row%%|*}
    case "$name" in finwatch-notifier) ;; finwatch-*) check_configuration "$name" ;; esac
  done
  put_contract
  compile_contract
  check_configuration finwatch-notifier  # it names what has been compiled
}

wait_for_samples() {
  local answer="" url series=$1
  url=http://127.0.0.1:$(port_of prometheus)/api/v1/query
  for _ in $(seq 240); do
    answer=$(curl -fsS --noproxy '*' --max-time 5 --data-urlencode "query=$series and timestamp(${series%% *}) >= $begun" "$url" 2>/dev/null) || true
    if grep -q '"value":\[' <<<"$answer"; then
      echo "  ${series%% *} = $(sed -nE 's/.*"value":\[[^,]*,"([^"]*)".*/\1/p' <<<"$answer")"
      return
    fi
    sleep 0.5
  done
  die "no sample of $series within two minutes; see http://127.0.0.1:$(port_of prometheus)/targets and $state/log" \
    "两分钟内没有 $series 的样本；请查看 http://127.0.0.1:$(port_of prometheus)/targets 与 $state/log"
}

# The alert that always fires has come through: Prometheus evaluates the rules, Alertmanager is told, and tells the notifier.
wait_for_watchdog() {
  local url heard=""
  url=http://127.0.0.1:$(port_of finwatch-notifier)/metrics
  for _ in $(seq 240); do
    heard=$(curl -fsS --noproxy '*' --max-time 5 "$url" 2>/dev/null |
      sed -nE 's/^finwatch_heartbeat_last_timestamp_seconds(\{[^}]*\})? ([0-9.e+]+).*/\2/p') || true
    if awk -v heard="$heard" -v begun="$begun" 'BEGIN { exit !(heard + 0 >= begun) }'; then
      say "  the notifier has heard Watchdog, the alert that always fires" "  通知程序已收到 Watchdog（始终触发的告警）"
      return
    fi
    sleep 0.5
  done
  die "the notifier has not heard Watchdog within two minutes; see http://127.0.0.1:$(port_of prometheus)/rules, http://127.0.0.1:$(port_of prometheus-alertmanager) and $state/log" \
    "两分钟内通知程序未收到 Watchdog；请查看 http://127.0.0.1:$(port_of prometheus)/rules、http://127.0.0.1:$(port_of prometheus-alertmanager) 与 $state/log"
}

# ---- what one asks for
# show NAME [PREFIX]: false when it does not run.
show() {
  local url=""
  if ! process_of "$1" >/dev/null; then
    printf '  %-23s %s\n' "${2:-}$1" "$(say "does not run" 未运行)"
    return 1
  fi
  case "$1" in postgres) url=127.0.0.1: ;; pgbench) ;; *) url=http://127.0.0.1: ;; esac
  printf '  %-23s %-24s %s %s\n' "${2:-}$1" "$url$(port_of "$1")" "$(say process 进程)" "$(process_of "$1")"
}

status() {
  local row all=0
  for row in "${programs[@]}"; do show "${row%%|*}" || all=1; done
  if [ -n "$erp" ]; then
    local state=$erp_state
    for row in postgres trytond; do show "$row" erp- || all=1; done
  fi
  return "$all"
}

start_all() {
  local row name wanted arguments port
  if [ -n "$erp" ]; then
    rm -f "$no_erp"
    start_erp
  else
    : >"$no_erp" || cannot_write
    stop_program finwatch-workflow
    end_erp down
  fi
  prepare_ledger
  put_ledger_load
  for row in "${programs[@]}"; do
    IFS='|' read -r name wanted _ <<<"$row"
    if put_program "$name"; then stop_program "$name"; fi
    if ! process_of "$name" >/dev/null; then
      port=$(choose_port "$name" "$wanted")
      echo "$port" >"$state/run/$name.port" || cannot_write
    fi
  done
  put_configuration
  for row in "${programs[@]}"; do
    IFS='|' read -r name _ arguments <<<"$row"
    [ "$name" != pgbench ] || fill_ledger
    if ! process_of "$name" >/dev/null; then start_program "$name" "$(port_of "$name")" "$arguments"
    elif [ -e "$unread" ]; then case "$name" in prometheus* | finwatch-notifier) kill -HUP "$(process_of "$name")" ;; esac; fi
  done
  rm -f "$unread"
}

up() {
  prepare_state
  say "[1/5] packages" "[1/5] 软件包"
  if [ -n "$install" ]; then deploy/install-deps.sh --build --run ${erp:+--erp} --lang "$lang" 9>&-; fi
  say "[2/5] building (a few minutes the first time; the log is $state/log/build.log)" "[2/5] 编译（首次需几分钟；日志：$state/log/build.log）"
  build
  say "[3/5] starting" "[3/5] 启动"
  choose_runner
  start_all
  if [ -n "$wait" ]; then
    say "[4/5] waiting for samples, and until the notifier has heard the first alert (a minute and a half)" "[4/5] 等待样本，以及通知程序收到第一条告警（约一分半钟）"
    local proof
    for proof in "${proofs[@]}"; do wait_for_samples "$proof"; done
    wait_for_watchdog
  else
    say "[4/5] not waiting for samples" "[4/5] 不等待样本"
  fi
  say "[5/5] everything runs" "[5/5] 全部就绪"
  status
  local host prometheus notifier
  host=$(port_of finwatch-host) prometheus=$(port_of prometheus) notifier=$(port_of finwatch-notifier)
  say "  metrics:  curl -s http://127.0.0.1:$host/metrics | less" "  查看指标：curl -s http://127.0.0.1:$host/metrics | less"
  say "  database: curl -s http://127.0.0.1:$(port_of finwatch-database)/metrics | less" "  数据库：  curl -s http://127.0.0.1:$(port_of finwatch-database)/metrics | less"
  if [ -n "$erp" ]; then
    local workflow
    workflow=$(port_of finwatch-workflow)
    say "  workflow: curl -s http://127.0.0.1:$workflow/metrics | grep -E '^finwatch_(flow_success|flow_last_duration|integrity)'" \
      "  业务流程：curl -s http://127.0.0.1:$workflow/metrics | grep -E '^finwatch_(flow_success|flow_last_duration|integrity)'"
  fi
  say "  incidents: http://127.0.0.1:$notifier/incidents as the user operator; the password is in $state/operator.password" \
    "  事件：    http://127.0.0.1:$notifier/incidents（用户 operator，密码在 $state/operator.password）"
  say "            $state/bin/finwatch incidents --notifier=http://127.0.0.1:$notifier --user=operator --password-file=$state/operator.password" \
    "            $state/bin/finwatch incidents --notifier=http://127.0.0.1:$notifier --user=operator --password-file=$state/operator.password"
  say "  messages: $state/log/messages.log has what would be sent; nobody is called" "  消息：    本应发出的消息写入 $state/log/messages.log；不会呼叫任何人"
  say "  alerts:   http://127.0.0.1:$prometheus/alerts   routes: http://127.0.0.1:$(port_of prometheus-alertmanager)   promised in: $state/sla.yaml" \
    "  告警：    http://127.0.0.1:$prometheus/alerts   路由：http://127.0.0.1:$(port_of prometheus-alertmanager)   承诺：$state/sla.yaml"
  say "  graph:    http://127.0.0.1:$prometheus/graph?g0.expr=node_load1&g0.tab=0" "  查看曲线：http://127.0.0.1:$prometheus/graph?g0.expr=node_load1&g0.tab=0"
  say "  settings: $state/finwatch-host.yml, then curl -X POST http://127.0.0.1:$host/-/reload" \
    "  修改配置：$state/finwatch-host.yml，然后 curl -X POST http://127.0.0.1:$host/-/reload"
  say "  state:    $state (logs in log/)" "  状态目录：$state（日志在 log/）"
  say "  stop:     deploy/quickstart.sh --down      remove: deploy/quickstart.sh --wipe" "  停止：deploy/quickstart.sh --down      清除：deploy/quickstart.sh --wipe"
}

if [ -z "$erp" ] || { [ "$verb" != up ] && [ -e "$no_erp" ]; }; then leave_erp_out; fi
case "$verb" in
  up) up ;;
  status) status ;;
  down) if [ -e "$marker" ]; then lock; stop_all; end_erp down; fi ;;
  wipe) if [ -e "$marker" ]; then lock; stop_all; end_erp wipe; fi; wipe ;;
esac
