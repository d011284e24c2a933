"""The integrity checks of the books: silent on sound ones, and each of them finds the fault that is planted for it, on Tryton's tables and on
the five views alike. Read as the account of the checks, in two time zones."""
import contextlib
import datetime
import unittest

from checks import FOLDER, Pack, seconds
from tryton import Tryton
from harness import check

ERP = Tryton()
PACKS = {name: Pack(name) for name in ("tryton", "neutral")}
THIS_MONTH = datetime.date.today().replace(day=1)
LAST_MONTH = THIS_MONTH - datetime.timedelta(days=1)
BEFORE_LAST = LAST_MONTH.replace(day=1) - datetime.timedelta(days=1)  # past every deadline of closing


def setUpModule():
    ERP.__enter__()


def tearDownModule():
    ERP.__exit__()


@contextlib.contextmanager
def planted(*vouchers):
    found = [ERP.plant(**voucher) for voucher in vouchers]
    try:
        yield
    finally:
        ERP.uproot(*found)


@contextlib.contextmanager
def undone(fault, repair):
    ERP.sql(fault)
    try:
        yield
    finally:
        ERP.sql(repair)


@contextlib.contextmanager
def posted_by_its_maker():
    voucher = ERP.checker.save("by one person")
    ERP.checker.post(voucher)
    try:
        yield
    finally:
        ERP.uproot(voucher)


@contextlib.contextmanager
def reopened():
    ERP.reopen_period(BEFORE_LAST)
    try:
        yield
    finally:
        ERP.close_period(BEFORE_LAST)


@contextlib.contextmanager
def dated_elsewhere():
    voucher = ERP.plant()
    ERP.sql(f"UPDATE account_move SET date = date - 400 WHERE id = {voucher}")
    try:
        yield
    finally:
        ERP.uproot(voucher)


def invoice(state):
    return undone("INSERT INTO party_party (code, name, active) VALUES ('planted', 'planted', true);"
                  "INSERT INTO party_address (party) SELECT id FROM party_party WHERE code = 'planted';"
                  "INSERT INTO account_invoice (type, state, company, currency, account, journal, party, invoice_address, create_date)"
                  f" SELECT 'out', '{state}', 1, (SELECT currency FROM company_company), (SELECT id FROM account_account WHERE code = '1122'), 1, p.id, a.id,"
                  " now() AT TIME ZONE 'UTC' - interval '3 hours' FROM party_party p JOIN party_address a ON a.party = p.id WHERE p.code = 'planted'",
                  "DELETE FROM account_invoice; DELETE FROM party_address WHERE party = (SELECT id FROM party_party WHERE code = 'planted');"
                  "DELETE FROM party_party WHERE code = 'planted'")


def job(begun):
    return undone(f"INSERT INTO ir_queue (name, enqueued_at, dequeued_at) VALUES ('planted', now() AT TIME ZONE 'UTC' - interval '3 hours', {begun})",
                  "DELETE FROM ir_queue WHERE name = 'planted'")


HOURS_AGO = "now() AT TIME ZONE 'UTC' - interval '2 hours'"

# Check and value: its fault, and what the value is while the fault is there: a number, or a range.
FAULTS = {
    ("unbalanced", "vouchers"): (lambda: planted({"debit": "2"}), 1),
    ("unbalanced_all", "vouchers"): (lambda: planted({"debit": "2", "ago": "40 days"}), 1),
    ("too_few_lines", "vouchers"): (lambda: planted({"debit": "0", "lines": 1}, {"lines": 0}), 2),
    ("trial_balance", "difference"): (lambda: planted({"debit": "2.25"}), 1.25),
    ("numbering", "missing"): (lambda: planted({"number": "'1'"}, {"number": "'4'"}), 2),
    ("numbering", "doubles"): (lambda: planted({"number": "'7'"}, {"number": "'7'", "note": "another"}), 1),
    ("unposted", "vouchers"): (lambda: planted({"state": "draft"}), 1),
    ("unposted", "oldest"): (lambda: planted({"state": "draft", "ago": "2 hours"}), (7200, 7800)),
    ("closed_period", "vouchers"): (lambda: planted({"date": f"date '{LAST_MONTH}'"}), 1),
    ("outside_period", "vouchers"): (dated_elsewhere, 1),
    ("duplicates", "vouchers"): (lambda: planted({}, {}, {"note": "another"}), 1),
    ("maker_is_checker", "vouchers"): (posted_by_its_maker, 1),
    ("close_progress", "closed"): (reopened, (0, 0.999)),
    ("close_progress", "overdue"): (reopened, 1),
    ("close_progress", "deadline"): (reopened, (-80 * 86400, 0)),
    ("reopened", "periods"): (reopened, 1),
    ("throughput", "entered"): (lambda: planted({"state": "draft"}), 1),
    ("throughput", "posted"): (lambda: planted({}), 1),
    ("invoice_backlog", "waiting"): (lambda: invoice("validated"), 1),
    ("invoice_backlog", "oldest"): (lambda: invoice("validated"), (3 * 3600, 3 * 3600 + 600)),
    ("invoice_backlog", "without_voucher"): (lambda: invoice("posted"), 1),
    ("jobs", "waiting"): (lambda: job("NULL"), 1),
    ("jobs", "longest"): (lambda: job("NULL"), (3 * 3600, 3 * 3600 + 600)),
    ("jobs", "stuck"): (lambda: job(HOURS_AGO), 1),
    ("jobs", "late"): (lambda: undone(f"UPDATE ir_cron SET next_call = {HOURS_AGO} WHERE id = 1", "UPDATE ir_cron SET next_call = NULL"), 1),
    ("privileges", "grants"): (ERP.privilege_given, 1),
    ("privileges", "accounts"): (lambda: ERP.account("newcomer", "1 hour"), 1),
    ("stale_accounts", "accounts"): (lambda: ERP.account("leaver", "400 days"), 1),
    ("failed_logins", "attempts"): (ERP.login_throttled, 6),
    ("failed_logins", "accounts"): (ERP.login_throttled, 1),
    ("residue", "drafts"): (lambda: planted({"state": "draft", "note": "PROBE x", "ago": "20 minutes"}, {"state": "draft", "note": "PROBE young"}), 1),
    ("residue", "unreversed"): (lambda: planted({"note": "PROBE x", "ago": "20 minutes"}), 1),
    ("residue", "oldest"): (lambda: planted({"note": "PROBE x", "ago": "20 minutes"}), (1200, 1800)),
}


def values(pack, name, zone="UTC"):
    """The values of a check over all its rows: the worst of each, None when no row has one."""
    one, rows = pack.checks[name], ERP.probe(f"SET TIME ZONE '{zone}'; " + pack.statement(name))
    check(rows, f"{name} gives no row")
    wanted = [*one.get("labels", []), *one["values"]]
    check(list(rows[0]) == wanted, f"{name} gives the columns {list(rows[0])}, not {wanted}")
    check("labels" in one or len(rows) == 1, f"{name} gives {len(rows)} rows")
    worst = {"closed": min, "deadline": min}
    return {value: worst.get(value, max)(numbers) if (numbers := [float(row[value]) for row in rows if row[value] is not None]) else None
            for value in one["values"]}


class Checks(unittest.TestCase):
    def test_sound_books_give_no_finding(self):
        for pack in PACKS.values():
            for name in pack.checks:
                for value, number in values(pack, name).items():
                    check(number in ({"closed": (1,)}.get(value, (0, None))), f"{pack.parts['product']}: {name}.{value} is {number}")

    def test_every_fault_is_found_and_gone_when_it_is_taken_back(self):
        for (name, value), (fault, expected) in FAULTS.items():
            packs = [pack for pack in PACKS.values() if name in pack.checks]
            before = [values(pack, name)[value] for pack in packs]
            with fault():
                for pack in packs:
                    for zone in ("UTC", "Asia/Shanghai"):
                        found = values(pack, name, zone)[value]
                        low, high = expected if isinstance(expected, tuple) else (expected, expected)
                        with self.subTest(product=pack.parts["product"], check=name, value=value, zone=zone):
                            check(found is not None and low <= found <= high, f"{found} instead of {expected}")
            with self.subTest(check=name, value=value):
                check(before == [values(pack, name)[value] for pack in packs], "it is still found")

    def test_no_value_is_without_its_fault(self):
        known = {(name, value) for pack in PACKS.values() for name, one in pack.checks.items() for value in one["values"]}
        check(known == set(FAULTS), known ^ set(FAULTS))

    def test_what_a_check_says_of_itself(self):
        for pack in PACKS.values():
            for one in pack.checks.values():
                check({"id", "title", "text", "interval", "timeout", "values", "sql"} <= set(one) <=
                      {"id", "title", "text", "interval", "window", "timeout", "labels", "values", "sql"}, one)
                check(all(set(one[words]) == {"en", "zh"} and all(one[words].values()) for words in ("title", "text")), one)
                check(set(one["values"].values()) <= {"count", "seconds", "ratio", "amount"}, one)
                check(seconds(one["timeout"]) < seconds(one["interval"]), one)
                check(("window" in one) == ("${window}" in one["sql"]), one)
            missing = [name for name in pack.parts["requires"] if ERP.sql(f"SELECT to_regclass('{quoted(name)}') IS NULL") == "t"]
            check(not missing, f"{pack.parts['product']} requires {missing}, which are not there")


def quoted(name):
    return ".".join(f'"{part}"' for part in name.split("."))


if __name__ == "__main__":
    unittest.main()
