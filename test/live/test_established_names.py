"""The names, types and labels that dashboards of postgres_exporter and mysqld_exporter ask for, against lists taken from those programs."""
import contextlib
import json
import os
import re
import subprocess
import tempfile
import unittest

from database import PROGRAM, add_monitor, target_of
from harness import check, eventually, write
from servers import Mariadb, Postgres

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "established")

# NULL on a fresh server, and so no sample; the other exporter writes 0 there.
NEVER_YET = {"pg_replication_last_replay_seconds", "pg_stat_archiver_last_archive_age", "pg_stat_database_stats_reset",
             "pg_stat_user_tables_last_autoanalyze", "pg_stat_user_tables_last_autovacuum"}


def wanted(name):
    """By name: the type and the labels."""
    with open(f"{LISTS}/{name}.txt", encoding="ascii") as lines:
        words = [line.split() for line in lines if not line.startswith("#")]
    return {word[0]: (word[1], set(word[2].split(",")) if len(word) > 2 else set()) for word in words}


def once(*targets, flags=()):
    """One whole page: every lane is asked."""
    with tempfile.TemporaryDirectory() as folder:
        file = write(folder + "/db.yml", json.dumps({"targets": targets}, ensure_ascii=False))
        done = subprocess.run([PROGRAM, f"--config.file={file}", "--once", *flags], capture_output=True, text=True, timeout=120, check=False)
    check(done.returncode == 0, done.stderr)
    return done.stdout


def families(page):
    """By name: the type and the labels without `target`, of pg_* and mysql_*."""
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.M))
    found = {}
    for name, labels in re.findall(r"^((?:pg|mysql)_[a-z0-9_]+)\{(.*)\} \S+$", page, re.M | re.I):
        check(labels.startswith('target="'), f"{name}: {labels}")
        found[name] = (types.get(name), set(re.findall(r'(?:^|,)([a-z_]+)="', re.sub(r'="(?:\\.|[^"\\])*"', '=""', labels))) - {"target"})
    return found


def differences(found, name):
    for family, (kind, labels) in wanted(name).items():
        if family not in found:
            if family not in NEVER_YET:
                yield f"{family} is missing"
        elif found[family][1] != labels:
            yield f"{family} has the labels {sorted(found[family][1])}, not {sorted(labels)}"
        elif kind not in (found[family][0], "untyped"):
            yield f"{family} is a {found[family][0]}, not a {kind}"


def rows_of(server, view):
    """By family and table: what the view says, as the other exporter names it."""
    found = {}
    for line in server.sql(f"SELECT row_to_json(v) FROM {view} v").split("\n"):
        row = json.loads(line)
        for column, value in row.items():
            if column in ("relid", "schemaname", "relname", "n_ins_since_vacuum") or value is None:
                continue
            if column.startswith("last_"):
                value = server.sql(f"SELECT extract(epoch FROM {column}) FROM {view} WHERE relid = {row['relid']}")
            found[column.replace("_blks_", "_blocks_"), row["relname"]] = float(value)
    return found


class EstablishedNames(unittest.TestCase):
    def test_nothing_that_a_dashboard_asks_for_is_missing(self):
        for name, make in (("postgresql-15", Postgres), ("mariadb-10.11", Mariadb)):
            with self.subTest(server=name), make() as server:
                add_monitor(server)
                if name.startswith("postgresql"):
                    server.sql("CREATE TABLE voucher (id int PRIMARY KEY, lines text); INSERT INTO voucher SELECT g, 'x' FROM generate_series(1, 100) g")
                    server.sql("VACUUM voucher")
                    server.sql("ANALYZE voucher")
                found = families(once(target_of(server, series_budget=5000)))
                check(not (wrong := list(differences(found, name))), "\n".join(wrong))

    def test_tables_have_the_numbers_of_the_views(self):
        with Postgres({"autovacuum": "off"}) as server:
            add_monitor(server)
            server.sql("CREATE TABLE note (id int PRIMARY KEY, other int, long text); CREATE INDEX ON note (other); ALTER TABLE note ALTER long SET STORAGE EXTERNAL; "
                       "INSERT INTO note SELECT g, g % 7, repeat('x', 9000) FROM generate_series(1, 300) g; DELETE FROM note WHERE id < 50; "
                       "CREATE TABLE bare (id int); INSERT INTO bare VALUES (1); SELECT * FROM bare; "
                       "CREATE TABLE voucher (id int PRIMARY KEY) PARTITION BY RANGE (id); "
                       "CREATE TABLE voucher_1 PARTITION OF voucher FOR VALUES FROM (1) TO (1000); INSERT INTO voucher SELECT generate_series(1, 500); "
                       "CREATE MATERIALIZED VIEW summary AS SELECT count(*) FROM voucher; ANALYZE")
            server.sql("SET enable_seqscan = off; SELECT length(long) FROM note WHERE id BETWEEN 100 AND 200; UPDATE note SET other = 1 WHERE id = 60")
            server.sql("VACUUM note")
            page = once(target_of(server))
            for view in ("pg_stat_user_tables", "pg_statio_user_tables"):
                shown = {(family, relation): float(value) for family, relation, value in re.findall(
                    rf'^{view}_(\w+){{target="pg",datname="postgres",schemaname="public",relname="(\w+)"}} (\S+)$', page, re.M)
                    if not family.endswith("size_bytes")}
                check(shown == (wanted_rows := rows_of(server, view)), f"{view}: {set(shown.items()) ^ set(wanted_rows.items())}")

    def test_what_is_off_by_default_can_be_asked_for(self):
        off = {"pg_database_wraparound": {"pg_database_wraparound_age_datfrozenxid_seconds": {"datname"},
                                          "pg_database_wraparound_age_datminmxid_seconds": {"datname"}},
               "pg_long_running_transactions": {"pg_long_running_transactions": set(), "pg_long_running_transactions_oldest_timestamp_seconds": set()},
               "pg_postmaster": {"pg_postmaster_start_time_seconds": set()},
               "pg_stat_activity_autovacuum": {}, "pg_stat_checkpointer": {}, "pg_stat_wal_receiver": {},
               "pg_statio_user_indexes": {"pg_statio_user_indexes_idx_blks_hit_total": {"schemaname", "relname", "indexrelname"},
                                          "pg_statio_user_indexes_idx_blks_read_total": {"schemaname", "relname", "indexrelname"}}}
        with Postgres() as server:
            add_monitor(server)
            server.sql("CREATE TABLE voucher (id int PRIMARY KEY)")
            page = once(target_of(server), flags=[f"--collector.{name}" for name in off])
            absent = families(once(target_of(server)))
        found = families(page)
        for name, wanted_families in off.items():
            for family, labels in wanted_families.items():
                check(family in found and found[family][1] == labels, f"{family}: {found.get(family)}")
                check(family not in absent, f"{family} is there without being asked for")
            failed = re.search(rf'^finwatch_db_collector_success{{.*collector="{name}".*}} 0$', page, re.M)
            check(not failed, f"{name} failed")

    def test_a_vacuum_shows_how_far_it_is(self):
        with Postgres({"autovacuum": "off"}) as server:
            add_monitor(server)
            server.sql("CREATE TABLE voucher (id int PRIMARY KEY, note text); INSERT INTO voucher SELECT g, repeat('x', 200) FROM generate_series(1, 50000) g; "
                       "DELETE FROM voucher WHERE id % 2 = 0")
            with server.session("SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1; VACUUM voucher;"):
                page = eventually(lambda: found if "pg_stat_progress_vacuum_phase{" in (found := once(target_of(server))) else None, 20, "no vacuum is shown")
            one = 'target="pg",datname="postgres",relname="voucher"'
            check(re.search(rf"^pg_stat_progress_vacuum_heap_blks{{{one}}} [1-9]\d+$", page, re.M), "the blocks of the table")
            check(re.search(rf'^pg_stat_progress_vacuum_phase{{{one},phase="scanning heap"}} 1$', page, re.M), "the phase")

    def test_the_switch_leaves_them_away(self):
        with contextlib.ExitStack() as stack:
            targets = []
            for make in (Postgres, Mariadb):
                server = stack.enter_context(make())
                add_monitor(server)
                targets.append(target_of(server, established_names=False))
            page = once(*targets)
            check(page.count("\nfinwatch_db_up{") == 2, page[:500])
            check(not families(page), str(families(page))[:500])


if __name__ == "__main__":
    unittest.main()
