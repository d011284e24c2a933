"""The integrity checks through finwatch-workflow: what is planted in a real ERP's books appears on the page and goes again, each fault of the
server gets its reason, and the last good result stays."""
import json
import os
import re
import shutil
import signal
import tempfile
import unittest

from checks import FOLDER, Pack
from database import Page
from servers import Mariadb, Postgres
from tryton import Tryton
from harness import ROOT, Process, check, eventually, get, write

PROGRAM = os.environ.get("FINWATCH_WORKFLOW", os.path.join(ROOT, "build/release/bin/finwatch-workflow"))
ERP = Tryton()
SHORT = "11s"  # an interval just longer than the deadline of the checks


def setUpModule():
    ERP.__enter__()


def tearDownModule():
    ERP.__exit__()


class Checking(Process):
    """The program with these connections and files of checks."""

    def __init__(self, connections, checks):
        self.folder = tempfile.mkdtemp(prefix="finwatch-live-checks-")
        file = write(f"{self.folder}/finwatch-workflow.yml", json.dumps({"connections": connections, "checks": checks}))
        check(os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not built: cmake --preset release && cmake --build --preset release")
        super().__init__([PROGRAM, f"--config.file={file}", "--web.listen-address=127.0.0.1:0"], log=self.folder + "/log")
        try:
            self.port = int(eventually(self._listening, 10, self.log).group(1))
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listening(self):
        check(self.alive(), f"it ended with {self.process.returncode}: {self.log()}")
        return re.search(r"msg=listening address=\S*?127\.0\.0\.1:(\d+)", self.log())

    def page(self):
        answer = get(self.port)
        check(answer.status == 200, f"{answer.status}: {answer.text[:500]}")
        return Page(answer.text, 0)

    def shows(self, number, name, seconds=40, **labels):
        eventually(lambda: self.page().value(name, **labels) == number, seconds,
                   lambda: f"{name} {labels} is {self.page().value(name, **labels)}, not {number}\n{self.log()}")

    def fails(self, reason, seconds=40, **labels):
        before = self.page().value("finwatch_integrity_check_failures_total", reason=reason, **labels) or 0
        eventually(lambda: (self.page().value("finwatch_integrity_check_failures_total", reason=reason, **labels) or 0) > before, seconds,
                   lambda: f"not {reason}: {self.page().lines('finwatch_integrity_check_failures_total')}\n{self.log()}")


def ledger(**more):
    return {"ledger": {"engine": "postgresql", "host": "127.0.0.1", "port": ERP.port("postgres"), "user": "finwatch_probe",
                       "password": ERP.password("probe"), "database": "tryton", **more}}


def book(name, **more):
    return {"file": f"{FOLDER}/{name}.yml", "name": name, "connection": "ledger", **more}


def unbalanced(**more):
    return Checking(ledger(**more), [book("tryton", only=["unbalanced"], intervals={"unbalanced": SHORT})])


FOUND = {"name": "finwatch_integrity_records", "book": "tryton", "check": "unbalanced", "value": "vouchers"}


class Checks(unittest.TestCase):
    def test_every_check_of_both_packs_answers_and_finds_nothing_in_sound_books(self):
        names = ("tryton", "neutral")
        expected = [(name, one) for name in names for one in Pack(name).checks]
        with Checking(ledger(), [book(name) for name in names]) as program:
            for name, one in expected:
                program.shows(1, "finwatch_integrity_check_success", seconds=90, book=name, check=one)
            page = program.page()
            for name in names:
                check(page.value("finwatch_integrity_supported", book=name) == 1, page.text)
            for family, sound in (("records", " 0"), ("amount", " 0"), ("ratio", " 1")):
                lines = page.lines("finwatch_integrity_" + family)
                check(lines and all(line.endswith(sound) for line in lines if 'check="throughput"' not in line), lines)
            check(not page.lines("finwatch_integrity_check_failures_total"), page.text)

    def test_a_planted_fault_is_shown_and_goes_when_it_is_taken_back(self):
        with unbalanced() as program:
            program.shows(0, **FOUND)
            voucher = ERP.plant(debit="2")
            try:
                program.shows(1, **FOUND)
            finally:
                ERP.uproot(voucher)
            program.shows(0, **FOUND)

    def test_a_silence_and_a_halt_have_their_reasons_and_the_result_stays(self):
        one = {"book": "tryton", "check": "unbalanced"}
        with unbalanced() as program:
            program.shows(0, **FOUND)
            good = program.page().value("finwatch_integrity_check_last_success_timestamp_seconds", **one)
            with ERP.database_frozen():
                program.fails("timeout", **one)
                page = program.page()
                check(page.value(**FOUND) == 0, page.text)
                check(page.value("finwatch_integrity_check_success", **one) == 0, page.text)
            program.shows(1, "finwatch_integrity_check_success", seconds=90, **one)
            check(program.page().value("finwatch_integrity_check_last_success_timestamp_seconds", **one) > good, "the age did not move")
            with ERP.database_stopped():
                program.fails("connect", **one)
            program.shows(1, "finwatch_integrity_check_success", seconds=90, **one)

    def test_a_wrong_password_is_tried_once_and_not_shown(self):
        with unbalanced(password="wr0ng-passw0rd") as program:
            program.fails("authentication", book="tryton", check="unbalanced")
            program.fails("authentication", book="tryton", check="unbalanced")
            check(program.log().count('msg="login refused"') == 1, program.log())
            check("wr0ng-passw0rd" not in program.log() + program.page().text, program.log())


# A product on another engine: vouchers in a table of its own.
VOUCHERS = """
product: a product
engine: {engine}
variables: {{book: "O'Brien"}}
requires: [gl_voucher]
checks:
  - id: unbalanced
    title: {{en: Unbalanced, zh: 不平}}
    text: {{en: Unbalanced., zh: 不平。}}
    interval: 3s
    window: 24h
    timeout: 2s
    labels: [period]
    values: {{vouchers: count, off: amount}}
    sql: SELECT period, count(*) AS vouchers, sum(debit - credit) AS off FROM gl_voucher WHERE book = ${{book}} AND 86400 = ${{window}} GROUP BY period
"""


class Engines(unittest.TestCase):
    def test_a_product_on_either_engine_that_comes_later_and_is_locked(self):
        for engine, server, lock in (("postgresql", Postgres(), "BEGIN; LOCK TABLE gl_voucher;"), ("mariadb", Mariadb(), "LOCK TABLES gl.gl_voucher WRITE;")):
            with self.subTest(engine=engine), tempfile.TemporaryDirectory() as folder, server:
                postgres = engine == "postgresql"
                database = "postgres" if postgres else "gl"
                server.sql("CREATE ROLE reader LOGIN PASSWORD 'r'" if postgres else
                           "CREATE DATABASE gl; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'r'; GRANT SELECT ON gl.* TO reader@'127.0.0.1'")
                file = write(f"{folder}/product.yml", VOUCHERS.format(engine=engine))
                connection = {"engine": engine, "host": "127.0.0.1", "port": server.port, "user": "reader", "password": "r", "database": database}
                one = {"book": "gl", "check": "unbalanced"}
                with Checking({"c": connection}, [{"file": file, "name": "gl", "connection": "c"}]) as program:
                    program.shows(0, "finwatch_integrity_supported", book="gl")
                    program.shows(1, "finwatch_integrity_missing", book="gl", relation="gl_voucher")
                    check(not program.page().lines("finwatch_integrity_check_success"), program.page().text)
                    server.sql("CREATE TABLE gl_voucher (period varchar(9), book varchar(20), debit numeric(9,2), credit numeric(9,2));"
                               "INSERT INTO gl_voucher VALUES ('2026-10', 'O''Brien', 3.50, 1), ('2026-11', 'O''Brien', 1, 1), ('2026-11', 'other', 1, 2)"
                               + ("; GRANT SELECT ON gl_voucher TO reader" if postgres else ""), database)
                    program.shows(1, "finwatch_integrity_supported", book="gl")
                    program.shows(2.5, "finwatch_integrity_amount", value="off", item="2026-10", **one)
                    program.shows(1, "finwatch_integrity_records", value="vouchers", item="2026-11", **one)
                    with server.session(lock):
                        program.fails("lock", **one)
                        program.shows(2.5, "finwatch_integrity_amount", value="off", item="2026-10", **one)
                    program.shows(1, "finwatch_integrity_check_success", **one)
                    server.freeze()
                    try:
                        program.fails("timeout", **one)
                    finally:
                        server.thaw()
                    program.shows(1, "finwatch_integrity_check_success", **one)
                    server.sql("DROP TABLE gl_voucher", database)
                    program.shows(0, "finwatch_integrity_supported", book="gl")


if __name__ == "__main__":
    unittest.main()
