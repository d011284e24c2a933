"""What the tests of routes share: Debian's Alertmanager as a real process, and those whom it tells as fakes.

    with Listener() as notifier, Mailbox() as mailbox, Alertmanager(configuration, folder) as alertmanager:
        alertmanager.fire({"alertname": "HostCpuBusy", "severity": "light"})
        eventually(lambda: mailbox.letters, 10, "a letter")
"""
import datetime
import email
import email.policy
import http.server
import json
import os
import socketserver
import threading
import urllib.request

from servers import check, eventually, free_port, need, write
from harness import Process


class Background:
    """A server of threads on a port of its own, as long as the block."""

    def __enter__(self):
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Listener(Background):
    """Takes what is posted, as the notifier would. `status` is what it answers."""

    def __init__(self, status=200):
        self.posts = []
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.posts.append(json.loads(body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def told(self, alertname, status="firing"):
        """Each telling of an alert in that state."""
        return [alert for post in list(self.posts) for alert in post["alerts"]
                if alert["labels"]["alertname"] == alertname and alert["status"] == status]


class Mailbox(Background):
    """A mail server that takes every letter: (recipients, the letter)."""

    def __init__(self):
        self.letters = []
        mailbox = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self):
                self.say("220 fake")
                to = []
                while line := self.rfile.readline():
                    verb = line.decode().strip().upper()
                    if verb.startswith("RCPT"):
                        to.append(line.decode().split("<")[1].split(">")[0])
                    if verb == "DATA":
                        self.say("354 go on")
                        text = b""
                        while (row := self.rfile.readline()) and row.rstrip() != b".":
                            text += row
                        mailbox.letters.append((sorted(to), email.message_from_bytes(text, policy=email.policy.default)))
                        to = []
                    self.say("221 bye" if verb == "QUIT" else "250 fake")
                    if verb == "QUIT":
                        return

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)

    def subjects(self):
        return [str(letter["Subject"]) for _, letter in list(self.letters)]

    def about(self, words):
        """Letters whose text has these words: (recipients, subject, text)."""
        found = []
        for to, letter in list(self.letters):
            text = letter.get_body(("plain",)).get_content()
            if words in text:
                found.append((to, str(letter["Subject"]), text))
        return found


class Alertmanager(Process):
    def __init__(self, configuration, folder, port=0):
        self.port, self.configuration = port or free_port(), configuration
        path = write(os.path.join(folder, "alertmanager.yml"), configuration)
        super().__init__([need("prometheus-alertmanager"), f"--config.file={path}", f"--storage.path={folder}/alertmanager", "--log.level=warn",
                          f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="])
        try:
            eventually(self._ready, 30, self.log)
        except BaseException:
            self.end()
            raise

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def _ready(self):
        check(self.alive(), self.log())
        try:
            return self.ask("/api/v2/status")
        except OSError:
            return None

    def ask(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers={"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def fire(self, labels, resolved=False, **annotations):
        now = datetime.datetime.now(datetime.timezone.utc)
        alert = {"labels": labels, "annotations": annotations, "startsAt": (now - datetime.timedelta(minutes=5)).isoformat()}
        if resolved:
            alert["endsAt"] = now.isoformat()
        self.ask("/api/v2/alerts", json.dumps([alert]).encode())
