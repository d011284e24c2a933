"""A relay between Prometheus and finwatch-host that remembers the last page it handed over, and may choose the format.

Prometheus of Debian 12 asks for OpenMetrics and cannot be told otherwise; accept="text/plain" makes the same Prometheus read text 0.0.4.
"""
import http.client
import http.server
import threading


class Relay:
    def __init__(self, port, accept=None):
        relay = self
        self.page, self.content_type, self.asked = "", "", ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                relay.asked = self.headers["Accept"]
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", self.path, headers={"Accept": accept or relay.asked})
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                relay.page, relay.content_type = body.decode(), answer.headers["Content-Type"]
                self.send_response(answer.status)
                self.send_header("Content-Type", relay.content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
