"""Every pack's flows through the real program, against servers of the shape that the products' interfaces describe: that they succeed, which
reason each refusal gets, that another product is told from a broken one, and that nothing is left behind."""
import functools
import shutil
import tempfile
import unittest

from fakes import WRONG, Kingdee, NcCloud, OracleEbs, Sap, WebLogin, YonBip
from workflow import Workflow  # it also tells where harness is
from harness import check, eventually


class PackTest(unittest.TestCase):
    """One fake server a test; what its flows are given."""
    FAKE = PACK = None

    def setUp(self):
        self.erp = self.FAKE()
        self.erp.__enter__()
        self.addCleanup(self.erp.__exit__)
        self.folder = tempfile.mkdtemp(prefix="finwatch-live-packs-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def given(self):
        """Parameters, secrets and ledgers."""
        raise NotImplementedError

    def workflow(self, mode="write", parameters=None, secrets=None, **more):
        usual, its_secrets, ledgers = self.given()
        allow = {"mode": mode, "hosts": ["127.0.0.1"], "ledgers": ledgers, "writes_per_day": 1000}
        return Workflow(self.folder, self.PACK, {**usual, **(parameters or {})}, {**its_secrets, **(secrets or {})}, allow, **more)

    def succeeds(self, flow, **given):
        run = self.workflow(**given).run(flow)
        check(run.succeeded, run.text)
        check("failed" not in run.steps.values(), run.text)
        return run

    def fails(self, flow, reason, step, **given):
        run = self.workflow(**given).run(flow)
        check(run.reason == reason and run.reasons.get(step) == reason and not run.unsupported, f"not {reason} in {step}:\n{run.text}")
        return run

    def refused(self, flow, refusals, step, **given):
        """Each refusal by its reason."""
        for refusal, reason in refusals.items():
            with self.subTest(refusal=refusal):
                self.erp.refuse = refusal
                self.fails(flow, reason, step, **given)
        self.erp.refuse = ""

    def tells_what_it_is_not(self, flow, first):
        self.erp.refuse = "other_product"
        run = self.workflow().run(flow)
        check(run.unsupported and run.steps == {first: "failed"}, run.text)
        for refusal, reason in {"throttled": "throttled", "gateway": "unavailable"}.items():
            self.erp.refuse = refusal
            self.fails(flow, reason, first)
        self.erp.refuse = ""


class KingdeePack(PackTest):
    FAKE, PACK = Kingdee, "kingdee-cloud"

    def given(self):
        erp = self.erp
        return ({"url": erp.url, "account_set": erp.ACCOUNT_SET, "user": erp.USER, "app_id": erp.APP, "book": erp.BOOK},
                {"login_secret": erp.SECRET}, [f"{erp.ACCOUNT_SET}/{erp.BOOK}"])

    def test_a_draft_comes_and_goes(self):
        run = self.succeeds("voucher_entry")
        check(run.steps["steps/draft"] == run.steps["finally/delete"] == "ok" and not self.erp.vouchers, run.text)
        check(self.erp.calls == ["LoginByAppSecret", "ExecuteBillQuery", "Draft", "View", "ExecuteBillQuery", "Delete", "ExecuteBillQuery", "Logout"]
              or self.erp.calls == ["LoginByAppSecret", "ExecuteBillQuery", "Draft", "View", "ExecuteBillQuery", "Delete", "ExecuteBillQuery"],
              self.erp.calls)

    def test_by_a_password(self):
        run = self.succeeds("voucher_query", parameters={"app_id": ""}, only=["voucher_query"])
        check("ValidateUser" in self.erp.calls and run.steps["login/login_by_app_secret"] == "skipped", run.text)

    def test_what_it_refuses(self):
        self.fails("voucher_entry", "authentication", "login/login_by_app_secret", secrets={"login_secret": WRONG})
        self.refused("voucher_entry", {"session_lost": "authentication"}, "sweep/find_leftovers")
        self.refused("voucher_entry", {"closed_period": "data", "locked": "lock", "forbidden": "permission", "busy": "throttled",
                                       "database": "unavailable"}, "steps/draft")
        check(not self.erp.vouchers, self.erp.vouchers)

    def test_another_product(self):
        self.tells_what_it_is_not("voucher_entry", "login/data_centers")

    def test_a_ledger_that_is_not_allowed(self):
        run = self.workflow(parameters={"book": "PRODUCTION"}).run("voucher_entry")
        check(run.status == 1 and "PRODUCTION" in run.text and not self.erp.calls, run.text)
        run = self.workflow(mode="simulate").run("voucher_entry")
        check(run.status == 1 and not self.erp.calls, run.text)

    def test_a_save_that_timed_out_is_removed_and_others_are_not(self):
        self.erp.vouchers[7] = {"FEntity": [{"FEXPLANATION": "PROBE voucher_entry of an earlier run"}]}
        self.erp.vouchers[8] = {"FEntity": [{"FEXPLANATION": "rent"}]}
        self.erp.late_saves = 15  # a step waits 10 s
        self.fails("voucher_entry", "timeout", "steps/draft")
        check(set(self.erp.vouchers) == {8}, self.erp.vouchers)

    def test_killed_in_the_middle_of_a_save_its_voucher_is_known_and_removed(self):
        self.erp.late_saves = 3
        workflow = self.workflow(only=["voucher_entry"], schedules={"voucher_entry": {"every": "1s"}})
        with workflow.serving() as served:
            eventually(lambda: self.erp.vouchers, 30, served.log)
            served.process.kill()
            served.process.wait()
        self.erp.late_saves = 0
        check(len(self.erp.vouchers) == 1, self.erp.vouchers)
        with workflow.serving() as served:
            eventually(lambda: 'finwatch_flow_success{flow="voucher_entry"} 1' in served.page(), 30, served.log)
            check('finwatch_flow_residue{flow="voucher_entry"} 0' in served.page(), served.page())
        check(not self.erp.vouchers, self.erp.vouchers)

    def test_by_its_schedule_with_a_session_that_is_kept_and_one_day_lost(self):
        with self.workflow(only=["voucher_entry"], schedules={"voucher_entry": {"every": "1s"}}).serving() as served:
            def runs(more):
                before = self.erp.calls.count("Delete")
                eventually(lambda: self.erp.calls.count("Delete") >= before + more, 30, served.log)
            runs(2)
            check(self.erp.calls.count("LoginByAppSecret") == 1, self.erp.calls)
            self.erp.sessions.clear()
            runs(2)
            check(self.erp.calls.count("LoginByAppSecret") == 2, self.erp.calls)
            self.erp.refuse = "closed_period"
            eventually(lambda: 'finwatch_flow_failure_reason{flow="voucher_entry",reason="data"} 1' in served.page(), 30, served.log)
            eventually(lambda: 'finwatch_flow_residue{flow="voucher_entry"} 0' in served.page(), 30, "what was refused counts as left behind")
            page = served.page()
            for line in ('finwatch_flow_supported{flow="voucher_entry"} 1', 'finwatch_flow_success{flow="voucher_entry"} 0'):
                check(line in page, page)
            check('reason="authentication"' not in page, page)
            check(self.erp.SECRET not in page + served.log(), "a secret was shown")
        check(not self.erp.vouchers, self.erp.vouchers)

    def test_what_would_be_sent(self):
        text = self.workflow().dry_run("voucher_entry")
        check("PROBE voucher_entry" in text and "Draft.common.kdsvc" in text and not self.erp.calls, text)


class NcCloudPack(PackTest):
    FAKE, PACK = NcCloud, "yonyou-nc"

    def given(self):
        erp = self.erp
        return ({"url": erp.url, "center": erp.CENTER, "client_id": erp.CLIENT, "maker": erp.MAKER, "book": erp.BOOK},
                {"client_secret": erp.SECRET, "public_key": erp.public_key, "token_salt": erp.SALT}, [f"{erp.CENTER}/{erp.BOOK}"])

    def test_a_voucher_comes_and_goes(self):
        self.erp.vouchers = {8: {"explanation": "rent"}, 9: {"explanation": "PROBE voucher_entry of an earlier run"}}
        run = self.succeeds("voucher_entry")
        check(run.steps["sweep/delete_leftovers"] == "ok" and set(self.erp.vouchers) == {8}, run.text)
        self.succeeds("balance_query")

    def test_what_it_refuses(self):
        self.fails("voucher_entry", "authentication", "login/token", secrets={"client_secret": WRONG})
        self.refused("voucher_entry", {"session_lost": "authentication"}, "sweep/find_leftovers")
        self.refused("voucher_entry", {"closed_period": "data", "locked": "lock", "forbidden": "permission", "busy": "throttled",
                                       "database": "unavailable"}, "steps/insert")
        check(not self.erp.vouchers, self.erp.vouchers)

    def test_another_product(self):
        self.tells_what_it_is_not("voucher_entry", "login/is_nc_cloud")


class YonBipPack(PackTest):
    FAKE, PACK = YonBip, "yonbip"

    def given(self):
        erp = self.erp
        return {"url": erp.url, "tenant": erp.TENANT, "app_key": erp.KEY, "book": erp.BOOK}, {"app_secret": erp.SECRET}, []

    def test_the_vouchers_of_the_period(self):
        check("vouchers = 3" in self.succeeds("voucher_query").text, "the number of vouchers is not shown")

    def test_what_it_refuses(self):
        self.fails("voucher_query", "authentication", "login/token", secrets={"app_secret": WRONG})
        self.refused("voucher_query", {"session_lost": "authentication", "forbidden": "permission", "busy": "throttled", "database": "unavailable",
                                       "no_book": "data"}, "steps/query")

    def test_another_product(self):
        self.tells_what_it_is_not("voucher_query", "login/gateway")


class SapPack(PackTest):
    FAKE, PACK = Sap, "sap"

    def given(self):
        return {"url": self.erp.url, "user": self.erp.USER, "company_code": self.erp.COMPANY}, {"password": self.erp.PASSWORD}, []

    def test_entries_and_a_check_that_posts_nothing(self):
        self.succeeds("journal_entries", mode="read_only")
        self.succeeds("document_check", mode="simulate")
        run = self.workflow(mode="read_only").run("document_check")
        check(run.status == 1 and "simulate" in run.text, run.text)

    def test_what_it_refuses(self):
        self.fails("journal_entries", "authentication", "steps/metadata", secrets={"password": WRONG})
        self.refused("journal_entries", {"forbidden": "permission"}, "steps/newest")
        self.refused("document_check", {"closed_period": "data", "bad_account": "data", "locked": "lock", "forbidden": "permission"}, "steps/check")
        self.fails("document_check", "data", "steps/check", parameters={"company_code": "9999"})

    def test_another_product(self):
        self.tells_what_it_is_not("journal_entries", "steps/metadata")
        self.tells_what_it_is_not("document_check", "steps/service")


class OracleEbsPack(PackTest):
    FAKE, PACK = OracleEbs, "oracle-ebs"

    def given(self):
        return {"url": self.erp.url}, {}, []

    def test_its_pages(self):
        self.succeeds("login_page")
        self.succeeds("forms_server")
        self.refused("login_page", {"database": "unavailable"}, "steps/entry")

    def test_another_product(self):
        self.tells_what_it_is_not("login_page", "steps/entry")
        self.tells_what_it_is_not("forms_server", "steps/servlet")


class WebPack(PackTest):
    FAKE, PACK = WebLogin, "generic-web"

    def given(self):
        return ({"url": self.erp.url, "user": self.erp.USER, "page_marker": self.erp.NAME, "logout_path": "/logout"},
                {"password": self.erp.PASSWORD}, [])

    def test_a_login_with_a_hidden_field(self):
        run = self.succeeds("login")
        check(run.steps["steps/page"] == run.steps["logout/logout"] == "ok" and not self.erp.sessions, run.text)

    def test_what_it_refuses(self):
        self.fails("login", "authentication", "steps/page", secrets={"password": WRONG})
        self.refused("login", {"session_lost": "authentication"}, "steps/page")

    def test_another_product_and_none(self):
        self.tells_what_it_is_not("login", "login/form")


class TurnedWebPack(WebPack):
    """The value stands before the name."""
    FAKE = functools.partial(WebLogin, turned=True)


class NotThere(unittest.TestCase):
    def test_a_product_that_is_down_is_never_taken_for_another(self):
        with YonBip() as erp:
            url = erp.url
        folder = tempfile.mkdtemp(prefix="finwatch-live-packs-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        workflow = Workflow(folder, "yonbip", {"url": url, "tenant": "t", "app_key": "k", "book": "b"}, {"app_secret": "a secret"}, {"mode": "read_only"})
        run = workflow.run("voucher_query")
        check(run.reason == "connect" and not run.unsupported, run.text)


if __name__ == "__main__":
    unittest.main()
