"""The page /flows of the real program, against a fake ledger: what fails is shown with what betrayed it, in both languages and as JSON, and
no secret is, whatever the answer holds."""
import json
import shutil
import tempfile
import unittest
import urllib.parse

from fakes import Kingdee
from workflow import Workflow  # it also tells where harness is
from harness import check, eventually, get

PLANTED = "a secret <script>alert(1)</script>"


class Telling(Kingdee):
    """Its refusals repeat the secret that it was given, and markup."""
    SECRET = PLANTED

    def status(self, message, code):
        found = super().status(f"{message} {self.SECRET} <script>alert(1)</script>", code)
        found["Result"]["Echo"] = urllib.parse.quote(self.SECRET)
        return found


class Page(unittest.TestCase):
    def setUp(self):
        self.erp = Telling()
        self.erp.__enter__()
        self.addCleanup(self.erp.__exit__)
        self.folder = tempfile.mkdtemp(prefix="finwatch-live-page-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def serving(self, mode="write"):
        erp = self.erp
        parameters = {"url": erp.url, "account_set": erp.ACCOUNT_SET, "user": erp.USER, "app_id": erp.APP, "book": erp.BOOK}
        allow = {"mode": mode, "hosts": ["127.0.0.1"], "ledgers": [f"{erp.ACCOUNT_SET}/{erp.BOOK}"], "writes_per_day": 1000}
        return Workflow(self.folder, "kingdee-cloud", parameters, {"login_secret": erp.SECRET}, allow, only=["voucher_entry"],
                        schedules={"voucher_entry": {"every": "1s"}}).serving()

    def asked(self, served, query="", status=200, **headers):
        answer = get(served.port, "/flows" + query, headers=headers)
        check(answer.status == status, f"{query}: {answer.status}: {answer.text[:300]}")
        for form in (PLANTED, "a secret", urllib.parse.quote(PLANTED), json.dumps(PLANTED)[1:-1]):
            check(form not in answer.text, f"{query} shows a secret:\n{answer.text}")
        check("<script" not in answer.text or "json" in query or "json" in str(headers), answer.text)
        return answer

    def state(self, served):
        return json.loads(self.asked(served, "?format=json").text)["flows"][0]

    def test_a_run_step_by_step(self):
        with self.serving() as served:
            eventually(lambda: self.state(served)["state"] == "good", 30, served.log)
            flow = json.loads(self.asked(served, "?flow=voucher_entry", Accept="application/json").text)["flows"][0]
            run = flow["runs"][0]
            parts = [step["part"] for step in run["steps"]]
            check(parts == sorted(parts, key=["login", "sweep", "steps", "finally", "logout"].index) and {"steps", "finally"} <= set(parts), parts)
            saved = next(step for step in run["steps"] if step["effect"] == "create")
            check(saved["result"] == "ok" and saved["http_status"] == 200 and sum(saved["phases"].values()) <= saved["duration_seconds"], saved)
            check(run["result"] == "ok" and run["created"] == run["removed"] == 1 and len(run["trace_id"]) == 32, run)
            link = f"?flow=voucher_entry&run={run['run']}"
            english = self.asked(served, link + "&lang=en").text
            check(run["trace_id"] in english and "steps: the measured duration" in english and "creates voucher" in english, english)
            chinese = self.asked(served, link, **{"Accept-Language": "zh-CN,zh;q=0.9"}).text
            check("业务步骤" in chinese and "凭证录入" in chinese, chinese)
            self.asked(served, "?flow=voucher_entry&run=gone", 404)
            self.asked(served, "?flow=nobody", 404)
            self.asked(served, "?format=xml", 400)
            check('href="/flows"' in get(served.port, "/").text, "the landing page does not lead to it")

    def test_what_fails_shows_what_betrayed_it_and_no_secret(self):
        self.erp.refuse = "closed_period"
        with self.serving() as served:
            eventually(lambda: self.state(served)["state"] == "failing", 30, served.log)
            last = self.state(served)["last"]
            check(last["reason"] == "data", last)
            steps = json.loads(self.asked(served, "?flow=voucher_entry&format=json").text)["flows"][0]["runs"][0]["steps"]
            failed = next(step for step in steps if step["result"] == "failed")
            check("期间已结账" in failed["answer"] and "****" in failed["answer"], failed)
            for query in ("", "?lang=en", "?flow=voucher_entry", f"?flow=voucher_entry&run={last['run']}"):
                self.asked(served, query)
            page = self.asked(served, "?flow=voucher_entry&lang=en").text
            check("&lt;script&gt;" in page and "****" in page and "期间已结账" in page, page)

    def test_what_is_not_granted_and_what_is_another_product(self):
        with self.serving(mode="read_only") as served:
            check("it needs mode: write" in self.asked(served, "?lang=en").text, "the refusal is not explained")
            check(self.state(served)["state"] == "refused", self.state(served))
        self.erp.refuse = "other_product"
        with self.serving() as served:
            eventually(lambda: self.state(served)["state"] == "other_product", 30, served.log)
            page = self.asked(served, "?lang=en").text
            check("not this product" in page and "failing" not in page, page)


if __name__ == "__main__":
    unittest.main()
