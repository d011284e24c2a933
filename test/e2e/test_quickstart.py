"""deploy/quickstart.sh: up, up again, status, down, wipe; taken ports, strangers, kills. Each time in a state folder of its own, once with
the ERP: that of the live tests, whose tables are made once."""
import json
import os
import re
import signal
import socket
import sys
import unittest
import urllib.parse
import urllib.request

from harness import ROOT, check, eventually, folder, get, need_root, read, run, write

sys.path.append(os.path.join(ROOT, "test/live"))
import tryton  # noqa: E402

SCRIPT = os.path.join(ROOT, "deploy/quickstart.sh")
VOUCHER_ENTRY = 'finwatch_flow_success{job="finwatch-workflow",flow="tryton_voucher_entry"}'
PROGRAMS = ("postgres", "pgbench", "finwatch-host", "finwatch-database", "finwatch-notifier", "prometheus-alertmanager", "prometheus")


class Quickstart:
    def __init__(self, where):
        self.state = os.path.join(where, "state")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call("--wipe")

    def call(self, *words):
        return run("bash", SCRIPT, "--state", self.state, "--no-install", "--lang", "en", *words)

    def up(self, erp=False, wait=False):
        status, text = self.call(*([] if erp else ["--no-erp"]), *([] if wait else ["--no-wait"]))
        check(status == 0, f"quickstart failed with {status}:\n{text}")
        return text

    def process(self, name):
        return int(read(os.path.join(self.state, "run", name)).split()[0])

    def port(self, name):
        return int(read(os.path.join(self.state, "run", name + ".port")))

    def told_of(self, alert):
        """Alertmanager has the alert, and a receiver for it."""
        told = json.loads(get(self.port("prometheus-alertmanager"), "/api/v2/alerts").body)
        check(any(one["labels"]["alertname"] == alert and one["receivers"] for one in told), f"Alertmanager has {told}")

    def alert(self, **labels):
        """Gives Alertmanager an alert that fires from now on."""
        url = f"http://127.0.0.1:{self.port('prometheus-alertmanager')}/api/v2/alerts"
        body = json.dumps([{"labels": labels, "annotations": {"summary": "a fault of the test"}}]).encode()
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=10).close()

    def finwatch(self, *words):
        """The command line, as the user whom quickstart made."""
        return run(os.path.join(self.state, "bin/finwatch"), *words, "--language=en", f"--notifier=http://127.0.0.1:{self.port('finwatch-notifier')}",
                   "--user=operator", "--password-file", os.path.join(self.state, "operator.password"))

    def prometheus(self, path, **parameters):
        answer = get(self.port("prometheus"), f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        return json.loads(answer.body)["data"]


def runs(pid, name):
    try:
        return name in read(f"/proc/{pid}/cmdline")
    except FileNotFoundError:
        return False


class QuickstartTest(unittest.TestCase):
    def test_up_twice_status_down_and_wipe(self):
        with folder() as where, Quickstart(where) as quickstart:
            text = quickstart.up(wait=True)
            check("[1/5]" in text and "[5/5] everything runs" in text, f"no progress in:\n{text}")
            check("node_load1" in text and "has heard Watchdog" in text, f"no proof in:\n{text}")
            check("/incidents" in text and "operator.password" in text, f"nobody is told where the incidents are:\n{text}")
            pids = {name: quickstart.process(name) for name in PROGRAMS}
            targets = quickstart.prometheus("targets")["activeTargets"]
            check(not any(target["lastError"] for target in targets), f"a target has an error: {targets}")
            rules = [rule for group in quickstart.prometheus("rules")["groups"] for rule in group["rules"]]
            alerts = {rule["name"] for rule in rules if rule["type"] == "alerting"}
            check(len(alerts) > 100 and {"Watchdog", "DatabaseDisconnected", "SloBurnsFast"} <= alerts, f"Prometheus has the alerts {alerts}")
            check(not any(rule.get("lastError") for rule in rules), f"a rule has an error: {rules}")
            quickstart.told_of("Watchdog")

            quickstart.up()
            check(pids == {name: quickstart.process(name) for name in PROGRAMS}, "the second run started something anew")
            status, text = quickstart.call("--status")
            check(status == 0 and all(str(pid) in text for pid in pids.values()), f"--status says:\n{text}")

            status, text = quickstart.call("--down")
            check(status == 0, text)
            check(not any(runs(pid, name) for name, pid in pids.items()), "something still runs after --down")
            check(os.path.isdir(os.path.join(quickstart.state, "data")), "--down removed the data")
            check(quickstart.call("--status")[0] == 1, "--status is content though nothing runs")

            status, text = quickstart.call("--wipe")
            check(status == 0 and not os.path.exists(quickstart.state), f"--wipe left something:\n{text}")

    def test_with_the_erp_voucher_entry_succeeds_in_prometheus_and_without_it_the_erp_ends(self):
        with folder() as where, Quickstart(where) as quickstart:
            tryton.unpack(where)
            os.rename(quickstart.state, where + "/erp")
            os.mkdir(quickstart.state)
            os.rename(where + "/erp", quickstart.state + "/erp")
            write(quickstart.state + "/finwatch-quickstart", "")
            text = quickstart.up(erp=True, wait=True)
            check(f"{VOUCHER_ENTRY} = 1" in text, f"no voucher entry in:\n{text}")
            answer = quickstart.prometheus("query", query=VOUCHER_ENTRY)["result"]
            check([one["value"][1] for one in answer] == ["1"], f"Prometheus has {answer}")

            names = (*PROGRAMS, "finwatch-workflow", "../erp/run/postgres", "../erp/run/trytond")
            pids = {name: quickstart.process(name) for name in names}
            status, text = quickstart.call("--status")
            check(status == 0 and all(str(pid) in text for pid in pids.values()), f"--status says:\n{text}")
            quickstart.up(erp=True)
            check(pids == {name: quickstart.process(name) for name in names}, "the second run started something anew")
            for name in ("maker", "checker", "probe"):
                secret = read(f"{quickstart.state}/erp/tryton/{name}.password").strip()
                check(os.stat(f"{quickstart.state}/erp/tryton/{name}.password").st_mode & 0o077 == 0, f"others may read {name}.password")
                check(not any(secret in read(f"/proc/{pid}/cmdline") for pid in pids.values()), f"the password of {name} is in a process title")

            quickstart.up()
            ended = [pid for name, pid in pids.items() if name not in PROGRAMS]
            # What has ended stays in /proc until the machine's first process buries it.
            eventually(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in ended), 15, "with --no-erp something of it still runs")
            status, text = quickstart.call("--status")
            check(status == 0 and "workflow" not in text and "trytond" not in text, f"--status says:\n{text}")
            check("finwatch-workflow" not in read(quickstart.state + "/compiled/prometheus.yml"), "Prometheus still asks finwatch-workflow")
            recordings = read(quickstart.state + "/compiled/rules/slo-recordings.rules.yml")
            check("tryton" not in recordings and "ledger" in recordings, "what needs the ERP is still promised")
            status, text = quickstart.call("--wipe")
            check(status == 0 and not os.path.exists(quickstart.state), f"--wipe left something:\n{text}")

    def test_an_alert_becomes_an_incident_is_told_and_acknowledged_and_outlives_a_kill(self):
        with folder() as where, Quickstart(where) as quickstart:
            quickstart.up()
            password = os.path.join(quickstart.state, "operator.password")
            check(os.stat(password).st_mode & 0o777 == 0o600, "the password is open to others")
            check(read(password) not in read(os.path.join(quickstart.state, "notifier-users.yml")), "the password is in the users file")
            answer = get(quickstart.port("finwatch-notifier"), "/api/v1/incidents")
            check(answer.status == 401, f"the incidents are open to everybody: {answer.status}")

            quickstart.alert(alertname="DatabaseDisconnected", severity="severe", fault_class="major", service="database", target="ledger")
            number = eventually(lambda: re.search(r"^(INC-\d+) .*database", quickstart.finwatch("incidents")[1], re.M), 60, "no incident came")[1]
            messages = os.path.join(quickstart.state, "log/messages.log")
            eventually(lambda: number in read(messages), 60, lambda: f"nothing was told of {number}: {read(messages)}")
            status, text = quickstart.finwatch("ack", number)
            check(status == 0 and "acknowledged (operator)" in text, text)

            os.kill(quickstart.process("finwatch-notifier"), signal.SIGKILL)
            quickstart.up()
            status, text = quickstart.finwatch("incidents", number)
            check(status == 0 and "acknowledged" in text and "operator" in text, f"after the kill it is\n{text}")
            status, text = quickstart.finwatch("false-alarm", number, "--note=of the test")
            check(status == 0, text)
            check(number not in quickstart.finwatch("incidents")[1], "a closed incident is shown as open")
            status, text = quickstart.call("--down")
            check(status == 0 and os.path.exists(os.path.join(quickstart.state, "notifier/journal.db")), f"--down removed the journal:\n{text}")

    def test_a_taken_port_a_kill_and_a_stranger_with_an_old_process_id(self):
        with folder() as where, Quickstart(where) as quickstart, socket.socket() as squatter:
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                squatter.bind(("127.0.0.1", 19600))
                squatter.listen()
            except OSError:
                pass  # somebody else has the port: as good
            text = quickstart.up()
            check("port 19600 is taken" in text, f"nobody was told:\n{text}")
            port = quickstart.port("finwatch-host")
            check(port != 19600, "two on one port")
            check(f"127.0.0.1:{port}" in read(os.path.join(quickstart.state, "compiled/prometheus.yml")), "Prometheus asks another port")

            killed = quickstart.process("finwatch-host")
            os.kill(killed, signal.SIGKILL)
            eventually(lambda: not runs(killed, "finwatch-host"), 5, "the killed program is still there")
            quickstart.up()
            check(quickstart.process("finwatch-host") != killed, "the killed program was not started again")

            # The process id of a program that ended may be somebody else's by now: that of this test, say.
            os.kill(quickstart.process("finwatch-host"), signal.SIGKILL)
            write(os.path.join(quickstart.state, "run", "finwatch-host"), f"{os.getpid()} 1\n")
            status, text = quickstart.call("--down")
            check(status == 0 and str(os.getpid()) not in text, f"a stranger was stopped:\n{text}")

    def test_what_was_rebuilt_is_started_anew_and_the_rest_is_kept(self):
        with folder() as where, Quickstart(where) as quickstart:
            quickstart.up()
            pids = {name: quickstart.process(name) for name in PROGRAMS}
            with open(os.path.join(quickstart.state, "bin/finwatch-host.old"), "wb") as other:
                other.write(b"an older build")
            os.replace(other.name, os.path.join(quickstart.state, "bin/finwatch-host"))
            write(os.path.join(quickstart.state, "finwatch-host.yml"), "collectors: {loadavg: {enabled: true}}  # mine\n")
            text = quickstart.up()
            check("stopped finwatch-host" in text and quickstart.process("finwatch-host") != pids["finwatch-host"], text)
            check(quickstart.process("prometheus") == pids["prometheus"], "Prometheus was started anew")
            check("# mine" in read(os.path.join(quickstart.state, "finwatch-host.yml")), "the configuration was overwritten")

            write(os.path.join(quickstart.state, "finwatch-host.yml"), "collectors: {loadavgg: {}}\n")
            status, text = quickstart.call("--no-erp")
            check(status == 1 and "finwatch-host.yml:1:" in text and "did you mean 'loadavg'" in text, text)
            check(runs(quickstart.process("finwatch-host"), "finwatch-host"), "what ran was stopped for a bad configuration")

    def test_a_changed_contract_is_compiled_and_read_and_a_wrong_one_changes_nothing(self):
        with folder() as where, Quickstart(where) as quickstart:
            quickstart.up()
            pids = {name: quickstart.process(name) for name in PROGRAMS}
            contract = os.path.join(quickstart.state, "sla.yaml")
            shipped = read(contract)
            write(contract, shipped.replace("objective: 99.9, fewest_failures: 2}\n  - id: month", "objective: 99.5, fewest_failures: 2}\n  - id: month"))
            quickstart.up()
            check(pids == {name: quickstart.process(name) for name in PROGRAMS}, "a new contract started something anew")
            eventually(lambda: any("99.5 / 100" in rule["query"] for group in quickstart.prometheus("rules")["groups"] for rule in group["rules"]),
                       30, "Prometheus does not have the new objective")
            compiled = read(os.path.join(quickstart.state, "compiled/prometheus.yml"))
            write(contract, shipped.replace("first_diagnosis: 2h", "first_diagnosys: 2h"))
            status, text = quickstart.call("--no-erp")
            line = shipped[:shipped.index("first_diagnosis")].count("\n") + 1
            check(status == 1 and f"{contract}:{line}:" in text and "did you mean 'first_diagnosis'" in text, text)
            check(compiled == read(os.path.join(quickstart.state, "compiled/prometheus.yml")), "a wrong contract changed what is compiled")

    def test_started_by_root_the_programs_may_write_to_their_data_only(self):
        need_root()
        with folder() as where, Quickstart(where) as quickstart:
            quickstart.up()
            for name in PROGRAMS:
                user = re.search(r"^Uid:\s+(\d+)", read(f"/proc/{quickstart.process(name)}/status"), re.M).group(1)
                check(user != "0", f"{name} runs as root")
            for path, _, _ in os.walk(quickstart.state):
                if not path.startswith(tuple(os.path.join(quickstart.state, name) for name in ("alertmanager", "data", "ledger", "notifier"))):
                    check(os.stat(path).st_uid == 0 and not os.stat(path).st_mode & 0o022, f"{path} is not root's alone")

    def test_killed_in_the_middle_it_goes_on_at_the_next_run(self):
        with folder() as where, Quickstart(where) as quickstart:
            for seconds in ("0.3", "0.8", "1.5"):
                run("timeout", "-s", "KILL", seconds, "bash", SCRIPT, "--state", quickstart.state, "--no-install", "--no-erp")
            quickstart.up()

    def test_what_it_refuses(self):
        with folder() as where:
            quickstart = Quickstart(where)
            status, text = quickstart.call("--frobnicate")
            check(status == 2 and "--help" in text, text)
            status, text = quickstart.call("--help")
            check(status == 0 and "--wipe" in text and "--no-install" in text, text)
            write(quickstart.state, "a file where a folder should be")
            status, text = quickstart.call()
            check(status == 1 and "cannot write to" in text, text)
            os.unlink(quickstart.state)
            os.mkdir(quickstart.state)
            precious = write(os.path.join(quickstart.state, "precious"), "not ours")
            status, text = quickstart.call()
            check(status == 1 and "something else" in text and os.listdir(quickstart.state) == ["precious"], text)
            status, text = quickstart.call("--wipe")
            check(status == 1 and os.path.exists(precious), f"--wipe removed a stranger's folder:\n{text}")

    def test_it_speaks_chinese_to_those_who_do(self):
        with folder() as where:
            status, text = run("bash", SCRIPT, "--state", os.path.join(where, "none"), "--status", "--lang", "zh")
            check(status == 1 and "未运行" in text, text)


if __name__ == "__main__":
    unittest.main()
