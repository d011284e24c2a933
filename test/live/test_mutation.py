"""Every alert that ships, broken in every small way: its cases notice, coverage does, or the catalogue says why nobody can."""
import os
import re
import subprocess
import unittest

from servers import ROOT, check, need

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))


def mutate(*words):
    need("promtool")
    done = subprocess.run([PROGRAM, "mutate", *words], capture_output=True, text=True, timeout=1800, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


class Mutation(unittest.TestCase):
    def test_no_mutant_survives(self):
        status, said = mutate()
        mutants, alerts, caught, survived = (int(number) for number in re.search(
            r"(\d+) mutants of (\d+) alerts: (\d+) caught by cases, .* (\d+) survived", said).groups())
        check(status == 0 and survived == 0, said)
        check(alerts > 150 and mutants > 2000 and caught > mutants * 0.9, said)

    def test_parts_are_the_whole_together(self):
        whole, *parts = (int(re.search(r"(\d+) mutants", mutate("--alert=HostCpuBusy", f"--part={part}")[1]).group(1)) for part in ("1/1", "1/3", "2/3", "3/3"))
        check(whole == sum(parts) and min(parts) > 0, f"{whole} mutants, and in three parts {parts}")

    def test_what_is_wrong_with_the_question_is_said(self):
        for word, text in (("--alert=HostCpuBussy", "did you mean 'HostCpuBusy'"), ("--part=3/2", "such as 2/7"), ("--promtool=/none", "/none")):
            status, said = mutate(word)
            check(status != 0 and text in said, f"{word}: {status}: {said}")


if __name__ == "__main__":
    unittest.main()
