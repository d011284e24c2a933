"""What a database exporter must live through, with real servers: one lock, a freeze, no slot left, a restart, also in the middle of
a statement, a changed password, thousands of tables, ten scrapes at once, scrapers that go away. In each: a page inside its deadline,
the reason named, at most two sessions, no growth, and all well again within two scrapes.
"""
import concurrent.futures
import contextlib
import subprocess
import time
import unittest

from database import PASSWORD, Database, add_monitor, target_of
from harness import check, eventually, free_port, write
from servers import Mariadb, Postgres

ENGINES = (("pg", Postgres), ("maria", Mariadb))


def well_within_two(exporter, name):
    """Prometheus' own pace: a scrape, five seconds, a scrape."""
    first = exporter.scrape()
    if first.up(name):
        return
    time.sleep(5)
    second = exporter.scrape()
    check(second.up(name), f"not up after two scrapes: {second.reason(name)}\n{exporter.log()}")


@contextlib.contextmanager
def running(server_type, **more):
    with server_type() as server:
        add_monitor(server)
        with Database([target_of(server, **more)]) as exporter:
            name = "pg" if server_type is Postgres else "maria"
            eventually(lambda: exporter.scrape().up(name), 20, exporter.log)
            yield server, exporter


class Acceptance(unittest.TestCase):
    def each(self):
        for name, server_type in ENGINES:
            with self.subTest(engine=name), running(server_type) as (server, exporter):
                yield name, server, exporter

    def test_alter_left_open(self):
        for name, server, exporter in self.each():
            if name == "pg":
                server.sql("CREATE TABLE voucher (id int primary key, amount numeric); INSERT INTO voucher VALUES (1, 1)")
                holder = server.session("BEGIN; ALTER TABLE voucher ADD COLUMN note text;")
                eventually(lambda: "AccessExclusiveLock" in server.sql("SELECT mode FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock'"), 10, "no lock")
            else:
                server.sql("CREATE DATABASE nc; CREATE TABLE nc.voucher (id int primary key, amount decimal(10,2)) ENGINE=InnoDB; INSERT INTO nc.voucher VALUES (1, 1)")
                holder = server.session("LOCK TABLES nc.voucher WRITE;")
            with holder:
                waiter = server.session("UPDATE voucher SET amount = 2 WHERE id = 1;" if name == "pg" else "UPDATE nc.voucher SET amount = 2 WHERE id = 1;")
                with waiter:
                    for _ in range(6):
                        page = exporter.scrape()
                        check(page.up(name), f"down: {page.reason(name)}")
                        check(exporter.sessions(server.port) <= 2, "more than two sessions")
            well_within_two(exporter, name)

    def test_frozen(self):
        for name, server, exporter in self.each():
            threads = exporter.threads()
            server.freeze()
            try:
                for _ in range(3):
                    page = exporter.scrape(timeout=3)
                    check(not page.up(name) and page.reason(name) == "timeout", f"up or {page.reason(name)}")
                    check(exporter.sessions(server.port) <= 2, "more than two sessions")
                with concurrent.futures.ThreadPoolExecutor(10) as pool:
                    for page in pool.map(lambda _: exporter.scrape(timeout=3), range(10)):
                        check(not page.up(name) and page.reason(name) == "timeout", f"up or {page.reason(name)}")
                check(exporter.sessions(server.port) <= 2, "more than two sessions")
                check(exporter.threads() <= threads + 2, f"{threads} threads became {exporter.threads()}")
            finally:
                server.thaw()
            well_within_two(exporter, name)

    def test_no_slot_left(self):
        for name, server_type in ENGINES:
            server = Postgres({"max_connections": 12}) if name == "pg" else Mariadb(["--max-connections=10"])
            with self.subTest(engine=name), server:
                add_monitor(server)
                with contextlib.ExitStack() as held, Database([target_of(server, "kept")]) as kept:
                    eventually(lambda: kept.scrape().up("kept"), 20, kept.log)
                    for _ in range(12):
                        held.enter_context(server.session("SELECT 1;"))
                    slots = 12 if name == "pg" else 10
                    eventually(lambda: kept.value("finwatch_db_connections_used", target="kept") >= slots, 20, "the slots do not fill")
                    with Database([target_of(server, "late")]) as late:
                        page = eventually(lambda: _if(late.scrape(), lambda p: p.reason("late") == "saturated"), 20,
                                          lambda: f"{late.scrape().reason('late')}: {late.log()}")
                        check(not page.up("late"), "up without a slot")
                        page = kept.scrape()
                        check(page.up("kept"), f"the kept session is lost: {page.reason('kept')}")
                        check(page.value("finwatch_db_connections_headroom", target="kept") <= 3, "the headroom is not told")
                        held.close()
                        time.sleep(1)
                        well_within_two(late, "late")

    def test_the_reserved_slot(self):
        reserved = free_port()
        with Mariadb(["--max-connections=10", f"--extra-port={reserved}", "--extra-max-connections=3"]) as server:
            add_monitor(server)
            with contextlib.ExitStack() as held:
                for _ in range(14):
                    held.enter_context(server.session("SELECT 1;"))
                eventually(lambda: "Too many connections" in _refusal(server), 20, "the slots do not fill")
                with Database([target_of(server, "late", reserved_port=reserved, medium_interval="2s")]) as late:
                    page = eventually(lambda: _if(late.scrape(), lambda p: p.up("late")), 20,
                                      lambda: f"{late.scrape().reason('late')}: {late.log()}")
                    check(page.value("finwatch_db_own_reserved_slot", target="late") == 1, "not from the reserved slot")
                    check(page.value("finwatch_db_connections_headroom", target="late") <= 0, "there is headroom")
                    check(late.sessions(reserved) == 1 and late.sessions(server.port) == 0, "other sessions than the reserved one")
                    held.close()
                    eventually(lambda: late.value("finwatch_db_own_reserved_slot", target="late") == 0, 20, "the slot is not given back")
                    check(late.scrape().up("late") and late.sessions(reserved) == 0, "not on an ordinary slot")

    def test_killed_and_restarted(self):
        for name, server, exporter in self.each():
            for _ in range(2):
                server.kill()
                page = exporter.scrape()
                check(not page.up(name) and page.reason(name) in ("refused", "lost"), f"up or {page.reason(name)}")
                server.start()
                well_within_two(exporter, name)
            check(exporter.sessions(server.port) <= 2, "more than two sessions")

    def test_killed_in_the_middle_of_a_statement(self):
        for name, server_type in ENGINES:
            sleep = "SELECT pg_sleep(1.2), 1 AS value" if name == "pg" else "SELECT SLEEP(1.2), 1 AS value"
            at_work = ("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(1.2)%' AND usename = 'monitor'" if name == "pg" else
                       "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(1.2)%' AND USER = 'monitor'")
            query = {"name": "slow", "engines": ["postgresql" if name == "pg" else "mariadb"], "lane": "fast", "sql": sleep,
                     "metrics": [{"column": "value", "name": "ledger_value", "help": "One, after a while."}]}
            with self.subTest(engine=name), server_type() as server:
                add_monitor(server)
                with Database([target_of(server, timeout="3s")], queries=[query]) as exporter, concurrent.futures.ThreadPoolExecutor(1) as pool:
                    eventually(lambda: exporter.scrape().value("ledger_value", target=name) == 1, 20, exporter.log)
                    threads = exporter.threads()
                    for _ in range(2):
                        asked = pool.submit(exporter.scrape)
                        eventually(lambda: server.sql(at_work) == "1", 10, "our statement does not run")
                        server.kill()
                        page = asked.result()
                        check(not page.up(name) and page.reason(name) in ("lost", "refused"), f"up or {page.reason(name)}: {exporter.log()}")
                        check(page.value("ledger_value", target=name) is None, "a value of a statement that never ended")
                        server.start()
                        well_within_two(exporter, name)
                        check(exporter.value("ledger_value", target=name) == 1, "the query is not asked again")
                        check(exporter.sessions(server.port) <= 2, "more than two sessions")
                    check(exporter.threads() <= threads, f"{threads} threads became {exporter.threads()}")

    def test_password_changed(self):
        for name, server_type in ENGINES:
            with self.subTest(engine=name), server_type() as server:
                add_monitor(server)
                target = target_of(server)
                del target["password"]
                target["password_file"] = write(server.folder + "/password", PASSWORD + "\n")
                with Database([target]) as exporter:
                    eventually(lambda: exporter.scrape().up(name), 20, exporter.log)
                    if name == "pg":
                        server.sql("ALTER ROLE monitor PASSWORD 'next-Kq7 one'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'monitor'")
                    else:
                        server.sql("SET PASSWORD FOR monitor@'127.0.0.1' = PASSWORD('next-Kq7 one');")
                        for row in server.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'monitor'").split():
                            server.sql(f"KILL {row}")
                    page = exporter.scrape()
                    check(not page.up(name) and page.reason(name) == "authentication", f"up or {page.reason(name)}: {exporter.log()}")
                    write(server.folder + "/password", "next-Kq7 one\n")
                    well_within_two(exporter, name)
                    for secret in (PASSWORD, "next-Kq7 one"):
                        check(secret not in exporter.log() and secret not in exporter.scrape().text, "a password was told")

    def test_four_thousand_tables_and_ten_thousand_statements(self):
        for name in ("pg", "maria"):
            server = (Postgres({"pg_stat_statements.max": 20000, "max_locks_per_transaction": 4096}) if name == "pg"
                      else Mariadb(["--performance-schema-digests-size=20000"]))
            with self.subTest(engine=name), server:
                add_monitor(server)
                if name == "pg":
                    server.sql("CREATE EXTENSION pg_stat_statements")
                    server.sql("DO $$ BEGIN FOR i IN 1..4000 LOOP EXECUTE format('CREATE TABLE gl_%s (id bigint PRIMARY KEY, amount numeric)', i); "
                               "END LOOP; END $$")
                    server.sql("SET pg_stat_statements.track = 'all'; DO $$ BEGIN FOR i IN 1..4000 LOOP EXECUTE format('SELECT count(*) FROM gl_%s', i); "
                               "EXECUTE format('SELECT max(id) FROM gl_%s', i); EXECUTE format('SELECT min(id), sum(amount) FROM gl_%s', i); END LOOP; END $$")
                else:
                    server.sql("CREATE DATABASE nc;" + "".join(f"CREATE TABLE nc.gl_{i} (id int PRIMARY KEY) ENGINE=InnoDB;" for i in range(4000)))
                    server.sql("".join(f"SELECT {i} AS column_{i};" for i in range(10000)))
                with Database([target_of(server, timeout="4s")]) as exporter:
                    eventually(lambda: exporter.scrape().up(name), 20, exporter.log)
                    def settled(page):
                        return page.value("finwatch_db_collector_success", target=name, collector="statements") == 1
                    eventually(lambda: settled(exporter.scrape()), 60, exporter.log)
                    page = exporter.scrape()
                    series = sum(1 for line in page.text.split("\n") if f'target="{name}"' in line)
                    check(series <= 2200, f"{series} series with a budget of 2000")
                    tracked = page.value("finwatch_db_statements_tracked", target=name)
                    check(tracked >= 10000, f"{tracked} statements")
                    statements = len(page.lines("finwatch_db_statement_calls_total"))
                    check(0 < statements <= 40, f"{statements} statements on the page")
                    check(exporter.sessions(server.port) <= 2, "more than two sessions")
                    memory = exporter.resident_kib()
                    for _ in range(50):
                        exporter.scrape()
                    check(exporter.resident_kib() <= memory + 1024, f"{memory} KiB became {exporter.resident_kib()}")
                    print(f"\n{name}: {series} series, {memory} KiB, page in {page.took * 1000:.0f} ms", end=" ", flush=True)

    def test_scrapers_that_go_away(self):
        for name, server, exporter in self.each():
            for _ in range(50):
                exporter.half_scrape()
            page = exporter.scrape()
            check(page.up(name), f"down: {page.reason(name)}")
            check(exporter.sessions(server.port) <= 2, "more than two sessions")

    def test_two_hundred_scrapes_without_growth(self):
        for name, server, exporter in self.each():
            for _ in range(50):
                exporter.scrape()
            before = exporter.resident_kib(), exporter.descriptors(), exporter.threads()
            logins = exporter.value("finwatch_db_own_logins_total", target=name)
            for _ in range(200):
                exporter.scrape()
            after = exporter.resident_kib(), exporter.descriptors(), exporter.threads()
            check(after[0] <= before[0] + 512 and after[1] <= before[1] + 2 and after[2] <= before[2], f"{before} became {after}")
            check(exporter.value("finwatch_db_own_logins_total", target=name) == logins, "a login in a steady state")
            check(exporter.sessions(server.port) <= 2, "more than two sessions")


def _refusal(server):
    """What the server says to one more ordinary session."""
    done = subprocess.run(server.client("") + ["-e", "SELECT 1"], capture_output=True, text=True, check=False)
    return done.stderr


def _if(value, holds):
    return value if holds(value) else None


if __name__ == "__main__":
    unittest.main()
