#!/bin/bash
# Builds the .deb of each program, and proves finwatch-host's whole life: what is in it, cmake --install elsewhere, and, as root or with sudo: dpkg -i, the
# program running as its own user, dpkg -r, dpkg --purge. What it installs it takes away again. Exit status 1 at the first thing
# that is wrong.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8

say() { echo "package: $*"; }
die() { echo "package: WRONG: $*" >&2; exit 1; }
holds() { local what=$1; shift; "$@" >/dev/null 2>&1 || die "$what ($*)"; say "ok: $what"; }
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n -- "$@"; fi; }

room=$(mktemp -d)
chmod 755 "$room"
installed=""
finish() {
  [ -z "$installed" ] || as_root dpkg --purge finwatch-host >/dev/null 2>&1 || true
  rm -rf "$room"
}
trap finish EXIT

say "building"
{ cmake --preset release && cmake --build --preset release --target finwatch-host finwatch-database finwatch-workflow finwatch-notifier; } >"$room/log" 2>&1 ||
  { tail -n 40 "$room/log"; die "the build failed"; }
rm -f build/release/*.deb
(cd build/release && cpack -G DEB) >"$room/log" 2>&1 || { cat "$room/log"; die "cpack failed"; }
debs=(build/release/*.deb)
[ ${#debs[@]} -eq 4 ] || die "four packages expected, found ${debs[*]}"
deb=$(echo build/release/finwatch-host_*.deb)

version=$(sed -nE 's/^project\(finwatch VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)
architecture=$(dpkg --print-architecture)
holds "its file name" [ "$(basename "$deb")" = "finwatch-host_${version}_$architecture.deb" ]
field() { dpkg-deb -f "$deb" "$1"; }
holds "its name, version and architecture" [ "$(field Package) $(field Version) $(field Architecture)" = "finwatch-host $version $architecture" ]
holds "it depends on the libraries it uses" grep -qE 'libmicrohttpd12.*libyaml-cpp' <<<"$(field Depends)"
dpkg-deb -e "$deb" "$room/control"
holds "its flags are a file that upgrades leave alone" grep -qx /etc/default/finwatch-host "$room/control/conffiles"

dpkg-deb -x "$deb" "$room/root"
dpkg-deb -c "$deb" | awk '{ print $1, $2, $6 }' >"$room/contents"
while read -r line; do
  holds "it has $line" grep -qF -- "$line" "$room/contents"
done <<'END'
-rwxr-xr-x root/root ./usr/bin/finwatch-host
-rw-r--r-- root/root ./usr/lib/systemd/system/finwatch-host.service
-rw-r--r-- root/root ./etc/default/finwatch-host
drwxr-xr-x root/root ./etc/finwatch/
-rw-r--r-- root/root ./usr/share/doc/finwatch-host/copyright
-rw-r--r-- root/root ./usr/share/doc/finwatch-host/examples/finwatch-host.yml
END
[ -z "$(awk '$2 != "root/root" || $1 ~ /^.......(.w|w)/' "$room/contents")" ] || die "files of others, or open to others' writing"
holds "nothing of the tests came along" [ -z "$(grep -E 'test|\.h$|\.a$' "$room/contents")" ]
holds "the program is stripped" grep -q ', stripped' <<<"$(file "$room/root/usr/bin/finwatch-host")"
holds "the program is bound at its start and may lie anywhere" \
  grep -qE 'NOW.* PIE|PIE.* NOW' <<<"$(readelf -dW "$room/root/usr/bin/finwatch-host" | grep FLAGS_1)"
holds "the unpacked program says its version" grep -qF "$version" <<<"$("$room/root/usr/bin/finwatch-host" --version 2>&1)"

cmake --install build/release --component finwatch-host --prefix "$room/prefix" >"$room/log" 2>&1 || { cat "$room/log"; die "cmake --install failed"; }
holds "installed under a prefix, the unit starts the program there" \
  grep -qx "ExecStart=$room/prefix/bin/finwatch-host \$FLAGS" "$room/prefix/lib/systemd/system/finwatch-host.service"
holds "and reads its flags there" grep -qx "EnvironmentFile=-$room/prefix/etc/default/finwatch-host" \
  "$room/prefix/lib/systemd/system/finwatch-host.service"
holds "and runs there" "$room/prefix/bin/finwatch-host" --version

# finwatch-database: what differs.
other=$(echo build/release/finwatch-database_*.deb)
holds "finwatch-database: it depends on the drivers" grep -qE 'libmysqlcppconn.*libpqxx' <<<"$(dpkg-deb -f "$other" Depends)"
dpkg-deb -x "$other" "$room/database"
for file in usr/bin/finwatch-database usr/lib/systemd/system/finwatch-database.service etc/default/finwatch-database \
  usr/share/doc/finwatch-database/examples/finwatch-database.yml usr/share/doc/finwatch-database/database.md usr/share/doc/finwatch-database/sql/mariadb.sql; do
  holds "finwatch-database: it has $file" [ -f "$room/database/$file" ]
done
holds "finwatch-database: the sample configuration is accepted" "$room/database/usr/bin/finwatch-database" --config.check \
  --config.file="$room/database/usr/share/doc/finwatch-database/examples/finwatch-database.yml"
if command -v systemd-analyze >/dev/null; then
  holds "finwatch-database: the unit gives the program few rights" \
    systemd-analyze security --offline=yes --threshold=30 --root="$room/database" finwatch-database.service
fi

# finwatch-workflow: the same.
other=$(echo build/release/finwatch-workflow_*.deb)
holds "finwatch-workflow: it depends on what speaks HTTP and SQL" grep -qE 'libcurl4.*libpqxx' <<<"$(dpkg-deb -f "$other" Depends)"
dpkg-deb -x "$other" "$room/workflow"
for file in usr/bin/finwatch-workflow usr/lib/systemd/system/finwatch-workflow.service etc/default/finwatch-workflow \
  usr/share/finwatch/packs/tryton.yml usr/share/finwatch/packs/integrity/tryton.yml usr/share/finwatch/calendars/cn.yml \
  usr/share/doc/finwatch-workflow/examples/finwatch-workflow.yml usr/share/doc/finwatch-workflow/{workflow,integrity}.md \
  usr/share/doc/finwatch-workflow/sql/tryton.sql; do
  holds "finwatch-workflow: it has $file" [ -f "$room/workflow/$file" ]
done
mkdir "$room/secrets"
for name in maker checker books; do echo secret >"$room/secrets/$name.password"; done
sed -e "s|/usr/share/|$room/workflow/usr/share/|" -e "s|/etc/finwatch/|$room/secrets/|" \
  "$room/workflow/usr/share/doc/finwatch-workflow/examples/finwatch-workflow.yml" >"$room/finwatch-workflow.yml"
holds "finwatch-workflow: the sample configuration is accepted" "$room/workflow/usr/bin/finwatch-workflow" --config.check \
  --config.file="$room/finwatch-workflow.yml"
if command -v systemd-analyze >/dev/null; then
  holds "finwatch-workflow: the unit gives the program few rights" \
    systemd-analyze security --offline=yes --threshold=30 --root="$room/workflow" finwatch-workflow.service
fi

# finwatch-notifier: the same, with the contract that the tree has compiled and a file for each secret.
other=$(echo build/release/finwatch-notifier_*.deb)
for library in libsqlite3-0 libcurl4 libpqxx ca-certificates tzdata; do
  holds "finwatch-notifier: it depends on $library" grep -qF "$library" <<<"$(dpkg-deb -f "$other" Depends)"
done
dpkg-deb -x "$other" "$room/notifier"
for file in usr/bin/finwatch-notifier usr/lib/systemd/system/finwatch-notifier.service etc/default/finwatch-notifier \
  usr/share/doc/finwatch-notifier/examples/finwatch-notifier.yml usr/share/doc/finwatch-notifier/notifier{,.zh-CN}.md; do
  holds "finwatch-notifier: it has $file" [ -f "$room/notifier/$file" ]
done
[ ! -e "$room/notifier/usr/share/doc/finwatch-notifier/sql" ] || die "finwatch-notifier: it brings grants for databases that it never asks"
settings=$room/settings state=$room/state
mkdir -p "$settings" "$state/notifier"
cp -r rules/generated "$settings/compiled"
here() { sed -e "s|/etc/finwatch/|$settings/|g" -e "s|/var/lib/finwatch/|$state/|g" "$1"; }
here "$room/notifier/usr/share/doc/finwatch-notifier/examples/finwatch-notifier.yml" >"$settings/finwatch-notifier.yml"
here rules/generated/notifier.yml >"$settings/compiled/notifier.yml"
hash=$(echo secret | "$room/notifier/usr/bin/finwatch-notifier" --hash-password)
holds "finwatch-notifier: it makes a hash of a password" grep -qE '^[$]2[aby][$][0-9]{2}[$].{53}$' <<<"$hash"
printf 'users:\n  zhang.wei: {password: "%s", role: responder}\n' "$hash" >"$settings/users.yml"
mapfile -t named < <(grep -ohE "$settings/[a-z0-9._-]+" "$settings"/*.yml "$settings/compiled/notifier.yml" | sort -u)
for file in "${named[@]}"; do
  if [ -e "$file" ]; then continue; fi
  # shellcheck disable=SC2094  # the list was read before
  case "$file" in
    *.url) echo "https://robot.example/send?access_token=0123456789abcdef" ;;
    *.yml) ;;
    *) echo 0123456789abcdef0123456789abcdef ;;
  esac >"$file"
done
holds "finwatch-notifier: the sample configuration is accepted" "$room/notifier/usr/bin/finwatch-notifier" --config.check \
  --config.file="$settings/finwatch-notifier.yml"
if command -v systemd-analyze >/dev/null; then
  holds "finwatch-notifier: the unit gives the program few rights" \
    systemd-analyze security --offline=yes --threshold=30 --root="$room/notifier" finwatch-notifier.service
fi

if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
  echo "skipped: dpkg -i needs root or sudo"
  exit 0
fi
if dpkg-query -W finwatch-host >/dev/null 2>&1; then
  echo "skipped: finwatch-host is installed on this machine already, and stays as it is"
  exit 0
fi
installed=yes
as_root dpkg -i "$deb" >"$room/log" 2>&1 || { cat "$room/log"; die "dpkg -i failed"; }
say "ok: dpkg -i"
holds "it has a user of its own" getent passwd finwatch-host
if command -v systemd-analyze >/dev/null; then
  verdict=$(systemd-analyze verify /usr/lib/systemd/system/finwatch-host.service 2>&1 | grep finwatch || true)
  [ -z "$verdict" ] || die "the unit: $verdict"
  say "ok: systemd-analyze verify"
  holds "the unit gives the program few rights (systemd-analyze security, at most 3.0 of 10)" \
    systemd-analyze security --offline=yes --threshold=30 /usr/lib/systemd/system/finwatch-host.service
fi
holds "the sample configuration is accepted" \
  finwatch-host --config.check --config.file=/usr/share/doc/finwatch-host/examples/finwatch-host.yml

as_root install -d -o finwatch-host "$room/served"
as_root setpriv --reuid finwatch-host --regid finwatch-host --clear-groups --no-new-privs \
  finwatch-host --web.listen-address="unix:$room/served/socket" 2>"$room/served.log" &
program=$!
page() { curl -sf --max-time 5 --unix-socket "$room/served/socket" http://localhost/metrics; }
for _ in $(seq 50); do page >"$room/page" 2>/dev/null && break; sleep 0.2; done
grep -q '^node_load1 ' "$room/page" || { cat "$room/served.log"; die "no page from the installed program"; }
say "ok: as its own user it serves $(grep -cv '^#' "$room/page") series"
broken=$(grep '^finwatch_collector_failed' "$room/page" || true)
[ -z "$broken" ] || say "collectors that fail without rights here: $broken"
as_root kill -TERM "$(pgrep -P "$program" -x finwatch-host || echo "$program")"
holds "it ends when it is told to" wait "$program"

if [ -d /run/systemd/system ]; then
  holds "systemd has started it" systemctl is-active finwatch-host
  holds "it reloads" as_root systemctl reload finwatch-host
fi

as_root dpkg -i "$deb" >"$room/log" 2>&1 || { cat "$room/log"; die "installing it over itself failed"; }
say "ok: an upgrade"
as_root dpkg -r finwatch-host >"$room/log" 2>&1 || { cat "$room/log"; die "dpkg -r failed"; }
[ ! -e /usr/bin/finwatch-host ] || die "the program is still there after dpkg -r"
[ -e /etc/default/finwatch-host ] || die "dpkg -r took the settings away"
say "ok: dpkg -r takes the program and leaves the settings"
as_root dpkg --purge finwatch-host >"$room/log" 2>&1 || { cat "$room/log"; die "dpkg --purge failed"; }
if [ -e /etc/default/finwatch-host ] || getent passwd finwatch-host >/dev/null; then die "something stayed after dpkg --purge"; fi
say "ok: dpkg --purge leaves nothing"
say "all as it should be"
