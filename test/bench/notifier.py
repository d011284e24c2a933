#!/usr/bin/env python3
"""finwatch-notifier in a storm of alerts, beside what the disk alone takes for it, in one run.

  test/bench/notifier.sh [--only storm,service,single,idle] [--alerts 10000] [--minutes 2] [--folder /var/tmp] [--json FILE]

Posts are made as Alertmanager makes them, ten alerts each, on eight connections that stay open; DingTalk and Aliyun are fakes on loopback, /metrics is
scraped once a second, gzip.
  storm     each alert of a target of its own: as many incidents as alerts, each told by SMS and DingTalk; until the last answer, then half a minute of
            digests, then the same posts once more, as Alertmanager repeats them
  service   all alerts of one service: one incident
  single    one alert at a time: ms from the webhook to the request at DingTalk
  idle      1,000 open incidents and nothing else, no scrape: CPU, wake-ups and system calls a minute, memory
Floors, on the same disk in the same run: one commit of SQLite (WAL, synchronous FULL, by Python) of each post's bytes, of each alert's, and for `single`
one such commit and one HTTP request after it. --folder says on which disk; on a tmpfs a commit costs nothing, and the ratios mean nothing.
A machine on which other work runs gives figures that mean little: look at the load first.
"""
import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "test/live"), os.path.join(ROOT, "test/e2e")]
from figures import cpu_ms, forget_peak, memory_mib, percentile  # noqa: E402
from harness import check, eventually, get, samples  # noqa: E402
from notifier import CONTRACT, Notifier, Providers, instant, payload  # noqa: E402

PER_POST = 10
CONNECTIONS = 8
SINGLES = 200
OPEN_WHEN_IDLE = 1000
AFTER = 30  # seconds in which digests go out
MOST_MIB = 30e6 / 2**20  # resident at the peak, of 10,000 alerts or fewer


def labels(number, shape):
    """With the labels that a rule of the catalogue gives, so that a post is as long as a real one."""
    its = {"alertname": "DatabaseDisconnected", "severity": "light" if shape == "idle" else "severe", "fault_class": "major", "area": "database",
           "system": "finance", "instance": f"db{number:05}.example.com:9187", "job": "finwatch-database", "target": f"db{number:05}"}
    if shape == "service":
        its["service"] = "database"
    return its


def posts(shape, alerts, per_post=PER_POST):
    begun = instant()
    return [payload(*((labels(number, shape), begun, None) for number in range(first, min(first + per_post, alerts)))).encode()
            for first in range(0, alerts, per_post)]


class Connection:
    """Kept open; no more Python a request than it takes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, body, path="/alertmanager"):
        self.socket.sendall(b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(body)) + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head = answer[:answer.index(b"\r\n\r\n") + 4]
        whole = len(head) + int(re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)[1])
        while len(answer) < whole:
            answer += self.more()
        return int(head.split(b" ", 2)[1])

    def more(self):
        received = self.socket.recv(65536)
        check(received, "the connection was closed")
        return received

    def close(self):
        self.socket.close()


def send(port, bodies):
    """All of them, from eight threads; seconds until the last answer."""
    connections = [Connection(port) for _ in range(CONNECTIONS)]

    def work(number):
        return [status for body in bodies[number::CONNECTIONS] if (status := connections[number].post(body)) != 200]

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as threads:
        refused = sum(threads.map(work, range(CONNECTIONS)), [])
    seconds = time.monotonic() - begun
    for connection in connections:
        connection.close()
    check(not refused, f"{len(refused)} posts were refused: {set(refused)}")
    return seconds


class Scraper:
    """/metrics once a second, as long as the block lasts."""

    def __init__(self, port):
        self.port, self.walls, self.ended = port, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while True:
            begun = time.monotonic()
            page = get(self.port, headers={"Accept-Encoding": "gzip"}, timeout=60)
            check(page.status == 200, f"/metrics: {page.status}")
            self.walls.append((time.monotonic() - begun) * 1000)
            if self.ended.wait(1):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


class Disk:
    """What a durable commit costs here, by the plainest program there is."""

    def __init__(self, where):
        self.database = sqlite3.connect(f"{where}/floor.db", isolation_level=None, check_same_thread=False)
        check(self.database.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",), "no WAL on this file system")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute("CREATE TABLE inbox (sequence INTEGER PRIMARY KEY, body TEXT)")

    def commit(self, body):
        self.database.execute("BEGIN IMMEDIATE")
        self.database.execute("INSERT INTO inbox (body) VALUES (?)", (body,))
        self.database.execute("COMMIT")

    def seconds(self, bodies):
        begun = time.monotonic()
        for body in bodies:
            self.commit(body)
        return time.monotonic() - begun

    def close(self):
        self.database.close()


class Robot:
    """A DingTalk that notes when it was asked, and says yes."""

    def __init__(self):
        robot = self
        self.moments = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                while self.rfile.readline():
                    head = b""
                    while (line := self.rfile.readline()) not in (b"\r\n", b""):
                        head += line
                    self.rfile.read(int(re.search(rb"content-length: (\d+)", head, re.I)[1]))
                    robot.moments.append(time.monotonic())
                    body = b'{"errcode":0,"errmsg":"ok"}'
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def pages(notifier, count=5):
    """CPU ms and wall ms of one page, and what stands on it."""
    before, walls = cpu_ms([notifier.process.pid]), []
    for _ in range(count):
        begun = time.monotonic()
        get(notifier.port, headers={"Accept-Encoding": "gzip"}, timeout=60)
        walls.append((time.monotonic() - begun) * 1000)
    return {"page_cpu_ms": (cpu_ms([notifier.process.pid]) - before) / count, "page_ms": percentile(walls, 0.5),
            "series": len(samples(notifier.metrics()))}


def storm(shape, options):
    with tempfile.TemporaryDirectory(dir=options.folder) as where, Providers(where) as providers, Notifier(where, providers, page_users=False) as notifier:
        bodies, pid = posts(shape, options.alerts), notifier.process.pid
        row = {"alerts": options.alerts, "posts": len(bodies), "post_bytes": len(bodies[0]), "rss_before": memory_mib(pid, "VmRSS")}
        forget_peak(pid)
        before = cpu_ms([pid])
        with Scraper(notifier.port) as scraper:
            row["seconds"] = send(notifier.port, bodies)
            row["cpu_s"] = (cpu_ms([pid]) - before) / 1000
            row["peak"], row["rss"] = memory_mib(pid, "VmHWM"), memory_mib(pid, "VmRSS")
            # All that one commit wrote bears one instant.
            row["commits"] = notifier.rows("SELECT COUNT(DISTINCT at) FROM timeline WHERE kind IN ('received', 'joined')")[0][0]
            row["incidents"] = notifier.rows("SELECT COUNT(*) FROM incidents")[0][0]
            time.sleep(AFTER)
            row["told"] = len(providers.accepted())
            row["repeat_seconds"] = send(notifier.port, bodies)
            time.sleep(3)
        row["scrapes"], row["scrape_ms_worst"] = len(scraper.walls), max(scraper.walls)
        row.update(pages(notifier))
        row["peak_after"], row["rss_after"] = memory_mib(pid, "VmHWM"), memory_mib(pid, "VmRSS")
        check(row["incidents"] == (1 if shape == "service" else options.alerts), f"{row['incidents']} incidents")
        if options.alerts <= 10_000:
            check(row["peak_after"] <= MOST_MIB, f"{row['peak_after']:.1f} MiB resident at the peak; {MOST_MIB:.1f} (30 MB) is the bound")
        with contextlib.closing(Disk(where)) as disk:
            row["floor_posts"] = disk.seconds(bodies)
            one = [bodies[0][:len(bodies[0]) // PER_POST]] * 1000
            row["floor_alerts"] = disk.seconds(one) * options.alerts / len(one)
    return row


def single(options):
    contract = CONTRACT.replace("by: [sms, dingtalk]}", "by: [dingtalk]}").replace("most_per_minute: 20", "most_per_minute: 100000")
    with tempfile.TemporaryDirectory(dir=options.folder) as where, Robot() as robot, \
            Notifier(where, robot, page_users=False, contract=contract) as notifier, contextlib.closing(Disk(where)) as disk:
        connection, ours, floor = Connection(notifier.port), [], []
        for number, body in enumerate(posts("storm", SINGLES, per_post=1)):
            said, begun = len(robot.moments), time.monotonic()
            check(connection.post(body) == 200, "refused")
            while len(robot.moments) == said:
                check(time.monotonic() < begun + 10, f"alert {number} is not told:\n{notifier.log()}")
                time.sleep(0.0002)
            ours.append((robot.moments[-1] - begun) * 1000)
            time.sleep(0.02)  # what was said is written down
            said, begun = len(robot.moments), time.monotonic()
            disk.commit(body)
            request = http.client.HTTPConnection("127.0.0.1", robot.port)
            request.request("POST", "/robot/send", body=body)
            request.getresponse().read()
            request.close()
            floor.append((robot.moments[said] - begun) * 1000)
        connection.close()
    return {"p50_ms": percentile(ours, 0.5), "p99_ms": percentile(ours, 0.99), "floor_p50_ms": percentile(floor, 0.5), "floor_p99_ms": percentile(floor, 0.99)}


def wakeups(pid):
    """How often its threads went to sleep and were woken."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/status", encoding="ascii", errors="replace") as status:
            total += int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", status.read())[1])
    return total


def system_calls(pid, seconds):
    if not shutil.which("strace"):
        print("no strace here: system calls are not counted", file=sys.stderr)
        return {}
    with tempfile.NamedTemporaryFile("r") as report:
        tracer = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", report.name, "-p", str(pid)], stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        tracer.terminate()
        tracer.wait()
        rows = re.findall(r"^\s*(\d+) (\w+)$", report.read(), re.M)
    return {name: int(count) for count, name in rows if name != "total"}


def idle(options):
    with tempfile.TemporaryDirectory(dir=options.folder) as where, Providers(where) as providers, Notifier(where, providers, page_users=False) as notifier:
        pid = notifier.process.pid
        send(notifier.port, posts("idle", OPEN_WHEN_IDLE))
        time.sleep(2)
        cpu, woken = cpu_ms([pid]), wakeups(pid)
        time.sleep(options.minutes * 60)
        row = {"cpu_s": (cpu_ms([pid]) - cpu) / 1000 / options.minutes, "wakeups": (wakeups(pid) - woken) / options.minutes, "rss": memory_mib(pid, "VmRSS")}
        calls = system_calls(pid, options.minutes * 60)
        row.update({"calls": sum(calls.values()) / options.minutes if calls else None, "calls_by_name": calls})
        get(notifier.port)
        row["rss_scraped"] = memory_mib(pid, "VmRSS")
        return row


def show(name, row):
    print(f"\n{name}, load {os.getloadavg()[0]:.1f}")
    if "seconds" in row:
        for text in (f"{row['alerts']} alerts, {row['posts']} posts of {row['post_bytes']} bytes, {row['incidents']} incidents, {row['commits']} commits",
                     f"{row['seconds']:.2f} s to the last answer, CPU {row['cpu_s']:.2f} s; the same again {row['repeat_seconds']:.2f} s",
                     f"floor: {row['floor_posts']:.2f} s for a commit a post, {row['floor_alerts']:.2f} s for one an alert; "
                     f"ratios {row['seconds'] / row['floor_posts']:.2f} and {row['seconds'] / row['floor_alerts']:.3f}",
                     f"MiB: before {row['rss_before']:.1f}, peak {row['peak']:.1f}, after {row['rss']:.1f}; with scrapes, {row['told']} calls of providers "
                     f"and the repeat: peak {row['peak_after']:.1f}, then {row['rss_after']:.1f}",
                     f"page: {row['series']} series, {row['page_ms']:.1f} ms, CPU {row['page_cpu_ms']:.1f} ms; worst of {row['scrapes']} scrapes {row['scrape_ms_worst']:.0f} ms"):
            print("  " + text)
    elif "p50_ms" in row:
        print(f"  ms to DingTalk: p50 {row['p50_ms']:.2f}, p99 {row['p99_ms']:.2f}; floor {row['floor_p50_ms']:.2f}, {row['floor_p99_ms']:.2f}; "
              f"ratios {row['p50_ms'] / row['floor_p50_ms']:.2f}, {row['p99_ms'] / row['floor_p99_ms']:.2f}")
    else:
        print(f"  a minute: CPU {row['cpu_s'] * 1000:.1f} ms, {row['wakeups']:.1f} wake-ups, system calls {row['calls']} {row['calls_by_name']}; "
              f"MiB {row['rss']:.1f}, after a scrape {row['rss_scraped']:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="storm,service,single,idle")
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--folder", default="/var/tmp")
    parser.add_argument("--json")
    options = parser.parse_args()
    rooms = {"storm": lambda: storm("storm", options), "service": lambda: storm("service", options), "single": lambda: single(options),
             "idle": lambda: idle(options)}
    rows = {}
    for name in options.only.split(","):
        rows[name] = rooms[name]()
        show(name, rows[name])
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
