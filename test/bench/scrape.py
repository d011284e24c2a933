#!/usr/bin/env python3
"""Measures exporters side by side, in one run, and prints one table.

  scrape.py [--quick] [--json FILE] NAME=URL=COMMAND LINE ...

Each target is started once. Rounds are interleaved (A B C, C B A, ...), so that a machine whose speed drifts drifts for all.
Figures, a scrape each unless the unit says otherwise:
  gzip, plain   CPU us back to back: the process CPU clock of the target (all its threads, children too), median of the rounds
  15 s          CPU us of 15 s in which one scrape falls, idle included
  calls         system calls (strace -c -f, in a run of its own; 0 where strace is missing)
  rss, anon     KiB after 1,000 scrapes
  64x           answers a second, p99 in us and errors with 64 scrapers at once (wrk; left out where it is missing)
"""
import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit


class Client:
    """One kept-alive connection that asks as Prometheus does."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = (f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: Prometheus/3.5\r\n"
                "Accept: text/plain;version=0.0.4;q=1,*/*;q=0.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n")
        self.requests = {"plain": (head + "\r\n").encode(), "gzip": (head + "Accept-Encoding: gzip\r\n\r\n").encode()}

    def get(self, encoding):
        self.socket.sendall(self.requests[encoding])
        data = self.more(b"")
        while b"\r\n\r\n" not in data:
            data = self.more(data)
        head, body = data.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n")[0].decode())
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if length:
            while len(body) < int(length[1]):
                body = self.more(body)
            return body
        return self.chunks(body)

    def chunks(self, data):
        body = b""
        while True:
            while b"\r\n" not in data:
                data = self.more(data)
            size, data = data.split(b"\r\n", 1)
            size = int(size.split(b";")[0], 16)
            while len(data) < size + 2:
                data = self.more(data)
            body, data = body + data[:size], data[size + 2:]
            if size == 0:
                return body

    def more(self, data):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the target closed the connection")
        return data + piece


class Target:
    def __init__(self, text):
        self.name, self.url, command = text.split("=", 2)
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(shlex.split(command), stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.client = self.connect()
        self.figures = {"series": sum(1 for line in self.client.get("plain").split(b"\n") if line and line[:1] != b"#"),
                        "bytes": len(self.client.get("plain")), "gzip_bytes": len(self.client.get("gzip"))}
        self.samples = {"gzip": [], "plain": [], "wall": []}

    def connect(self):
        end = time.monotonic() + 20
        while True:
            try:
                client = Client(self.url)
                client.get("plain")
                return client
            except (OSError, RuntimeError):
                if self.process.poll() is not None or time.monotonic() > end:
                    self.log.seek(0)
                    sys.exit(f"{self.name} did not answer at {self.url}:\n{self.log.read().decode()[-2000:]}")
                time.sleep(0.05)

    def cpu(self):
        return time.clock_gettime_ns((~self.pid << 3) | 2) / 1000  # the CPU clock of that process, in us

    def back_to_back(self, encoding, scrapes):
        before, begin = self.cpu(), time.perf_counter()
        for _ in range(scrapes):
            self.client.get(encoding)
        self.samples[encoding].append((self.cpu() - before) / scrapes)
        if encoding == "gzip":
            self.samples["wall"].append((time.perf_counter() - begin) / scrapes * 1e6)

    def memory(self):
        rollup = open(f"/proc/{self.pid}/smaps_rollup").read()
        for key, field in (("rss", "Rss"), ("pss", "Pss"), ("anon", "Anonymous")):
            self.figures[key] = int(re.search(rf"^{field}: +(\d+)", rollup, re.M)[1])
        self.figures["threads"] = int(re.search(r"^Threads:\s+(\d+)", open(f"/proc/{self.pid}/status").read(), re.M)[1])

    def system_calls(self, scrapes):
        if not shutil.which("strace"):
            return
        with tempfile.NamedTemporaryFile("r") as out:
            tracer = subprocess.Popen(["strace", "-c", "-f", "-q", "-o", out.name, "-p", str(self.pid)], stderr=subprocess.DEVNULL)
            time.sleep(1)
            for _ in range(scrapes):
                self.client.get("gzip")
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
            rows = [line.split() for line in out.read().split("\n")]
        calls = [(int(row[3]), row[-1]) for row in rows if len(row) >= 5 and row[0][0].isdigit() and row[-1] != "total"]
        self.figures["calls"] = round(sum(count for count, _ in calls) / scrapes, 1)
        self.figures["calls_by_name"] = {name: round(count / scrapes, 1) for count, name in sorted(calls, reverse=True)[:8]}

    def crowd(self, seconds):
        if not shutil.which("wrk"):
            return
        out = subprocess.run(["wrk", "-t2", "-c64", f"-d{seconds}s", "--timeout", "15s", "--latency", "-H", "Accept-Encoding: gzip",
                              self.url], capture_output=True, text=True).stdout
        requests = int(re.search(r"(\d+) requests in", out)[1])
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        broken = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
        number, unit = re.search(r"\s99%\s+([\d.]+)(us|ms|s)", out).groups()
        errors = (int(refused[1]) if refused else 0) + (sum(map(int, broken.groups())) if broken else 0)
        self.figures["crowd_rate"] = round((requests - (int(refused[1]) if refused else 0)) / seconds)
        self.figures["crowd_p99"] = round(float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit])
        self.figures["crowd_errors"] = errors

    def finish(self):
        for key, values in self.samples.items():
            if values:
                self.figures[key] = round(statistics.median(values), 1)
                self.figures[key + "_min"], self.figures[key + "_max"] = round(min(values), 1), round(max(values), 1)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()


def quarter_minute(targets, rounds):
    """CPU of 15 s with one scrape in the middle, all targets beside each other, their scrapes a second apart."""
    found = {target.name: [] for target in targets}
    for _ in range(rounds):
        before = {target.name: target.cpu() for target in targets}
        begin = time.monotonic()
        for i, target in enumerate(targets):
            time.sleep(max(0.0, begin + 5 + i - time.monotonic()))
            target.client.get("gzip")
        time.sleep(max(0.0, begin + 15 - time.monotonic()))
        for target in targets:
            found[target.name].append(target.cpu() - before[target.name])
    for target in targets:
        target.figures["quarter_minute"] = round(statistics.median(found[target.name]))


def measure(targets, quick):
    rounds, scrapes, soak = (3, 20, 100) if quick else (9, 100, 1000)
    for target in targets:
        for encoding in ("gzip", "plain"):
            for _ in range(20):
                target.client.get(encoding)
    for number in range(rounds):
        for encoding in ("gzip", "plain"):
            for target in targets if number % 2 == 0 else reversed(targets):
                target.back_to_back(encoding, scrapes)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    for target in targets:
        for _ in range(soak):
            target.client.get("gzip")
        target.memory()
    print("15 s with one scrape", file=sys.stderr)
    quarter_minute(targets, 1 if quick else 5)
    for target in targets:
        print(f"64 scrapers on {target.name}", file=sys.stderr)
        target.crowd(1 if quick else 4)
    for target in targets:
        print(f"system calls of {target.name}", file=sys.stderr)
        target.client = target.connect()
        target.system_calls(5 if quick else 20)
        target.finish()


def print_table(targets):
    columns = [("target", None), ("series", "series"), ("bytes", "bytes"), ("gzip bytes", "gzip_bytes"), ("CPU µs gzip", "gzip"),
               ("CPU µs plain", "plain"), ("wall µs gzip", "wall"), ("CPU µs in 15 s", "quarter_minute"), ("system calls", "calls"),
               ("RSS KiB", "rss"), ("PSS KiB", "pss"), ("anonymous KiB", "anon"), ("threads", "threads"),
               ("64 scrapers: answers/s", "crowd_rate"), ("p99 µs", "crowd_p99"), ("errors", "crowd_errors")]
    print("| " + " | ".join(title for title, _ in columns) + " |\n|" + "---|" * len(columns))
    for target in targets:
        cells = [target.name if key is None else str(target.figures.get(key, "")) for _, key in columns]
        print("| " + " | ".join(cells) + " |")
    print()
    for target in targets:
        print(f"{target.name}: gzip {target.figures['gzip_min']}–{target.figures['gzip_max']} µs, plain "
              f"{target.figures['plain_min']}–{target.figures['plain_max']} µs, calls {target.figures.get('calls_by_name', {})}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few scrapes only: to see that it works")
    parser.add_argument("--json", help="write all figures to this file as well")
    parser.add_argument("targets", nargs="+", metavar="NAME=URL=COMMAND")
    arguments = parser.parse_args()
    targets = []
    try:
        for text in arguments.targets:
            targets.append(Target(text))
        measure(targets, arguments.quick)
    finally:
        for target in targets:
            target.stop()
    print_table(targets)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({target.name: target.figures for target in targets}, file, indent=1)


if __name__ == "__main__":
    main()
