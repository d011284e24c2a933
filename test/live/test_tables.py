"""The facts of tables come without a lock: 2,000 tables, and somebody holds some of them for himself."""
import time
import unittest

from database import Database, add_monitor, target_of
from harness import check, eventually
from servers import Postgres

VOUCHER = '''
CREATE TABLE voucher (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE voucher_2026 PARTITION OF voucher FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE voucher_2027 PARTITION OF voucher FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
CREATE TABLE voucher_other PARTITION OF voucher DEFAULT;
CREATE INDEX ON voucher (id);
INSERT INTO voucher SELECT number, date '2026-03-01' + number % 400 FROM generate_series(1, 20000) number;
CREATE TABLE open_end (day timestamptz) PARTITION BY RANGE (day);
CREATE TABLE open_end_all PARTITION OF open_end FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
INSERT INTO open_end SELECT now() FROM generate_series(1, 5000);
CREATE TABLE entry AS SELECT number, repeat('x', 200) AS text FROM generate_series(1, 30000) number;
CREATE TABLE "it's ""named""" (id int);
ANALYZE'''
LOCKS = "BEGIN; LOCK TABLE voucher_2027, entry, t7 IN ACCESS EXCLUSIVE MODE; SELECT 'held';"
YEAR_2028 = 1830297600


class Tables(unittest.TestCase):
    def test_a_locked_table_and_2000_more(self):
        with Postgres() as server:
            add_monitor(server)
            server.sql("CREATE DATABASE nc")
            server.sql("\n".join(f"CREATE TABLE t{number} (id int PRIMARY KEY);" for number in range(2000)) + VOUCHER, "nc")
            with server.session(LOCKS, "nc") as holder:
                check(holder.process.stdout.readline().strip() == "held", "no lock")
                begun = time.monotonic()
                with Database([target_of(server, "nc", database="nc", tables=['public.it\'s "named"'])]) as exporter:
                    def read():
                        page = exporter.scrape()
                        return page if page.value("finwatch_db_collector_success", target="nc", collector="tables") == 1 else None
                    page = eventually(read, 10, exporter.log)
                    check(time.monotonic() - begun < 5, "it waited for the lock")
                check(page.value("finwatch_db_tables") == 2004, page.lines("finwatch_db_tables"))
                check(page.value("finwatch_db_table_rows", table="voucher") == 20000, "rows of the partitions")
                check(page.value("finwatch_db_table_partitions", table="voucher") == 3, "partitions")
                check(page.value("finwatch_db_table_newest_partition_bound_timestamp_seconds", table="voucher") == YEAR_2028, "the newest bound")
                check(page.value("finwatch_db_table_newest_partition_bound_timestamp_seconds", table="open_end") is None, "MAXVALUE is no date")
                check(page.value("finwatch_db_table_partitioned", table="open_end") == 1, "partitioned")
                check(page.value("finwatch_db_table_rows", table="entry") == 30000, "rows of the locked table")
                check(len(page.lines("finwatch_db_table_partitioned")) == 21, "20 and the named one")
                check(any('table="it\'s \\"named\\""' in line for line in page.lines("finwatch_db_table_rows")), "the named one")


if __name__ == "__main__":
    unittest.main()
