#!/usr/bin/env bash
# Installs from Debian what finwatch needs and this machine lacks.
#
#   deploy/install-deps.sh [--build] [--run] [--test] [--dry-run]
#
# --build    what compiling needs (this is the default)
# --run      what deploy/quickstart.sh starts: Prometheus, curl
# --test     everything that test/run.sh needs; servers that only the tests use are unpacked into build/debian, not installed
# --dry-run  say what would be installed
#
# As root, or with sudo. A service that comes with a package is neither started nor left to start at the next boot, and one that was
# installed before is left as it is. The lists are deploy/packages/*.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

lists=() dry_run="" unpack=""
for word in "$@"; do
  case "$word" in
    --build) lists+=(build) ;;
    --run) lists+=(run) ;;
    --test) lists+=(build run test) unpack=yes ;;
    --dry-run) dry_run=yes ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) echo "install-deps: unknown option $word; see --help" >&2; exit 2 ;;
  esac
done
[ ${#lists[@]} -gt 0 ] || lists=(build)

command -v apt-get >/dev/null || {
  echo "install-deps: no apt-get here: finwatch is built on Debian 12 or 13. Elsewhere install what deploy/packages/*.txt lists." >&2
  exit 1
}
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo -- "$@"
  else
    echo "install-deps: root is needed to install packages: run it as root, or install sudo" >&2
    exit 1
  fi
}
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root "$@"; }
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
names_in() { for list; do grep -vE '^ *(#|$)' "deploy/packages/$list.txt"; done | sort -u; }

updated=""
update_once() {
  [ -z "$updated" ] || return 0
  echo "install-deps: asking Debian for its package lists"
  apt update || { echo "install-deps: apt-get update failed: is the network there, and /etc/apt/sources.list right?" >&2; exit 1; }
  updated=yes
}

missing=()
for package in $(names_in "${lists[@]}"); do is_installed "$package" || missing+=("$package"); done
to_unpack=()
if [ -n "$unpack" ]; then
  for package in $(names_in unpacked); do [ -d "build/debian/$package" ] || to_unpack+=("$package"); done
fi
if [ -n "$dry_run" ]; then
  echo "install-deps: would install: ${missing[*]:-nothing}"
  echo "install-deps: would unpack: ${to_unpack[*]:-nothing}"
  exit 0
fi

# While packages are set up, this answers "not now" to every service that wants to start. Where one stands already, it stays.
policy=/usr/sbin/policy-rc.d
hold_services() {
  [ ! -e "$policy" ] || return 0
  trap release_services EXIT
  printf '#!/bin/sh\nexit 101 # finwatch install-deps: no service starts while packages are being installed\n' |
    as_root sh -c "cat >$policy && chmod 755 $policy"
}
release_services() {
  if grep -qs 'finwatch install-deps' "$policy"; then as_root rm -f "$policy"; fi
}
release_services  # a run that was killed may have left it

if [ ${#missing[@]} -gt 0 ]; then
  update_once
  echo "install-deps: installing ${#missing[@]} packages: ${missing[*]}"
  hold_services
  apt install -y --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "install-deps: apt-get could not install them; its own words are above" >&2
    exit 1
  }
  release_services
  # Debian switches a new service on for the next boot; finwatch starts its own Prometheus and wants no second one.
  for package in "${missing[@]}"; do
    if [ "$package" = prometheus ] && [ -d /run/systemd/system ]; then
      as_root systemctl --quiet disable prometheus.service || true
    fi
  done
fi

if [ ${#to_unpack[@]} -gt 0 ]; then
  mkdir -p build/debian/bin
  update_once
  for package in "${to_unpack[@]}"; do
    echo "install-deps: unpacking $package into build/debian"
    folder=$(mktemp -d build/debian/new-XXXXXX)
    (cd "$folder" && apt-get -qq -o APT::Sandbox::User=root download "$package")
    dpkg-deb -x "$folder"/*.deb "$folder/tree"
    mv "$folder/tree" "build/debian/$package"
    rm -r "$folder"
    for program in build/debian/"$package"/usr/{bin,sbin}/*; do
      [ ! -x "$program" ] || ln -sf "../../../$program" "build/debian/bin/"
    done
  done
fi
echo "install-deps: all there (${lists[*]})"
