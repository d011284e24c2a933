"""HTTP/2 against Debian's nginx: what a flow sends and gets over it, on one connection and on one that the server takes leave of, and what is
left when the server speaks HTTP/1.1 alone. nginx writes down which protocol each request came by."""
import contextlib
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

from workflow import PROGRAM  # it also tells where harness is
from harness import Host, Process, certificate, check, eventually, free_port, get, need, read, write

LARGE = os.urandom(400_000).hex()  # more than the window that a connection begins with
CONFIGURATION = """
daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error;
events {{}}
http {{
  log_format protocols "$server_protocol $connection $request_method $uri"; access_log {0}/access protocols;
  client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;
  ssl_certificate {0}/ca.pem; ssl_certificate_key {0}/key.pem; client_max_body_size 4m;
  server {{
    listen 127.0.0.1:{two} ssl http2;
    location = /login {{ add_header Set-Cookie "sid=ledger-7"; return 302 /home; }}
    location = /home {{ return 200 "session $cookie_sid, header $http_x_book"; }}
    location = /large {{ root {0}; }}
    location = /post {{ proxy_pass http://127.0.0.1:{backend}; }}
    location = /silent {{ proxy_pass http://127.0.0.1:{backend}; }}
  }}
  server {{ listen 127.0.0.1:{leaving} ssl http2; keepalive_requests 1; location / {{ return 200 "once"; }} }}
  server {{ listen 127.0.0.1:{one} ssl; location / {{ return 200 "the old way"; }} }}
}}"""


class Backend(http.server.BaseHTTPRequestHandler):
    """Tells the digest of what was posted; of /silent it tells nothing."""
    silence = threading.Event()

    def do_POST(self):
        self.tell(hashlib.sha256(self.rfile.read(int(self.headers["Content-Length"]))).hexdigest())

    def do_GET(self):
        self.silence.wait(20)
        self.tell("late")

    def tell(self, text):
        with contextlib.suppress(ConnectionError):  # who asked may have gone
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Http2(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="finwatch-live-http2-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.chmod(self.folder, 0o755)  # nginx's worker is another user
        Backend.silence.clear()
        backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        threading.Thread(target=backend.serve_forever, daemon=True).start()
        self.addCleanup(backend.server_close)
        self.addCleanup(backend.shutdown)
        self.addCleanup(Backend.silence.set)
        self.two, self.leaving, self.one = free_port(), free_port(), free_port()
        certificate(self.folder, "ca.pem")
        write(f"{self.folder}/large", LARGE)
        os.chmod(f"{self.folder}/large", 0o644)
        configuration = write(f"{self.folder}/nginx.conf", CONFIGURATION.format(
            self.folder, two=self.two, leaving=self.leaving, one=self.one, backend=backend.server_address[1]))
        nginx = Process([need("nginx"), "-c", configuration, "-e", f"{self.folder}/error"])
        nginx.__enter__()
        self.addCleanup(nginx.__exit__)
        eventually(lambda: self.listens(self.one), 10, nginx.log)

    def listens(self, port):
        try:
            return get(port, "/ready", tls=f"{self.folder}/ca.pem").status < 500
        except OSError:
            return False

    def step(self, name, port, path, expect, verb="get", timeout="10s", **http_keys):
        return {"id": name, "timeout": timeout, "effect": "read", "expect": [{"status": 200}, *expect],
                "http": {verb: f"https://127.0.0.1:{port}{path}", "version": "2", "tls": {"ca_file": f"{self.folder}/ca.pem"}, **http_keys}}

    def run_once(self, *steps):
        flow = {"name": "two", "title": {"zh": "二", "en": "two"}, "schedule": {"every": "1h"}, "steps": steps}
        flows = write(f"{self.folder}/flows.yml", json.dumps({"flows": [flow]}))
        file = write(f"{self.folder}/finwatch-workflow.yml", json.dumps({"flows": [{"file": flows}]}))
        done = subprocess.run([PROGRAM, f"--config.file={file}", "--run-once=two"], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "no_proxy": "*"})
        return done.returncode, done.stdout + done.stderr

    def asked(self, wanted):
        """Protocol, connection, method and path of each request of the flow. nginx writes them down when it has answered, and may be late."""
        def lines():
            return [line for line in map(str.split, read(f"{self.folder}/access").splitlines()) if line[3] != "/ready"]
        eventually(lambda: len(lines()) >= wanted, 10, lambda: f"{wanted} requests, and nginx has written down {lines()}")
        return lines()

    def test_a_session_on_one_connection(self):
        body = "voucher " * 40_000
        status, text = self.run_once(
            self.step("login", self.two, "/login", [{"contains": "session ledger-7, header 7"}], headers={"x-book": "7"}),
            self.step("home", self.two, "/home", [{"contains": "session ledger-7"}]),
            self.step("large", self.two, "/large", [{"size": {"ge": len(LARGE), "le": len(LARGE)}}, {"contains": LARGE[-64:]}]),
            self.step("post", self.two, "/post", [{"contains": hashlib.sha256(body.encode()).hexdigest()}], verb="post", text=body))
        check(status == 0, text)
        asked = self.asked(5)
        check([one[2:] for one in asked] == [["GET", "/login"], ["GET", "/home"], ["GET", "/home"], ["GET", "/large"], ["POST", "/post"]], asked)
        check({one[0] for one in asked} == {"HTTP/2.0"} and len({one[1] for one in asked}) == 1, asked)

    def test_a_server_that_takes_leave_after_each_answer(self):
        status, text = self.run_once(*(self.step(f"ask{i}", self.leaving, "/", [{"contains": "once"}]) for i in range(5)))
        check(status == 0, text)
        asked = self.asked(5)
        check(len(asked) == 5 and {one[0] for one in asked} == {"HTTP/2.0"} and len({one[1] for one in asked}) == 5, asked)

    def test_a_server_that_speaks_the_older_alone(self):
        status, text = self.run_once(self.step("old", self.one, "/", [{"contains": "the old way"}]))
        check(status == 0, text)
        check([one[0] for one in self.asked(1)] == ["HTTP/1.1"], self.asked(1))

    def test_one_that_never_answers_ends_at_its_time_out(self):
        status, text = self.run_once(self.step("silent", self.two, "/silent", [], timeout="1s"))
        check(status == 1 and "timeout: " in text, text)

    def test_the_probe_says_which_it_was(self):
        tls = {"tls_config": {"ca_file": f"{self.folder}/ca.pem"}}
        modules = {"any": {"prober": "http", "http": tls}, "two": {"prober": "http", "http": {**tls, "valid_http_versions": ["HTTP/2.0"]}},
                   "one": {"prober": "http", "http": {**tls, "enable_http2": False}}}
        file = write(f"{self.folder}/finwatch-workflow.yml", json.dumps({"modules": modules, "probe": {"hosts": ["127.0.0.1"]}}))
        with Host(f"--config.file={file}", program=PROGRAM, env={**os.environ, "no_proxy": "*"}) as served:
            for module, port, version, success in (("any", self.two, "2", 1), ("two", self.two, "2", 1), ("one", self.two, "1.1", 1),
                                                   ("any", self.one, "1.1", 1), ("two", self.one, "1.1", 0)):
                page = get(served.port, f"/probe?module={module}&target=https://127.0.0.1:{port}/home").text
                check(f"\nprobe_http_version {version}\n" in page and f"\nprobe_success {success}\n" in page, f"{module} {port}:\n{page}")


if __name__ == "__main__":
    unittest.main()
