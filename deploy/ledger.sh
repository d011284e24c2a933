# shellcheck shell=bash
# The private ledger of quickstart.sh: a PostgreSQL that nobody else uses, with accounts, vouchers and reports, and a load as clerks make
# it. Sourced; `state` and `runner` are quickstart's. What the programs may read lies in $state/ledger, which is the runner's.
: "${state:?}"

# The server's programs: Debian's when they are installed, else a copy of what install-deps.sh unpacked, which the runner can reach.
ledger_programs() {
  local folder
  for folder in /usr/lib/postgresql/*/bin "$state"/postgresql/usr/lib/postgresql/*/bin; do
    if [ -x "$folder/postgres" ] && [ -x "$folder/pgbench" ] && [ -e "$folder/../../../../share/postgresql/$(basename "$(dirname "$folder")")" ]; then
      echo "$folder"
    fi
  done | tail -n 1
}

put_ledger_programs() {
  local unpacked=(build/debian/postgresql-*/usr)
  if [ -n "$(ledger_programs)" ] || [ ! -d "${unpacked[0]}" ]; then return; fi
  rm -rf "$state/postgresql.new"
  if ! mkdir "$state/postgresql.new" || ! cp -r "${unpacked[-1]}" "$state/postgresql.new/usr" || ! mv "$state/postgresql.new" "$state/postgresql"; then
    cannot_write
  fi
}

as_runner() { if [ -n "$runner" ]; then setpriv --reuid "$runner" --regid "$runner" --init-groups -- "$@"; else "$@"; fi; }

# One secret a file, made once. 32 hexadecimal digits need no quoting anywhere.
# shellcheck disable=SC2016  # the inner shell expands
secret() {
  [ -s "$state/ledger/$1" ] || as_runner sh -c 'umask 077; od -An -N16 -tx1 /dev/urandom | tr -d " \n" >"$1"' _ "$state/ledger/$1"
  cat "$state/ledger/$1"
}

# Before the server starts: its folder, made once.
prepare_ledger() {
  put_ledger_programs
  local programs
  programs=$(ledger_programs)
  [ -n "$programs" ] || die "PostgreSQL is missing: run without --no-install" "缺少 PostgreSQL：请去掉 --no-install"
  mkdir -p "$state/ledger" || cannot_write
  [ -z "$runner" ] || chown "$runner:" "$state/ledger"
  secret owner.password >/dev/null
  secret monitor.password >/dev/null
  [ ! -e "$state/ledger/data" ] || return 0
  # Under another name until it is whole: what a kill leaves behind is made anew.
  rm -rf "$state/ledger/new"
  as_runner "$programs/initdb" -D "$state/ledger/new" -U ledger_owner -A scram-sha-256 --pwfile="$state/ledger/owner.password" -E UTF8 \
    --locale=C.UTF-8 >"$state/log/initdb.log" 2>&1 || { tail -n 5 "$state/log/initdb.log" >&2; die "initdb failed" "initdb 失败"; }
  mv "$state/ledger/new" "$state/ledger/data"
}

ledger_sql() {
  PGPASSWORD=$(secret owner.password) psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port_of postgres)" -U ledger_owner "$@"
}

# After the server has started: the tables and the accounts, made once, all or nothing.
fill_ledger() {
  if ledger_sql -d ledger -Atc "SELECT 1 FROM pg_roles WHERE rolname = 'ledger_app'" 2>/dev/null | grep -q 1; then return; fi
  {
    ledger_sql -d postgres -c "DROP DATABASE IF EXISTS ledger" -c "CREATE DATABASE ledger" &&
      ledger_sql -d ledger -1 -v app_password="$(secret app.password)" -v monitor_password="$(secret monitor.password)" -f deploy/ledger/schema.sql
  } >"$state/log/ledger.log" 2>&1 || { tail -n 5 "$state/log/ledger.log" >&2; die "the ledger could not be made; see $state/log/ledger.log" "无法建立账簿；见 $state/log/ledger.log"; }
}

# What the load reads: its scripts, where the runner can reach them, and its password.
# shellcheck disable=SC2016
put_ledger_load() {
  secret app.password >/dev/null
  cp deploy/ledger/voucher.sql deploy/ledger/report.sql "$state/" || cannot_write
  as_runner sh -c 'umask 077; echo "127.0.0.1:*:*:ledger_app:$(cat "$1/app.password")" >"$1/pgpass"' _ "$state/ledger"
}
