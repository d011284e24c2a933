# shellcheck shell=bash
# The private ledger of quickstart.sh: a PostgreSQL that nobody else uses, with accounts, vouchers and reports, and a load as clerks make
# it. Sourced. What the programs may read lies in $state/ledger, which is the runner's.
: "${state:?}"
vault=$state/ledger
source deploy/cluster.sh

prepare_ledger() {
  prepare_cluster ledger_owner
  secret app.password >/dev/null
  secret monitor.password >/dev/null
}

ledger_sql() {
  PGPASSWORD=$(secret owner.password) psql -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(port_of postgres)" -U ledger_owner "$@"
}

# After the server has started: the tables and the accounts, made once, all or nothing.
fill_ledger() {
  if ledger_sql -d ledger -Atc "SELECT 1 FROM pg_roles WHERE rolname = 'ledger_app'" 2>/dev/null | grep -q 1; then return; fi
  {
    ledger_sql -d postgres -c "DROP DATABASE IF EXISTS ledger" -c "CREATE DATABASE ledger" &&
      ledger_sql -d ledger -1 -v secrets="$vault" -f deploy/ledger/schema.sql
  } >"$state/log/ledger.log" 2>&1 || { tail -n 5 "$state/log/ledger.log" >&2; die "the ledger could not be made; see $state/log/ledger.log" "无法建立账簿；见 $state/log/ledger.log"; }
}

# What the load reads: its scripts, where the runner can reach them, and its password.
# shellcheck disable=SC2016
put_ledger_load() {
  cp deploy/ledger/voucher.sql deploy/ledger/report.sql "$state/" || cannot_write
  as_runner sh -c 'umask 077; echo "127.0.0.1:*:*:ledger_app:$(cat "$1/app.password")" >"$1/pgpass"' _ "$vault"
}
