"""finwatch-database as a real process beside real servers.

    with Postgres() as server, Database([target_of(server)]) as exporter:
        check(exporter.value("finwatch_db_up", target="pg") == 1, "down")
"""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from harness import ROOT, Process, check, eventually, get, write  # noqa: E402
from servers import Postgres  # noqa: E402

PROGRAM = os.environ.get("FINWATCH_DATABASE", os.path.join(ROOT, "build/release/bin/finwatch-database"))
PASSWORD = "voucher 'n\\ä"  # what a URL or a careless quoting would break at


def add_monitor(server):
    """The account that deploy/sql describes, with PASSWORD."""
    engine = "postgresql" if isinstance(server, Postgres) else "mariadb"
    with open(f"{ROOT}/deploy/sql/{engine}.sql", encoding="utf-8") as script:
        grants = script.read().replace("finwatch_monitor", "monitor").replace("'%'", "'127.0.0.1'")
    if isinstance(server, Postgres):
        quoted = PASSWORD.replace("'", "''")
        server.sql(f"{grants}; ALTER ROLE monitor PASSWORD '{quoted}'")
        return
    quoted = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
    server.sql(f"SET NAMES utf8mb4; {grants}; ALTER USER monitor@'127.0.0.1' IDENTIFIED BY '{quoted}' ACCOUNT UNLOCK")


def target_of(server, name=None, **more):
    postgres = isinstance(server, Postgres)
    return {"name": name or ("pg" if postgres else "maria"), "engine": "postgresql" if postgres else "mariadb", "host": "127.0.0.1",
            "port": server.port, "user": "monitor", "password": PASSWORD, "timeout": "2s", **more}


class Database(Process):
    def __init__(self, targets, *flags, **parts):
        self.folder = tempfile.mkdtemp(prefix="finwatch-live-database-")
        # JSON is YAML; a dollar would be taken for the environment's.
        self.file = write(self.folder + "/finwatch-database.yml", json.dumps({"targets": targets, **parts}, ensure_ascii=False))
        check(os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not built: cmake --preset release && cmake --build --preset release")
        super().__init__([PROGRAM, f"--config.file={self.file}", "--web.listen-address=127.0.0.1:0", *flags], log=self.folder + "/log")
        try:
            self.port = int(eventually(self._listening, 10, self.log).group(1))
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    def _listening(self):
        check(self.alive(), f"it ended with {self.process.returncode}: {self.log()}")
        return re.search(r"msg=listening address=\S*?127\.0\.0\.1:(\d+)", self.log())

    def scrape(self, path="/metrics", timeout=5):
        """The page and how long it took; the scraper's deadline is `timeout`."""
        begun = time.monotonic()
        answer = get(self.port, path, headers={"X-Prometheus-Scrape-Timeout-Seconds": str(timeout)}, timeout=timeout + 1)
        took = time.monotonic() - begun
        check(answer.status == 200, f"{answer.status}: {answer.text[:500]}")
        check(took < timeout, f"the page came after {took:.2f} s of {timeout} s")
        return Page(answer.text, took)

    def value(self, name, **labels):
        return self.scrape().value(name, **labels)

    def half_scrape(self):
        """Asks and goes away before the answer."""
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.port))) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")

    def sessions(self, server_port):
        """Connections of this process to the server, as the kernel counts them."""
        return _established(self.pid, server_port)


def _established(pid, port):
    inodes = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            inodes.add(os.readlink(f"/proc/{pid}/fd/{number}"))
    count = 0
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            fields = line.split()
            if int(fields[2].split(":")[1], 16) == port and f"socket:[{fields[9]}]" in inodes:
                count += 1
    return count


class Page:
    def __init__(self, text, took):
        self.text, self.took = text, took

    def lines(self, name):
        return [line for line in self.text.split("\n") if line.startswith(name + "{") or line.startswith(name + " ")]

    def value(self, name, **labels):
        """The one sample with these labels; None when there is none."""
        found = [line for line in self.lines(name) if all(f'{key}="{value}"' in line for key, value in labels.items())]
        check(len(found) <= 1, f"several samples: {found}")
        return float(found[0].rsplit(" ", 1)[1]) if found else None

    def reason(self, target):
        """Why it is down; None when no reason is given."""
        given = [re.search(r'reason="(\w+)"', line).group(1) for line in self.lines("finwatch_db_down_reason")
                 if f'target="{target}"' in line and line.endswith(" 1")]
        check(len(given) <= 1, f"several reasons: {given}")
        return given[0] if given else None

    def up(self, target):
        return self.value("finwatch_db_up", target=target) == 1
