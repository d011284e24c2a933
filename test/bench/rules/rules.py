#!/usr/bin/env python3
"""What the rules cost Prometheus: 1,000 hosts, 200 databases and 500 flows, each group of the generated rules, ingestion standing still.

  test/bench/rules.sh [--hosts 1000] [--databases 200] [--flows 500] [--evaluations 40] [--rules FOLDER] [--top 15] [--json FILE] [--keep]

Writes the history that the rules read into a new Prometheus on loopback (remote write, also 20 minutes of the future, so that nothing is ingested while
rules run), then runs the groups of each speed by themselves, quicker than their interval, and measures an evaluation of all of them:
  cpu       CPU seconds of the process, less what it takes without rules: with the garbage collection that rules cause
  groups    seconds that its groups say they took, the median of each rule added up
  samples, garbage   by Prometheus' own counters
The objectives (slo*.rules.yml) need a contract of as many services: test/bench/rules_slo.py measures them.
Prints the dearest rules, then each promise with what was measured, and exits with 1 when one is missed.
Needs prometheus, c++ and finwatch (build/release/bin/finwatch, or FINWATCH); about 4 GiB of memory and 15 minutes. A machine on which other work
runs gives figures that mean little: look at the load first.
"""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path[:0] = [os.path.join(ROOT, "test/e2e"), os.path.join(ROOT, "test/bench"), os.path.join(ROOT, "test/bench/rules")]
from figures import cpu_ms, memory_mib  # noqa: E402
from fleet import lines, seconds  # noqa: E402
from harness import Process, check, eventually, free_port, get, need, read, write  # noqa: E402

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
PACE = 5  # seconds between evaluations here: many, as a garbage collection more or less is a second of CPU


def say(what):
    print(what, file=sys.stderr, flush=True)


class Server(Process):
    """Prometheus with one head block for all of the history, and rule files that can be exchanged."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        os.mkdir(f"{folder}/active")
        self.configuration = write(f"{folder}/prometheus.yml", json.dumps({"global": {"evaluation_interval": "30s"}, "rule_files": [f"{folder}/active/*.yml"]}))
        super().__init__([need("prometheus"), f"--config.file={self.configuration}", f"--storage.tsdb.path={folder}/data", "--storage.tsdb.retention.time=90d",
                          "--storage.tsdb.min-block-duration=62d", "--storage.tsdb.max-block-duration=62d", f"--web.listen-address=127.0.0.1:{self.port}",
                          "--web.enable-remote-write-receiver", "--web.enable-lifecycle", "--log.level=warn"], log=f"{folder}/log")
        eventually(self.ready, 30, self.log)

    def ready(self):
        check(self.alive(), self.log())
        try:
            return get(self.port, "/-/ready").status == 200
        except OSError:
            return False

    def load(self, groups):
        for path in glob.glob(f"{self.folder}/active/*"):
            os.unlink(path)
        if groups:
            write(f"{self.folder}/active/rules.yml", "groups:\n" + "".join(groups))
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/-/reload", data=b"")
        with urllib.request.urlopen(request, timeout=60) as answer:
            check(answer.status == 200, self.log())

    def counters(self):
        found = collections.defaultdict(float)
        for sample in get(self.port, "/metrics", timeout=60).text.splitlines():
            if sample and sample[0] != "#":
                name, value = sample.rsplit(" ", 1)
                found[name.split("{")[0]] += float(value)
        found["cpu"] = cpu_ms([self.pid]) / 1000
        return found

    def samples(self, expressions):
        """That these read, each by itself: Prometheus 2.42 has no counter of them."""
        total = 0
        for expression in expressions:
            form = urllib.parse.urlencode({"query": expression, "stats": "all"}).encode()
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query", data=form, timeout=120) as answer:
                total += json.load(answer)["data"]["stats"]["samples"]["totalQueryableSamples"]
        return total

    def rules(self):
        return json.loads(get(self.port, "/api/v1/rules", timeout=60).body)["data"]["groups"]


def groups_of(folder):
    """By interval in seconds: the text of each group."""
    found = collections.defaultdict(list)
    for path in sorted(glob.glob(f"{folder}/*.yml")):
        if os.path.basename(path).startswith("slo"):
            continue
        for text in re.split(r"(?m)^(?=  - name: )", read(path))[1:]:
            found[seconds(re.search(r"(?m)^    interval: (\S+)", text).group(1))].append(text)
    check(found, f"no rules in {folder}")
    return found


def expressions_of(groups):
    return [json.loads(text) for group in groups for text in re.findall(r"(?m)^        expr: (.*)$", group)]


def measured(server, groups, interval, evaluations, idle):
    """An evaluation of all these groups; idle: CPU cores that the server takes without rules."""
    pace = PACE
    server.load([re.sub(r"(?m)^    interval: \S+", f"    interval: {pace}s", text) for text in groups])
    time.sleep(2 * pace + 2)  # the first evaluations restore alerts and make series
    before, begun, took, active = server.counters(), time.monotonic(), collections.defaultdict(dict), {}
    while time.monotonic() - begun < pace * evaluations:
        time.sleep(pace / 2)
        for group in server.rules():
            for number, rule in enumerate(group["rules"]):
                check(rule["health"] == "ok", f"{rule['name']}: {rule.get('lastError')}")
                key = group["name"], number, rule["name"]
                took[key][rule["lastEvaluation"]] = rule["evaluationTime"]
                active[key] = len(rule.get("alerts") or [])
    after, elapsed = server.counters(), time.monotonic() - begun
    change = collections.defaultdict(float, {name: after[name] - before[name] for name in after})
    rounds = change["prometheus_rule_group_iterations_total"] / len(groups)
    check(change["prometheus_rule_evaluation_failures_total"] == 0, "rules failed")
    rules = {key: statistics.median(times.values()) for key, times in took.items()}
    return {"interval": interval, "groups": len(groups), "rules": len(rules), "rounds": rounds, "cpu": (change["cpu"] - idle * elapsed) / rounds,
            "groups_seconds": sum(rules.values()), "samples": server.samples(expressions_of(groups)),
            "garbage_mb": change["go_memstats_alloc_bytes_total"] / rounds / 1e6, "collections": change["go_gc_duration_seconds_count"],
            "missed": change["prometheus_rule_group_iterations_missed_total"], "memory_mib": memory_mib(server.pid, "VmRSS"),
            "by_group": sums(rules), "by_rule": sorted(([1000 * value, *key, active[key]] for key, value in rules.items()), reverse=True)}


def sums(rules):
    found = collections.defaultdict(float)
    for (group, _, _), took in rules.items():
        found[group] += took
    return found


def loader(folder):
    program = f"{folder}/remote_write"
    source = os.path.join(ROOT, "test/bench/rules/remote_write.cpp")
    subprocess.run([os.environ.get("CXX", "c++"), "-O2", "-std=c++20", "-pthread", source, "-o", program], check=True)
    return program


def fill(server, folder, options, groups):
    expressions = [text for found in groups.values() for text in expressions_of(found)]
    numbers = {"hosts": options.hosts, "postgresql": options.databases - options.databases // 2, "mysql": options.databases // 2, "flows": options.flows}
    say("working out the series …")
    text = "\n".join(lines(PROGRAM, numbers, expressions))
    say("writing the history …")
    begun = time.monotonic()
    done = subprocess.run([loader(folder), str(server.port)], input=text, capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stderr + server.log()[-2000:])
    say(f"{done.stdout.strip()} in {time.monotonic() - begun:.0f} s, {memory_mib(server.pid, 'VmRSS'):.0f} MiB")
    return done.stdout.strip()


def table(speed, row, top):
    print(f"\nevery {speed} s: {row['groups']} groups, {row['rules']} rules, {row['rounds']:.1f} evaluations, {row['collections']:.0f} garbage collections")
    for group, took in sorted(row["by_group"].items(), key=lambda one: -one[1]):
        print(f"  {1000 * took:8.1f} ms  {group}")
    for took, group, _, name, active in row["by_rule"][:top]:
        print(f"    {took:8.1f} ms  {name} ({group}){f', {active} active' if active else ''}")


def promises(rows):
    fast = rows[30]
    slower = sum(row["cpu"] * 30 / interval for interval, row in rows.items() if interval > 30)
    return [
        ("CPU s an evaluation of the fast groups", fast["cpu"], 1.0),
        ("CPU s of the slower groups on average in 30 s", slower, 0.1),
        ("samples an evaluation of the fast groups, million", fast["samples"] / 1e6, 1.0),
        ("garbage an evaluation of the fast groups, MB", fast["garbage_mb"], 250),
        ("ms of the dearest fast rule", fast["by_rule"][0][0], 60),
        ("evaluations missed", sum(row["missed"] for row in rows.values()), 0),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--databases", type=int, default=200)
    parser.add_argument("--flows", type=int, default=500)
    parser.add_argument("--evaluations", type=int, default=40, help="of each speed")
    parser.add_argument("--rules", default=os.path.join(ROOT, "rules/generated/rules"))
    parser.add_argument("--top", type=int, default=15, help="rules to name of each speed")
    parser.add_argument("--json", help="a file for all that was measured")
    parser.add_argument("--keep", action="store_true", help="leave the server running in the end, and say where")
    options = parser.parse_args()
    check(os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not built: cmake --preset release && cmake --build --preset release")
    groups, folder, rows, server = groups_of(options.rules), tempfile.mkdtemp(prefix="finwatch-bench-rules-"), {}, None
    try:
        server = Server(folder)
        written = fill(server, folder, options, groups)
        say("waiting until it is quiet …")
        time.sleep(20)
        begun, before = time.monotonic(), server.counters()
        time.sleep(150)  # Go collects garbage every two minutes when nothing else makes it
        idle = (server.counters()["cpu"] - before["cpu"]) / (time.monotonic() - begun)
        # The slower ones first: what they record is read by the fast ones, for five minutes.
        for interval in sorted(groups, reverse=True):
            say(f"measuring the groups of {interval} s …")
            rows[interval] = measured(server, groups[interval], interval, options.evaluations, idle)
        kept = promises(rows)
        for interval in sorted(rows):
            table(interval, rows[interval], options.top)
        print(f"\n{written}; {options.hosts} hosts, {options.databases} databases, {options.flows} flows; {idle:.3f} cores without rules, {memory_mib(server.pid, 'VmHWM'):.0f} MiB at most")
        print(f"machine: {os.cpu_count()} cores, Linux {os.uname().release}, load {os.getloadavg()[0]:.2f}\n")
        print("| rules | CPU s an evaluation | groups s | samples | garbage MB |\n|---|---|---|---|---|")
        for interval in sorted(rows):
            row = rows[interval]
            print(f"| {row['rules']} every {interval} s | {row['cpu']:.3f} | {row['groups_seconds']:.3f} | {row['samples']:,.0f} | {row['garbage_mb']:.0f} |")
        print()
        for name, found, bound in kept:
            print(f"{'kept  ' if found <= bound else 'MISSED'}  {name}: {found:.3f} (at most {bound:g})")
        if options.json:
            write(options.json, json.dumps({"idle": idle, "speeds": rows, "promises": kept}, indent=1))
        if options.keep:
            print(f"Prometheus stays: http://127.0.0.1:{server.port}, process {server.pid}, {folder}")
    finally:
        if server and not options.keep:
            server.end(signal.SIGKILL)
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(found <= bound for _, found, bound in kept) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
