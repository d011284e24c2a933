#!/usr/bin/env python3
"""What the objectives of many services cost Prometheus: the recordings and burn alerts of a contract of N flows, and a year's availability.

    test/bench/rules_slo.py [--services=500] [--failing=10] [--seconds=180] [--json=FILE]

Writes a contract of N services, compiles it, starts Debian's Prometheus with the rules of the slo area and nothing else, gives it a
year of history (remote write) and the flows' own metrics (scraped every 30 s from this process). --failing of the services are down all
the time. Every group then runs ten times as often as its file says, so that 3 s cost what a round of 30 s would, with fast, slow and
calm rules in their proportion, and three minutes are enough. What is measured is the CPU of the process, less what it takes without
rules: other work on the machine changes it little, while it makes times on the clock (also given, the quickest of each) mean nothing.
"""
import argparse
import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import ROOT, check, eventually, free_port, need, write  # noqa: E402

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
FASTER = 10
QUICK = {"30s": "3s", "2m": "12s", "10m": "1m"}
SHARE = {"fast": 1, "slow": 1 / 4, "calm": 1 / 20}  # of a round of 30 s
YEAR = ('sum_over_time(service:finwatch_slo_good_seconds:sum1d{scope="counted"%s}[365d])'
        ' / sum_over_time(service:finwatch_slo_total_seconds:sum1d{scope="counted"%s}[365d])')


def class_of(number):
    return "major" if number % 5 else "ordinary"


def contract(services):
    with open(f"{ROOT}/rules/sla.yaml", encoding="utf-8") as file:
        text = file.read()
    head = text[:text.index("\nservices:")]
    rows = [f"""  - id: service{i}
    name: {{zh: 服务{i}, en: Service {i}}}
    class: {class_of(i)}
    measured_by: {{flow: flow{i}}}
    availability: {{objective: {(99.9, 99.5)[i % 2]}, fewest_failures: 2}}
    latency: {{within: 3s, objective: 99}}
""" for i in range(services)]
    return head + "\nservices:\n" + "".join(rows)


def page(services, failing, started):
    """What finwatch-workflow would say of N flows that run once a minute."""
    lines = []
    now = time.time()
    last = now - now % 60
    runs = int((now - started) / 60) + 100
    for i in range(services):
        flow = f'{{flow="flow{i}"}}'
        lines += [f"finwatch_flow_success{flow} {int(i >= failing)}", f"finwatch_flow_runs_total{flow} {runs}",
                  f"finwatch_flow_last_run_timestamp_seconds{flow} {last}", f"finwatch_flow_next_run_timestamp_seconds{flow} {last + 60}",
                  f"finwatch_flow_duration_seconds_count{flow} {runs}"]
        lines += [f'finwatch_flow_duration_seconds_bucket{{flow="flow{i}",le="{le}"}} {runs}' for le in ("1.0", "3.0", "10.0", "+Inf")]
    return ("\n".join(lines) + "\n").encode()


@contextlib.contextmanager
def exporter(services, failing):
    started = time.time()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page(services, failing, started))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def samples(values):
    """(seconds, value) … as the samples of a series of remote write."""
    return b"".join(field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(int(at * 1000))) for at, value in values)


def post(port, series):
    """Snappy by literals only: nothing is squeezed, everybody can read it."""
    raw = b"".join(series)
    packed = varint(len(raw)) + b"".join(b"\xf4" + struct.pack("<H", len(raw[at:at + 65536]) - 1) + raw[at:at + 65536] for at in range(0, len(raw), 65536))
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/write", packed,
                                     {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf", "X-Prometheus-Remote-Write-Version": "0.1.0"})
    urllib.request.urlopen(request, timeout=60).read()


def history(services, failing):
    """The recordings of a year: (name, labels, samples), a series each."""
    now = int(time.time()) - 60
    spans = {"sum10m": (600, 3 * 86400), "sum6h": (21600, 30 * 86400), "sum1d": (86400, 365 * 86400)}
    for span, (step, depth) in spans.items():
        times = range(now - depth, now, step)
        whole, less = samples((at, step) for at in times), samples((at, step * 0.999) for at in times)
        for i in range(services):
            for scope in ("all", "counted"):
                labels = {"service": f"service{i}", "scope": scope}
                yield f"service:finwatch_slo_total_seconds:{span}", labels, whole
                yield f"service:finwatch_slo_good_seconds:{span}", labels, less if i < failing else whole
    step, depth = spans["sum6h"]
    runs = samples((at, 60) for at in range(now - depth, now, step))
    ten = samples((at, 10) for at in range(now - 86400, now, 600))
    for i in range(services):
        for kind in ("runs", "good_runs"):
            yield f"service:finwatch_latency_{kind}:sum6h", {"service": f"service{i}"}, runs
            yield f"service:finwatch_latency_{kind}:sum10m", {"service": f"service{i}"}, ten
    down = samples((at, at - at % 60) for at in range(now - 6 * 3600, now, 30))
    cost = samples((at, 1000) for at in range(now - 6 * 3600, now, 30))
    bad = samples((at, 600) for at in range(now - 3 * 86400, now, 600))
    up = samples((at, 1) for at in range(now - 600, now, 30))
    for i in range(services):
        yield "service:finwatch_up:min", {"service": f"service{i}"}, up
    for i in range(failing):
        labels = {"service": f"service{i}", "fault_class": class_of(i)}
        yield "service:finwatch_failure:timestamp_seconds", labels, down
        yield "service:finwatch_failure:burn", labels, cost
        yield "service:finwatch_slo_bad_seconds:sum10m", labels, bad
        yield "service:finwatch_slo_burn_seconds:sum10m", labels, bad
        yield "service:finwatch_failures:sum10m", labels, bad


def load(port, services, failing):
    batch, size, count = [], 0, 0
    for name, labels, values in history(services, failing):
        pairs = sorted({"__name__": name, **labels}.items())
        batch.append(field(1, b"".join(field(1, field(1, key.encode()) + field(2, value.encode())) for key, value in pairs) + values))
        size += len(batch[-1])
        count += 1
        if size > 4 << 20:
            post(port, batch)
            batch, size = [], 0
    post(port, batch)
    return count


def ask(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return json.load(answer)["data"]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return sum(int(part) for part in file.read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")


def cores(pid, seconds):
    before, begun = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - begun)


def time_query(port, pid, expression, times=20):
    seconds, found = [], 0
    before = cpu_seconds(pid)
    for _ in range(times):
        begun = time.perf_counter()
        found = len(ask(port, "/api/v1/query?query=" + urllib.parse.quote(expression))["result"])
        seconds.append(time.perf_counter() - begun)
    return {"cpu_ms": round(1000 * (cpu_seconds(pid) - before) / times, 1), "quickest_ms": round(1000 * min(seconds), 1), "series": found}


def watch(port, seconds):
    """Evaluation times by group, and by rule, of the rounds that fall into so many seconds."""
    groups, rules, faults = {}, {}, []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for group in ask(port, "/api/v1/rules")["groups"]:
            if group["lastEvaluation"].startswith("0001"):
                continue
            groups.setdefault(group["name"], {})[group["lastEvaluation"]] = group["evaluationTime"]
            for number, rule in enumerate(group["rules"]):
                rules.setdefault((group["name"], number, rule["name"]), {})[rule["lastEvaluation"]] = rule["evaluationTime"]
                if rule.get("lastError"):
                    faults.append(f'{rule["name"]}: {rule["lastError"]}')
        time.sleep(4)
    return groups, rules, sorted(set(faults))


def measure(options):
    room = tempfile.mkdtemp(prefix="finwatch-bench-")
    process = None
    try:
        write(f"{room}/sla.yaml", contract(options.services))
        shutil.copy(f"{ROOT}/rules/rota.csv", room)
        made = subprocess.run([PROGRAM, "compile", f"--contract={room}/sla.yaml", f"--alerts={ROOT}/rules/alerts", f"--output={room}/made"],
                              capture_output=True, text=True, check=False)
        check(made.returncode == 0, made.stdout + made.stderr)
        files = [f"{room}/made/rules/{name}.rules.yml" for name in ("slo-recordings", "slo") if os.path.exists(f"{room}/made/rules/{name}.rules.yml")]
        for file in files:
            with open(file, encoding="utf-8") as text:
                quick = re.sub(r"interval: (\w+)$", lambda found: "interval: " + QUICK[found[1]], text.read(), flags=re.M)
            write(file, quick)
        with exporter(options.services, options.failing) as source:
            # Rules come when the history is there.
            config = f'global: {{scrape_interval: 30s}}\nscrape_configs: [{{job_name: finwatch-workflow, static_configs: [{{targets: ["127.0.0.1:{source}"]}}]}}]\n'
            write(f"{room}/prometheus.yml", config)
            port = free_port()
            with open(f"{room}/log", "wb") as log:
                process = subprocess.Popen([need("prometheus"), f"--config.file={room}/prometheus.yml", f"--storage.tsdb.path={room}/data",
                                            f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--web.enable-lifecycle",
                                            "--storage.tsdb.min-block-duration=900d", "--storage.tsdb.max-block-duration=900d", "--storage.tsdb.retention.time=900d"],
                                           stdout=log, stderr=log)

            def answers():
                with contextlib.suppress(OSError):
                    return urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).status == 200

            eventually(answers, 60, lambda: open(f"{room}/log", encoding="utf-8").read()[-2000:])
            series = load(port, options.services, options.failing)
            time.sleep(35)
            idle = cores(process.pid, 60)
            # Asked while no rule adds to it.
            year = {"all services": time_query(port, process.pid, YEAR % ("", "")),
                    "one service": time_query(port, process.pid, YEAR % (',service="service7"', ',service="service7"'))}
            write(f"{room}/prometheus.yml", config + f"rule_files: {json.dumps(files)}\n")
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/-/reload", b""), timeout=60).read()
            time.sleep(75)  # every group has run once: rows of services, objectives and sums are there
            busy = cores(process.pid, options.seconds)
            groups, rules, faults = watch(port, 65)
        check(not faults, "\n".join(faults))
        round_ms = 1000 * (busy - idle) * 30 / FASTER
        quickest = {name: round(1000 * min(times.values()), 1) for name, times in sorted(groups.items())}
        in_groups = sum(ms * SHARE[name.rsplit("-", 1)[1]] for name, ms in quickest.items())
        return {"services": options.services, "failing": options.failing, "history_series": series, "cpu_ms_a_round_of_30s": round(round_ms, 1), "group_ms_a_round_of_30s": round(in_groups, 1),
                "idle_cores": round(idle, 4), "busy_cores": round(busy, 4), "year_query": year, "load": os.getloadavg()[0],
                "quickest_group_ms": quickest,
                "dearest_rules_ms": sorted(([round(1000 * min(times.values()), 2), *key] for key, times in rules.items()), reverse=True)[:15]}
    finally:
        if process:
            process.send_signal(signal.SIGTERM)
            process.wait()
        shutil.rmtree(room, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=500)
    parser.add_argument("--failing", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--json")
    options = parser.parse_args()
    figures = measure(options)
    if options.json:
        write(options.json, json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps(figures, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
