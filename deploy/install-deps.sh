#!/usr/bin/env bash
# Installs from Debian what finwatch needs and this machine lacks.
#
#   deploy/install-deps.sh [--build] [--run] [--erp] [--test] [--dry-run] [--lang en|zh]
#
# --build    what compiling needs (the default)
# --run      what deploy/quickstart.sh starts: Prometheus, Alertmanager, curl, a PostgreSQL that is unpacked into build/debian, not installed
# --erp      what deploy/tryton.sh starts: Tryton and a PostgreSQL, unpacked into build/debian, not installed
# --test     all that test/run.sh needs; servers that only tests start are unpacked into build/debian, not installed
# --dry-run  say what would be installed
#
# As root, or with sudo. Quiet when all is there. No service that comes with a package is started, now or at the next boot; one that
# was there before is left as it is. The lists are deploy/packages/*.txt.
# ----
# 从 Debian 安装 finwatch 所需而本机缺少的软件包。
#
#   deploy/install-deps.sh [--build] [--run] [--erp] [--test] [--dry-run] [--lang en|zh]
#
# --build    编译所需（默认）
# --run      deploy/quickstart.sh 所启动的程序：Prometheus、Alertmanager、curl，以及解包到 build/debian（不安装）的 PostgreSQL
# --erp      deploy/tryton.sh 所启动的程序：Tryton 与 PostgreSQL，均只解包到 build/debian，不安装
# --test     test/run.sh 所需的全部；仅供测试启动的服务只解包到 build/debian，不安装
# --dry-run  只显示将安装什么
#
# 以 root 或通过 sudo 运行。已齐备时不输出任何内容。随软件包而来的服务不会启动，也不会在下次开机时启动；
# 原有的服务保持原样。清单见 deploy/packages/*.txt。
set -euo pipefail
cd "$(dirname "$0")/.."
me=install-deps
source deploy/lib.sh

lists=() dry_run="" unpacked=() help=""
while [ $# -gt 0 ]; do
  case "$1" in
    --build) lists+=(build) ;;
    --run) lists+=(run) unpacked+=(unpacked-run) ;;
    --erp) lists+=(erp) unpacked+=(unpacked-run unpacked-erp) ;;
    --test) lists+=(build run erp test) unpacked+=(unpacked-run unpacked-erp unpacked) ;;
    --dry-run) dry_run=yes ;;
    --lang=*) set_lang "${1#*=}" ;;
    --lang) set_lang "${2:-}"; shift ;;
    -h | --help) help=yes ;;
    *) wrong "unknown option $1; see --help" "未知选项 $1；参见 --help" ;;
  esac
  shift
done
if [ -n "$help" ]; then usage "$0"; exit 0; fi
[ ${#lists[@]} -gt 0 ] || lists=(build)

command -v apt-get >/dev/null ||
  die "no apt-get here: finwatch is built on Debian 12 or 13; elsewhere install what deploy/packages/*.txt names" \
    "本机没有 apt-get：finwatch 在 Debian 12 或 13 上构建；其他系统请自行安装 deploy/packages/*.txt 所列软件"

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
is_offered() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }
names_in() { for list; do sed -E '/^ *(#|$)/d' "deploy/packages/$list.txt"; done | sort -u; }

# Sets `missing` and `to_unpack`.
look() {
  local name
  missing=() to_unpack=()
  for name in $(names_in "${lists[@]}"); do
    case "$name" in *\?) name=${name%\?}; is_offered "$name" || continue ;; esac
    is_installed "$name" || missing+=("$name")
  done
  [ ${#unpacked[@]} -gt 0 ] || return 0
  for name in $(names_in "${unpacked[@]}"); do
    case "$name" in *\?) name=${name%\?}; is_offered "$name" || [ -d "build/debian/$name" ] || continue ;; esac
    [ -d "build/debian/$name" ] || to_unpack+=("$name")
  done
}

log=$(mktemp)
trap 'release_services; rm -f "$log"' EXIT

# apt-get, again and again while another one holds a lock: DPkg::Lock::Timeout knows dpkg's lock only, not those of the lists and the
# archives.
apt() {
  local waited=0
  while true; do
    : >"$log"
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 \
      -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 "$@" </dev/null 2>&1 | progress "$log" && return
    if [ "$waited" -ge 600 ] || ! grep -qE '^E: (Could not get lock|Unable to (acquire|lock))' "$log"; then break; fi
    [ $((waited % 30)) -ne 0 ] || say "$me: another apt-get is at work; waiting for it" "$me：另一个 apt-get 正在运行，等待其结束"
    sleep 5
    waited=$((waited + 5))
  done
  grep -E '^((E|W|dpkg): |Err:)' "$log" >&2 || tail -n 20 "$log" >&2
  return 1
}

# Installing prometheus would start it on port 9090 of every address. policy-rc.d is Debian's way to say "not now": it is asked before
# any service is started, and here it says no while packages are set up. What is running already is not asked, so it runs on, unless
# its own package is being upgraded, and only missing packages are installed here. A policy that somebody else wrote stays.
policy=/usr/sbin/policy-rc.d
policy_mark='finwatch install-deps'
hold_services() {
  [ ! -e "$policy" ] || return 0
  printf '#!/bin/sh\n# %s: no service starts while packages are being installed\nexit 101\n' "$policy_mark" |
    as_root sh -c "cat >$policy.finwatch && chmod 755 $policy.finwatch && mv $policy.finwatch $policy"
}
release_services() { if grep -qs "$policy_mark" "$policy"; then as_root rm -f "$policy"; fi; }
# Debian also enables a new service for the next boot. quickstart.sh starts its own Prometheus and Alertmanager, so these are switched off
# again, and stopped where a policy of somebody else let them start.
services=(prometheus prometheus-alertmanager)
has_unit() { [ -e "/etc/systemd/system/$1.service" ] || [ -e "/lib/systemd/system/$1.service" ]; }
switch_off() {
  if [ -d /run/systemd/system ]; then as_root systemctl --quiet disable --now "$1.service"
  elif command -v systemctl >/dev/null; then as_root systemctl --quiet disable "$1.service"
  elif command -v update-rc.d >/dev/null; then as_root update-rc.d "$1" disable
  fi 2>/dev/null || true
}

install_missing() {
  say "$me: installing ${#missing[@]} packages: ${missing[*]}" "$me：安装 ${#missing[@]} 个软件包：${missing[*]}"
  local service new=()
  for service in "${services[@]}"; do
    if [[ " ${missing[*]} " = *" $service "* ]] && ! has_unit "$service"; then new+=("$service"); fi
  done
  hold_services
  apt install -y --no-install-recommends --no-upgrade "${missing[@]}" ||
    die "apt-get could not install them; its words are above" "apt-get 安装失败，原因见上"
  release_services
  for service in "${new[@]}"; do switch_off "$service"; done
}

# unpack_package NAME: its files below build/debian/NAME, its programs linked from build/debian/bin.
unpack_package() {
  say "$me: unpacking $1 into build/debian" "$me：将 $1 解包到 build/debian"
  local folder program
  mkdir -p build/debian/bin
  folder=$(mktemp -d build/debian/new-XXXXXX)
  (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 download "$1" >&2) ||
    die "apt-get could not download $1; its words are above" "apt-get 下载 $1 失败，原因见上"
  dpkg-deb -x "$folder"/*.deb "$folder/tree"
  for program in "$folder"/tree/usr/{bin,sbin}/*; do
    [ ! -x "$program" ] || ln -sfn "../$1${program#"$folder"/tree}" build/debian/bin/
  done
  mv "$folder/tree" "build/debian/$1"
  rm -r "$folder"
}

release_services  # a run that was killed may have left it
look
if [ -n "$dry_run" ]; then
  say "$me: would install: ${missing[*]:-nothing}; would unpack: ${to_unpack[*]:-nothing}" \
    "$me：将安装：${missing[*]:-无}；将解包：${to_unpack[*]:-无}"
  exit 0
fi
[ ${#missing[@]} -gt 0 ] || [ ${#to_unpack[@]} -gt 0 ] || exit 0

say "$me: asking Debian for its package lists" "$me：更新软件包清单"
# One broken source of many is no reason to stop: what is needed may well be in the others.
apt update || say "$me: apt-get update complained; going on with the lists that are here" "$me：apt-get update 有误，继续使用现有清单"
look  # names with "?" can be judged only now
[ ${#missing[@]} -eq 0 ] || install_missing
for name in "${to_unpack[@]}"; do unpack_package "$name"; done
say "$me: all there (${lists[*]})" "$me：已齐备（${lists[*]}）"
