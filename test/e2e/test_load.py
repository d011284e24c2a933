"""Many at once, slow ones, and for long."""
import gzip
import selectors
import socket
import time
import unittest

from harness import Host, check, eventually, get, samples

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"


def scrape_at_once(port, many):
    """Sends `many` requests before it reads an answer; the bodies, all of status 200."""
    sockets = [socket.create_connection(("127.0.0.1", port), timeout=15) for _ in range(many)]
    for each in sockets:
        each.sendall(REQUEST)
    answers = {each: b"" for each in sockets}
    with selectors.DefaultSelector() as selector:
        for each in sockets:
            selector.register(each, selectors.EVENT_READ)
        end = time.monotonic() + 15
        while selector.get_map():
            check(time.monotonic() < end, f"{len(selector.get_map())} of {many} have no answer after 15 s")
            for key, _ in selector.select(1):
                part = key.fileobj.recv(1 << 16)
                answers[key.fileobj] += part
                if not part:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    heads, bodies = zip(*(answer.split(b"\r\n\r\n", 1) for answer in answers.values()))
    codes = {head.split(b" ", 2)[1] for head in heads}
    check(codes == {b"200"}, f"status codes: {codes}")
    return [gzip.decompress(body) for body in bodies]


class LoadTest(unittest.TestCase):
    def test_64_scrapers_at_once_get_64_whole_pages(self):
        with Host() as host:
            for _ in range(10):
                for page in scrape_at_once(host.port, 64):
                    check(page.endswith(b"\n") and b"node_load1 " in page, "a page is not whole")

    def test_300_half_open_clients_change_nothing_for_the_next_scraper(self):
        with Host() as host:
            host.page()
            stuck = []
            try:
                for number in range(300):
                    client = socket.create_connection(("127.0.0.1", host.port), timeout=5)
                    # Silent ones, ones that stop in the request line, ones that stop in a header, ones that do not read the answer.
                    client.sendall([b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: t\r\nX-Half:", b"GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"][number % 4])
                    stuck.append(client)
                for _ in range(20):
                    begun = time.monotonic()
                    check(len(samples(host.page())) > 100, "the page is not whole")
                    check(time.monotonic() - begun < 1, f"a scrape beside them took {time.monotonic() - begun:.2f} s")
            finally:
                for client in stuck:
                    client.close()
            eventually(lambda: host.descriptors() < 150, 5, lambda: f"{host.descriptors()} descriptors are still open")
            check(get(host.port, "/-/healthy").status == 200, "health after all")

    def test_soak_300_scrapes_grow_neither_memory_nor_descriptors_nor_threads(self):
        with Host() as host:
            kinds = [{}, {"Accept-Encoding": "gzip"}, {"Accept": "application/openmetrics-text"}]
            for turn in range(60):  # what is allocated once is allocated now
                host_page = get(host.port, headers=kinds[turn % 3])
                check(host_page.status == 200, "warming up")
            before = host.resident_kib(), host.descriptors(), host.threads()
            for turn in range(300):
                check(get(host.port, headers=kinds[turn % 3]).status == 200, f"scrape {turn}")
                if turn % 50 == 0:
                    check(get(host.port, "/metrics?collect[]=loadavg").status == 200 and get(host.port, "/nowhere").status == 404, "others")
            after = host.resident_kib(), host.descriptors(), host.threads()
            check(after[0] <= before[0] + 256, f"resident memory grew from {before[0]} to {after[0]} KiB")
            eventually(lambda: host.descriptors() <= before[1], 5, lambda: f"descriptors grew from {before[1]} to {host.descriptors()}")
            check(after[2] <= before[2], f"threads grew from {before[2]} to {after[2]}")


if __name__ == "__main__":
    unittest.main()
