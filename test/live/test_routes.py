"""The routes that ship, in Debian's Alertmanager: amtool finds for every alert, and for every class, severity and service, the receivers
that the contract means, and a real Alertmanager tells, keeps quiet and tells the end as they say."""
import contextlib
import datetime
import glob
import json
import os
import re
import subprocess
import tempfile
import unittest
import urllib.request

from alerting import Alertmanager, Listener, Mailbox
from harness import Process, read
from servers import ROOT, check, eventually, free_port, need, write

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
GENERATED = os.path.join(ROOT, "rules/generated")
TEAM = ["wang.fang@example.com", "zhang.wei@example.com"]


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def compiled(folder, *changes):
    """What is made of the contract that ships, with pieces of it changed."""
    contract = read(f"{ROOT}/rules/sla.yaml")
    for old, new in changes:
        check(old in contract, f"no {old!r} in the contract")
        contract = contract.replace(old, new)
    write(f"{folder}/sla.yaml", contract)
    write(f"{folder}/rota.csv", read(f"{ROOT}/rules/rota.csv"))
    status, said = run(PROGRAM, "compile", f"--contract={folder}/sla.yaml", f"--output={folder}/made")
    check(status == 0, said)
    return f"{folder}/made"


def hurried(text, notifier_port, mail_port):
    """The same routes with the fakes' addresses, and waits that a test can wait for. What does not wait stays as it is."""
    text = text.replace("127.0.0.1:19605", f"127.0.0.1:{notifier_port}").replace('"127.0.0.1:25"', f'"127.0.0.1:{mail_port}"')
    text = re.sub(r"group_wait: \d*[1-9]\d*[sm]", "group_wait: 1s", text)
    text = re.sub(r"group_interval: \w+", "group_interval: 1s", text)
    return re.sub(r"repeat_interval: 1m\b", "repeat_interval: 1s", text)  # the heartbeat's


@contextlib.contextmanager
def routes(*changes, listener=None):
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        made = compiled(folder, *changes)
        notifier = stack.enter_context(listener or Listener())
        mailbox = stack.enter_context(Mailbox())
        alertmanager = stack.enter_context(Alertmanager(hurried(read(f"{made}/alertmanager.yml"), notifier.port, mailbox.port), made))
        yield alertmanager, notifier, mailbox


def alert(name, severity="severe", fault_class="ordinary", **labels):
    return {"alertname": name, "severity": severity, "fault_class": fault_class, **labels}


class Tables(unittest.TestCase):
    def test_amtool_accepts_the_routes(self):
        status, said = run(need("amtool"), "check-config", f"{GENERATED}/alertmanager.yml")
        check(status == 0 and "SUCCESS" in said, said)

    def test_promtool_accepts_the_configuration_of_prometheus(self):
        status, said = run(need("promtool"), "check", "config", f"{GENERATED}/prometheus.yml")
        check(status == 0, said)

    def test_every_line_of_the_table_reaches_its_receivers(self):
        lines = [line.strip() for line in read(f"{GENERATED}/tests/routes.tests").splitlines() if not line.startswith("#")]
        alerts = sum(read(path).count("- alert:") for path in glob.glob(f"{GENERATED}/rules/*.yml"))
        check(len(lines) > alerts > 0, f"{len(lines)} lines for {alerts} alerts")
        for line in lines:
            labels, receivers = line.split(" -> ")
            status, said = run(need("amtool"), "config", "routes", "test", f"--config.file={GENERATED}/alertmanager.yml",
                               f"--verify.receivers={receivers}", *labels.split())
            check(status == 0, f"{line}\n{said}")

    def test_a_wrong_receiver_is_found_out(self):
        status, said = run(need("amtool"), "config", "routes", "test", f"--config.file={GENERATED}/alertmanager.yml",
                           "--verify.receivers=notifier,mail-light-to-team", "severity=severe")
        check(status != 0 and "mail-severe-to-team" in said, said)


class Telling(unittest.TestCase):
    def test_a_severe_alert_arrives_at_once_a_light_one_as_a_letter_to_the_team_and_both_ends_are_told(self):
        with routes() as (alertmanager, notifier, mailbox):
            disconnected = alert("DatabaseDisconnected", fault_class="major", service="database", area="database", target="erp")
            alertmanager.fire(disconnected, summary="数据库 erp 连接中断", summary_en="Database erp is disconnected", runbook="DatabaseDisconnected")
            told = eventually(lambda: notifier.told("DatabaseDisconnected"), 5, alertmanager.log)
            check(told[0]["labels"]["service"] == "database" and told[0]["annotations"]["runbook"] == "DatabaseDisconnected", told)
            copy = eventually(lambda: mailbox.about("数据库 erp 连接中断"), 5, alertmanager.log)[0]
            check(copy[0] == TEAM and copy[1] == "[触发] 严重 财务数据库 数据库 erp 连接中断", copy)
            for words in ("服务: 财务数据库", "类别: 重大故障", "[firing] Database erp is disconnected", "service: Finance database", "target=erp"):
                check(words in copy[2], f"no {words} in {copy[2]}")

            busy = alert("HostCpuBusy", "light", area="host", instance="erp01:19600")
            alertmanager.fire(busy, summary="erp01 CPU 过高")
            letter = eventually(lambda: mailbox.about("erp01 CPU 过高"), 10, alertmanager.log)[0]
            check(letter[0] == TEAM and letter[1] == "[触发] 轻微 erp01 CPU 过高", letter)
            eventually(lambda: notifier.told("HostCpuBusy"), 5, "the notifier's clock starts with light alerts, too")

            alertmanager.fire(disconnected, resolved=True, summary="数据库 erp 连接中断")
            alertmanager.fire(busy, resolved=True, summary="erp01 CPU 过高")
            eventually(lambda: notifier.told("DatabaseDisconnected", "resolved") and notifier.told("HostCpuBusy", "resolved"), 10, alertmanager.log)
            eventually(lambda: {"[恢复] 严重 财务数据库 数据库 erp 连接中断", "[恢复] 轻微 erp01 CPU 过高"} <= set(mailbox.subjects()), 10,
                       lambda: str(mailbox.subjects()))

    def test_what_another_alert_explains_is_not_told_and_what_it_does_not_explain_is(self):
        with routes() as (alertmanager, notifier, mailbox):
            disconnected = alert("DatabaseDisconnected", fault_class="major", area="database", target="erp")
            alertmanager.fire(disconnected)
            eventually(lambda: notifier.told("DatabaseDisconnected"), 5, alertmanager.log)
            for target in ("erp", "hr"):
                alertmanager.fire(alert("DatabaseQueriesSlow", "light", area="database", target=target), summary=f"{target} 慢")
            eventually(lambda: mailbox.about("hr 慢"), 10, alertmanager.log)
            eventually(lambda: notifier.told("DatabaseQueriesSlow"), 10, alertmanager.log)
            check(not mailbox.about("erp 慢"), mailbox.subjects())
            check({one["labels"]["target"] for one in notifier.told("DatabaseQueriesSlow")} == {"hr"}, notifier.posts)
            # It was held back, not lost: it is told when nothing explains it any more.
            alertmanager.fire(disconnected, resolved=True)
            eventually(lambda: any(one["labels"]["target"] == "erp" for one in notifier.told("DatabaseQueriesSlow")), 15, alertmanager.log)

    def test_the_letters_go_out_while_the_notifier_fails(self):
        with routes(listener=Listener(status=503)) as (alertmanager, notifier, mailbox):
            alertmanager.fire(alert("HostMountNotAnswering", area="host", instance="erp01:19600"), summary="挂载点无应答")
            eventually(lambda: mailbox.about("挂载点无应答"), 10, alertmanager.log)
            eventually(lambda: len(notifier.told("HostMountNotAnswering")) > 1, 10, "tried again")

    def test_the_heartbeat_comes_again_and_again_and_is_no_letter(self):
        with routes() as (alertmanager, notifier, mailbox):
            alertmanager.fire(alert("Watchdog", "light", area="self"), summary="心跳")
            eventually(lambda: len(notifier.told("Watchdog")) >= 3, 15, alertmanager.log)
            check({post["receiver"] for post in notifier.posts} == {"heartbeat"} and not mailbox.letters, notifier.posts)

    def test_an_alert_of_no_severity_that_we_know_reaches_somebody(self):
        with routes() as (alertmanager, notifier, mailbox):
            alertmanager.fire({"alertname": "Foreign", "severity": "critical"}, summary="外来告警")
            eventually(lambda: mailbox.about("外来告警") and notifier.told("Foreign"), 10, alertmanager.log)

    def test_announced_maintenance_keeps_the_letters_of_its_service_back_and_nothing_from_the_notifier(self):
        now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
        begin, end = (f"{now + datetime.timedelta(days=days):%Y-%m-%dT%H:%M}" for days in (-40, 40))
        planned = f"planned: [{{id: M1, services: [database], from: {begin}, to: {end}}}]"
        with routes(("planned: []", planned)) as (alertmanager, notifier, mailbox):
            alertmanager.fire(alert("DatabaseDisconnected", fault_class="major", service="database", target="erp"), summary="维护中")
            alertmanager.fire(alert("WorkflowVoucherEntryFailing", fault_class="major", service="voucher_entry", flow="v"), summary="非维护")
            eventually(lambda: mailbox.about("非维护"), 10, alertmanager.log)
            eventually(lambda: notifier.told("DatabaseDisconnected"), 10, alertmanager.log)
            check(not mailbox.about("维护中"), mailbox.subjects())


class Labels(unittest.TestCase):
    """Debian's Prometheus with the configuration that is made: an alert learns its service on the way to Alertmanager."""

    RULES = """groups: [{name: a, interval: 1s, rules: [
  {alert: ByTarget, expr: vector(1), labels: {target: erp}}, {alert: ByFlow, expr: vector(1), labels: {flow: tryton_voucher_entry}},
  {alert: ByBook, expr: vector(1), labels: {book: tryton}}, {alert: Knows, expr: vector(1), labels: {target: erp, service: sshd}},
  {alert: ByPlace, expr: vector(1), labels: {job: finwatch-host, instance: "127.0.0.1:19600"}},
  {alert: Nobodys, expr: vector(1), labels: {target: erp2}}]}]
"""

    def test_an_alert_learns_its_service_on_its_way(self):
        service = ("  - id: database\n", '  - id: host\n    name: {zh: 主机, en: Host}\n    class: major\n    measured_by: {job: finwatch-host, '
                   'instances: ["127.0.0.1:19600"]}\n    availability: {objective: 99.9}\n  - id: database\n')
        with tempfile.TemporaryDirectory() as folder, Listener() as notifier:
            made = compiled(folder, service)
            with Alertmanager(hurried(read(f"{made}/alertmanager.yml"), notifier.port, notifier.port), made) as alertmanager:
                port = free_port()
                text = read(f"{made}/prometheus.yml").replace("127.0.0.1:19093", f"127.0.0.1:{alertmanager.port}")
                text = text.replace("rules/*.rules.yml", "own.rules.yml").replace("127.0.0.1:19090", f"127.0.0.1:{port}")
                write(f"{made}/own.rules.yml", self.RULES)
                path = write(f"{made}/prometheus.yml", text)
                with Process([need("prometheus"), f"--config.file={path}", f"--storage.tsdb.path={folder}/data", "--log.level=warn",
                              "--rules.alert.resend-delay=1s", f"--web.listen-address=127.0.0.1:{port}"]):
                    wanted = {"ByTarget": "database", "ByFlow": "voucher_entry", "ByBook": "month_end_close", "Knows": "sshd",
                              "ByPlace": "host", "Nobodys": None}

                    def services():
                        return {one["labels"]["alertname"]: one["labels"].get("service") for one in alertmanager.ask("/api/v2/alerts")}

                    eventually(lambda: services() == wanted, 60, lambda: str(services()))
                    # Prometheus itself does not show it: ALERTS has the labels of the rule.
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query=ALERTS%7Balertname=%22ByTarget%22%7D", timeout=10) as answer:
                        own = json.load(answer)["data"]["result"]
                    check(len(own) == 1 and "service" not in own[0]["metric"], own)


if __name__ == "__main__":
    unittest.main()
