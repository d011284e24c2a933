"""What the end-to-end tests share: finwatch-host and Debian's Prometheus as real processes, on ports that the kernel chooses.

    from harness import Host, check

    class Page(unittest.TestCase):
        def test_the_page_comes(self):
            with Host() as host:
                check("node_load1" in host.page(), "load averages are missing")

Only the standard library. Every process and folder goes away with its `with` block. A test that cannot run on this machine raises
unittest.SkipTest with the reason. All of them: python3 -m unittest discover -v -s test/e2e -t test/e2e; one file:
python3 -m unittest discover -v -s test/e2e -t test/e2e -p test_load.py.
"""
import base64
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOST_PROGRAM = os.environ.get("FINWATCH_HOST", os.path.join(ROOT, "build/release/bin/finwatch-host"))
FIXTURES = os.path.join(ROOT, "test/fixtures/host")


def check(holds, message):
    if not holds:
        raise AssertionError(message)


def need(program):
    """The path of a program of Debian's."""
    path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    check(path, f"{program} is missing: deploy/install-deps.sh --test")
    return path


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root")


def eventually(condition, seconds, what):
    """Waits until condition() is true, and returns what it said; whoever is late is named by `what`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        check(time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def folder():
    path = tempfile.mkdtemp(prefix="finwatch-e2e-")
    os.chmod(path, 0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def run(*command, **options):
    """Runs a command to its end; its status and both outputs in one text."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", **options)
    return done.returncode, done.stdout


def certificate(where, name="cert.pem"):
    """One for 127.0.0.1 that signed itself, P-256, with key.pem beside it; its path."""
    status, text = run(need("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=finwatch-test",
                       "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{where}/key.pem", "-out", f"{where}/{name}")
    check(status == 0, text)
    return f"{where}/{name}"


class Process:
    """A program that runs until the block ends."""

    def __init__(self, command, log=None, **options):
        self._own_log = None if log else tempfile.NamedTemporaryFile(prefix="finwatch-e2e-log-", delete=False).name
        self.log_path = log or self._own_log
        with open(self.log_path, "ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        if self._own_log:
            os.unlink(self._own_log)

    def end(self, number=signal.SIGTERM, seconds=20):
        """Sends the signal and waits; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"{self.process.args[0]} did not end within {seconds} s of signal {number}") from None
        return self.process.returncode

    def signal(self, number):
        self.process.send_signal(number)

    def alive(self):
        return self.process.poll() is None

    def log(self):
        return read(self.log_path)

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def resident_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", read(f"/proc/{self.pid}/status")).group(1))


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.body.decode()


def get(port, path="/metrics", headers=None, user=None, tls=None, timeout=15, method="GET"):
    """One request to 127.0.0.1. user: (name, password). tls: the file of the authority."""
    headers = dict(headers or {})
    if user:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
    if tls:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=ssl.create_default_context(cafile=tls))
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Host(Process):
    """finwatch-host on a port of its own."""

    def __init__(self, *flags, program=HOST_PROGRAM, port=0, **options):
        check(os.access(program, os.X_OK), f"{program} is not built: cmake --preset release && cmake --build --preset release")
        self.started = time.monotonic()
        super().__init__([program, f"--web.listen-address=127.0.0.1:{port}", *flags], **options)
        try:
            # A log that cannot be written names no port: such a test gives one itself.
            self.port = port or int(eventually(self._listening, 10, lambda: f"no line 'listening' in:\n{self.log()}").group(1))
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    def _listening(self):
        check(self.alive(), f"finwatch-host ended with status {self.process.returncode}:\n{self.log()}")
        return re.search(r"msg=listening address=\S*?127\.0\.0\.1:(\d+)", self.log())

    def page(self, **options):
        answer = get(self.port, **options)
        check(answer.status == 200, f"status {answer.status}: {answer.body[:300]!r}")
        return answer.text


def fixture_flags():
    """finwatch-host looks at the machine made of files that the unit tests use."""
    return [f"--path.procfs={FIXTURES}/proc", f"--path.sysfs={FIXTURES}/sys", f"--path.rootfs={FIXTURES}/root",
            f"--path.udev.data={FIXTURES}/udev"]


class Prometheus(Process):
    """Debian's Prometheus with a configuration in YAML (JSON is YAML)."""

    def __init__(self, where, scrape_configs, interval="1s", options=()):
        self.port = free_port()
        configuration = {"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": scrape_configs}
        path = write(os.path.join(where, "prometheus.yml"), json.dumps(configuration))
        super().__init__([need("prometheus"), f"--config.file={path}", f"--storage.tsdb.path={where}/data", "--log.level=warn",
                          f"--web.listen-address=127.0.0.1:{self.port}", *options])
        eventually(self._ready, 30, lambda: f"Prometheus is not ready:\n{self.log()}")

    def _ready(self):
        check(self.alive(), f"Prometheus ended:\n{self.log()}")
        try:
            return get(self.port, "/-/ready").status == 200
        except OSError:
            return False

    def api(self, path, **parameters):
        return json.loads(get(self.port, f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}").body)["data"]

    def query(self, expression):
        """[(labels, value)], now."""
        result = self.api("query", query=expression)["result"]
        return [(each["metric"], float(each["value"][1])) for each in result]

    def value(self, expression):
        result = self.query(expression)
        return result[0][1] if result else None


def samples(page):
    """The sample lines of a page. Not splitlines(): a label may hold characters that it takes for the end of a line."""
    return [line for line in page.split("\n") if line and not line.startswith("#")]


def names(page):
    return {re.match(r"[a-zA-Z_:][a-zA-Z0-9_:]*", line).group() for line in samples(page)}


def types(page):
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.M))
