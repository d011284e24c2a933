"""The names, types and labels that dashboards of postgres_exporter and mysqld_exporter ask for, against lists taken from those programs."""
import contextlib
import json
import os
import re
import subprocess
import tempfile
import unittest

from database import PROGRAM, add_monitor, target_of
from harness import check, write
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


def once(*targets):
    """One whole page: every lane is asked."""
    with tempfile.TemporaryDirectory() as folder:
        file = write(folder + "/db.yml", json.dumps({"targets": targets}, ensure_ascii=False))
        done = subprocess.run([PROGRAM, f"--config.file={file}", "--once"], capture_output=True, text=True, timeout=120, check=False)
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
