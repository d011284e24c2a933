"""deploy/tryton.sh and the laboratory around it: vouchers go in, come back and go, and each fault is seen as an accountant's program sees it."""
import datetime
import http.client
import os
import socket
import unittest

from tryton import SCRIPT, Refused, Tryton, ask, start
from harness import check, eventually, read, run

ERP = Tryton()
TODAY = datetime.date.today()


def setUpModule():
    ERP.__enter__()


def tearDownModule():
    ERP.__exit__()


def refusal(call):
    """The words of a call that must be refused."""
    try:
        result = call()
    except Refused as refused:
        return refused
    raise AssertionError(f"not refused: {result}")


def version(timeout=60):
    return ask(ERP.port("trytond"), "common.server.version", [], timeout=timeout, path="/")


class Vouchers(unittest.TestCase):
    def test_saved_read_back_and_deleted_by_the_checker_only(self):
        voucher = ERP.maker.save("PROBE draft")
        found = ERP.maker.read(voucher)
        check(found["state"] == "draft" and found["description"] == "PROBE draft" and len(found["lines"]) == 2, found)
        check("not allowed to access" in refusal(lambda: ERP.maker.delete(voucher)).text, "the maker may delete")
        ERP.checker.delete(voucher)
        check(ERP.residue("PROBE") == 0, "it is still there")

    def test_posted_and_reversed(self):
        before = ERP.maker.trial_balance()
        voucher = ERP.maker.save("PROBE posted")
        ERP.checker.post(voucher)
        check(ERP.checker.read(voucher)["state"] == "posted" and ERP.checker.read(voucher)["post_number"], ERP.checker.read(voucher))
        check(before != ERP.maker.trial_balance(), "the trial balance does not show it")
        reversal = ERP.checker.reverse(voucher, "PROBE reversal")
        check(ERP.checker.read(reversal)["state"] == "draft", "a reversal is a draft")
        ERP.checker.post(reversal)
        check(ERP.checker.call("model.account.account.search_read", [["code", "=", "1001"]], 0, None, None, ["balance"])[0]["balance"]["decimal"]
              in ("0", "0.00", "0.0"), "the reversal does not take it back")
        ERP.uproot(voucher, reversal)

    def test_what_the_program_refuses(self):
        voucher = ERP.maker.save("PROBE unbalanced", debit="2.00")
        check("must balance all its lines" in refusal(lambda: ERP.checker.post(voucher)).text, "an unbalanced voucher was posted")
        check(ERP.checker.read(voucher)["state"] == "draft", "it is posted all the same")
        ERP.checker.delete(voucher)

        ERP.close_period(TODAY)
        try:
            refused = refusal(lambda: ERP.maker.save("PROBE closed"))
            # The journal has a period of its own from its first voucher on, and the words are others then.
            check(refused.status == 200 and ("closed period" in refused.text or "closed journal-period" in refused.text), refused)
        finally:
            ERP.reopen_period(TODAY)
        ERP.sql("UPDATE account_period SET write_date = NULL WHERE state = 'open'")
        check(ERP.residue("PROBE") == 0, "something was left behind")

    def test_a_big_ledger_is_reported_in_full(self):
        before = ERP.maker.trial_balance().get("1001")
        ERP.grow(3000)
        grown = ERP.maker.trial_balance()["1001"]
        check(float(grown[0]) - float(before[0]) == 3000, f"{before} grew to {grown}")
        voucher = ERP.maker.save("PROBE after growth")
        ERP.checker.post(voucher)
        check(ERP.probe("SELECT count(*) - count(DISTINCT post_number) AS doubles FROM account_move WHERE state = 'posted'") == [{"doubles": "0"}],
              "the program counts on from before the growth")
        ERP.sql("DELETE FROM account_move WHERE description LIKE 'grown %' OR description LIKE 'PROBE %'")


class Faults(unittest.TestCase):
    def test_the_database_stopped(self):
        with ERP.database_stopped():
            refused = refusal(lambda: ERP.maker.save("PROBE stopped"))
            check(refused.status == 200, f"not hidden in a 200: {refused}")
            check(version(), "the version needs no database")
        ERP.checker.delete(ERP.maker.save("PROBE started again"))

    def test_the_database_frozen(self):
        with ERP.database_frozen():
            self.assertRaises(TimeoutError, ERP.login, "maker", timeout=2)
            check(version(timeout=20), "the version needs no database")
        ERP.checker.delete(ERP.maker.save("PROBE thawed"))

    def test_vouchers_locked_a_save_that_timed_out_is_committed_afterwards(self):
        account = ERP.maker.account("1001")
        with ERP.vouchers_locked():
            self.assertRaises(TimeoutError, ERP.maker.save, "PROBE orphan", timeout=2)
            check(ERP.maker.account("1001") == account, "reading waits too")
            check(ERP.residue("PROBE") == 0, "written under a lock")
        eventually(lambda: ERP.residue("PROBE orphan") == 1, 60, "nothing was committed after the lock")
        ERP.checker.delete(*ERP.checker.call("model.account.move.search", [["description", "=", "PROBE orphan"]], 0, 10, None))
        check(ERP.residue("PROBE") == 0, "an orphan that cannot be swept")

    def test_a_lost_grant(self):
        with ERP.insert_revoked():
            refused = refusal(lambda: ERP.maker.save("PROBE"))
            check(refused.status == 200 and "permission denied for table account_move" in refused.text, refused)
        ERP.checker.delete(ERP.maker.save("PROBE granted"))

    def test_the_application_killed(self):
        with ERP.application_killed():
            self.assertRaises(ConnectionError, version)  # refused, or reset in the moment of its end
        check(ERP.maker.trial_balance(), "a session ends with the application")

    def test_the_application_frozen(self):
        with ERP.application_frozen():
            with socket.create_connection(("127.0.0.1", ERP.port("trytond")), timeout=5):
                pass  # the port accepts
            self.assertRaises((TimeoutError, http.client.HTTPException), version, timeout=2)
        check(version(), "it does not thaw")

    def test_login_throttled(self):
        with ERP.login_throttled("maker"):
            check(refusal(lambda: ERP.login("maker")).status == 429, "the right password is not held back")
        check(ERP.login("maker").user, "held back for ever")


class Script(unittest.TestCase):
    def test_a_second_run_keeps_what_runs(self):
        before = {program: ERP.process(program) for program in ("postgres", "trytond")}
        text = start(ERP.state)
        check("[1/3]" in text and "[3/3] Tryton runs" in text, text)
        check(before == {program: ERP.process(program) for program in before}, "something was started anew")
        status, text = run("bash", SCRIPT, "--state", ERP.state, "--status", "--lang", "zh")
        check(status == 0 and all(str(process) in text for process in before.values()) and "进程" in text, text)

    def test_no_password_can_be_read_by_others(self):
        names = [name for name in os.listdir(ERP.state + "/tryton") if name.endswith(".password")]
        check(len(names) == 6, names)
        secrets = [read(f"{ERP.state}/tryton/{name}").strip() for name in names]
        for path in [f"{ERP.state}/tryton/{name}" for name in names] + [f"{ERP.state}/tryton/trytond.conf"]:
            check(os.stat(path).st_mode & 0o077 == 0, f"{path} is open")
        said = [read(f"{ERP.state}/log/{name}") for name in os.listdir(ERP.state + "/log")]
        said += [read(f"/proc/{ERP.process(program)}/cmdline") for program in ("postgres", "trytond")]
        said.append(ERP.sql("SELECT string_agg(query, ' ') FROM pg_stat_statements"))
        check(not any(secret in text for secret in secrets for text in said), "a password was written down")
        for program in ("postgres", "trytond"):
            check(os.geteuid() != 0 or f"\nUid:\t{os.geteuid()}\t" not in read(f"/proc/{ERP.process(program)}/status"), f"{program} runs as root")

    def test_the_account_of_the_checks_reads_no_secret_and_writes_nothing(self):
        for closed in ("SELECT password_hash FROM res_user", "SELECT * FROM res_user", "SELECT password_reset FROM res_user",
                       "SELECT key FROM ir_session", "SELECT key FROM res_user_application", "SELECT device_cookie FROM res_user_login_attempt",
                       "SELECT data FROM ir_queue", "SELECT rolpassword FROM pg_authid", "SELECT pg_read_file('postgresql.conf')",
                       "SET default_transaction_read_only = off; INSERT INTO account_move (id) VALUES (1)",
                       "SET default_transaction_read_only = off; DELETE FROM account_move", "SET default_transaction_read_only = off; CREATE TABLE x ()"):
            check("permission denied" in ERP.refuses_probe(closed), closed)

    def test_what_it_refuses(self):
        status, text = run("bash", SCRIPT, "--frobnicate", "--lang", "en")
        check(status == 2 and "--help" in text, text)
        status, text = run("bash", SCRIPT, "--help", "--lang", "zh")
        check(status == 0 and "--wipe" in text and "拨测" in text, text)
        status, text = run("bash", SCRIPT, "--state", ERP.folder, "--wipe", "--lang", "en")
        check(status == 1 and "was not made by tryton" in text, text)


if __name__ == "__main__":
    unittest.main()
