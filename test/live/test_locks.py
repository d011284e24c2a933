"""Who blocks whom, on real servers: A updates row 1 and sits in its transaction; B waits for A; C holds row 2 and waits behind B; D
waits for C. Behind a table's lock: an ALTER, and a reader behind the ALTER. The metrics name the root, the page draws the chain.
"""
import contextlib
import json
import os
import time
import unittest

from database import Database, add_monitor, target_of
from harness import check, eventually, get
from servers import Mariadb, Postgres

TABLES = """CREATE TABLE nc.voucher (id int primary key, payee varchar(50)){0}; INSERT INTO nc.voucher VALUES (1, 'a'), (2, 'b');
CREATE TABLE nc.balance (id int primary key, amount int){0}; INSERT INTO nc.balance VALUES (1, 1);"""


def pause():
    """InnoDB renews INNODB_TRX only when nobody has read it for 100 ms."""
    time.sleep(0.2)
    return True


class Chain:
    """The sessions of the chain, opened one after another; each is there before the next comes."""

    def __init__(self, server, exporter, name, held):
        self.server, self.exporter, self.name, self.held = server, exporter, name, held

    def session(self, statements, application="nc-report"):
        if self.name == "pg":
            return self.held.enter_context(self.server.session(statements, application=application))
        return self.held.enter_context(self.server.session(statements))

    def blocked(self, count):
        def there():
            pause()
            page = self.exporter.scrape()
            return page if page.value("finwatch_db_lock_blocked_sessions", target=self.name) == count else None
        return eventually(there, 20, lambda: f"not {count} blocked: {self.exporter.log()}")

    def open_transactions(self, count):
        statement = ("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'" if self.name == "pg" else
                     "SELECT COUNT(*) FROM information_schema.INNODB_TRX")
        eventually(lambda: pause() and self.server.sql(statement) == str(count), 20, f"not {count} open transactions")

    def build(self):
        self.session("BEGIN; UPDATE nc.voucher SET payee = 'secret' WHERE id = 1;", application="NC <voucher>")
        self.open_transactions(1)
        self.session("UPDATE nc.voucher SET payee = 'B' WHERE id = 1;")
        self.blocked(1)
        import_session = self.session("BEGIN; UPDATE nc.voucher SET payee = 'C' WHERE id = 2;", application="nc-import")
        self.open_transactions(2 if self.name == "pg" else 3)
        import_session.send("UPDATE nc.voucher SET payee = 'C' WHERE id = 1;")
        self.blocked(2)
        self.session("UPDATE nc.voucher SET payee = 'D' WHERE id = 2;")
        return self.blocked(3)


class Locks(unittest.TestCase):
    def each(self, mariadb_options=()):
        for name, make in (("pg", Postgres), ("maria", lambda: Mariadb(mariadb_options))):
            with self.subTest(engine=name), make() as server, contextlib.ExitStack() as held:
                server.sql("CREATE SCHEMA nc;" + TABLES.format("") if name == "pg" else "CREATE DATABASE nc;" + TABLES.format(" ENGINE=InnoDB"))
                add_monitor(server)
                exporter = held.enter_context(Database([target_of(server)]))
                eventually(lambda: exporter.scrape().up(name), 20, exporter.log)
                yield name, server, exporter, held

    def pictures(self, exporter, name):
        whole = json.loads(get(exporter.port, "/locks?format=json").text)
        check([t["target"] for t in whole["targets"]] == [name], str(whole))
        return whole["targets"][0]

    def test_three_deep(self):
        # A zone of the server's own must not move the ages.
        for name, server, exporter, held in self.each(["--default-time-zone=+08:00", "--performance-schema-consumer-events-statements-current=ON"]):
            page = exporter.scrape()
            check(page.value("finwatch_db_lock_blocked_sessions", target=name) == 0, "somebody waits already")
            check("没有会话在等待锁" in get(exporter.port, "/locks").text, "the quiet page does not say so")
            page = Chain(server, exporter, name, held).build()
            for metric, value in (("lock_blocking_roots", 1), ("lock_chain_depth", 3), ("lock_root_idle_in_transaction", 1),
                                  ("lock_root_blocked_sessions", 3), ("deadlocks_total", 0)):
                got = page.value("finwatch_db_" + metric, target=name)
                check(got == value, f"{metric} is {got}, not {value}")
            check(0 <= page.value("finwatch_db_lock_wait_max_seconds", target=name) < 60, "the wait is not its age")
            check(page.value("finwatch_db_lock_root_info", target=name, rank="1", table="nc.voucher", state="idle in transaction",
                             user="postgres" if name == "pg" else "root") == 1, "the root is not named")
            picture = self.pictures(exporter, name)
            check(picture["up"] and picture["blocked_sessions"] == 3, str(picture))
            check([s["depth"] for s in picture["sessions"]] == [0, 1, 2, 3], str(picture))
            check(all(s["table"] == "nc.voucher" for s in picture["sessions"]), str(picture))
            check(0 <= picture["sessions"][0]["transaction_seconds"] < 60, str(picture))
            root = picture["sessions"][0]
            check(root["statement"].rstrip(";") == "UPDATE nc.voucher SET payee = ? WHERE id = ?", str(root))
            chinese = get(exporter.port, "/locks").text
            english = get(exporter.port, f"/locks?target={name}&lang=en").text
            check("阻塞源头" in chinese and "3 个会话在等待" in chinese, chinese)
            check("ROOT" in english and "3 sessions wait" in english and english.count("<li") == 4, english)
            check("secret" not in english + json.dumps(picture), "a literal is shown")
            if name == "pg":
                check("NC &lt;voucher&gt;" in english and "<voucher>" not in english, english)
            check(get(exporter.port, "/locks?target=none").status == 404, "a target that is not there")
            self.keep(name, exporter)
            # Now the server is frozen: the page still comes, with what was seen and that it is down.
            server.freeze()
            try:
                exporter.scrape(timeout=3)
                frozen = get(exporter.port, "/locks?lang=en").text
                check("DOWN: timeout" in frozen and "3 sessions wait" in frozen, frozen)
            finally:
                server.thaw()

    def test_alter_behind_a_writer(self):
        for name, server, exporter, held in self.each(["--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON"]):
            chain = Chain(server, exporter, name, held)
            chain.session("BEGIN; UPDATE nc.balance SET amount = 2;", application="nc-close")
            chain.open_transactions(1)
            chain.session("ALTER TABLE nc.balance ADD COLUMN note varchar(10);", application="dba")
            chain.blocked(1)
            chain.session("SELECT amount FROM nc.balance;")
            self.check_alter(chain.blocked(2), name, exporter)

    def test_alter_on_mariadb_with_the_plugin_and_without(self):
        for name, server, exporter, held in self.each():
            if name == "pg":
                continue
            chain = Chain(server, exporter, name, held)
            chain.session("BEGIN; UPDATE nc.balance SET amount = 2;")
            chain.open_transactions(1)
            chain.session("ALTER TABLE nc.balance ADD COLUMN note varchar(10);")
            chain.blocked(1)
            chain.session("SELECT amount FROM nc.balance;")
            page = chain.blocked(2)
            check(page.value("finwatch_db_lock_root_info", target=name, rank="1", state="unknown") == 1, "a holder that nobody told")
            server.sql("INSTALL SONAME 'metadata_lock_info'")
            self.check_alter(exporter.scrape(), name, exporter)

    def check_alter(self, page, name, exporter):
        for metric, value in (("lock_blocking_roots", 1), ("lock_chain_depth", 2), ("lock_root_idle_in_transaction", 1)):
            got = page.value("finwatch_db_" + metric, target=name)
            check(got == value, f"{metric} is {got}, not {value}: {self.pictures(exporter, name)}")
        check(page.value("finwatch_db_lock_root_info", target=name, rank="1", table="nc.balance") == 1, "the table is not named")
        sessions = self.pictures(exporter, name)["sessions"]
        check([s["depth"] for s in sessions] == [0, 1, 2] and sessions[1]["statement"].startswith("ALTER TABLE"), str(sessions))

    def keep(self, name, exporter):
        """The page as a file, for people who want to look at it: FINWATCH_KEEP_PAGES=folder."""
        folder = os.environ.get("FINWATCH_KEEP_PAGES")
        for language in ("zh", "en") if folder else ():
            with open(f"{folder}/locks.{name}.{language}.html", "w", encoding="utf-8") as file:
                file.write(get(exporter.port, f"/locks?lang={language}").text)


if __name__ == "__main__":
    unittest.main()
