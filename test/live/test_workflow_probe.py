"""/probe of finwatch-workflow, by a module file of blackbox_exporter, against small servers of every kind that a probe meets."""
import concurrent.futures
import http.server
import os
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

from servers import ROOT, check
from harness import Host, eventually, get, write

PROGRAM = os.environ.get("FINWATCH_WORKFLOW", os.path.join(ROOT, "build/release/bin/finwatch-workflow"))

BLACKBOX = """
modules:
  http_2xx: {prober: http, timeout: 10s}
  http_ca: {prober: http, http: {tls_config: {ca_file: ca.pem}}}
  http_hello: {prober: http, http: {fail_if_body_not_matches_regexp: ["hello"], headers: {X-Token: "t0psecret"}}}
  tcp: {prober: tcp}
  ssh_banner: {prober: tcp, timeout: 5s, tcp: {query_response: [{expect: '^SSH-2.0-(\\S+)$', labels: [{name: software, value: "${1}"}]}]}}
  dns_erp: {prober: dns, dns: {query_name: erp.example, query_type: A, validate_answer_rrs: {fail_if_not_matches_regexp: ["192.0.2.7"]}}}
  dns_none: {prober: dns, dns: {query_name: none.example, query_type: A}}
  icmp: {prober: icmp, timeout: 5s, icmp: {preferred_ip_protocol: ip4}}
"""


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        moved = self.path == "/moved"
        body = b"" if moved else b"hello\n"
        self.send_response(302 if moved else 500 if self.path == "/broken" else 200)
        if moved:
            self.send_header("Location", "/good")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Silence:
    """Accepts connections, counts those that are open and says nothing."""

    def __init__(self, greeting=b""):
        self.listener, self.greeting, self.open = socket.create_server(("127.0.0.1", 0), backlog=100), greeting, 0
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.open += 1
            threading.Thread(target=self._hold, args=(peer,), daemon=True).start()

    def _hold(self, peer):
        try:
            peer.sendall(self.greeting)
            while peer.recv(1000):
                pass
        except OSError:
            pass
        peer.close()
        self.open -= 1


def name_server():
    """A DNS server that knows erp.example and says NXDOMAIN to everything else."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                query, peer = server.recvfrom(2000)
            except OSError:
                return
            known = query[12:].startswith(b"\x03erp\x07example\0")
            record = b"\xc0\x0c" + struct.pack("!HHIH4B", 1, 1, 60, 4, 192, 0, 2, 7) if known else b""
            server.sendto(query[:2] + bytes([0x85, 0x80 if known else 0x83]) + struct.pack("!4H", 1, int(known), 0, 0) + query[12:] + record, peer)

    threading.Thread(target=serve, daemon=True).start()
    return server


def certificates(folder):
    """ca.pem, and localhost's certificate that it signed: good.pem, and old.pem that has expired."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "9", "-subj", "/CN=authority")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
    write(f"{folder}/index", "")
    write(f"{folder}/names", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    write(f"{folder}/ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=index\nrand_serial=yes\nunique_subject=no\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"
                              "[p]\ncommonName=supplied\n")
    for name, end in (("good", "20991231000000Z"), ("old", "20250601000000Z")):
        openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", "request.pem", "-extfile", "names",
                "-startdate", "20240101000000Z", "-enddate", end, "-out", f"{name}.crt")
        with open(f"{folder}/{name}.crt", encoding="ascii") as one, open(f"{folder}/key.pem", encoding="ascii") as key:
            write(f"{folder}/{name}.pem", one.read() + key.read())


def web(certificate=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.handle_error = lambda *_: None  # a client that refuses the certificate is what is wanted
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Probes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="finwatch-live-probe-")
        cls.addClassCleanup(cls.folder.cleanup)
        certificates(cls.folder.name)
        cls.web, cls.tls, cls.expired = web(), web(f"{cls.folder.name}/good.pem"), web(f"{cls.folder.name}/old.pem")
        for server in (cls.web, cls.tls, cls.expired):
            cls.addClassCleanup(server.server_close)
            cls.addClassCleanup(server.shutdown)
        cls.silent, cls.ssh, cls.dns = Silence(), Silence(b"SSH-2.0-OpenSSH_9.2\r\n"), name_server()
        for server in (cls.silent.listener, cls.ssh.listener, cls.dns):
            cls.addClassCleanup(server.close)
        write(f"{cls.folder.name}/blackbox.yml", BLACKBOX)
        cls.file = write(f"{cls.folder.name}/finwatch-workflow.yml", 'modules_file: blackbox.yml\nprobe: {hosts: ["127.0.0.1", localhost]}\n')
        cls.program = Host(f"--config.file={cls.file}", program=PROGRAM)
        cls.addClassCleanup(cls.program.__exit__)

    def ask(self, module, target, timeout=None, **more):
        headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(timeout)} if timeout else {}
        return get(self.program.port, "/probe?" + urllib.parse.urlencode({"module": module, "target": target, **more}), headers=headers, timeout=60)

    def probe(self, module, target, *expected, absent=(), **more):
        answer = self.ask(module, target, **more)
        check(answer.status == 200, f"{answer.status}: {answer.text}")
        for line in expected:
            check("\n" + line in answer.text, f"no {line} in:\n{answer.text}")
        for line in absent:
            check("\n" + line not in answer.text, f"{line} in:\n{answer.text}")
        return answer.text

    def url(self, path="/", server=None, scheme="http"):
        return f"{scheme}://127.0.0.1:{(server or self.web).server_port}{path}"

    def test_http(self):
        self.probe("http_2xx", self.url(), "probe_success 1", "probe_http_status_code 200", "probe_http_version 1.1", absent=("finwatch_probe_failure",))
        self.probe("http_2xx", self.url("/broken"), "probe_success 0", "probe_http_status_code 500", 'finwatch_probe_failure_info{reason="status"} 1')
        self.probe("http_2xx", self.url("/moved"), "probe_success 1", "probe_http_redirects 1", "probe_http_status_code 200")
        self.probe("http_hello", self.url(), "probe_success 1", "probe_failed_due_to_regex 0")
        self.probe("http_hello", self.url("/moved?"), "probe_success 1")
        self.probe("http_2xx", "127.0.0.1:1", "probe_success 0", 'finwatch_probe_failure_info{reason="connect"} 1', "probe_http_status_code 0")

    def test_tls(self):
        self.probe("http_ca", self.url(server=self.tls, scheme="https"), "probe_success 1", "probe_http_ssl 1", "probe_ssl_earliest_cert_expiry ",
                   "probe_ssl_last_chain_expiry_timestamp_seconds ", 'probe_tls_version_info{version="TLS 1.3"} 1')
        self.probe("http_ca", self.url(server=self.expired, scheme="https"), "probe_success 0", "probe_ssl_earliest_cert_expiry 1748736000",
                   'finwatch_probe_failure_info{reason="tls"} 1', absent=("probe_ssl_last_chain_expiry",))

    def test_tcp(self):
        self.probe("tcp", f"127.0.0.1:{self.ssh.port}", "probe_success 1", "probe_ip_protocol 4")
        self.probe("ssh_banner", f"localhost:{self.ssh.port}", "probe_success 1", 'probe_expect_info{software="OpenSSH_9.2"} 1')

    def test_dns(self):
        server = f"127.0.0.1:{self.dns.getsockname()[1]}"
        self.probe("dns_erp", server, "probe_success 1", "probe_dns_answer_rrs 1", "probe_dns_query_succeeded 1")
        self.probe("dns_none", server, "probe_success 0", 'finwatch_probe_failure_info{reason="rcode"} 1', "probe_dns_query_succeeded 1")

    def test_icmp(self):
        page = self.ask("icmp", "localhost").text
        if 'reason="permission"' in page:
            raise unittest.SkipTest("this user may not ping")
        check("\nprobe_success 1" in page and "\nprobe_icmp_reply_hop_limit 64" in page, page)

    def test_what_is_refused(self):
        answer = self.ask("nope", self.url())
        check((answer.status, answer.text) == (400, 'Unknown module "nope"\n'), answer.text)
        answer = self.ask("http_2xx", "http://erp.example/")
        check(answer.status == 403 and 'probe: {hosts: ["erp.example"]}' in answer.text, answer.text)

    def test_debug_shows_the_steps_and_no_secret(self):
        text = self.ask("http_hello", self.url(), debug="true").text
        check("status 200" in text and "\nprobe_success 1\n" in text and "prober: http" in text, text)
        check("t0psecret" not in text, text)

    def test_a_silent_server_is_given_up_within_the_scrapers_time_and_delays_nobody(self):
        target = f"127.0.0.1:{self.silent.port}"
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            late = [pool.submit(self.ask, "ssh_banner", target, timeout=4) for _ in range(10)]
            eventually(lambda: self.silent.open == 10, 10, "ten probes are under way")
            self.probe("http_2xx", self.url(), "probe_success 1")
            check(not any(each.done() for each in late), "none of the ten is over yet")
            for each in late:
                check('finwatch_probe_failure_info{reason="timeout"} 1' in each.result().text, each.result().text)
        eventually(lambda: self.silent.open == 0, 10, "their connections are closed")

    def test_a_scraper_that_goes_away_leaves_nothing_behind(self):
        before = self.program.descriptors()
        with socket.create_connection(("127.0.0.1", self.program.port)) as scraper:
            scraper.sendall(f"GET /probe?module=ssh_banner&target=127.0.0.1:{self.silent.port} HTTP/1.1\r\nHost: a\r\nX-Prometheus-Scrape-Timeout-Seconds: 2\r\n\r\n".encode())
            eventually(lambda: self.silent.open > 0, 10, "the probe is under way")
        eventually(lambda: self.silent.open == 0 and self.program.descriptors() <= before, 20, "its sockets are closed")

    def test_a_reload_brings_new_modules_or_keeps_the_old(self):
        path = f"{self.folder.name}/blackbox.yml"
        try:
            write(path, BLACKBOX + "  later: {prober: http}\n")
            check(get(self.program.port, "/-/reload", method="POST").status == 200, self.program.log())
            self.probe("later", self.url(), "probe_success 1")
            write(path, BLACKBOX + "  later: {prober: http, http: {oauth2: {client_id: a}}}\n")
            check(get(self.program.port, "/-/reload", method="POST").status != 200, "a module that is not supported is refused")
            check("modules.later.http.oauth2" in self.program.log(), self.program.log())
            self.probe("later", self.url(), "probe_success 1")
        finally:
            write(path, BLACKBOX)
            get(self.program.port, "/-/reload", method="POST")

    def test_a_stop_does_not_wait_for_probes(self):
        with Host(f"--config.file={self.file}", program=PROGRAM) as program:
            with socket.create_connection(("127.0.0.1", program.port)) as scraper:
                scraper.sendall(f"GET /probe?module=ssh_banner&target=127.0.0.1:{self.silent.port} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                eventually(lambda: self.silent.open > 0, 10, "the probe is under way")
                check(program.end() == 0, program.log())
        eventually(lambda: self.silent.open == 0, 10, "its connection is closed")


if __name__ == "__main__":
    unittest.main()
