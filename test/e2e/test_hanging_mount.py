"""A mount that never answers, and hung before finwatch-host was started, costs only itself."""
import collections
import concurrent.futures
import os
import time
import unittest

from hanging_mount import HangingMount
from harness import Host, check, eventually, folder, get, need_root, samples


class HangingMountTest(unittest.TestCase):
    def test_it_costs_only_itself_from_the_start_to_the_first_scrape_after_it_answers(self):
        need_root()
        with folder() as where, HangingMount(os.path.join(where, "dead")) as mount:
            begun = time.monotonic()
            with Host("--collector.filesystem.fs-types-include=.") as host:
                opened = time.monotonic() - begun
                check(opened < 1, f"the port opened after {opened:.2f} s")
                dead = f'mountpoint="{mount.folder}",fstype="fuse.finwatch"'

                def scrape():
                    begun = time.monotonic()
                    page = host.page(headers={"X-Prometheus-Scrape-Timeout-Seconds": "3"})
                    took = time.monotonic() - begun
                    check(took < 3, f"a page took {took:.2f} s of the scraper's 3 s")
                    others = [line for line in samples(page) if line.startswith("node_filesystem_size_bytes{") and dead not in line]
                    check(others, "the other mounts are missing")
                    check('node_scrape_collector_success{collector="filesystem"} 1' in page, "the collector failed as a whole")
                    return page

                def scrape_without_it():
                    check(f'{dead},device_error="mountpoint timeout"}} 1' in scrape(), "the page does not name the mount")

                scrape_without_it()
                scrape_without_it()  # by now another thread does the work of the one that waits
                threads = host.threads()
                for _ in range(10):
                    scrape_without_it()
                check(host.threads() <= threads, f"threads grew from {threads} to {host.threads()}")

                mount.answer()
                # The thread that waited comes back on its own; what counts is that the next scrape after that is whole.
                eventually(lambda: host.threads() < threads, 5, "the thread that waited is still there")
                check(f'node_filesystem_size_bytes{{device="finwatch-e2e",{dead},device_error=""}} 4096000' in scrape(),
                      "the mount is not back at the next scrape")

    def test_it_holds_exactly_one_thread_that_is_not_there_without_it(self):
        need_root()
        flags = ["--collector.filesystem.fs-types-include=.", "--collector.disable-defaults", "--collector.filesystem"]
        with Host(*flags) as host:
            for _ in range(3):
                host.page()
            eventually(lambda: host.threads() <= 8, 5, "threads without a dead mount")
            usual = host.threads()
        with folder() as where, HangingMount(os.path.join(where, "dead")), Host(*flags) as host:
            for _ in range(5):
                host.page()
            check(host.threads() <= usual + 1, f"{host.threads()} threads, {usual} without the dead mount")

    def test_as_many_scrapers_as_are_let_in_are_all_answered_and_the_next_one_too(self):
        # node_exporter 1.11 keeps all of its 40 places busy in this situation and answers 503 from then on.
        need_root()
        with folder() as where, HangingMount(os.path.join(where, "dead")), Host("--collector.filesystem.fs-types-include=.") as host:
            with concurrent.futures.ThreadPoolExecutor(45) as pool:
                codes = collections.Counter(pool.map(lambda _: get(host.port).status, range(45)))
            check(codes[200] >= 40 and codes[200] + codes[503] == 45, f"answers: {codes}")
            for _ in range(45):
                check(get(host.port).status == 200, "a later scrape was refused")

    def test_sigterm_does_not_wait_for_it(self):
        need_root()
        with folder() as where, HangingMount(os.path.join(where, "dead")):
            host = Host("--collector.filesystem.fs-types-include=.")
            with host:
                host.page()
                begun = time.monotonic()
                check(host.end() == 0, "exit status")
                check(time.monotonic() - begun < 4, "it waited")


if __name__ == "__main__":
    unittest.main()
