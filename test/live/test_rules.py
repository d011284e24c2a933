"""The rules that ship: promtool accepts them, each alert fires and keeps silent as its cases say, and what is checked in is what
`finwatch compile` makes of the contract and the catalogue."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from servers import ROOT, check, need

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=1800, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


class Rules(unittest.TestCase):
    def test_what_is_checked_in_is_what_is_made(self):
        status, said = run(PROGRAM, "compile", "--dry-run")
        check(status == 0, f"{said}compile again: finwatch compile")

    def test_promtool_accepts_every_rule(self):
        files = sorted(glob.glob(f"{ROOT}/rules/generated/rules/*.yml"))
        check(files, "no rules")
        status, said = run(need("promtool"), "check", "rules", *files)
        check(status == 0, said)

    def test_every_case_of_every_alert_and_every_route(self):
        need("promtool"), need("amtool")
        with tempfile.TemporaryDirectory() as folder:
            status, said = run(PROGRAM, "test", f"--junit={folder}/tests.xml")
            check(status == 0, said)
            results = xml.etree.ElementTree.parse(f"{folder}/tests.xml").getroot()
        passed = {suite.get("name"): int(suite.get("tests")) for suite in results}
        _, said = run(PROGRAM, "check", "--now=2026-12-01T10:00")
        cases = int(re.search(r"(\d+) alerts with (\d+) cases", said).group(2))
        areas = {os.path.basename(file).split(".")[0] for file in glob.glob(f"{ROOT}/rules/alerts/*.yaml")}
        check(sum(count for suite, count in passed.items() if suite in areas) == cases, f"{cases} cases, and these were proved: {passed}")
        check(passed["routes"] > 100 and passed["rule files"] == len(areas) + 1, f"{passed}")

    def test_what_is_recorded_of_the_services(self):
        status, said = run(need("promtool"), "test", "rules", f"{ROOT}/rules/generated/tests/slo-recordings.test.yml")
        check(status == 0, said)

    def test_files_are_written_whole_and_only_when_they_change(self):
        with tempfile.TemporaryDirectory() as folder:
            status, said = run(PROGRAM, "compile", f"--output={folder}")
            check(status == 0, said)
            before = {file: os.stat(file).st_mtime_ns for file in glob.glob(f"{folder}/*/*")}
            status, said = run(PROGRAM, "compile", f"--output={folder}")
            check(status == 0 and ", 0 changed" in said, said)
            check(before == {file: os.stat(file).st_mtime_ns for file in glob.glob(f"{folder}/*/*")}, "written again, or something left behind")

    def test_what_is_made_no_more_is_taken_away_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            status, said = run(PROGRAM, "compile", f"--output={folder}")
            check(status == 0, said)
            made, stale, foreign = f"{folder}/rules/host.rules.yml", f"{folder}/rules/gone.rules.yml", f"{folder}/rules/ours.rules.yml"
            shutil.copy(made, stale)
            with open(foreign, "w", encoding="utf-8") as file:
                file.write("groups: []\n")
            status, said = run(PROGRAM, "compile", f"--output={folder}", "--dry-run")
            check(status == 1 and f"would remove {stale}" in said and "1 would change" in said, said)
            check(os.path.exists(stale), "a dry run removed a file")
            status, said = run(PROGRAM, "compile", f"--output={folder}")
            check(status == 0 and f"removed {stale}" in said and "1 changed" in said, said)
            check(not os.path.exists(stale) and os.path.exists(made) and os.path.exists(foreign), sorted(os.listdir(f"{folder}/rules")))

    def test_a_folder_that_cannot_be_written_is_named(self):
        status, said = run(PROGRAM, "compile", "--output=/proc/none")
        check(status == 1 and "/proc/none" in said, said)

    def test_the_command_line_says_what_it_has(self):
        status, said = run(PROGRAM, "compil")
        check(status == 2 and "did you mean 'compile'" in said, said)
        status, said = run(PROGRAM, "check", "--help")
        check(status == 0 and "--contract" in said, said)
        status, said = run(PROGRAM, "check", "--contract=/none.yaml")
        check(status == 1 and "/none.yaml" in said, said)
        status, said = run(PROGRAM)
        check(status == 2 and "compile" in said, said)


if __name__ == "__main__":
    unittest.main()
