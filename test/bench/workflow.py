#!/usr/bin/env python3
"""finwatch-workflow beside blackbox_exporter, on the same nginx of this machine, in one run.

  test/bench/workflow.sh [--only http,https,resumed,burst,memory,slow,page] [--minutes 5] [--json FILE]

Starts nginx with HTTP and HTTPS (P-256) on loopback, then each exporter in turn. A probe of ours is a flow of one step with five expectations, all of its
metrics on, run by its own schedule; one of the peer is a GET /probe on a kept connection, checked by its module as far as that goes.
  http, https, resumed   CPU ms a probe: a new connection each; https with a full handshake and the certificate verified
  burst                  500 probes at one moment: probes a second by our flows, and of both by /probe with 500 scrapers; the most memory
  memory                 1,000 targets over TLS each 15 s for --minutes: resident MiB at the end and at its peak, CPU ms a probe
  slow                   2,000 targets at one moment that answer after 3 s: seconds until the last is finished, memory
  page                   /metrics with 1,000 flows, gzip: ms from request to last byte, CPU ms
Peer: BLACKBOX_EXPORTER, by default Debian's prometheus-blackbox-exporter. Needs nginx-light, openssl and wrk. A machine on which other work runs gives
figures that mean little: look at the load first.
"""
import argparse
import asyncio
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "test/e2e")]
from figures import cpu_ms, forget_peak, memory_mib, percentile  # noqa: E402
from harness import Host, Process, certificate, check, eventually, free_port, get, need, write  # noqa: E402

PROGRAM = os.environ.get("FINWATCH_WORKFLOW", os.path.join(ROOT, "build/release/bin/finwatch-workflow"))
BLACKBOX = os.environ.get("BLACKBOX_EXPORTER", "prometheus-blackbox-exporter")
BODY = "<html><head><title>ledger</title></head><body>the books are open</body></html>"


class Nginx(Process):
    """One worker; every request is in its log with the moment it was answered."""

    def __init__(self, folder):
        need("nginx")
        self.folder, self.plain, self.secure = folder, free_port(), free_port()
        self.authority = certificate(folder, "ca.pem")
        location = f'location / {{ default_type text/html; return 200 "{BODY}"; }}'
        configuration = write(f"{folder}/nginx.conf", f"""
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 16384; }}
http {{
  log_format moments "$msec"; access_log {folder}/access moments;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{self.plain} backlog=8192; {location} }}
  server {{ listen 127.0.0.1:{self.secure} ssl backlog=8192; ssl_certificate {self.authority}; ssl_certificate_key {folder}/key.pem;
            ssl_session_cache shared:sessions:10m; {location} }}
}}""")
        super().__init__(["nginx", "-c", configuration, "-e", f"{folder}/error"], log=f"{folder}/log")
        eventually(lambda: answers(self.plain), 10, self.log)

    def moments(self):
        with open(f"{self.folder}/access", encoding="ascii") as file:
            return [float(line) for line in file]


def answers(port):
    try:
        return get(port, "/").status < 500
    except OSError:
        return False


def flow(name, url, schedule, **how):
    """One step, whose answer is looked at as a careful person would."""
    return {"name": name, "title": {"zh": name, "en": name}, "schedule": schedule, "budget": {"total": "10s", "slo": "1s"},
            "steps": [{"id": "open", "http": {"get": url, "keep_connection": False, **how}, "timeout": "8s",
                       "expect": [{"status": 200}, {"contains": "the books are open"}, {"header": "content-type", "contains": "text/html"}, {"size": {"le": 100000}}, {"time": "5s"}]}]}


@contextlib.contextmanager
def started(folder, **configuration):
    file = write(f"{folder}/finwatch-workflow.yml", json.dumps(configuration))
    with Host(f"--config.file={file}", program=PROGRAM, env={**os.environ, "no_proxy": "*"}) as exporter:
        exporter.startup = memory_mib(exporter.pid, "VmHWM")
        forget_peak(exporter.pid)
        yield exporter


def ours(folder, flows):
    return started(folder, flows=[{"file": write(f"{folder}/flows.yml", json.dumps({"flows": flows}))}])


def memory(exporter):
    """While flows run; and while the configuration was read, which takes more for a moment."""
    return {"rss": memory_mib(exporter.pid, "VmRSS"), "peak": memory_mib(exporter.pid, "VmHWM"), "startup": exporter.startup}


def runs(exporter):
    page = get(exporter.port, timeout=60).text
    good = sum(float(value) for value in re.findall(r'^finwatch_flow_runs_total\{.*?\} (\S+)$', page, re.M))
    bad = sum(float(value) for value in re.findall(r'^finwatch_flow_failures_total\{.*?\} (\S+)$', page, re.M))
    return good, bad


def cost(exporter, seconds):
    """CPU ms a probe, over that time."""
    time.sleep(3)
    before_runs, _ = runs(exporter)
    before = cpu_ms([exporter.pid])
    time.sleep(seconds)
    after = cpu_ms([exporter.pid])
    after_runs, bad = runs(exporter)
    check(bad == 0, f"{bad} runs failed")
    return (after - before) / (after_runs - before_runs)


def modules_of(nginx):
    wanted = {"fail_if_body_not_matches_regexp": ["the books are open"]}
    return {"plain": {"prober": "http", "timeout": "8s", "http": wanted},
            "secure": {"prober": "http", "timeout": "8s", "http": {**wanted, "tls_config": {"ca_file": nginx.authority}}}}


@contextlib.contextmanager
def peer(folder, nginx):
    port = free_port()
    configuration = write(f"{folder}/blackbox.yml", json.dumps({"modules": modules_of(nginx)}))
    with Process([BLACKBOX, f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}"], log=f"{folder}/blackbox.log") as process:
        process.port = port
        eventually(lambda: answers(port), 20, process.log)
        yield process


class Asker:
    """Asks on a kept connection, as Prometheus does."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, module, target):
        self.connection.request("GET", f"/probe?module={module}&target={target}", headers={"Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        answer.read()
        check(answer.status == 200, f"{answer.status} of /probe")


def peer_cost(process, module, target, probes):
    asker = Asker(process.port)
    for _ in range(50):
        asker.ask(module, target)
    before = cpu_ms([process.pid])
    for _ in range(probes):
        asker.ask(module, target)
    return (cpu_ms([process.pid]) - before) / probes


# Each runs once a second: enough that neither side pays for waking up a sleeping processor, as the peer's requests come back to back.
FLOWS = {"http": 1000, "https": 400, "resumed": 800}


def cpu_row(name, folder, nginx, options):
    secure = name != "http"
    url = f"https://127.0.0.1:{nginx.secure}/" if secure else f"http://127.0.0.1:{nginx.plain}/"
    how = {"tls": {"ca_file": nginx.authority, "resume": name == "resumed"}} if secure else {}
    row = {}
    if shutil.which(BLACKBOX):
        with peer(folder, nginx) as process:
            row["peer cpu"] = peer_cost(process, "secure" if secure else "plain", url, options.probes)
    with ours(folder, [flow(f"flow{i}", url, {"every": "1s"}, **how) for i in range(FLOWS[name])]) as exporter:
        row["cpu"] = cost(exporter, 20)
    return row


def next_minute():
    """Waits until shortly before one begins; when that is."""
    if time.time() % 60 > 50:
        time.sleep(61 - time.time() % 60)
    return time.time() // 60 * 60 + 60


def probe_rate(port, target):
    """Probes a second that 500 scrapers get who ask again as soon as they are answered."""
    said = subprocess.run(["wrk", "-c500", "-t1", "-d10", "--timeout", "20s", f"http://127.0.0.1:{port}/probe?module=plain&target={target}"],
                          check=True, capture_output=True, text=True).stdout
    check("Non-2xx" not in said and "Socket errors" not in said, said)
    return float(re.search(r"Requests/sec:\s+(\S+)", said).group(1))


def burst_row(folder, nginx, _options):
    row, url = {}, f"http://127.0.0.1:{nginx.plain}/"
    if shutil.which(BLACKBOX) and shutil.which("wrk"):
        with peer(folder, nginx) as process:
            row["peer rate"] = probe_rate(process.port, url)
            row["peer peak"] = memory_mib(process.pid, "VmHWM")
        with started(folder, modules=modules_of(nginx), probe={"hosts": ["*"]}) as exporter:
            row["asked rate"] = probe_rate(exporter.port, url)
            row["asked peak"] = memory_mib(exporter.pid, "VmHWM")
    with ours(folder, [flow(f"flow{i}", url, {"cron": "* * * * *"}) for i in range(500)]) as exporter:
        rates = []
        for _ in range(3):
            begin = next_minute()
            known = len(nginx.moments())
            time.sleep(begin + 8 - time.time())
            moments = nginx.moments()[known:]
            check(len(moments) == 500, f"{len(moments)} of 500 probes came")
            rates.append(500 / (max(moments) - begin))
        row["rate"] = sorted(rates)[1]
        row.update(memory(exporter))
    return row


def memory_row(folder, nginx, options):
    row, url, targets = {}, f"https://127.0.0.1:{nginx.secure}/", 1000
    if shutil.which(BLACKBOX):
        with peer(folder, nginx) as process:
            asked, before, end = 0, cpu_ms([process.pid]), time.monotonic() + options.minutes * 60
            askers = [Asker(process.port) for _ in range(20)]

            def ask(asker, first):
                nonlocal asked
                due = time.monotonic() + first * 15 / targets
                while time.monotonic() < end:
                    time.sleep(max(0, due - time.monotonic()))
                    due += 15 * len(askers) / targets
                    asker.ask("secure", url)
                    asked += 1

            threads = [threading.Thread(target=ask, args=(asker, i)) for i, asker in enumerate(askers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            row.update({"peer cpu": (cpu_ms([process.pid]) - before) / asked, "peer rss": memory_mib(process.pid, "VmRSS"), "peer peak": memory_mib(process.pid, "VmHWM")})
    flows = [flow(f"flow{i}", url, {"every": "15s"}, tls={"ca_file": nginx.authority}) for i in range(targets)]
    with ours(folder, flows) as exporter:
        row["cpu"] = cost(exporter, options.minutes * 60)
        row.update(memory(exporter))
    return row


class Slow:
    """Answers 3 s after it was asked, thousands at once; knows when the last of them was finished."""

    def __init__(self):
        self.port, self.closed, self.ready = 0, [], threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self.ready.wait(10)

    async def _serve(self):
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=8192)
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await server.serve_forever()

    async def _answer(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(3)
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}".encode())
            await reader.read()
        self.closed.append(time.time())
        writer.close()


def slow_row(folder, _nginx, _options):
    slow, row = Slow(), {}
    with ours(folder, [flow(f"flow{i}", f"http://127.0.0.1:{slow.port}/", {"cron": "* * * * *"}) for i in range(2000)]) as exporter:
        begin = next_minute()
        time.sleep(begin + 15 - time.time())
        good, bad = runs(exporter)
        check((good, bad) == (2000, 0), f"{good} of 2,000 runs, {bad} failed")
        row.update({"seconds": max(slow.closed) - begin, **memory(exporter)})
    return row


def page_row(folder, nginx, _options):
    with ours(folder, [flow(f"flow{i}", f"http://127.0.0.1:{nginx.plain}/", {"every": "60s"}) for i in range(1000)]) as exporter:
        time.sleep(62)
        connection = http.client.HTTPConnection("127.0.0.1", exporter.port, timeout=30)
        walls, length = [], 0
        for number in range(60):
            if number == 10:
                walls, before = [], cpu_ms([exporter.pid])
            begun = time.monotonic()
            connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
            length = len(connection.getresponse().read())
            walls.append((time.monotonic() - begun) * 1000)
        used = (cpu_ms([exporter.pid]) - before) / 50
        plain = get(exporter.port, timeout=60).text
        return {"p50": percentile(walls, 0.5), "p99": percentile(walls, 0.99), "cpu": used, "gzip bytes": length, "bytes": len(plain.encode()),
                "series": sum(1 for line in plain.split("\n") if line and line[0] != "#"), "rss": memory_mib(exporter.pid, "VmRSS")}


ROWS = {"http": cpu_row, "https": cpu_row, "resumed": cpu_row, "burst": burst_row, "memory": memory_row, "slow": slow_row, "page": page_row}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(ROWS))
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--probes", type=int, default=2000, help="of the peer, for CPU a probe")
    parser.add_argument("--json")
    options = parser.parse_args()
    check(os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not built: cmake --preset release && cmake --build --preset release")
    unknown = set(options.only.split(",")) - set(ROWS)
    check(not unknown, f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    folder, rows = tempfile.mkdtemp(prefix="finwatch-bench-"), {}
    try:
        with Nginx(folder) as nginx:
            for name in options.only.split(","):
                print(f"measuring {name} …", file=sys.stderr, flush=True)
                arguments = (name, folder, nginx, options) if ROWS[name] is cpu_row else (folder, nginx, options)
                rows[name] = ROWS[name](*arguments)
                if "peer cpu" in rows[name]:
                    rows[name]["ratio"] = rows[name]["cpu"] / rows[name]["peer cpu"]
                print(f"| {name} | " + " | ".join(f"{what} {figure:.3f}" for what, figure in rows[name].items()) + " |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
