"""A streaming pair of PostgreSQL and a pair of MariaDB: what the primary and the replica say when the replay is paused, when the primary
idles, and when it is gone.
"""
import subprocess
import time
import unittest

from database import Database, add_monitor, target_of
from harness import check, eventually, need
from servers import Mariadb, Postgres, as_user


class Standby(Postgres):
    """A base backup of another server, which it follows."""

    def __init__(self, primary):
        super().__init__()
        self.primary = primary

    def create(self):
        made = subprocess.run([need("pg_basebackup"), "-D", self.folder + "/data", "-R", "-C", "-S", "nc_standby", "-c", "fast", "--no-sync",
                               "-d", f"host=127.0.0.1 port={self.primary.port} user=postgres application_name=nc-standby"],
                              capture_output=True, text=True, cwd=self.folder, check=False, **as_user(self.account))
        check(made.returncode == 0, made.stdout + made.stderr)
        with open(self.folder + "/data/postgresql.conf", "a", encoding="utf-8") as conf:
            conf.write(f"port = {self.port}\nunix_socket_directories = '{self.folder}'\nwal_retrieve_retry_interval = '200ms'\n")


class Replication(unittest.TestCase):
    def eventually(self, exporter, what, seconds=20):
        def there():
            page = exporter.scrape()
            return page if what(page) else None
        return eventually(there, seconds, exporter.log)

    def test_postgres(self):
        with Postgres() as primary:
            add_monitor(primary)
            primary.sql("CREATE TABLE voucher (id int)")
            with Standby(primary) as standby, Database([target_of(primary, "primary"), target_of(standby, "standby")]) as exporter:
                labels = {"target": "primary", "application": "nc-standby", "address": "127.0.0.1", "state": "streaming"}
                slot = {"target": "primary", "slot": "nc_standby", "type": "physical"}
                mine = {"target": "standby", "channel": ""}

                page = self.eventually(exporter, lambda page: page.value("finwatch_db_replication_lag_bytes", **labels) == 0)
                self.assertEqual(page.value("finwatch_db_in_recovery", target="primary"), 0)
                self.assertEqual(page.value("finwatch_db_in_recovery", target="standby"), 1)
                self.assertEqual(page.value("finwatch_db_replication_lag_seconds", **labels), 0)
                self.assertEqual(page.value("finwatch_db_replication_slot_active", **slot), 1)
                self.assertEqual(page.value("finwatch_db_replication_slot_wal_status", status="reserved", **slot), 1)
                self.assertEqual(page.value("finwatch_db_replica_connected", **mine), 1)

                # An idle primary: nothing is written, and the replica is not behind.
                self.eventually(exporter, lambda page: page.value("finwatch_db_replica_lag_seconds", **mine) == 0)
                time.sleep(3)
                self.assertEqual(exporter.value("finwatch_db_replica_lag_seconds", **mine), 0)

                # Somebody stops the replay.
                standby.sql("SELECT pg_wal_replay_pause()")
                primary.sql("INSERT INTO voucher SELECT generate_series(1, 20000)")
                page = self.eventually(exporter, lambda page: page.value("finwatch_db_replication_lag_bytes", **labels) > 1_000_000 and
                                       page.value("finwatch_db_replica_lag_seconds", **mine) > 2)
                self.assertEqual(page.value("finwatch_db_replica_paused", **mine), 1)
                standby.sql("SELECT pg_wal_replay_resume()")
                self.eventually(exporter, lambda page: page.value("finwatch_db_replica_lag_seconds", **mine) == 0)

                # The primary is gone: all that was received is replayed, and the replica is behind all the same.
                primary.kill()
                page = self.eventually(exporter, lambda page: page.value("finwatch_db_replica_connected", **mine) == 0)
                first = page.value("finwatch_db_replica_lag_seconds", **mine)
                self.assertLess(first, 15)
                self.eventually(exporter, lambda page: page.value("finwatch_db_replica_lag_seconds", **mine) > first + 2)
                primary.start()
                self.eventually(exporter, lambda page: page.value("finwatch_db_replica_connected", **mine) == 1 and
                                page.value("finwatch_db_replica_lag_seconds", **mine) == 0)

    def test_mariadb(self):
        with Mariadb(["--log-bin=binlog", "--server-id=1"]) as primary, Mariadb(["--server-id=2"]) as replica:
            add_monitor(primary)
            add_monitor(replica)
            primary.sql("CREATE USER replica@'127.0.0.1' IDENTIFIED BY 'r'; GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1'; RESET MASTER;"
                        "CREATE DATABASE nc")
            replica.sql(f"CHANGE MASTER 'nc' TO MASTER_HOST='127.0.0.1', MASTER_PORT={primary.port}, MASTER_USER='replica', MASTER_PASSWORD='r',"
                        "MASTER_CONNECT_RETRY=1; START SLAVE 'nc'")
            with Database([target_of(primary, "primary"), target_of(replica, "replica")]) as exporter:
                mine = {"target": "replica", "channel": "nc"}
                page = self.eventually(exporter, lambda page: page.value("finwatch_db_replica_connected", **mine) == 1)
                self.assertEqual(page.value("finwatch_db_replica_lag_seconds", **mine), 0)
                self.assertEqual(page.value("finwatch_db_replica_sql_running", **mine), 1)
                # What the replica has already is an error there.
                primary.sql("CREATE TABLE nc.voucher (id int primary key)")
                eventually(lambda: replica.sql("SHOW TABLES IN nc") == "voucher", 20, "the table does not come")
                replica.sql("INSERT INTO nc.voucher VALUES (1)")
                primary.sql("INSERT INTO nc.voucher VALUES (1)")
                page = self.eventually(exporter, lambda page: page.value("finwatch_db_replica_sql_running", **mine) == 0)
                self.assertEqual(page.value("finwatch_db_replica_last_error", thread="sql", **mine), 1062)
                self.assertIsNone(page.value("finwatch_db_replica_lag_seconds", **mine))
                primary.kill()
                self.eventually(exporter, lambda page: page.value("finwatch_db_replica_connected", **mine) == 0)


if __name__ == "__main__":
    unittest.main()
