"""Prometheus is restarted while an alert fires: with the flags that we ship the alert keeps its clock, and nobody is told that it is over.

Debian's Prometheus, the rules that ship with intervals shortened in a copy, a target and an Alertmanager that are ours. The flags come from
deploy/quickstart.sh, so that what is proved is what is shipped."""
import datetime
import glob
import json
import os
import re
import signal
import tempfile
import time
import unittest

from fakes import Answer, Fake
from servers import ROOT, check, eventually, free_port, need, write
from harness import Process, get, read  # servers shows where it is

PAGE = '# TYPE finwatch_db_up gauge\nfinwatch_db_up{target="erp",engine="postgresql"} 0\n'
ALERT = "DatabaseDisconnected"  # waits a minute as it ships


def shipped_flags():
    """What deploy/quickstart.sh gives Prometheus for its rules."""
    row = next(line for line in read(f"{ROOT}/deploy/quickstart.sh").splitlines() if line.strip().startswith('"prometheus|'))
    return re.findall(r"--rules\.[^ \"]+", row)


def moment(text):
    """2026-11-22T12:41:57.139999Z, with however many digits, as seconds."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


class Target(Fake):
    def answer(self, request):
        return Answer(200, PAGE, "text/plain; version=0.0.4")


class Alertmanager(Fake):
    """Keeps what it is told of ALERT: (when, its start, its end)."""

    def __init__(self):
        super().__init__()
        self.told = []

    def answer(self, request):
        for alert in request.json:
            if alert["labels"]["alertname"] == ALERT:
                self.told.append((time.time(), moment(alert["startsAt"]), moment(alert["endsAt"])))
        return Answer(200, {})

    def announced(self):
        """What a real one would announce. Two posts of an alert are one alert when their times overlap, and the earlier start stays;
        one that ends, or that is not posted again before its end, is over."""
        start = end = None
        said = []
        for when, begins, ends in self.told:
            if end is None or begins > end or when > end:
                if end is not None:
                    said.append("resolved")
                said.append("firing")
                start = begins
            start, end = min(start, begins), max(ends, end or 0) if ends > when else ends
            if ends <= when:
                said.append("resolved")
                end = None
        return said


class Restart(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.target, self.alertmanager = Target(), Alertmanager()
        for server in (self.target, self.alertmanager):
            server.__enter__()
            self.addCleanup(server.__exit__)
        where = self.folder.name
        check(glob.glob(f"{ROOT}/rules/generated/rules/database.rules.yml"), "no rules: finwatch compile")
        rules = read(f"{ROOT}/rules/generated/rules/database.rules.yml")
        write(f"{where}/database.rules.yml", re.sub(r"\bfor: \S+", "for: 4s", re.sub(r"\binterval: \S+", "interval: 1s", rules)))
        configuration = {"global": {"scrape_interval": "5s", "scrape_timeout": "5s", "evaluation_interval": "1s"},
                         "rule_files": [f"{where}/database.rules.yml"],
                         "scrape_configs": [{"job_name": "finwatch-database", "static_configs": [{"targets": [f"127.0.0.1:{self.target.port}"]}]}],
                         "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.alertmanager.port}"]}]}]}}
        write(f"{where}/prometheus.yml", json.dumps(configuration))
        self.port = free_port()
        self.process = None
        self.addCleanup(lambda: self.process and self.process.__exit__())

    def start(self, flags):
        where = self.folder.name
        self.process = Process([need("prometheus"), f"--config.file={where}/prometheus.yml", f"--storage.tsdb.path={where}/data", "--log.level=warn",
                                f"--web.listen-address=127.0.0.1:{self.port}", *flags])
        eventually(self.ready, 120, lambda: f"Prometheus is not ready:\n{self.process.log()}")

    def ready(self):
        check(self.process.alive(), f"Prometheus ended:\n{self.process.log()}")
        try:
            return get(self.port, "/-/ready").status == 200
        except OSError:
            return False

    def alert(self):
        for one in json.loads(get(self.port, "/api/v1/alerts").body)["data"]["alerts"]:
            if one["labels"]["alertname"] == ALERT:
                return one
        return None

    def firing(self):
        one = self.alert()
        return one if one and one["state"] == "firing" else None

    def restart(self, number, flags):
        """Lets the alert fire for a while, restarts, and waits until it fires again: before and after."""
        self.start(flags)
        before = eventually(self.firing, 120, lambda: f"the alert does not fire: {self.alert()}")
        eventually(lambda: self.alertmanager.told, 120, "Alertmanager was told nothing")
        time.sleep(6)  # longer than `for`: a clock that begins anew cannot be mistaken for the old one
        posts = len(self.alertmanager.told)
        self.process.end(number, 120)
        self.process.__exit__()
        self.start(flags)
        after = eventually(self.firing, 120, lambda: f"the alert does not fire again: {self.alert()}")
        eventually(lambda: len(self.alertmanager.told) > posts, 120, "Alertmanager was not told again")
        return moment(before["activeAt"]), moment(after["activeAt"])

    def keeps_its_clock(self, number):
        flags = shipped_flags()
        check("--rules.alert.for-grace-period=0s" in flags, f"deploy/quickstart.sh starts Prometheus with {flags}")
        before, after = self.restart(number, flags)
        # Prometheus keeps the time in whole seconds.
        check(abs(after - before) <= 1, f"the clock was moved by {after - before} s")
        check(self.alertmanager.announced() == ["firing"], f"announced: {self.alertmanager.announced()} of {self.alertmanager.told}")

    def test_told_to_stop(self):
        self.keeps_its_clock(signal.SIGTERM)

    def test_killed(self):
        self.keeps_its_clock(signal.SIGKILL)

    def test_without_our_flag_the_clock_begins_anew(self):
        # Else the two above would prove nothing.
        before, after = self.restart(signal.SIGTERM, [])
        check(after - before > 4, f"the clock was moved by {after - before} s only")

    def test_all_that_is_shipped_names_the_flag(self):
        for path in glob.glob(f"{ROOT}/deploy/**/*", recursive=True):
            if os.path.isfile(path) and "--storage.tsdb.path=" in read(path):
                check("--rules.alert.for-grace-period=0s" in read(path), f"{path} starts Prometheus without it")


if __name__ == "__main__":
    unittest.main()
