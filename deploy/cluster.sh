# shellcheck shell=bash
# A private PostgreSQL that nobody else uses, for a script that keeps programs (programs.sh): its programs, its folder `vault` with the
# data and one file a secret, all of it the runner's. Sourced.
: "${state:?}" "${vault:?}"

# The server's programs: Debian's when they are installed, else a copy of what install-deps.sh unpacked, which the runner can reach.
postgres_programs() {
  local folder
  for folder in /usr/lib/postgresql/*/bin "$state"/postgresql/usr/lib/postgresql/*/bin; do
    if [ -x "$folder/postgres" ] && [ -x "$folder/pgbench" ] && [ -e "$folder/../../../../share/postgresql/$(basename "$(dirname "$folder")")" ]; then
      echo "$folder"
    fi
  done | tail -n 1
}

put_postgres_programs() {
  local unpacked=(build/debian/postgresql-*/usr)
  if [ -n "$(postgres_programs)" ] || [ ! -d "${unpacked[0]}" ]; then return; fi
  rm -rf "$state/postgresql.new"
  if ! mkdir "$state/postgresql.new" || ! cp -r "${unpacked[-1]}" "$state/postgresql.new/usr" || ! mv "$state/postgresql.new" "$state/postgresql"; then
    cannot_write
  fi
}

as_runner() { if [ -n "$runner" ]; then setpriv --reuid "$runner" --regid "$runner" --init-groups -- "$@"; else "$@"; fi; }

# One secret a file, made once. 32 hexadecimal digits need no quoting anywhere.
# shellcheck disable=SC2016  # the inner shell expands
secret() {
  [ -s "$vault/$1" ] || as_runner sh -c 'umask 077; od -An -N16 -tx1 /dev/urandom | tr -d " \n" >"$1"' _ "$vault/$1"
  cat "$vault/$1"
}

# prepare_cluster OWNER: before the server starts, its folder, made once. The owner's secret is owner.password.
prepare_cluster() {
  put_postgres_programs
  local programs
  programs=$(postgres_programs)
  [ -n "$programs" ] || die "PostgreSQL is missing: run without --no-install" "缺少 PostgreSQL：请去掉 --no-install"
  mkdir -p "$vault" || cannot_write
  [ -z "$runner" ] || chown "$runner:" "$vault"
  secret owner.password >/dev/null
  [ ! -e "$vault/data" ] || return 0
  # Under another name until it is whole: what a kill leaves behind is made anew.
  rm -rf "$vault/new"
  as_runner "$programs/initdb" -D "$vault/new" -U "$1" -A scram-sha-256 --pwfile="$vault/owner.password" -E UTF8 \
    --locale=C.UTF-8 >"$state/log/initdb.log" 2>&1 || { tail -n 5 "$state/log/initdb.log" >&2; die "initdb failed" "initdb 失败"; }
  mv "$vault/new" "$vault/data"
}
