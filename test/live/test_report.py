"""finwatch report against Debian's Prometheus, whose past is written by promtool: the figures are those of arithmetic done here."""
import calendar
import csv
import datetime
import os
import re
import subprocess
import tempfile
import unittest

from servers import ROOT, check, free_port, need, write

from harness import Prometheus

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
STEP = 600
OFFSET = 137  # of the rule group's evaluations inside their ten minutes

CONTRACT = """\
version: 1
organisation: {name: {zh: 集团财务部, en: Group Finance}, time_zone: Asia/Shanghai}
calendar:
  close_window: {days_of_month: ["26-31", "1-5"], weight: 5}
  maintenance:
    most_per_month: 2h
    planned: [{id: M1, from: "2025-11-15T22:00", to: "2025-11-16T01:00"}]
classes:
  ordinary: {name: {zh: 一般故障, en: Ordinary fault}, answer: 30m, solve: 4h}
  major: {name: {zh: 重大故障, en: Major fault}, first_diagnosis: 2h}
costs: {currency: CNY, hour_of_work: 200, sms: 0.05}
services:
  - id: entry
    name: {zh: 凭证录入, en: Voucher entry}
    class: major
    measured_by: {flow: f}
    availability: {objective: 99.9}
  - id: reports
    name: {zh: 报表生成, en: Report generation}
    class: ordinary
    measured_by: {flow: g}
    availability: {objective: 99.9}
  - id: close
    name: {zh: 月末结账, en: Month-end close}
    class: major
    closed_by: {book: tryton, working_day: 5, time: "18:00"}
"""


def moment(text):
    return int(datetime.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).timestamp())


NOVEMBER = (moment("2025-11-01 00:00"), moment("2025-12-01 00:00"))
OCTOBER = (moment("2025-10-01 00:00"), NOVEMBER[0])
WORK = (moment("2025-11-15 22:00"), moment("2025-11-16 01:00"))
ENTRY_DOWN = [(moment("2025-11-10 10:00"), moment("2025-11-10 10:20")), (moment("2025-11-27 09:30"), moment("2025-11-27 09:33"))]
REPORTS_FROM = moment("2025-11-11 00:00")  # nothing was recorded of it before


def weight(at):
    day = datetime.datetime.fromtimestamp(at, SHANGHAI).day
    return 5 if day >= 26 or day <= 5 else 1


def overlap(a, b):
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


class Recorded:
    """What the recording rules of a month would have written, and its sums."""

    def __init__(self):
        self.series = {}

    def add(self, series, at, value):
        self.series.setdefault(series, []).append((at, value))

    def month(self, service, begin, end, down):
        sums = {"all": [0, 0], "counted": [0, 0]}
        for at in range(begin - begin % STEP + OFFSET, end + STEP, STEP):
            span = (at - STEP, at)
            lost = sum(overlap(span, each) for each in down)
            work = overlap(span, WORK)
            lost_at_work = sum(overlap(each, WORK) for each in down if overlap(span, each))
            check(lost_at_work == 0, "the test's downtime is not inside its announced work")
            figures = {"all": (STEP - lost, STEP), "counted": ((STEP - lost - work) * weight(at), (STEP - work) * weight(at))}
            for scope, (good, total) in figures.items():
                labels = f'{{service="{service}",scope="{scope}"}}'
                self.add("service:finwatch_slo_good_seconds:sum10m" + labels, at, good)
                self.add("service:finwatch_slo_total_seconds:sum10m" + labels, at, total)
                if begin < at <= end:
                    sums[scope][0] += good
                    sums[scope][1] += total
        return sums

    def steady(self, series, begin, end, value, step=60):
        for at in range(begin, end, step):
            self.add(series, at, value(at))

    def text(self):
        lines = []
        for name in sorted({re.split(r"[{]", series)[0] for series in self.series}):
            lines.append(f"# TYPE {name} gauge")
            for series in sorted(self.series):
                if series.split("{")[0] == name:
                    lines += [f"{series} {value} {at}" for at, value in self.series[series]]
        return "\n".join(lines) + "\n# EOF\n"


def run(*words):
    done = subprocess.run([PROGRAM, "report", *words], capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="finwatch-live-report-")
        cls.addClassCleanup(cls.folder.cleanup)
        where = cls.folder.name
        recorded = Recorded()
        cls.entry = recorded.month("entry", *NOVEMBER, ENTRY_DOWN)
        cls.reports = recorded.month("reports", REPORTS_FROM, NOVEMBER[1], [])
        for begin, end in ENTRY_DOWN:
            recorded.steady('service:finwatch_up:min{service="entry"}', begin - 1200, end + 1200, lambda at, b=begin, e=end: int(not b <= at < e), 30)
        # Two episodes. What promtool writes has no mark at its end, so that each seems to last five minutes longer.
        for begin, minutes in (("2025-11-10 10:00", 20), ("2025-11-10 10:50", 5)):
            recorded.steady('ALERTS{alertname="FlowFailing",alertstate="firing",severity="severe",fault_class="major",service="entry"}', moment(begin),
                            moment(begin) + 60 * minutes, lambda _: 1)
        recorded.steady('ALERTS{alertname="Watchdog",alertstate="firing",severity="light"}', moment("2025-11-10 09:00"), moment("2025-11-10 12:00"), lambda _: 1)
        # October's books are closed on the fifth at noon; the third is a day off, so that they were due on the tenth.
        recorded.steady('finwatch_integrity_time_seconds{book="tryton",check="close_progress",value="deadline"}', NOVEMBER[0], moment("2025-11-05 12:00"),
                        lambda _: 3600)
        recorded.steady('finwatch_integrity_check_success{book="tryton",check="close_progress"}', NOVEMBER[0], NOVEMBER[1], lambda _: 1, 240)
        recorded.steady("finwatch_working_day{}", NOVEMBER[0], NOVEMBER[1],
                        lambda at: int(datetime.datetime.fromtimestamp(at, SHANGHAI).weekday() < 5 and datetime.datetime.fromtimestamp(at, SHANGHAI).day != 3), 240)
        # In October the notifier ran: seven incidents, one of them answered late.
        half = moment("2025-10-16 12:00")
        for name, labels, value in (("finwatch_incidents_total", 'fault_class="ordinary",service="reports",outcome="solved"', 7),
                                    ("finwatch_incidents_reopened_total", 'fault_class="ordinary"', 1),
                                    ("finwatch_incident_seconds_count", 'fault_class="ordinary",clock="answer"', 7),
                                    ("finwatch_incident_seconds_sum", 'fault_class="ordinary",clock="answer"', 6300),
                                    ("finwatch_incident_seconds_sum", 'fault_class="ordinary",clock="solve"', 42300),
                                    ("finwatch_incident_seconds_bucket", 'fault_class="ordinary",clock="answer",le="1800"', 6),
                                    ("finwatch_incident_seconds_bucket", 'fault_class="ordinary",clock="answer",le="+Inf"', 7),
                                    ("finwatch_sla_breaches_total", 'fault_class="ordinary",clock="answer"', 1),
                                    ("finwatch_notifications_total", 'channel="sms",result="ok",code="OK"', 12),
                                    ("finwatch_notifications_total", 'channel="sms",result="failed",code="x"', 3)):
            recorded.steady(f"{name}{{{labels}}}", OCTOBER[0], OCTOBER[1], lambda at, v=value: v if at >= half else 0, 240)
        write(f"{where}/past.om", recorded.text())
        write(f"{where}/sla.yaml", CONTRACT)
        made = subprocess.run([need("promtool"), "tsdb", "create-blocks-from", "--max-block-duration=486h", "openmetrics", f"{where}/past.om", f"{where}/data"], capture_output=True, text=True,
                              check=False)
        check(made.returncode == 0, made.stdout + made.stderr)
        cls.prometheus = cls.enterClassContext(Prometheus(where, [], options=["--storage.tsdb.retention.time=20y"]))

    def report(self, *words):
        output = tempfile.mkdtemp(dir=self.folder.name)
        status, said = run(f"--contract={self.folder.name}/sla.yaml", f"--prometheus.url=http://127.0.0.1:{self.prometheus.port}", f"--output={output}", *words)
        check(status == 0, said)
        return output

    def figures(self, path):
        with open(path, encoding="utf-8-sig", newline="") as file:
            return {(row["id"], row["key"]): row["value"] for row in csv.DictReader(file)}

    def test_availability_is_that_of_arithmetic(self):
        output = self.report("--month=2025-11")
        check(sorted(os.listdir(output)) == [f"sla-2025-11.{language}.{ending}" for language in ("en", "zh") for ending in ("csv", "html", "md")],
              os.listdir(output))
        figures = self.figures(f"{output}/sla-2025-11.en.csv")
        good, total = self.entry["all"]
        check(abs(float(figures["entry", "availability_all"]) - 100 * good / total) < 1e-4, figures)
        check(float(figures["entry", "downtime"]) == 23, figures)
        # An hour of the three that were announced is more than a month may have.
        good, total = self.entry["counted"]
        total += 3600
        check(abs(float(figures["entry", "availability_counted"]) - 100 * good / total) < 1e-4, figures)
        check(abs(float(figures["entry", "budget"]) - 0.001 * total / 60) < 0.01, figures)
        check(abs(float(figures["entry", "budget_spent"]) - (20 + 3 * 5 + 60)) < 0.01, figures)
        check(figures["entry", "kept"] == "1" and figures["reports", "kept"] == "0", figures)
        check(figures["entry", "planned"] == "180.00" and figures["entry", "planned_beyond_cap"] == "60.00", figures)
        check(abs(float(figures["reports", "measured"]) - 100 * 20 / 30) < 0.1, figures)

    def test_outages_and_the_close_are_found(self):
        with open(f"{self.report('--month=2025-11', '--format=markdown')}/sla-2025-11.en.md", encoding="utf-8") as file:
            page = file.read()
        for line in ("| Voucher entry | 2025-11-10 10:00 | 2025-11-10 10:20 | 20 min | – |",
                     "| Voucher entry | 2025-11-27 09:30 | 2025-11-27 09:33 | 3 min | – |",
                     "| Month-end close | tryton | 2025-10 | 2025-11-10 18:00 | 2025-11-05 12:10 | In time |",
                     "| FlowFailing | Voucher entry | 2 |"):
            check(line in page, f"{line}\n{page}")
        check("Watchdog" not in page and "finwatch-notifier is not running" in page, page)

    def test_incidents_come_from_the_notifier_where_it_runs(self):
        figures = self.figures(f"{self.report('--month=2025-10', '--format=csv')}/sla-2025-10.en.csv")
        for key, value in (("incidents", "7"), ("incidents_reopened", "1"), ("answer_breaches", "1"), ("answer_mean", "15.00"), ("first_time_fixes", "85.71")):
            check(abs(float(figures["ordinary", key]) - float(value)) < 0.011, f"{key}: {figures}")
        check(abs(float(figures["costs", "cost_total"]) - (10 * 200 + 12 * 0.05)) < 0.5, figures)

    def test_a_month_that_is_not_over_and_a_year(self):
        output = self.report("--month=2025-11", "--at=2025-11-12T00:00", "--format=markdown")
        with open(f"{output}/sla-2025-11.zh.md", encoding="utf-8") as file:
            page = file.read()
        check("本月尚未结束" in page and "| 凭证录入 |" in page, page)
        check("2025-11-27" not in page, page)
        figures = self.figures(f"{self.report('--year=2025', '--format=csv')}/sla-2025.en.csv")
        check(float(figures["entry", "downtime"]) == 23, figures)
        check(abs(float(figures["entry", "measured"]) - 100 * 30 / (365 + calendar.isleap(2025))) < 0.1, figures)

    def test_the_same_figures_give_the_same_bytes(self):
        pages = []
        for output in (self.report("--month=2025-11"), self.report("--month=2025-11")):
            pages.append({})
            for name in os.listdir(output):
                with open(f"{output}/{name}", "rb") as file:
                    pages[-1][name] = file.read()
        check(pages[0] == pages[1], "two reports of the same month differ")

    def test_a_dead_server_is_named(self):
        port = free_port()
        with tempfile.TemporaryDirectory() as folder:
            status, said = run(f"--contract={self.folder.name}/sla.yaml", "--month=2025-11", f"--prometheus.url=http://127.0.0.1:{port}", f"--output={folder}/out")
            check(status == 1 and f"http://127.0.0.1:{port}: " in said and "is Prometheus running there?" in said, said)
            check(not os.path.exists(f"{folder}/out"), "a report was written of nothing")

    def test_what_cannot_be_asked_for_is_refused(self):
        contract = f"--contract={self.folder.name}/sla.yaml"
        for words, part in ((["--month=2099-01"], "--month: 2099-01 has not begun"), (["--month=2025"], "--month: expected a month"),
                            (["--year=2025-11"], "--year: expected a year"), (["--month=2025-11", "--year=2025"], "give one of them"),
                            (["--format=pdf"], "--format: expected markdown, csv and html, found 'pdf'"), (["--at=noon"], "--at: expected a time"),
                            (["--prometheus.url=prometheus:9090"], "--prometheus.url: expected an address"),
                            (["--prometheus.bearer-file=/none"], "--prometheus.bearer-file: "), (["--output=/proc/none", "--month=2025-11"], "/proc/none")):
            url = [] if any("url" in word for word in words) else [f"--prometheus.url=http://127.0.0.1:{self.prometheus.port}"]
            status, said = run(contract, *url, *words)
            check(status == 1 and part in said, f"{words}: {said}")
        status, said = run(contract, "--month=2025-11", f"--prometheus.url=http://127.0.0.1:{self.prometheus.port}/elsewhere")
        check(status == 1 and "answered 404" in said, said)


if __name__ == "__main__":
    unittest.main()
