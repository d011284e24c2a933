"""The whole way of an alert: a real fault, finwatch-database or finwatch-host, Debian's Prometheus and Alertmanager, finwatch-notifier, and
the people who are told, as fakes. All of it runs on what `finwatch compile` makes of the contract that ships; only addresses, secrets, the
rota, waits, and over how long the processors are looked at are the test's own.
"""
import contextlib
import glob
import re
import shutil
import signal
import threading
import time
import unittest

from alerting import Alertmanager, Mailbox
from database import Database, add_monitor, target_of
from harness import FIXTURES, Host, Process, folder, get, read
from notifier import Notifier, Providers
from servers import Postgres, check, eventually, free_port, need, write
from test_routes import PROGRAM, TEAM, compiled, hurried, run

SOON = 60  # seconds for what has no bound of its own, on a machine that does other things too
BUSY = ("1 - sum without (cpu, mode) (rate(node_cpu_seconds_total{mode='idle'}[5s]))"
        " / sum without (cpu, mode) (rate(node_cpu_seconds_total[5s])) > 0.8")


class Machine:
    """A machine made of files, of four processors that all do nothing, or, while `busy`, all do something."""

    def __init__(self, where):
        self.proc = shutil.copytree(f"{FIXTURES}/proc", f"{where}/proc")
        self.busy, self.ended = False, threading.Event()
        self.user = self.idle = 10_000_000  # ticks; they never get a digit more
        self.thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self):
        self._write()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def _live(self):
        while not self.ended.wait(0.1):
            self.user, self.idle = (self.user + 10, self.idle) if self.busy else (self.user, self.idle + 10)
            self._write()

    def _write(self):
        """In one write, into the same file: the exporter keeps it open."""
        lines = "".join(f"cpu{number} {self.user} 0 0 {self.idle} 0 0 0 0 0 0\n" for number in range(4))
        text = lines + "intr 1\nctxt 1\nbtime 1700000000\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n"
        with open(f"{self.proc}/stat", "r+b", buffering=0) as file:
            file.write(text.encode())
            file.truncate()

    def flags(self):
        return [f"--path.procfs={self.proc}", f"--path.sysfs={FIXTURES}/sys", f"--path.rootfs={FIXTURES}/root", f"--path.udev.data={FIXTURES}/udev"]


def edit(text, *changes):
    for old, new in changes:
        check(old in text, f"no {old!r} in what is made")
        text = text.replace(old, new)
    return text


def catalogue(made, alert, wait, expression=None):
    """An alert as it is compiled, with a wait that a test can wait for."""
    text = "".join(read(path) for path in glob.glob(f"{made}/rules/*.yml"))
    found = re.search(rf"^      - alert: {alert}\n(?:        .*\n)+", text, re.M)
    check(found, f"no alert {alert}")
    rule = re.sub(r"^        keep_firing_for: .*\n", "", found.group(), flags=re.M)
    rule = re.sub(r"^        for: .*", f"        for: {wait}", rule, flags=re.M)
    return rule if expression is None else re.sub(r"^        expr: .*", lambda _: f'        expr: "{expression}"', rule, flags=re.M)


class Chain(contextlib.ExitStack):
    """From the exporters to the people. `contract`, `promises` and `routes` change rules/sla.yaml, the compiled notifier.yml and the
    compiled alertmanager.yml; `setup` is more of the notifier's configuration."""

    def __init__(self, server=None, targets=("erp",), contract=(), promises=(), routes=(), setup=""):
        super().__init__()
        self.server, self.targets = server, targets
        self.contract, self.promises, self.routes, self.setup = contract, promises, routes, setup

    def __enter__(self):
        super().__enter__()
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def _start(self):
        self.where = self.enter_context(folder())
        self.machine = self.enter_context(Machine(self.where))
        host = self.enter_context(Host(*self.machine.flags()))
        self.providers = self.enter_context(Providers(self.where))
        self.mailbox = self.enter_context(Mailbox())
        # By those of the contract; the shortest is moved first, as it begins others.
        self.ports = {"25": self.mailbox.port, "19600": host.port, "19601": free_port(), "19602": free_port(), "19605": free_port(),
                      "19090": free_port(), "19093": free_port()}
        if self.server:
            add_monitor(self.server)
            database = self.enter_context(Database([target_of(self.server, name) for name in self.targets]))
            self.ports["19601"] = database.port
        self._compile()
        self.start_alertmanager()
        self.start_prometheus()
        # It keeps count of the heartbeat from its first moment, so it is the last that starts.
        self.notifier = self.enter_context(Notifier(
            self.where, self.providers, port=self.ports["19605"], compiled=f"{self.made}/notifier.yml",
            extra=f'alertmanager: {{url: "http://127.0.0.1:{self.alertmanager.port}"}}\n{self.setup}'))
        eventually(lambda: self.notifier.value("finwatch_heartbeat_last_timestamp_seconds"), SOON, self.said)
        check(not self.notifier.incidents(), self.notifier.incidents())

    def _compile(self):
        write(f"{self.where}/on_call.csv", "from,person\n2020-01-06,zhang.wei\n")
        moved = [(f"127.0.0.1:{usual}", f"127.0.0.1:{port}") for usual, port in self.ports.items()]
        self.made = compiled(self.where, *moved, ("/etc/finwatch/", f"{self.where}/"), ("rota: rota.csv", "rota: on_call.csv"), *self.contract)
        write(f"{self.made}/notifier.yml", edit(read(f"{self.made}/notifier.yml"), *self.promises))
        self.routes = edit(hurried(read(f"{self.made}/alertmanager.yml"), self.ports["19605"], self.mailbox.port), *self.routes)
        write(f"{self.made}/own.rules.yml", "groups:\n  - name: own\n    interval: 1s\n    rules:\n" + catalogue(self.made, "Watchdog", "0s")
              + catalogue(self.made, "DatabaseDisconnected", "0s") + catalogue(self.made, "HostCpuBusy", "5s", BUSY))
        write(f"{self.made}/prometheus.yml", edit(
            read(f"{self.made}/prometheus.yml"), ("interval: 30s", "interval: 1s"), ("scrape_timeout: 10s", "scrape_timeout: 1s"),
            ("rules/*.rules.yml", "own.rules.yml")))

    def start_alertmanager(self):
        self.alertmanager = self.enter_context(Alertmanager(self.routes, self.made, port=self.ports["19093"]))

    def start_prometheus(self):
        port = self.ports["19090"]
        self.prometheus = self.enter_context(Process([
            need("prometheus"), f"--config.file={self.made}/prometheus.yml", f"--storage.tsdb.path={self.where}/data", "--log.level=warn",
            "--rules.alert.resend-delay=1s", f"--web.listen-address=127.0.0.1:{port}"]))

        def ready():
            check(self.prometheus.alive(), self.prometheus.log())
            with contextlib.suppress(OSError):
                return get(port, "/-/ready").status == 200

        eventually(ready, SOON, self.prometheus.log)

    def said(self):
        alerts = self.alertmanager.ask("/api/v2/alerts") if self.alertmanager.alive() else []
        return (f"Alertmanager has {[(one['labels'], one['status']['state']) for one in alerts]}\nnotifier: {self.notifier.incidents()}\n"
                f"{self.notifier.log()[-3000:]}\nPrometheus: {self.prometheus.log()[-2000:]}\nAlertmanager: {self.alertmanager.log()[-2000:]}")

    def opened(self, **fields):
        """The incident with these fields, once there is one; never two."""
        def found():
            matching = [one for one in self.notifier.incidents() if all(one[key] == value for key, value in fields.items())]
            check(len(matching) <= 1, matching)
            return matching and matching[0]["number"]

        return eventually(found, SOON, self.said)

    def reaches(self, number, state):
        eventually(lambda: self.notifier.incident(number)["state"] == state, SOON, self.said)
        return self.notifier.incident(number)

    def repeated(self):
        """How often Alertmanager has said what the notifier knew."""
        return self.notifier.value('finwatch_alerts_received_total{status="firing",result="repeated"}') or 0

    def told(self, number):
        """(channel, person, purpose) of each message about an incident, once all are delivered."""
        def delivered():
            messages = self.notifier.incident(number)["deliveries"]
            return all(one["state"] == "delivered" for one in messages) and [messages]

        messages = eventually(delivered, SOON, self.said)[0]
        return sorted((one["channel"], one["person"] or ",".join(one["mention"]), one["purpose"]) for one in messages)

    def finwatch(self, *words):
        """The command line, as zhang.wei who gives his password in a file."""
        password = write(f"{self.where}/zhang.wei.password", self.notifier.password + "\n")
        return run(PROGRAM, *words, "--language=en", f"--notifier=http://127.0.0.1:{self.notifier.port}", "--user=zhang.wei",
                   f"--password-file={password}")


def notes(incident, kind):
    return [line["note"] for line in incident["timeline"] if line["kind"] == kind]


PAGED = [("dingtalk", "zhang.wei", "page"), ("sms", "zhang.wei", "page")]
MANAGER = [("sms", "li.na", "page"), ("voice", "li.na", "page")]
RESOLVED = ("dingtalk", "zhang.wei", "resolved")


class Faults(unittest.TestCase):
    def test_a_database_that_stops_rings_within_ten_seconds_and_its_end_is_told_without_ringing(self):
        with Postgres() as server, Chain(server, setup="incidents: {hold_down: 2s}") as chain:
            stopped = time.time()
            server.kill()
            eventually(lambda: chain.providers.accepted("dingtalk") and chain.providers.accepted("aliyun_sms"), 10, chain.said)
            print(f"\nfrom the fault to both messages: {max(row['time'] for row in chain.providers.accepted()) - stopped:.1f} s", flush=True)
            number = chain.opened(alertname="DatabaseDisconnected")
            message, = chain.providers.accepted("dingtalk")
            check("【严重" in message["text"] and f"{number} 数据库 erp 连接中断" in message["text"], message)
            self.assertEqual([row["mobiles"] for row in chain.providers.accepted()], [["13800000001"]] * 2)
            copy = eventually(lambda: chain.mailbox.about("数据库 erp 连接中断"), SOON, chain.said)[0]
            self.assertEqual(copy[:2], (TEAM, "[触发] 严重 财务数据库 数据库 erp 连接中断"))

            self.assertEqual(chain.notifier.act(number, "acknowledge")[0], 200)
            self.assertEqual(chain.notifier.act(number, "diagnose", note="the process is gone")[0], 200)
            server.start()
            chain.reaches(number, "verified")
            self.assertEqual(chain.told(number), sorted(PAGED + [RESOLVED]))
            self.assertEqual(chain.notifier.act(number, "close", user="chief", note="it was the test")[0], 200)
            incident = chain.notifier.incident(number)
            self.assertEqual([line["kind"] for line in incident["timeline"] if line["kind"] != "told"],
                             ["received", "classified", "assigned", "step", "acknowledged", "diagnosed", "cleared", "resolved", "verified", "closed"])
            self.assertEqual(sorted(line["channel"] for line in incident["timeline"] if line["kind"] == "told"), ["dingtalk", "dingtalk", "sms"])
            self.assertEqual((incident["service"], incident["fault_class"], incident["severity"], incident["outcome"]),
                             ("database", "major", "severe", "solved"))
            self.assertEqual([(clock["clock"], clock["level"]) for clock in incident["clocks"] if clock["stopped"]], [("first_diagnosis", "quiet")])
            self.assertEqual(len(chain.providers.accepted("aliyun_sms")), 1)
            check("已恢复" in chain.providers.accepted("dingtalk")[-1]["text"], chain.providers.accepted("dingtalk"))

    def test_a_busy_host_is_a_letter_of_alertmanager_and_an_incident_with_a_clock_and_nobody_is_rung(self):
        with Chain() as chain:
            chain.machine.busy = True
            number = chain.opened(alertname="HostCpuBusy")
            letters = eventually(lambda: chain.mailbox.about("CPU 过高"), SOON, chain.said)
            self.assertEqual(letters[0][:2], (TEAM, f"[触发] 轻微 主机 127.0.0.1:{chain.ports['19600']} CPU 过高"))
            incident = chain.notifier.incident(number)
            self.assertEqual((incident["severity"], incident["fault_class"], incident["firing"]), ("light", "ordinary", 1))
            self.assertEqual([(clock["clock"], clock["limit_seconds"], clock["stopped"]) for clock in incident["clocks"]],
                             [("answer", 1800, None), ("solve", 14400, None)])
            self.assertEqual(notes(incident, "step"), ["1: team, email (Alertmanager)"])

            chain.machine.busy = False
            incident = chain.reaches(number, "resolved")
            eventually(lambda: any(subject.startswith("[恢复] 轻微 主机") for subject in chain.mailbox.subjects()), SOON, chain.said)
            check(all(clock["stopped"] for clock in incident["clocks"]), incident["clocks"])
            # Nothing went out, and nothing waits to.
            self.assertEqual((incident["deliveries"], chain.providers.accepted()), ([], []))


class Monitoring(unittest.TestCase):
    """What watches breaks itself."""

    def test_when_prometheus_dies_the_notifier_calls_by_itself(self):
        # Four minutes of silence, as compiled, are too long for a test; the heartbeat comes every second here.
        with Chain(promises=[("silent_after: 4m", "silent_after: 15s")]) as chain:
            chain.prometheus.end(signal.SIGKILL)
            number = chain.opened(alertname="Watchdog")
            self.assertEqual(chain.told(number), [(channel, person, "heartbeat") for channel, person, _ in PAGED])
            check("心跳中断" in chain.providers.accepted("dingtalk")[0]["text"], chain.providers.accepted())
            self.assertEqual(chain.notifier.value("finwatch_heartbeat_silent"), 1)
            chain.start_prometheus()
            incident = chain.reaches(number, "resolved")
            check(any("Watchdog came again" in note for note in notes(incident, "cleared")), incident["timeline"])
            eventually(lambda: any("已恢复" in row["text"] for row in chain.providers.accepted("dingtalk")), SOON, chain.said)
            self.assertEqual((len(chain.notifier.incidents()), len(chain.providers.accepted("aliyun_sms"))), (1, 1))
            self.assertEqual(chain.notifier.value("finwatch_heartbeat_silent"), 0)

    def test_alertmanager_dies_and_comes_back_and_nobody_is_called_twice(self):
        with Postgres() as server, Chain(server) as chain:
            server.kill()
            number = chain.opened(alertname="DatabaseDisconnected")
            self.assertEqual(chain.told(number), PAGED)
            before = chain.repeated()
            chain.alertmanager.end(signal.SIGKILL)
            # What it had told is gone with it, so it tells all of it again: of that the notifier makes nothing new.
            chain.start_alertmanager()
            eventually(lambda: chain.repeated() > before, SOON, chain.said)
            server.start()
            incident = chain.reaches(number, "resolved")
            self.assertEqual(chain.told(number), sorted(PAGED + [RESOLVED]))
            self.assertEqual((incident["reopened"], incident["alerts"], len(chain.notifier.incidents())), (0, 1, 1))
            self.assertEqual([len(chain.providers.accepted(name)) for name in ("aliyun_sms", "dingtalk", "aliyun_voice")], [1, 2, 0])


class People(unittest.TestCase):
    def test_what_is_silenced_and_fires_stays_open_and_what_ends_in_silence_is_resolved(self):
        # Compiled, Alertmanager says again every 15 min: silence is asked after for the first time when two of these have passed, and a minute.
        with Postgres() as server, Chain(server, promises=[("says_again_every: 15m", "says_again_every: 2s")],
                                         routes=[("repeat_interval: 15m", "repeat_interval: 2s")]) as chain:
            server.kill()
            chain.machine.busy = True
            database, host = chain.opened(alertname="DatabaseDisconnected"), chain.opened(alertname="HostCpuBusy")

            def silence(number, user):
                return chain.notifier.api("/api/v1/silence", {"incident": number, "duration": "1h", "comment": "of the test"}, user)

            def is_silenced(number):
                status, answer = silence(number, "chief")
                self.assertEqual(status, 200, answer)
                check(any(answer["silence"] in note for note in notes(chain.notifier.incident(number), "note")), answer)
                stands = chain.alertmanager.ask(f"/api/v2/silence/{answer['silence']}")
                self.assertEqual((stands["status"]["state"], stands["createdBy"], stands["comment"]), ("active", "chief", f"{number} of the test"))

            self.assertEqual(silence(database, "zhang.wei")[0], 403)
            is_silenced(database)
            # The host is heard of for longer: when it is asked what became of it, the same was asked of the database.
            before = chain.repeated()
            eventually(lambda: chain.repeated() >= before + 2, SOON, chain.said)
            is_silenced(host)

            def silenced():
                return sorted(one["labels"]["alertname"] for one in chain.alertmanager.ask("/api/v2/alerts") if one["status"]["silencedBy"])

            eventually(lambda: silenced() == ["DatabaseDisconnected", "HostCpuBusy"], SOON, chain.said)
            self.assertEqual(len(chain.alertmanager.ask("/api/v2/silences")), 2)

            chain.machine.busy = False
            eventually(lambda: silenced() == ["DatabaseDisconnected"], SOON, chain.said)
            check(chain.notifier.incident(host)["firing"] == 1, "Alertmanager told an end that it keeps silent about")
            eventually(lambda: chain.notifier.incident(host)["state"] == "resolved", 180, chain.said)
            incident = chain.notifier.incident(database)
            self.assertEqual((incident["state"], incident["firing"], notes(incident, "cleared")), ("assigned", 1, []))
            self.assertEqual(chain.told(database), PAGED)

    def test_the_command_line_shows_takes_and_so_ends_the_calls(self):
        # Minutes between the calls, as seconds.
        hurry = [("{after: 5m, unless: acknowledged, tell: on_call", "{after: 15s, unless: acknowledged, tell: on_call"),
                 ("{after: 15m, unless: acknowledged, tell: manager", "{after: 20s, unless: acknowledged, tell: manager")]
        with Postgres() as server, Chain(server, targets=("erp", "hr"), contract=hurry) as chain:
            server.kill()
            taken, other = chain.opened(where="erp"), chain.opened(where="hr")
            right = chain.notifier.password
            status, text = chain.finwatch("ack", taken, "--note=on my way")
            check(status == 0 and text.startswith(f"{taken} acknowledged") and "zhang.wei" in text, text)
            status, text = chain.finwatch("incidents")
            check(status == 0 and all(re.search(rf"^{number} ", text, re.M) for number in (taken, other)), text)
            status, text = chain.finwatch("on-call")
            check(status == 0 and re.search(r"^Engineer on duty +Zhang Wei \(zhang\.wei\)", text, re.M), text)

            # Of two faults of one moment the one is taken, the other goes on to the manager.
            eventually(lambda: set(MANAGER) <= set(chain.told(other)), SOON, chain.said)
            self.assertEqual(chain.told(other), sorted([*PAGED, ("voice", "zhang.wei", "page"), *MANAGER]))
            self.assertEqual(chain.told(taken), PAGED)
            self.assertEqual(len(chain.providers.accepted("aliyun_voice")), 2)
            status, text = chain.finwatch("incidents", taken)
            check(status == 0 and "on my way" in text and "voice" not in text, text)
            status, text = chain.finwatch("incidents", other)
            check(status == 0 and "voice" in text and "li.na" in text, text)

            chain.notifier.password = "wrong"
            status, text = chain.finwatch("ack", other)
            chain.notifier.password = right
            check(status != 0 and chain.notifier.incident(other)["acknowledged"] is None, text)


if __name__ == "__main__":
    unittest.main()
