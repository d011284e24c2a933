"""Who sits in a transaction, what runs too long and which statements took the time, on real servers: with time_zone set to another
zone than the machine's, and with passwords in statements.
"""
import time
import unittest

from database import Database, add_monitor, target_of
from harness import check, eventually
from servers import Mariadb, Postgres


def scrape_until(exporter, what, seconds=20):
    def there():
        time.sleep(0.2)  # InnoDB renews INNODB_TRX only when nobody has read it for 100 ms
        page = exporter.scrape()
        return page if what(page) else None
    return eventually(there, seconds, exporter.log)


class Transactions(unittest.TestCase):
    def test_postgres(self):
        with Postgres({"max_prepared_transactions": 5}) as server:
            add_monitor(server)
            server.sql("CREATE TABLE voucher (id int); BEGIN; INSERT INTO voucher VALUES (1); PREPARE TRANSACTION 'nc'")
            with Database([target_of(server)]) as exporter:
                with server.session("BEGIN; INSERT INTO voucher VALUES (2);"), server.session("SELECT pg_sleep(60);", application="nc-report"):
                    page = scrape_until(exporter, lambda page: page.value("finwatch_db_slow_queries_running", application="nc-report", age="1s") == 1)
                    self.assertEqual(page.value("finwatch_db_slow_queries_running", application="nc-report", age="30s"), 0)
                    self.assertEqual(page.value("finwatch_db_slow_queries_running", application="nc-voucher", age="1s"), 0)
                    self.assertEqual(page.value("finwatch_db_idle_in_transaction_sessions"), 1)
                    self.assertLess(1, page.value("finwatch_db_transaction_oldest_seconds"))
                    self.assertLess(page.value("finwatch_db_transaction_oldest_seconds"), 30)
                    self.assertLess(0.5, page.value("finwatch_db_idle_in_transaction_oldest_seconds"))
                    self.assertEqual(page.value("finwatch_db_prepared_transactions"), 1)
                    self.assertLess(1, page.value("finwatch_db_prepared_transaction_oldest_seconds"))
                    self.assertLess(0, page.value("finwatch_db_horizon_age_transactions", holder="session"))
                    self.assertLess(0, page.value("finwatch_db_horizon_age_transactions", holder="prepared"))
                page = scrape_until(exporter, lambda page: page.value("finwatch_db_idle_in_transaction_sessions") == 0)
                self.assertEqual(page.value("finwatch_db_idle_in_transaction_oldest_seconds"), 0)

    def test_mariadb(self):
        with Mariadb(["--default-time-zone=+08:00", "--long-query-time=0.1"]) as server:
            add_monitor(server)
            server.sql("CREATE DATABASE nc; CREATE TABLE nc.voucher (id int primary key)")
            with Database([target_of(server)]) as exporter, server.session("BEGIN; INSERT INTO nc.voucher VALUES (2);"), \
                    server.session("SELECT sleep(60);"), \
                    server.session("XA START 'nc'; INSERT INTO nc.voucher VALUES (5); XA END 'nc'; XA PREPARE 'nc';"):
                page = scrape_until(exporter, lambda page: page.value("finwatch_db_slow_queries_running", age="1s") == 1 and
                                    page.value("finwatch_db_transaction_oldest_seconds") > 1)
                self.assertLess(page.value("finwatch_db_transaction_oldest_seconds"), 30)
                self.assertEqual(page.value("finwatch_db_idle_in_transaction_sessions"), 2)
                self.assertEqual(page.value("finwatch_db_prepared_transactions"), 1)
                self.assertIsNotNone(page.value("finwatch_db_undo_history_length"))
                self.assertIsNotNone(page.value("finwatch_db_slow_queries_total"))


class Statements(unittest.TestCase):
    def test_postgres(self):
        with Postgres() as server:
            add_monitor(server)
            with Database([target_of(server, medium_interval="1s")]) as exporter:
                supported = scrape_until(exporter, lambda page: 'collector="connections"' in page.text)
                self.assertIsNone(supported.value("finwatch_db_statements_tracked"))
                server.sql("CREATE EXTENSION pg_stat_statements; CREATE ROLE clerk PASSWORD 'secret word'; SELECT pg_sleep(0.5);")
                page = scrape_until(exporter, lambda page: 'text="SELECT pg_sleep($1)"' in page.text)
                self.assertIn('text="CREATE ROLE clerk PASSWORD ?"', page.text)
                self.assertNotIn("secret word", page.text)
                self.assertEqual(page.value("finwatch_db_statements_deallocations_total"), 0)

    def test_mariadb_with_ten_thousand_digests(self):
        with Mariadb(["--performance-schema-digests-size=20000"]) as server:
            add_monitor(server)
            server.sql("SELECT sleep(0.5), 'secret word';" + "".join(f"SELECT {i} AS a{i};\n" for i in range(10000)))
            with Database([target_of(server)]) as exporter:
                page = scrape_until(exporter, lambda page: page.value("finwatch_db_statements_tracked"))
                self.assertLess(10000, page.value("finwatch_db_statements_tracked"))
                self.assertEqual(len(page.lines("finwatch_db_statement_calls_total")), 20)
                self.assertEqual(len(page.lines("finwatch_db_statement_info")), 20)
                self.assertIn('text="SELECT `sleep` (?) , ?"', page.text)
                check(page.value("finwatch_db_collector_duration_seconds", collector="statements") < 2, "the statements took too long")


if __name__ == "__main__":
    unittest.main()
