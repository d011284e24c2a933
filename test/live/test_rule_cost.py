"""`finwatch cost` counts what Prometheus counts: the series of a small fleet are put into a real Prometheus, and each expression is asked there with
its statistics. Times are not compared: a machine on which other tests run has none to go by. test/bench/rules.sh does that."""
import contextlib
import itertools
import json
import os
import re
import subprocess
import tempfile
import unittest
import urllib.parse

from servers import ROOT, check, need
from harness import Process, eventually, free_port, get, write

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
FLEET = "hosts=20,databases=6,flows=10,books=2"
BEGIN, END = 1795000000, 1795007200  # two hours, a sample every 30 seconds
# Exactly, as the labels of the fleet are known.
FORMS = {
    "Instant": "node_load1 > 5",
    "ByLabel": 'node_cpu_seconds_total{mode="idle"}',
    "ByPattern": 'rate(node_cpu_seconds_total{mode=~"idle|iowait"}[2m]) > 2',
    "WithoutPattern": 'node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs"} / node_filesystem_size_bytes < 0.1',
    "Aggregated": "1 - avg without (cpu, mode) (rate(node_cpu_seconds_total[5m])) > 0.8",
    "Forecast": "predict_linear(node_filesystem_avail_bytes[1h], 3600) < 0",
    "NoShortCircuit": "node_load1 > 1e9 and predict_linear(node_load5[30m], 60) > 0",
    "OtherExporters": 'pg_up{target=""} == 0 or on (instance) label_replace(finwatch_db_up == 0, "a", "$1", "instance", "(.+)")',
    "Earlier": "node_load1 offset 1h > 5 unless on (job, instance) up",
    "Grouped": "node_load1 * on (job, instance) group_right () node_filesystem_avail_bytes > 1",
    "OfAFlow": 'max_over_time(finwatch_flow_success{flow=~"(.+_)?voucher_entry"}[10m]) == 0',
    "Made": "vector(1) > 0",
}
# A subquery is asked at round times, and so once more or less.
NEARLY = {"Subquery": "max_over_time(rate(node_load1[5m])[30m:1m]) > 5"}


def families():
    """By name: (labels, how often), as the estimate has them."""
    said = subprocess.run([PROGRAM, "cost", "--families", f"--fleet={FLEET}"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    for row in said.splitlines():
        name, _, share, *labels = row.split("\t")
        check(float(share) <= 1, row)
        names = [re.match(r"[^=*]+", label).group() for label in labels]
        values = [[f"v{i}" for i in range(int(label[len(of) + 1:]))] if label[len(of)] == "*" else label[len(of) + 1:].split("|")
                  for of, label in zip(names, labels)]
        for combination in itertools.product(*values):
            yield name, dict(zip(names, combination))


def history(folder):
    """Blocks of what the forms read."""
    read = set(re.findall(r"[a-z_][a-z0-9_]*", " ".join([*FORMS.values(), *NEARLY.values()])))
    with open(f"{folder}/history", "w", encoding="utf-8") as file:
        by_name = {}
        for name, labels in families():
            if name in read:
                by_name.setdefault(name, []).append(",".join(f'{label}="{value}"' for label, value in labels.items() if value))
        check("node_cpu_seconds_total" in by_name and "finwatch_flow_success" in by_name, by_name.keys())
        for name, series in by_name.items():
            file.write(f"# TYPE {name} unknown\n")
            for labels in series:
                file.writelines(f"{name}{{{labels}}} {number} {time}\n" for number, time in enumerate(range(BEGIN, END, 30)))
        file.write("# EOF\n")
    done = subprocess.run([need("promtool"), "tsdb", "create-blocks-from", "openmetrics", f"{folder}/history", f"{folder}/data"],
                          capture_output=True, text=True, check=False, timeout=300)
    check(done.returncode == 0, done.stdout + done.stderr)


def estimated(folder):
    """By form: series and samples, from the command line."""
    os.mkdir(f"{folder}/alerts")
    case = {"series": {"a": "1x9"}, "at": "7m"}
    words = {"zh": "一", "en": "One"}
    alerts = [{"id": name, "title": words, "text": words, "expr": expression, "speed": "slow", "severity": "light", "class": "ordinary",
               "firing": [case], "silent": [case]} for name, expression in {**FORMS, **NEARLY}.items()]
    write(f"{folder}/alerts/forms.yaml", json.dumps({"area": "forms", "name": words, "alerts": alerts}, ensure_ascii=False))
    done = subprocess.run([PROGRAM, "cost", f"--alerts={folder}/alerts", f"--fleet={FLEET}", "--most=0"], capture_output=True, text=True, check=False, cwd=ROOT)
    check(done.returncode == 0, done.stdout + done.stderr)
    return {name: (int(series), int(samples)) for series, samples, name in re.findall(r"^ +[\d.]+ +(\d+) +(\d+) +\d+  slow   (\w+)$", done.stdout, re.M)}


@contextlib.contextmanager
def prometheus(folder):
    port = free_port()
    configuration = write(f"{folder}/prometheus.yml", "global: {}\n")
    with Process([need("prometheus"), f"--config.file={configuration}", f"--storage.tsdb.path={folder}/data", "--storage.tsdb.retention.time=100y",
                  f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], log=f"{folder}/log") as server:
        def ready():
            check(server.alive(), server.log())
            with contextlib.suppress(OSError):
                return get(port, "/-/ready").status == 200
        eventually(ready, 60, server.log)
        yield port


def counted(port, expression):
    form = urllib.parse.urlencode({"query": expression, "time": END - 15, "stats": "all"})
    said = json.loads(get(port, f"/api/v1/query?{form}", timeout=60).body)
    check(said["status"] == "success", said)
    return said["data"]["stats"]["samples"]["totalQueryableSamples"]


class RuleCost(unittest.TestCase):
    def test_samples_are_those_that_prometheus_reads(self):
        with tempfile.TemporaryDirectory() as folder:
            history(folder)
            estimates = estimated(folder)
            check(set(estimates) == set(FORMS) | set(NEARLY), estimates)
            with prometheus(folder) as port:
                for name, expression in FORMS.items():
                    with self.subTest(form=name):
                        self.assertEqual(estimates[name][1], counted(port, expression), expression)
                for name, expression in NEARLY.items():
                    with self.subTest(form=name):
                        ratio = estimates[name][1] / counted(port, expression)
                        check(0.5 < ratio < 2, f"{expression}: {ratio} of what Prometheus counts")

    def test_the_command_line(self):
        def said(*words):
            done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False, cwd=ROOT)
            return done.returncode, done.stdout + done.stderr
        status, text = said("cost")
        check(status == 0 and "hosts=1000, postgresql=100" in text and "rules every 30 s" in text, text)
        status, text = said("cost", "--fleet=hosts=10,flows=2", "--most=3")
        check(status == 0 and "hosts=10," in text and len(re.findall(r"(?m)^ +[\d.]+ .*  (?:fast|slow|calm) +\S+$", text)) == 3, text)
        status, text = said("cost", "--fleet=host=10")
        check(status == 2 and "did you mean 'hosts'?" in text, text)
        status, text = said("check", "--cost")
        check(status == 0 and "HostCpuBusy" in text and "nothing wrong" in text, text)


if __name__ == "__main__":
    unittest.main()
