"""Two notifiers on one PostgreSQL: one leads, the other stands by, and whichever is killed, frozen or cut off from the journal, what either
accepted is said, once.

The tests are one night in the order of their names, on one pair: limits of a telephone (three messages a minute) make a judgement after
each of them slow, so the last one judges all. The seed of the random hour is printed; FINWATCH_CHAOS_SEED repeats it.
"""
import collections
import concurrent.futures
import contextlib
import itertools
import os
import random
import re
import signal
import time
import unittest
import urllib.parse

from alerting import Alertmanager
from harness import folder, get
from notifier import Notifier, Providers, instant, judge, payload, post, references
from servers import Postgres, check, eventually

SEED = int(os.environ.get("FINWATCH_CHAOS_SEED", str(random.SystemRandom().randrange(1_000_000))))
TAKEN_OVER = 10  # seconds, promised

ROUTES = """
route: {{receiver: notifiers, group_by: [target], group_wait: 0s, group_interval: 1s, repeat_interval: 5m}}
receivers:
  - name: notifiers
    webhook_configs:
      - {{url: "http://127.0.0.1:{a}/alertmanager", max_alerts: 0}}
      - {{url: "http://127.0.0.1:{b}/alertmanager", max_alerts: 0}}
"""


def labels(place):
    return {"alertname": "DatabaseDisconnected", "severity": "severe", "fault_class": "major", "area": "database", "target": place}


class Pair:
    """Both notifiers, their journal, their providers, and the places of which either has said yes."""

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.server = stack.enter_context(Postgres())
            self.where = stack.enter_context(folder())
            self.providers = stack.enter_context(Providers(self.where))
            self.both = [Notifier(self.where, self.providers, name, database=self.server, voice_after="14m", sms_per_day=2000,
                                  extra="delivery: {timeout: 4s, attempts: 100}") for name in ("a", "b")]
            for each in self.both:
                stack.enter_context(each)
            self.places = set()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *problem):
        for each in self.both:
            if each.process.alive():
                each.process.signal(signal.SIGCONT)
        return self.stack.__exit__(*problem)

    def other(self, one):
        return self.both[1 - self.both.index(one)]

    def leader(self):
        """The one that leads, while the other says that it does not."""
        def found():
            try:
                leads = [each.value("finwatch_notifier_leads") for each in self.both]
            except OSError:  # it was just started
                return None
            return sorted(leads) == [0, 1] and self.both[leads.index(1)]

        return eventually(found, TAKEN_OVER, lambda: f"one leads and one stands by\n{self.logs()}")

    def logs(self):
        return "\n".join(f"{each.name}: {each.log()[-3000:]}" for each in self.both)

    def shown(self, one):
        """Places of the incidents that its REST interface has."""
        return {row["where"] for row in one.incidents()}

    def lease(self):
        return self.server.sql("SELECT holder, epoch FROM finwatch_notifier.lease")

    def deliver(self, place, doors):
        """As an Alertmanager with one URL for each of the doors: comes again until each said yes. Where there is one only, the yes of
        the other does as well: nobody else knows of this alert then."""
        body = payload((labels(place), instant(), None))
        doors = list(doors)
        for attempt in itertools.count():
            check(attempt < 400, f"nobody takes {place}")
            for each in list(doors):
                with contextlib.suppress(OSError):
                    if post(each.port, "/alertmanager", body, timeout=3).status == 200:
                        self.places.add(place)
                        doors.remove(each)
            if not doors:
                return
            if len(doors) == 1 and place not in self.places:
                doors = [self.other(doors[0])]
            time.sleep(0.1)

    @contextlib.contextmanager
    def stream(self, name, count, seconds):
        """While the block runs, so many alerts come in, each to one of the two or to both; all are accepted when it ends."""
        dice, start = random.Random(SEED), time.monotonic()

        def one(number, doors):
            time.sleep(max(0, start + seconds * number / count - time.monotonic()))
            self.deliver(f"{name}{number:04}", doors)

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            todo = [pool.submit(one, number, dice.choice((self.both[:1], self.both[1:], self.both))) for number in range(count)]
            yield
            for each in todo:
                each.result()


class TwoNotifiers(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.pair = cls.enterClassContext(Pair())
        cls.unanswered = {}  # what was taken and not answered when the leader was killed, by provider

    def setUp(self):
        self.began = [len(each.log()) for each in self.pair.both]

    def said_since(self, one):
        """What it logged in this test, without what is only information."""
        log = one.log()[self.began[self.pair.both.index(one)]:]
        return [line for line in log.split("\n") if line and "level=info" not in line]

    def test_1_one_leads_the_other_stands_by_and_both_serve(self):
        pair = self.pair
        leader = pair.leader()
        standby = pair.other(leader)
        a, b = pair.both
        with Alertmanager(ROUTES.format(a=a.port, b=b.port), pair.where) as alertmanager:
            alertmanager.fire(labels("first"))
            pair.places.add("first")

            def webhooks(outcome):
                page = get(alertmanager.port, "/metrics").text
                return sum(float(each) for each in re.findall(rf'^{outcome}{{integration="webhook".*}} (\S+)$', page, re.M))

            eventually(lambda: webhooks("alertmanager_notifications_total") == 2, 10, "both were told")
            self.assertEqual(webhooks("alertmanager_notifications_failed_total"), 0)
        for each in pair.both:
            eventually(lambda: pair.shown(each) == {"first"}, 10, "the incident, once")
            login = post(each.port, "/login", urllib.parse.urlencode({"user": "zhang.wei", "password": each.password}),
                         headers={"Content-Type": "application/x-www-form-urlencoded"})
            cookie = {"Cookie": login.headers["Set-Cookie"].split(";")[0]}
            # Whoever logged in at one is known to the other.
            page = get(pair.other(each).port, "/incidents?lang=zh", headers=cookie)
            self.assertEqual(page.status, 200, page.text)
            self.assertIn("first", page.text)
            self.assertEqual("本实例不是主实例" in page.text, pair.other(each) is standby)
            self.assertEqual(each.value("finwatch_notifier_leads"), 1 if each is leader else 0)
        # What the journal counts is exported once.
        for each in pair.both:
            self.assertEqual("finwatch_webhook_requests_total" in each.metrics(), each is leader)
        for each in pair.both:
            self.assertEqual(self.said_since(each), [])

    def test_2_a_leader_that_is_killed_is_replaced(self):
        pair = self.pair
        leader = pair.leader()
        standby = pair.other(leader)
        providers = ("dingtalk", "aliyun_sms")
        for provider in providers:
            pair.providers.be(provider, "slow")
        before = {provider: len(pair.providers.accepted(provider)) for provider in providers}
        with pair.stream("killed", 150, 15):
            # At a moment when each of the two has taken a message and not said so yet.
            eventually(lambda: all(len(pair.providers.accepted(provider)) >= before[provider] + 2 for provider in providers), 20, pair.logs)
            leader.kill()
            killed = time.monotonic()
            for provider in providers:
                self.unanswered[provider] = pair.providers.accepted(provider)[-1]["reference"]
                pair.providers.be(provider, "ok")
            eventually(lambda: standby.value("finwatch_notifier_leads") == 1, TAKEN_OVER, standby.log)
            print(f"\nthe leader was killed, and the other led after {time.monotonic() - killed:.1f} s", flush=True)
            leader.start()
        self.assertIs(pair.leader(), standby)
        for each in pair.both:
            self.assertEqual(self.said_since(each), [])

    def test_3_a_standby_that_is_killed_changes_nothing(self):
        pair = self.pair
        leader = pair.leader()
        standby, lease = pair.other(leader), pair.lease()
        with pair.stream("standby", 30, 4):
            time.sleep(2)
            standby.kill()
            time.sleep(1)
            self.assertEqual(leader.value("finwatch_notifier_leads"), 1)
            standby.start()
        self.assertIs(pair.leader(), leader)
        self.assertEqual(pair.lease(), lease)
        for each in pair.both:
            self.assertEqual(self.said_since(each), [])

    def test_4_what_is_done_at_the_standby_takes_effect(self):
        leader = self.pair.leader()
        standby = self.pair.other(leader)
        self.pair.deliver("acknowledged", [standby])
        number = eventually(lambda: [row["number"] for row in standby.incidents() if row["where"] == "acknowledged"], 10, "the incident")[0]
        status, body = standby.act(number, "acknowledge")
        self.assertEqual(status, 200, body)
        for each in self.pair.both:
            eventually(lambda: each.incident(number)["state"] == "acknowledged", 10, "acknowledged")
            self.assertEqual(each.incident(number)["acknowledged_by"], "zhang.wei")

    def test_5_a_leader_that_was_frozen_is_silent_afterwards(self):
        pair = self.pair
        leader = pair.leader()
        standby = pair.other(leader)
        # It has something to send, and something that was taken and not answered.
        for provider in ("dingtalk", "aliyun_sms"):
            pair.providers.be(provider, "slow", for_calls=1)
        with pair.stream("frozen", 40, 8):
            time.sleep(2)
            leader.process.signal(signal.SIGSTOP)
            eventually(lambda: standby.value("finwatch_notifier_leads") == 1, TAKEN_OVER, standby.log)
            lease, thawed = pair.lease(), time.time()
            leader.process.signal(signal.SIGCONT)
            eventually(lambda: leader.value("finwatch_notifier_leads") == 0, 5, leader.log)
        self.assertIs(pair.leader(), standby)
        self.assertEqual(pair.lease(), lease)
        self.assertLess(leader.value("finwatch_notifier_last_commit_timestamp_seconds"), thawed)
        self.assertRegex("".join(self.said_since(leader)), "does not lead any more")

    def test_7_without_the_journal_nothing_is_accepted_and_nothing_lost(self):
        pair = self.pair
        pair.leader()
        lives = [each.process.pid for each in pair.both]
        with Alertmanager(ROUTES.format(a=pair.both[0].port, b=pair.both[1].port), pair.where) as alertmanager:
            with pair.stream("away", 20, 10):
                time.sleep(1)
                pair.server.kill()
                for number, each in enumerate(pair.both):
                    answer = each.send(payload((labels("refused"), instant(), None)))
                    self.assertEqual(answer.status, 503, answer.text)
                    self.assertEqual(get(each.port, "/-/healthy").status, 200)
                    alertmanager.fire(labels(f"insisted{number}"))
                    pair.places.add(f"insisted{number}")
                time.sleep(7)  # longer than the lease; the webhooks of the stream are refused all the time
                for each in pair.both:
                    self.assertEqual(each.value("finwatch_notifier_leads"), 0)
                pair.server.start()
            leader = pair.leader()
            eventually(lambda: {f"insisted{number}" for number in range(2)} <= pair.shown(leader), 30,
                       lambda: pair.logs() + alertmanager.log())
        self.assertEqual([each.process.pid for each in pair.both if each.process.alive()], lives)
        for each in pair.both:
            said = self.said_since(each)
            self.assertIn("the store cannot be reached", "".join(said))
            self.assertLessEqual(len(said), 5, said)
            self.assertIn("the store answers again", each.log())

    def test_6_while_the_journal_is_slow_the_doors_are_open(self):
        pair = self.pair
        pair.leader()
        pair.server.freeze()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            try:
                todo = [pool.submit(pair.deliver, f"slow{number}", [pair.both[number % 2]]) for number in range(32)]
                time.sleep(2)
                for each in pair.both:
                    self.assertEqual(get(each.port, "/-/healthy").status, 200)
            finally:
                pair.server.thaw()
            for each in todo:
                each.result()

    def test_8_at_random(self):
        pair, dice = self.pair, random.Random(SEED + 1)
        kills = collections.Counter()
        with pair.stream("random", 150, 20):
            end = time.monotonic() + 25
            while time.monotonic() < end:
                time.sleep(dice.uniform(0.1, 2.5))
                pair.providers.be(dice.choice(("dingtalk", "aliyun_sms")), dice.choice(("slow", "half", "none")), for_calls=1)
                victim, deed = dice.choice(pair.both), dice.choice(("killed", "killed", "frozen"))
                kills[f"{victim.name} {deed}"] += 1
                if deed == "killed":
                    victim.kill()
                    time.sleep(dice.uniform(0, 1.5))
                    victim.start(wait=False)
                else:
                    victim.process.signal(signal.SIGSTOP)
                    time.sleep(dice.uniform(0, 9))
                    victim.process.signal(signal.SIGCONT)
        pair.leader()
        print(f"\nseed {SEED}: {dict(kills)}", flush=True)

    def test_9_all_that_was_accepted_was_said_once(self):
        pair = self.pair
        leader = pair.leader()
        check(pair.places, "nothing was accepted")

        def settled():
            opened = leader.rows("SELECT count(*) AS incidents FROM incidents")[0][0]
            waiting = leader.rows("SELECT (SELECT count(*) FROM inbox) + (SELECT count(*) FROM deliveries WHERE state IN ('queued', 'sending'))")
            return opened >= len(pair.places) and waiting[0][0] == 0

        eventually(settled, 120, lambda: str(leader.rows("SELECT state, channel, count(*) AS times FROM deliveries GROUP BY 1, 2")) + pair.logs())
        print("\n" + judge(self, leader, pair.providers, pair.places), flush=True)


if __name__ == "__main__":
    unittest.main()
