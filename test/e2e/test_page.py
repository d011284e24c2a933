"""promtool of Debian reads every page, and complains of nothing but names that node_exporter made before promtool had its taste."""
import re
import subprocess
import unittest

from harness import HOST_PROGRAM, check, fixture_flags, names, need, run

# What `promtool check metrics` may say, without the name in front. Each has a reason.
ALLOWED = {
    # node_exporter's names follow the kernel's spelling: node_memory_MemTotal_bytes from MemTotal, node_netstat_Tcp_InSegs from InSegs.
    "metric names should be written in 'snake_case' not 'camelCase'",
    # node_entropy_available_bits: the kernel counts entropy in bits, and so does node_exporter.
    'use base unit "bytes" instead of "bits"',
}


def all_collectors():
    """--collector.X for each one of the program's, whether on by default or not."""
    status, text = run(HOST_PROGRAM, "--help")
    check(status == 0, text)
    found = re.findall(r"^  --\[no-\](collector\.[a-z0-9_]+)$", text, re.M)
    check(len(found) > 40, f"{len(found)} collectors in --help")
    return [f"--{name}" for name in found]


def once(*flags):
    done = subprocess.run([HOST_PROGRAM, "--once", *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stderr)
    return done.stdout


class PageTest(unittest.TestCase):
    def promtool_agrees(self, page):
        done = subprocess.run([need("promtool"), "check", "metrics"], input=page, capture_output=True, text=True, check=False)
        said = (done.stdout + done.stderr).splitlines()
        kinds = {line.split(" ", 1)[-1] for line in said}
        check(done.returncode in (0, 3) and kinds <= ALLOWED, f"status {done.returncode}: " + "\n".join(
            line for line in said if line.split(" ", 1)[-1] not in ALLOWED))
        # The exception is for node_exporter's names only.
        check(not (ours := [line for line in said if line.startswith("finwatch_")]), ours)

    def test_the_page_of_this_machine(self):
        self.promtool_agrees(once())

    def test_the_page_of_this_machine_with_every_collector(self):
        page = once(*all_collectors())
        check(len(names(page)) > 300, f"{len(names(page))} names")
        self.promtool_agrees(page)

    def test_the_page_of_the_machine_made_of_files_with_every_collector(self):
        page = once(*all_collectors(), *fixture_flags())
        check(len(names(page)) > 400, f"{len(names(page))} names")
        self.promtool_agrees(page)

    def test_promtool_would_notice(self):
        with self.assertRaises(AssertionError):
            self.promtool_agrees("# HELP finwatch_bad_count Bad.\n# TYPE finwatch_bad_count counter\nfinwatch_bad_count 1\n")
        with self.assertRaises(AssertionError):
            self.promtool_agrees("node_load1 one\n")


if __name__ == "__main__":
    unittest.main()
