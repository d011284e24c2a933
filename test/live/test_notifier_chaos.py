"""1,000 incidents while the notifier, Alertmanager and the providers are killed at random: nothing is lost, nothing is said twice unless the
message and the incident say so. The same alerts from Alertmanager straight to a robot show what that loses.

The seed is printed; FINWATCH_CHAOS_SEED repeats it. FINWATCH_CHAOS_INCIDENTS makes it shorter or longer.
"""
import collections
import datetime
import json
import os
import random
import re
import threading
import time
import unittest

from alerting import Alertmanager
from harness import folder
from notifier import Notifier, Providers, instant, judge
from servers import check, eventually

INCIDENTS = int(os.environ.get("FINWATCH_CHAOS_INCIDENTS", "1000"))
SEED = int(os.environ.get("FINWATCH_CHAOS_SEED", str(random.SystemRandom().randrange(1_000_000))))
FIRING = 25  # seconds in which all of them begin

ROUTES = """
route: {{receiver: notifier, group_by: [target], group_wait: 0s, group_interval: 1s, repeat_interval: 5m}}
receivers:
  - name: notifier
    webhook_configs: [{{url: "{url}", send_resolved: {resolved}, max_alerts: 0}}]
"""


def labels(number):
    return {"alertname": "DatabaseDisconnected", "severity": "severe", "fault_class": "major", "area": "database", "target": f"db{number:04}"}


class Sender(threading.Thread):
    """What Prometheus does: says again every few seconds what fires, to an Alertmanager that may be dead."""

    def __init__(self, alertmanager, seed):
        super().__init__(daemon=True)
        self.alertmanager, self.random, self.done = alertmanager, random.Random(seed), threading.Event()
        self.begun = {}

    def run(self):
        start = time.monotonic()
        while not self.done.wait(0.5):
            now = datetime.datetime.now(datetime.timezone.utc)
            due = min(INCIDENTS, int((time.monotonic() - start) / FIRING * INCIDENTS) + 1)
            for number in range(due):
                self.begun.setdefault(number, instant(now))
            alerts = [{"labels": labels(number), "annotations": {"summary": f"数据库 {number} 连接中断", "summary_en": f"database {number} is gone"},
                       "startsAt": begun, "endsAt": instant(now + datetime.timedelta(minutes=4))} for number, begun in self.begun.items()]
            try:
                self.alertmanager().ask("/api/v2/alerts", json.dumps(alerts).encode())
            except (OSError, AttributeError):
                pass


class Chaos(unittest.TestCase):
    maxDiff = None

    def rage(self, where, notifier, providers, alertmanagers, sender, seconds):
        """Kills one of them every second or so, and brings it back."""
        dice = random.Random(SEED + 1)
        end, kills = time.monotonic() + seconds, collections.Counter()
        while time.monotonic() < end:
            time.sleep(dice.uniform(0.1, 1.5))
            victim = dice.choice(("notifier", "notifier", "notifier", "alertmanager", "providers", "mood", "mood"))
            kills[victim] += 1
            if victim == "notifier" and notifier is not None:
                notifier.kill()
                time.sleep(dice.uniform(0, 0.5))
                notifier.start(wait=False)
            elif victim == "alertmanager":
                alertmanagers[-1].end(9)
                alertmanagers.append(Alertmanager(alertmanagers[0].configuration, where, port=alertmanagers[0].port))
            elif victim == "providers":
                providers.kill()
                time.sleep(dice.uniform(0, 1))
                providers.start()
            elif victim == "mood":
                mood = dice.choice(("slow", "lying", "broken", "half", "none"))
                providers.be(dice.choice(("dingtalk", "aliyun_sms")), mood, for_calls=dice.choice((1, 2, 5)))
        return kills

    def test_nothing_is_lost_and_nothing_is_said_twice_in_silence(self):
        print(f"\nseed {SEED}, {INCIDENTS} incidents", flush=True)
        with folder() as where, Providers(where) as providers, Notifier(
                where, providers, voice_after="14m", sms_per_day=2000, page_users=False,
                extra="delivery: {timeout: 4s, attempts: 100}") as notifier:
            alertmanagers = [Alertmanager(ROUTES.format(url=f"http://127.0.0.1:{notifier.port}/alertmanager", resolved="true"), where)]
            sender = Sender(lambda: alertmanagers[-1], SEED)
            try:
                sender.start()
                kills = self.rage(where, notifier, providers, alertmanagers, sender, FIRING + 20)
                # Peace: what is left goes out.
                notifier.kill()
                notifier.start()
                for provider in ("dingtalk", "aliyun_sms"):
                    providers.be(provider, "ok")

                def settled():
                    opened = notifier.rows("SELECT count(*) FROM incidents")[0][0]
                    waiting = notifier.rows("SELECT count(*) FROM deliveries WHERE state IN ('queued', 'sending')")[0][0]
                    return opened >= INCIDENTS and waiting == 0

                eventually(settled, 150, lambda: str(notifier.rows("SELECT state, channel, count(*) FROM deliveries GROUP BY 1, 2")) + notifier.log()[-3000:])
                said = judge(self, notifier, providers, [f"db{number:04}" for number in range(INCIDENTS)])
                print(f"{dict(kills)} kills; {said}", flush=True)
            finally:
                sender.done.set()
                sender.join(15)
                alertmanagers[-1].end()

    def test_what_alertmanager_straight_to_a_robot_loses(self):
        with folder() as where, Providers(where) as providers:
            alertmanagers = [Alertmanager(ROUTES.format(url=f"{providers.url}/straight", resolved="false"), where)]
            sender = Sender(lambda: alertmanagers[-1], SEED)
            try:
                sender.start()
                kills = self.rage(where, None, providers, alertmanagers, sender, FIRING + 20)
                providers.be("straight", "ok")
                time.sleep(20)
            finally:
                sender.done.set()
                sender.join(15)
                alertmanagers[-1].end()
            heard = collections.Counter(target for row in providers.accepted("straight") for target in set(re.findall(r"db\d{4}", row["text"])))
            lost = INCIDENTS - len(heard)
            repeated = sum(1 for count in heard.values() if count > 1)
            print(f"\nstraight to the robot: {lost} of {INCIDENTS} alerts never arrived, {repeated} came more than once without a word; {dict(kills)}",
                  flush=True)
            check(lost > 0, "the robot took everything: the providers were not strict")


if __name__ == "__main__":
    unittest.main()
