"""The flows of packs/tryton.yml through the real program on a real ERP: they succeed, each fault gets its reason, and no voucher stays behind."""
import datetime
import shutil
import tempfile
import unittest

from fakes import WebLogin
from tryton import Tryton
from harness import check, eventually
from workflow import Workflow

ERP = Tryton()
FOLDER = tempfile.mkdtemp(prefix="finwatch-live-flows-")


def setUpModule():
    ERP.__enter__()


def tearDownModule():
    ERP.__exit__()
    shutil.rmtree(FOLDER, ignore_errors=True)


def flows(only=(), changes=(), **given):
    port = ERP.port("trytond")
    secrets = {"maker_password": given.pop("maker_password", ERP.password("maker")), "checker_password": ERP.password("checker")}
    allow = {"mode": "write", "hosts": given.pop("hosts", [f"127.0.0.1:{port}"]), "ledgers": ["tryton"], "writes_per_day": 10000}
    return Workflow(FOLDER, "tryton", {"url": f"http://127.0.0.1:{port}", **given}, secrets, allow, only, changes)


def entry(**given):
    return flows(**given).run("voucher_entry")


def succeeds(run):
    check(run.succeeded and "failed" not in run.steps.values(), run.text)
    return run


def fails(run, reason, step):
    check(run.reason == reason and run.reasons.get(step) == reason, f"not {reason} in {step}:\n{run.text}")
    return run


def residue():
    return ERP.residue("PROBE")


class Flows(unittest.TestCase):
    def test_a_voucher_is_entered_and_nothing_stays(self):
        run = succeeds(entry())
        check("1 created, 1 removed" in run.text and residue() == 0, run.text)

    def test_reports_and_periods(self):
        for name in ("trial_balance", "general_ledger"):
            check(succeeds(flows().run(name)).steps["steps/report"] == "ok", name)
        run = succeeds(flows().run("period_state"))
        for shown in ("current_period_open = 1", "past_periods_open = 0"):
            check(shown in run.text, run.text)

    def test_another_product_is_none_of_ours(self):
        with WebLogin() as other:
            run = flows(url=other.url, hosts=["127.0.0.1"]).run("trial_balance")
            check(run.unsupported and run.steps == {"login/version": "failed"}, run.text)

    def test_leftovers_of_others_runs_are_swept_and_nothing_else(self):
        ERP.maker.save("PROBE voucher_entry of an earlier run")
        kept = ERP.maker.save("PROBEX voucher_entry is not ours")
        run = succeeds(entry())
        check(run.steps["sweep/delete_leftovers"] == "ok" and residue() == 1, run.text)
        ERP.checker.delete(kept)

    def test_posting_leaves_two_vouchers_that_cancel_out(self):
        status, text = flows().say("--run-once=post_and_reverse")
        check(status == 1 and "no flow is called" in text and residue() == 0, text)
        succeeds(flows(only=["post_and_reverse"]).run("post_and_reverse"))
        check(ERP.sql("SELECT string_agg(state, ' ') FROM account_move WHERE description LIKE 'PROBE post%'") == "posted posted", "not reversed")
        check(ERP.sql("SELECT coalesce(sum(abs(s)), 0) FROM (SELECT sum(debit) - sum(credit) AS s FROM account_move_line GROUP BY account) x")
              in ("0", "0.00"), "the books have changed")
        ERP.sql("DELETE FROM account_move WHERE description LIKE 'PROBE post%'")


class Faults(unittest.TestCase):
    def tearDown(self):
        succeeds(entry())
        check(residue() == 0, "something was left behind")

    def test_the_database_stopped(self):
        with ERP.database_stopped():
            check(entry().reason == "unavailable", "of a stopped database")

    def test_the_database_frozen(self):
        with ERP.database_frozen():
            fails(entry(), "timeout", "login/checker_login")

    def test_the_application_killed_and_frozen(self):
        with ERP.application_killed():
            fails(entry(), "connect", "login/version")
        with ERP.application_frozen():
            fails(entry(), "timeout", "login/version")

    def test_a_save_under_a_lock_that_is_committed_later(self):
        with ERP.vouchers_locked():
            run = fails(entry(), "timeout", "steps/save")
            check("may be left behind" in run.text and residue() == 0, run.text)
        eventually(lambda: residue() == 1, 60, "nothing was committed after the lock")

    def test_a_closed_period(self):
        today = datetime.date.today()
        ERP.close_period(today)
        try:
            fails(entry(), "data", "steps/save")
            check("current_period_open = 0" in flows().run("period_state").text, "the period is shown as open")
        finally:
            ERP.reopen_period(today)
            ERP.sql("UPDATE account_journal_period SET state = 'open'; UPDATE account_period SET write_date = NULL WHERE state = 'open'")

    def test_a_lost_grant(self):
        with ERP.insert_revoked():
            fails(entry(), "permission", "steps/save")

    def test_wrong_passwords_and_too_many_of_them(self):
        fails(entry(maker_password="a wrong password"), "authentication", "login/maker_login")
        ERP.sql("DELETE FROM res_user_login_attempt")
        with ERP.login_throttled("maker"):
            fails(entry(), "throttled", "login/maker_login")

    def test_an_account_that_is_not_there(self):
        fails(entry(debit_account="9999"), "data", "login/debit_account")

    def test_a_ledger_that_is_not_allowed(self):
        run = entry(database="production")
        check(run.status == 1 and "'production', which allow.ledgers does not name" in run.text, run.text)

    def test_an_unbalanced_voucher_is_refused_and_removed(self):
        unbalanced = [("debit: *zero, credit: *amount", 'debit: *zero, credit: {__class__: Decimal, decimal: "2.00"}'), ("      - *read_lines\n", "")]
        run = fails(flows(only=["post_and_reverse"], changes=unbalanced).run("post_and_reverse"), "data", "steps/post")
        check("must balance" in run.text and run.steps["finally/delete"] == "ok" and run.steps["finally/begin_reversal"] == "skipped", run.text)

    def test_a_report_of_a_big_ledger_and_one_that_is_too_slow(self):
        ERP.grow(30000)
        succeeds(flows().run("trial_balance"))
        fails(flows(changes=[("timeout: 50s", "timeout: 20ms")]).run("trial_balance"), "timeout", "steps/report")
        ERP.sql("DELETE FROM account_move WHERE description LIKE 'grown %'")


if __name__ == "__main__":
    unittest.main()
