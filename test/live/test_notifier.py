"""finwatch-notifier by itself: what comes in, what must not be lost, who may act, and what happens when things break."""
import concurrent.futures
import json
import os
import re
import resource
import shutil
import subprocess
import time
import unittest

from servers import check, eventually, write
from harness import folder, get
from notifier import PROGRAM, Notifier, Providers, instant, payload, post

DATABASE = {"alertname": "DatabaseDisconnected", "severity": "severe", "fault_class": "major", "service": "database", "target": "erp"}
TOKEN = {"Authorization": "Bearer s3cret-token"}


class ComingIn(unittest.TestCase):
    def test_what_is_malformed_is_refused_with_a_reason_and_disturbs_nothing(self):
        with folder() as where, Providers(where) as providers, Notifier(where, providers) as notifier:
            good = json.loads(payload((DATABASE, instant(), None)))
            for change, said in (({"version": "3"}, "version"), ({"alerts": {}}, "alerts"), ({"alerts": [7]}, "alerts[0]"),
                                 ({"alerts": [{**good["alerts"][0], "startsAt": "yesterday"}]}, "alerts[0].startsAt"),
                                 ({"alerts": [{**good["alerts"][0], "fingerprint": "../../etc"}]}, "alerts[0].fingerprint"),
                                 ({"alerts": [{**good["alerts"][0], "labels": {"alertname": 5}}]}, "alerts[0].labels"),
                                 ({"alerts": [{**good["alerts"][0], "labels": {}}]}, "alertname")):
                answer = notifier.send(json.dumps({**good, **change}))
                self.assertEqual(answer.status, 400, answer.body)
                self.assertIn(said, answer.text)
            for body in ("", "{", "[]", "null", "[" * 100_000, json.dumps(good)[:-20], b"\xff\xfe{}"):
                self.assertEqual(notifier.send(body).status, 400)
            try:
                self.assertEqual(notifier.send(b'{"version":"4","alerts":[' + b" " * (17 << 20) + b"]}").status, 413)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the answer came before all was sent
            hostile = {**DATABASE, "target": "<script>alert(1)</script>", "area": "a\u0000b\u202e'; DROP TABLE incidents; --", "team": "@all"}
            notifier.alert(hostile)
            page = get(notifier.port, "/incidents", user=None).text
            self.assertNotIn("<script>alert", page)
            self.assertEqual(len(notifier.incidents()), 1)
            self.assertTrue(notifier.process.alive())

    def test_a_token_a_password_or_nobody(self):
        with folder() as where, Notifier(where, tokens=True) as notifier:
            body = payload((DATABASE, instant(), None))
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic czNjcmV0LXRva2VuOg=="}, {"Authorization": "Bearer "}):
                self.assertIn(notifier.send(body, headers=headers).status, (401, 403), headers)
            self.assertEqual(notifier.incidents(), [])
            self.assertEqual(notifier.send(body, headers=TOKEN).status, 200)
            self.assertEqual(len(notifier.incidents()), 1)
            self.assertNotIn("s3cret-token", notifier.log() + notifier.metrics())
            self.assertEqual(notifier.value('finwatch_webhook_requests_total{result="unauthorised"}'), 4)

    def test_retries_copies_and_replays_page_once(self):
        with folder() as where, Providers(where) as providers, Notifier(where, providers) as notifier:
            begun = instant()
            body = payload((DATABASE, begun, None))
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                self.assertEqual({answer.status for answer in pool.map(lambda _: notifier.send(body), range(100))}, {200})
            eventually(lambda: len(providers.accepted()) >= 2, 10, notifier.log)
            ended = payload((DATABASE, begun, instant()))
            for late in (ended, ended, body, ended):
                self.assertEqual(notifier.send(late).status, 200)
            eventually(lambda: len(providers.accepted("dingtalk")) == 2, 10, lambda: str(providers.accepted()))  # the second says resolved
            self.assertEqual(len(providers.accepted("aliyun_sms")), 1)
            self.assertEqual(len(notifier.incidents()), 1)
            self.assertEqual(notifier.value('finwatch_alerts_received_total{status="firing",result="new"}'), 1)


class Keeping(unittest.TestCase):
    def test_what_was_accepted_outlives_a_kill_at_once(self):
        with folder() as where, Notifier(where) as notifier:
            for number in range(1, 21):
                notifier.alert({**DATABASE, "service": "", "target": f"db{number}"})
                notifier.kill()
                notifier.start()
                self.assertEqual(len(notifier.incidents()), number)

    def test_a_full_disk_is_503_and_nothing_is_lost_when_there_is_room_again(self):
        with folder() as where, Providers(where) as providers:
            notifier = Notifier(where, providers)
            os.makedirs(f"{where}/notifier")
            with notifier:
                notifier.alert({**DATABASE, "service": "", "target": "before"})
                used = sum(os.path.getsize(f"{where}/notifier/{name}") for name in os.listdir(f"{where}/notifier"))
                limit = (max(used, 1 << 17), resource.RLIM_INFINITY)
                resource.prlimit(notifier.process.pid, resource.RLIMIT_FSIZE, limit)  # SIGXFSZ is EFBIG for who ignores it: as ENOSPC
                statuses, number = [], 0
                while not statuses or statuses[-1] == 200:
                    check(number < 3000, "the disk does not fill up")
                    big = {**DATABASE, "service": "", "target": f"full{number}", "padding": "x" * 4000}
                    statuses.append(notifier.send(payload((big, instant(), None))).status)
                    number += 1
                self.assertEqual(statuses[-1], 503)
                self.assertTrue(notifier.process.alive())
                self.assertIn("the journal cannot be written", notifier.log())
                self.assertGreater(notifier.value("finwatch_journal_commits_failed_total"), 0)
                resource.prlimit(notifier.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                eventually(lambda: notifier.send(payload((big, instant(), None))).status == 200, 15, notifier.log)
                self.assertEqual(len(notifier.incidents()), len(statuses) + 1)  # all that got 200, and the one that came again

    def test_two_on_one_journal_the_second_says_who_has_it(self):
        with folder() as where, Notifier(where) as notifier:
            done = subprocess.run([PROGRAM, f"--config.file={notifier.configuration}", "--web.listen-address=127.0.0.1:0"], capture_output=True,
                                  text=True, timeout=20, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("journal.db", done.stderr)
            self.assertIn(str(notifier.process.pid), done.stderr)

    def test_a_reload_takes_a_new_contract_over_and_a_wrong_one_changes_nothing(self):
        with folder() as where, Providers(where) as providers, Notifier(where, providers) as notifier:
            notifier.alert(DATABASE)
            with open(f"{where}/contract.yml", encoding="utf-8") as file:
                contract = file.read()
            write(f"{where}/contract.yml", contract.replace("first_diagnosis: 2h", "first_diagnosis: two hours"))
            answer = post(notifier.port, "/-/reload", "")
            self.assertEqual(answer.status, 500)
            self.assertIn("contract.yml", answer.text)
            self.assertEqual(notifier.incidents()[0]["clocks"][0]["limit_seconds"], 7200)
            write(f"{where}/contract.yml", contract.replace("first_diagnosis: 2h", "first_diagnosis: 1h"))
            self.assertEqual(post(notifier.port, "/-/reload", "").status, 200)
            self.assertEqual(notifier.incidents()[0]["clocks"][0]["limit_seconds"], 3600)

    def test_a_provider_that_is_gone_is_waited_for(self):
        with folder() as where, Providers(where) as providers, Notifier(where, providers) as notifier:
            providers.kill()
            notifier.alert(DATABASE)
            eventually(lambda: (notifier.value('finwatch_notification_queue{channel="dingtalk"}') or 0) > 0, 10, notifier.metrics)
            self.assertEqual(notifier.act("INC-1", "note", note="the providers are away")[0], 200)
            providers.start()
            eventually(lambda: {row["provider"] for row in providers.accepted()} >= {"dingtalk", "aliyun_sms"}, 60, notifier.log)
            eventually(lambda: all(one["state"] == "delivered" for one in notifier.incident("INC-1")["deliveries"]), 20, notifier.log)
            self.assertEqual(len(providers.accepted()), 2)

    def test_a_liar_is_not_believed_and_another_channel_tells(self):
        with folder() as where, Providers(where) as providers, Notifier(where, providers) as notifier:
            providers.be("dingtalk", "lying", code="310000")
            providers.be("aliyun_sms", "lying", code="isv.AMOUNT_NOT_ENOUGH")
            notifier.alert(DATABASE)
            eventually(lambda: providers.accepted("aliyun_voice"), 20, notifier.log)
            found = notifier.incident("INC-1")
            self.assertIn("310000", [one["code"] for one in found["deliveries"]])
            self.assertIn("not_told", [line["kind"] for line in found["timeline"]])
            self.assertNotIn("13800000001", json.dumps(found) + notifier.log() + notifier.metrics())

    def test_the_heartbeat_stops_and_somebody_is_told(self):
        with folder() as where, Providers(where) as providers, Notifier(
                where, providers, heartbeat=', heartbeat: {alert: "Watchdog", silent_after: 4s}') as notifier:
            watchdog = {"alertname": "Watchdog"}
            for _ in range(6):
                notifier.alert(watchdog)
                time.sleep(1)
            self.assertEqual(providers.accepted(), [])
            eventually(lambda: {row["provider"] for row in providers.accepted()} >= {"dingtalk", "aliyun_sms"}, 20, notifier.log)
            self.assertEqual(notifier.value("finwatch_heartbeat_silent"), 1)
            self.assertIn("心跳", providers.accepted("dingtalk")[0]["text"])
            notifier.alert(watchdog)
            eventually(lambda: notifier.incidents()[0]["state"] == "resolved", 10, notifier.log)


class Acting(unittest.TestCase):
    def test_the_signed_link_shows_by_get_and_acts_by_post(self):
        with folder() as where, Providers(where) as providers, Notifier(where, providers) as notifier:
            notifier.alert(DATABASE)
            message = eventually(lambda: providers.accepted("dingtalk"), 10, notifier.log)[0]
            path = re.search(r"http://127\.0\.0\.1:\d+(/ack\?t=[\w-]+)", message["text"]).group(1)
            for _ in range(3):  # as the previews of a chat do
                self.assertEqual(get(notifier.port, path).status, 200)
            self.assertEqual(notifier.incidents()[0]["state"], "assigned")
            changed = path[:-1] + ("A" if path[-1] != "A" else "B")
            self.assertIn(get(notifier.port, changed).status, (400, 403))
            token = path.split("=", 1)[1]
            answer = post(notifier.port, "/ack", f"t={token}&action=acknowledge", headers={"Content-Type": "application/x-www-form-urlencoded"})
            self.assertIn(answer.status, (200, 303), answer.text)
            found = notifier.incident("INC-1")
            self.assertEqual((found["state"], found["acknowledged_by"]), ("acknowledged", "zhang.wei"))
            self.assertIn("link", [line["channel"] for line in found["timeline"] if line["kind"] == "acknowledged"])

    def test_who_may_do_what(self):
        with folder() as where, Notifier(where) as notifier:
            notifier.alert(DATABASE)
            self.assertEqual(notifier.act("INC-1", "acknowledge", user="auditor")[0], 403)
            self.assertEqual(notifier.act("INC-1", "close")[0], 403)
            self.assertEqual(notifier.act("INC-1", "acknowledge", user="nobody")[0], 401)
            self.assertEqual(notifier.act("INC-9", "acknowledge")[0], 404)
            self.assertEqual(notifier.act("INC-1", "dance")[0], 400)
            self.assertEqual(notifier.act("INC-1", "diagnose", note="磁盘已满")[0], 200)
            self.assertEqual(notifier.act("INC-1", "close", user="chief")[0], 409)  # it still fires
            self.assertEqual(notifier.act("INC-1", "false_alarm", user="chief", note="演练")[0], 200)
            found = notifier.incident("INC-1")
            self.assertEqual((found["state"], found["outcome"]), ("closed", "false_alarm"))
            self.assertEqual([line["kind"] for line in found["timeline"]][:3], ["received", "classified", "assigned"])


class Command(unittest.TestCase):
    def test_config_check_touches_nothing_and_says_what_is_wrong(self):
        with folder() as where:
            notifier = Notifier(where)
            done = subprocess.run([PROGRAM, f"--config.file={notifier.configuration}", "--config.check"], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, "the configuration is good\n"), done.stderr)
            self.assertFalse(os.path.exists(notifier.journal))
            with open(notifier.configuration, encoding="utf-8") as file:
                text = file.read()
            write(notifier.configuration, text.replace("intake:", "intakes:"))
            done = subprocess.run([PROGRAM, f"--config.file={notifier.configuration}", "--config.check"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"notifier\.yml:\d+:\d+: .*'intakes'.*did you mean 'intake'")
            shutil.rmtree(where + "/notifier", ignore_errors=True)


if __name__ == "__main__":
    unittest.main()
