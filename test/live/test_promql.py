"""Our PromQL parser beside Prometheus' own: promtool gives the same verdict on every expression of test/fixtures/promql, on what is left
of them when words are taken out, doubled and exchanged, and on what we print.

promtool of Prometheus 2 does not know what Prometheus 3 brought; there the file valid_since_3 is ours alone."""
import json
import os
import random
import re
import subprocess
import tempfile
import unittest

from servers import ROOT, check, need

PROGRAM = os.environ.get("FINWATCH_PROMQL_VERDICTS", os.path.join(ROOT, "build/release/bin/finwatch_promql_verdicts"))
SEED = int(os.environ.get("FINWATCH_SEED", "20250601"))
CHANGED = int(os.environ.get("FINWATCH_PROMQL_CHANGED", "3000"))  # expressions
WORD = re.compile(r"""[\w:.]+|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[=!<>]=|[=!]~|\s+|.""", re.S)


def expressions(name):
    """One a line; ⏎ stands for a line break."""
    with open(os.path.join(ROOT, "test/fixtures/promql", name), encoding="utf-8") as lines:
        return [line.rstrip("\n").replace("⏎", "\n") for line in lines]


def ours(texts):
    """For each: ("2" or "3", which Prometheus it needs, and how we print it) or ("!", why it is none)."""
    done = subprocess.run([PROGRAM], input="\0".join(texts) + "\0", capture_output=True, text=True, timeout=300, check=False, errors="replace")
    check(done.returncode == 0, done.stderr)
    return [(answer[:1], answer[1:]) for answer in done.stdout.split("\0")[:-1]]


def promtool(texts):
    """For each: why it is none, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "rules.json")
        rules = [{"record": f"rule:{number}", "expr": text} for number, text in enumerate(texts)]
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"groups": [{"name": "g", "rules": rules}]}, out)
        done = subprocess.run([need("promtool"), "check", "rules", "--lint=none", file], capture_output=True, text=True, timeout=300, check=False,
                              errors="replace")
    why = {int(number): reason for number, reason in
           re.findall(r'"rule:(\d+)": (?:could not parse expression: )?(.*)', done.stderr)}
    check((done.returncode == 0) == (not why), done.stderr[-2000:])
    return [why.get(number) for number in range(len(texts))]


def changed(sources, count):
    """Expressions with a few words taken out, doubled, exchanged, or brought in from elsewhere."""
    chance = random.Random(SEED)
    words = [WORD.findall(text) for text in sources]
    every = sorted({word for text in words for word in text if word.strip()})
    for _ in range(count):
        text = list(chance.choice(words))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text) + 1)
            how = chance.randrange(4)
            if how == 0:
                text[at:at + 1] = []
            elif how == 1:
                text[at:at] = [chance.choice(every)]
            elif how == 2:
                text[at:at + 1] = [chance.choice(every)]
            else:
                text[at:at] = text[at:at + 1]
        yield "".join(text)


class Promql(unittest.TestCase):
    def differences(self, texts):
        verdicts = list(zip(texts, ours(texts), promtool(texts)))
        return [f"{text!r}\n  ours: {''.join(mine)}\n  promtool: {theirs or 'valid'}" for text, mine, theirs in verdicts
                if mine[0] != "3" and (mine[0] == "!") != bool(theirs)]

    def test_promtool_says_the_same(self):
        different = self.differences(expressions("valid") + expressions("invalid"))
        check(not different, "\n".join(different))

    def test_what_a_file_promises_holds(self):
        for name, mark in (("valid", "2"), ("valid_since_3", "3"), ("invalid", "!")):
            wrong = [f"{name}: {text!r}: {''.join(mine)}" for text, mine in zip(expressions(name), ours(expressions(name))) if mine[0] != mark]
            check(not wrong, "\n".join(wrong))

    def test_what_we_print_is_valid(self):
        valid = expressions("valid")
        printed = [text for _, text in ours(valid)]
        check(not any(promtool(printed)), "\n".join(f"{text!r}: {why}" for text, why in zip(printed, promtool(printed)) if why))

    def test_changed_expressions(self):
        texts = [text for text in changed(expressions("valid") + expressions("invalid"), CHANGED) if text.strip()]
        different = self.differences(texts)
        check(not different, f"FINWATCH_SEED={SEED}, {len(different)} of {len(texts)}\n" + "\n".join(different))


if __name__ == "__main__":
    unittest.main()
