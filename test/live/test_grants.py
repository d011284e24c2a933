"""What deploy/sql grants, on real servers: every collector reads what it needs, and vouchers and hashes of passwords stay closed."""
import os
import subprocess
import unittest

from database import PASSWORD, Database, target_of
from harness import ROOT, check, eventually, need
from servers import Mariadb, Postgres

COLLECTORS = ("accounts", "cache", "checkpoints", "connections", "settings", "sizes", "tables")


def script(name):
    with open(os.path.join(ROOT, "deploy/sql", name + ".sql"), encoding="utf-8") as file:
        return file.read()


def all_succeed(server, collectors, **more):
    with Database([target_of(server, "nc", user="finwatch_monitor", **more)]) as exporter:
        def read():
            page = exporter.scrape()
            return page if all(page.value("finwatch_db_collector_success", target="nc", collector=name) == 1 for name in collectors) else None
        return eventually(read, 20, lambda: exporter.log() + "\n".join(exporter.scrape().lines("finwatch_db_collector_success")))


class Grants(unittest.TestCase):
    def test_postgresql(self):
        with Postgres() as server:
            server.sql("CREATE DATABASE nc")
            server.sql("CREATE TABLE voucher (id int, amount int); INSERT INTO voucher VALUES (1, 100); ANALYZE voucher", "nc")
            server.sql(script("postgresql"))
            server.sql(script("postgresql"))  # as often as one likes
            quoted = PASSWORD.replace("'", "''")
            server.sql(f"ALTER ROLE finwatch_monitor PASSWORD '{quoted}'")
            page = all_succeed(server, (*COLLECTORS, "vacuum"), database="nc")
            check(page.value("finwatch_db_table_rows", table="voucher") == 1, "no rows")
            check(page.value("finwatch_db_superusers") == 1, "not one super user")
            for closed in ("SELECT * FROM voucher", "SELECT count(*) FROM voucher", "SELECT rolpassword FROM pg_authid", "SELECT passwd FROM pg_shadow",
                           "SELECT pg_read_file('postgresql.conf')", "INSERT INTO voucher VALUES (2, 1)", "COPY voucher TO STDOUT"):
                done = subprocess.run(server.client("nc", "finwatch_monitor") + ["-c", closed], capture_output=True, text=True, timeout=60, check=False)
                check(done.returncode != 0 and "permission denied" in done.stderr, f"{closed}: {done.stdout}{done.stderr}")

    def test_mariadb(self):
        with Mariadb(["--log-bin=binlog", "--server-id=1"]) as server:
            server.sql("CREATE DATABASE nc; CREATE TABLE nc.voucher (id int, amount int); INSERT INTO nc.voucher VALUES (1, 100); ANALYZE TABLE nc.voucher")
            server.sql("SET NAMES utf8mb4; " + script("mariadb"))
            server.sql("SET NAMES utf8mb4; " + script("mariadb"))
            login = [need("mariadb"), "--no-defaults", "--default-character-set=utf8mb4", "-N", "-B", "-h", "127.0.0.1", "-P", str(server.port), "-u",
                     "finwatch_monitor", f"--password={PASSWORD}"]
            done = subprocess.run(login + ["-e", "SELECT 1"], capture_output=True, text=True, timeout=60, check=False)
            check(done.returncode != 0, "the account stands open before it has a password")
            quoted = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
            server.sql(f"SET NAMES utf8mb4; ALTER USER finwatch_monitor@'%' IDENTIFIED BY '{quoted}' ACCOUNT UNLOCK")
            page = all_succeed(server, COLLECTORS)
            check(page.value("finwatch_db_table_rows", table="voucher") == 1, "no rows")
            check(page.value("finwatch_db_log_files") == 1, "no binary log")
            check(page.value("finwatch_db_superusers") >= 1, "no super user")
            for closed in ("SELECT * FROM nc.voucher", "SELECT count(*) FROM nc.voucher", "SELECT authentication_string FROM mysql.user",
                           "SELECT Password FROM mysql.user", "SELECT * FROM mysql.user", "SELECT * FROM mysql.global_priv",
                           "INSERT INTO nc.voucher VALUES (2, 1)", "SHOW CREATE USER root@localhost"):
                done = subprocess.run(login + ["-e", closed], capture_output=True, text=True, timeout=60, check=False)
                check(done.returncode != 0 and "denied" in done.stderr, f"{closed}: {done.stdout}{done.stderr}")
            # NULL, and not an error: that is how the server says no there.
            done = subprocess.run(login + ["-e", "SELECT load_file('/etc/passwd')"], capture_output=True, text=True, timeout=60, check=True)
            check(done.stdout.strip() == "NULL", done.stdout)


if __name__ == "__main__":
    unittest.main()
