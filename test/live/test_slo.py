"""What is recorded of the objectives, by promtool: a missing target is down, one failed run is one failure however long its result is held,
planned maintenance does not count, days are those of the organisation's clock. Time begins at 1970-01-01 00:00 UTC, 08:00 in Shanghai."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from servers import ROOT, check, need, write

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
# Sums come after what fast rules wrote at the same moment.
GROUPS = [f"finwatch-slo-{name}" for name in ("recordings-slow", "recordings-fast", "recordings-calm", "slow", "calm")]
SERVICES = """
services:
  - id: voucher
    name: {zh: 凭证录入, en: Voucher entry}
    class: major
    measured_by: {flow: voucher}
    availability: {objective: 99.9, fewest_failures: 2}
    latency: {within: 3s, objective: 99}
  - id: hosts
    name: {zh: 主机, en: Hosts}
    class: ordinary
    measured_by: {job: node, instances: ["a:9100", "b:9100"]}
    availability: {objective: 99.5, fewest_failures: 2}
  - id: database
    name: {zh: 数据库, en: Database}
    class: major
    measured_by: {database: "db1:9187"}
    availability: {objective: 99.9, fewest_failures: 2}
"""
WELL = {'up{job="node",instance="a:9100"}': "1x200", 'up{job="node",instance="b:9100"}': "1x200", 'pg_up{instance="db1:9187"}': "1x200"}
# Runs every five minutes from 0 on; a value every 30 s.
NEXT = "300x9 600x9 900x9 1200x9 1500x9 1800x9 2100x9 2400x9"
LAST = "0x9 300x9 600x9 900x9 1200x9 1500x9 1800x9 2100x9"


def flow(success, last=LAST, following=NEXT):
    return {'finwatch_flow_success{flow="voucher",instance="w"}': success,
            'finwatch_flow_last_run_timestamp_seconds{flow="voucher",instance="w"}': last,
            'finwatch_flow_next_run_timestamp_seconds{flow="voucher",instance="w"}': following,
            'finwatch_flow_duration_seconds_count{flow="voucher",instance="w"}': "0x200",
            'finwatch_flow_duration_seconds_bucket{flow="voucher",instance="w",le="3.0"}': "0x200"}


def sample(expression, at, value, labels="{}"):
    return {"expr": expression, "eval_time": at, "exp_samples": [{"labels": labels, "value": value}]}


def nothing(expression, at):
    return {"expr": expression, "eval_time": at}


def firing(alert):
    return f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'


class Objectives(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="finwatch-live-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        with open(f"{ROOT}/rules/sla.yaml", encoding="utf-8") as file:
            contract = file.read()
        contract = contract[:contract.index("\nservices:")] + SERVICES
        contract = contract.replace('days_of_month: ["26-31", "1-5"], weight: 5', 'days_of_month: ["1"], weight: 3')
        contract = contract.replace("planned: []", "planned: [{id: M1, services: [voucher], from: 1970-01-01T08:02, to: 1970-01-01T08:05}, "
                                    "{id: M2, from: 1970-01-01T08:40, to: 1970-01-01T08:43}]")
        write(f"{cls.folder}/sla.yaml", contract)
        shutil.copy(f"{ROOT}/rules/rota.csv", cls.folder)
        made = subprocess.run([PROGRAM, "compile", f"--contract={cls.folder}/sla.yaml", f"--alerts={ROOT}/rules/alerts", f"--output={cls.folder}"],
                              capture_output=True, text=True, check=False)
        check(made.returncode == 0, made.stdout + made.stderr)

    def promtool(self, series, expected, every="30s", values="30s"):
        # What JSON can say, YAML can read.
        test = {"rule_files": ["rules/slo-recordings.rules.yml", "rules/slo.rules.yml"], "evaluation_interval": every, "group_eval_order": GROUPS,
                "tests": [{"interval": values, "input_series": [{"series": name, "values": text} for name, text in series.items()],
                           "promql_expr_test": expected}]}
        write(f"{self.folder}/case.yml", json.dumps(test))
        done = subprocess.run([need("promtool"), "test", "rules", f"{self.folder}/case.yml"], capture_output=True, text=True, check=False, timeout=600)
        check(done.returncode == 0, done.stdout + done.stderr)

    def test_what_is_made_is_accepted(self):
        for command in (["check", "rules", "rules/slo-recordings.rules.yml"], ["test", "rules", "tests/slo-recordings.test.yml"]):
            done = subprocess.run([need("promtool"), *command], capture_output=True, text=True, check=False, cwd=self.folder)
            check(done.returncode == 0 and "FAILED" not in done.stdout + done.stderr, done.stdout + done.stderr)

    def test_one_failed_run_is_one_failure_and_pages_nobody(self):
        # The run of 10 min fails and is held for five: ten samples, 300 s, far over the rate, one failure.
        self.promtool({**WELL, **flow("1x19 0x9 1x50")},
                      [sample('service:finwatch_up:min{service="voucher"}', "12m", 0, 'service:finwatch_up:min{service="voucher"}'),
                       sample('service:finwatch_failures:count1h', "16m", 1, 'service:finwatch_failures:count1h{service="voucher",fault_class="major"}'),
                       sample('count(service:finwatch_slo_burn:ratio1h > 80)', "16m", 1),
                       nothing(firing("SloBurnsFast"), "14m30s"), nothing(firing("SloBurnsFast"), "16m")])

    def test_two_failed_runs_page(self):
        self.promtool({**WELL, **flow("1x19 0x19 1x50")},
                      [nothing(firing("SloBurnsFast"), "14m30s"), sample(firing("SloBurnsFast"), "15m30s", 1),
                       sample('service:finwatch_failures:count1h', "19m", 2, 'service:finwatch_failures:count1h{service="voucher",fault_class="major"}')])

    def test_a_missing_target_is_down_and_pages(self):
        gone = {**WELL, 'pg_up{instance="db1:9187"}': "1x19 stale"}
        self.promtool({**gone, **flow("1x70")},
                      [sample('count(service:finwatch_up:min)', "12m", 3), sample('sum(service:finwatch_up:min)', "9m", 3), sample('sum(service:finwatch_up:min)', "10m30s", 2),
                       nothing(firing("SloBurnsFast"), "10m"), sample('count(ALERTS{alertname="SloBurnsFast",service="database",severity="severe"})', "12m", 1),
                       sample('count(ALERTS{alertname="SloServiceNotMeasured",service="database"})', "12m", 1)])

    def test_one_lost_sample_pages_nobody(self):
        self.promtool({**WELL, 'up{job="node",instance="b:9100"}': "1x19 0 1x80", 'pg_up{instance="db1:9187"}': "1x19 0 1x80", **flow("1x70")},
                      [sample('count(service:finwatch_up:min == 0)', "10m", 2), sample('sum(service:finwatch_failures:count1h)', "11m", 2),
                       nothing('ALERTS{severity="severe"}', "11m"), nothing('ALERTS{severity="severe"}', "15m")])

    def test_every_instance_must_answer(self):
        self.promtool({**WELL, 'up{job="node",instance="b:9100"}': "0x80", **flow("1x70")},
                      [sample('service:finwatch_up:min == 0', "10m", 0, 'service:finwatch_up:min{service="hosts"}'),
                       nothing(firing("SloBurnsFast"), "10m"), sample(firing("SloBurnsFastOrdinary"), "10m", 1)])

    def test_a_restart_holds_the_result_and_lateness_does_not(self):
        # Gone for a minute, then planning again without a result; the run of 15 min never comes.
        self.promtool({**WELL, **flow("1x19 stale _x60", "300x19 stale _x60", "900x19 stale _ 900x60")},
                      [sample('count(service:finwatch_up:min == 0)', "10m", 1), sample('sum(service:finwatch_up:min)', "12m", 3), sample('sum(service:finwatch_up:min)', "19m", 3),
                       sample('service:finwatch_up:min == 0', "26m", 0, 'service:finwatch_up:min{service="voucher"}')])

    def test_planned_maintenance_does_not_count_and_does_not_page(self):
        # Down from 2 to 8 min; planned from 2 to 5, the last three minutes count, three times each.
        self.promtool({**WELL, **flow("1x3 0x11 1x60", "0x3 120x1 150x1 180x1 210x1 240x1 270x70")},
                      [sample('service:finwatch_up:min{service="voucher"}', "4m", 0, 'service:finwatch_up:min{service="voucher"}'),
                       nothing('service:finwatch_failure:burn', "4m"), nothing('ALERTS{alertname!="SloServiceNotMeasured"}', "4m30s"),
                       sample('service:finwatch_excluded:weight', "4m", 3, 'service:finwatch_excluded:weight{service="voucher"}'),
                       nothing('service:finwatch_excluded:weight', "5m"),
                       # Of the ten minutes up to 10 min: 20 samples, of which 6 are maintenance and 6 more are bad.
                       sample('service:finwatch_slo_total_seconds:sum10m{service="voucher",scope="all"}', "10m", 600, 'service:finwatch_slo_total_seconds:sum10m{service="voucher",scope="all"}'),
                       sample('service:finwatch_slo_good_seconds:sum10m{service="voucher",scope="all"}', "10m", 240, 'service:finwatch_slo_good_seconds:sum10m{service="voucher",scope="all"}'),
                       sample('service:finwatch_slo_total_seconds:sum10m{service="voucher",scope="counted"}', "10m", 3 * 420, 'service:finwatch_slo_total_seconds:sum10m{service="voucher",scope="counted"}'),
                       sample('service:finwatch_slo_good_seconds:sum10m{service="voucher",scope="counted"}', "10m", 3 * 240, 'service:finwatch_slo_good_seconds:sum10m{service="voucher",scope="counted"}'),
                       sample('service:finwatch_slo_good_seconds:sum10m{service="hosts",scope="counted"}', "10m", 3 * 600, 'service:finwatch_slo_good_seconds:sum10m{service="hosts",scope="counted"}'),
                       # One that names no service is for all of them.
                       sample('count(service:finwatch_excluded:weight)', "42m30s", 3), nothing('service:finwatch_excluded:weight', "43m"),
                       sample('service:finwatch_maintenance_seconds:sum10m', "10m", 180, 'service:finwatch_maintenance_seconds:sum10m{service="voucher"}')])

    def test_a_failure_is_counted_in_the_ten_minutes_in_which_it_begins(self):
        # Failed runs of 5, 10 and 25 min, each held for five. Three samples that nothing measures are three failures.
        series = {**WELL, 'pg_up{instance="db1:9187"}': "1x43 stale _ _ 1x60", **flow("1x9 0x19 1x19 0x9 1x9")}
        voucher, database = ('service:finwatch_failures:sum10m{service="%s",fault_class="major"}' % name for name in ("voucher", "database"))
        self.promtool(series, [sample(voucher, "10m", 2, voucher), nothing(voucher + " > 0", "20m"),
                               sample(voucher, "30m", 1, voucher), sample(database, "30m", 3, database)])

    def test_sums_by_six_hours_and_by_the_day_of_shanghai(self):
        # A service that only the chain knows: 17 h of samples, of which ten minutes bad. Midnight is 16:00 UTC.
        total, good = "service:finwatch_slo_total_seconds", "service:finwatch_slo_good_seconds"
        of = '{service="example",scope="%s"}'
        series = {'service:finwatch_up:min{service="example"}': "1x360 0x19 1x1660", 'service:finwatch_failure:burn{service="example"}': "_x361 1000x19 stale",
                  'finwatch_flow_duration_seconds_count{flow="voucher"}': "0+1x2100", 'finwatch_flow_duration_seconds_bucket{flow="voucher",le="3.0"}': "0+0.5x2100"}

        def at(name, scope, when, value):
            return sample(name + of % scope, when, value, name + of % scope)

        self.promtool(series,
                      [at(total + ":sum6h", "all", "4h", 30 + 4 * 3600), at(good + ":sum6h", "all", "4h", 30 + 4 * 3600 - 600), nothing(total + ":sum6h" + of % "all", "4h10m"),
                       nothing(total + ":sum1d" + of % "all", "15h50m"), at(total + ":sum1d", "all", "16h", 30 + 16 * 3600), at(good + ":sum1d", "all", "16h", 30 + 16 * 3600 - 600),
                       nothing(total + ":sum1d" + of % "all", "16h10m"),
                       # Weight 3 on the first of the month, 1 from midnight on.
                       at(total + ":sum6h", "counted", "10h", 3 * 21600), at(total + ":sum6h", "counted", "16h", 3 * 21000 + 600), at(total + ":sum10m", "counted", "17h", 600),
                       sample('service:finwatch_slo_bad_seconds:sum10m{service="example"}', "3h10m", 600, 'service:finwatch_slo_bad_seconds:sum10m{service="example"}'),
                       sample('round(service:finwatch_slo_burn:ratio2h{service="example"}, 0.001)', "4h", 83.333, '{service="example"}'),
                       sample(f'round(service:finwatch_availability:ratio30d{of % "all"}, 0.0001)', "5h", 0.9584, of % "all"),
                       sample(f'round(service:finwatch_availability:ratio365d{of % "all"}, 0.0001)', "16h", 0.9896, of % "all"),
                       sample('round(service:finwatch_latency:ratio30d, 0.01)', "5h", 0.5, '{service="voucher"}'),
                       sample('round(service:finwatch_latency_burn:ratio2h, 0.01)', "5h", 50, '{service="voucher"}')],
                      every="10m")

    def test_the_budget_of_a_new_service_is_that_of_a_month(self):
        # Half an hour of four that are written is bad: an eighth of what was measured, and 1800 s of the 2592 s of 30 days at 99.9 %.
        hours = '{service="example",scope="counted"}'
        self.promtool({"service:finwatch_slo_total_seconds:sum6h" + hours: "3600 _x119 3600 _x119 3600 _x119 3600", "service:finwatch_objective:ratio{service=\"example\"}": "0.999x500",
                       "service:finwatch_slo_good_seconds:sum6h" + hours: "3600 _x119 1800 _x119 3600 _x119 3600"},
                      [sample('round(service:finwatch_budget_left:ratio30d{service="example"}, 0.0001)', "3h", 0.3056, '{service="example"}'),
                       sample(f"service:finwatch_availability:ratio30d{hours}", "3h", 0.875, f"service:finwatch_availability:ratio30d{hours}")], every="10m")

    def test_the_weight_turns_with_the_year_of_shanghai(self):
        with open(f"{self.folder}/rules/slo-recordings.rules.yml", encoding="utf-8") as file:
            text = file.read()
        weight = json.loads(re.search(r'record: organisation:finwatch_close_window:weight\n\s+expr: (".*")', text).group(1))
        year = 1798732800  # 2027-01-01 00:00 in Shanghai, 16:00 UTC of the day before
        self.promtool({"x": "1x10"}, [sample(weight.replace("time()", str(moment)), "1m", value)
                                      for moment, value in ((year - 1, 1), (year, 3), (year + 86399, 3), (year + 86400, 1))])


if __name__ == "__main__":
    unittest.main()
