"""The notifier's journal on a real PostgreSQL: what must hold on both engines, and the lease of two notifiers. The cases are those of
test/exporters/notifier/store with the tag [postgres]; here they get a server.
"""
import os
import re
import subprocess
import unittest

from servers import ROOT, Postgres, check

PROGRAM = ROOT + "/build/release/bin/test_notifier"


class NotifierStore(unittest.TestCase):
    def pass_all(self, server):
        check(os.path.exists(PROGRAM), f"{PROGRAM} is missing: cmake --build --preset release --target test_notifier")
        address = f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres"
        done = subprocess.run([PROGRAM, "[postgres]"], env={**os.environ, "FINWATCH_TEST_POSTGRES": address}, capture_output=True,
                              text=True, errors="replace", timeout=240, check=False)
        said = done.stdout[-6000:] + done.stderr[-2000:]
        check(done.returncode == 0 and "skipped" not in done.stdout, said)
        passed = re.search(r"All tests passed \(\d+ assertions? in (\d+) test cases?\)", done.stdout)
        check(passed and int(passed[1]) >= 20, said)

    def test_the_journal_and_the_lease(self):
        # fsync as it is by default: a commit is on disk when it returns.
        with Postgres({"fsync": "on"}) as server:
            self.pass_all(server)
            check(server.sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'test_%'") == "0", "a test left its schema behind")

    def test_on_a_server_with_habits_of_its_own(self):
        # Backslashes that escape, few digits, commits that do not wait, a stricter isolation: our session says what it needs.
        with Postgres({"standard_conforming_strings": "off", "escape_string_warning": "off", "extra_float_digits": "0",
                       "synchronous_commit": "off", "default_transaction_isolation": "'repeatable read'", "timezone": "'Asia/Shanghai'"}) as server:
            self.pass_all(server)


if __name__ == "__main__":
    unittest.main()
