"""`finwatch check` and `finwatch diff` on the rules that ship: what they say, and how they end. The JSON Schemas that editors read
take every file that ships, and refuse what the reader refuses."""
import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import yaml

from servers import ROOT, check

PROGRAM = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
NOW = "--now=2026-12-01T10:00"


def run(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Loader(yaml.SafeLoader):
    """YAML 1.2, as the program and editors read it: dates and times of day are text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


class Folder:
    """A copy of the contract, its rota and its catalogue, to break."""

    def __init__(self):
        self.path = tempfile.mkdtemp()
        for name in ("sla.yaml", "rota.csv"):
            shutil.copy(f"{ROOT}/rules/{name}", self.path)
        shutil.copytree(f"{ROOT}/rules/alerts", f"{self.path}/alerts")

    def change(self, name, old, new):
        text = text_of(f"{self.path}/{name}")
        check(old in text, f"{name} has no {old!r}")
        with open(f"{self.path}/{name}", "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))

    def check(self, *words):
        return run("check", f"--contract={self.path}/sla.yaml", f"--alerts={self.path}/alerts", NOW, *words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)


class Check(unittest.TestCase):
    def test_nothing_is_wrong_with_what_ships(self):
        status, said = run("check", "--strict", NOW)
        check(status == 0 and said.endswith("nothing wrong\n") and said.count("\n") == 1, said)

    def test_a_warning_fails_only_when_asked_to(self):
        with Folder() as folder:
            folder.change("sla.yaml", "{after: 30m, unless", "{after: 45m, unless")
            status, said = folder.check()
            check(status == 0 and "warning: policies.by_mail[2].after: 45m is too late" in said and "0 errors, 1 warnings" in said, said)
            status, said = folder.check("--strict")
            check(status == 1, said)

    def test_all_errors_are_said_at_once(self):
        with Folder() as folder:
            folder.change("rota.csv", "2026-12-07,zhang.wei", "2026-12-07,")
            folder.change("sla.yaml", 'phone: "13800000003"', 'dingtalk: "3"')
            folder.change("alerts/database.yaml", "expr: finwatch_db_lock_wait_max_seconds > ${seconds}\n    for: 1m", "expr: finwatch_db_lock_wait_max_seconds > ${seconds}")
            status, said = folder.check()
            check(status == 1, said)
            for part in ("rota.csv:6:1: error: duties.on_call: nobody is on duty from 2026-12-07 09:00 to 2026-12-14 09:00", "sms cannot reach li.na",
                         "DatabaseSessionsBlocked wakes people at once"):
                check(part in said, f"no {part!r} in: {said}")
            check("[compile]" not in said, f"said twice: {said}")

    def test_the_same_for_programs(self):
        with Folder() as folder:
            folder.change("sla.yaml", "zh: 凭证录入", "zh: 贷款录入")
            status, said = folder.check("--json")
            found = json.loads(said)
            check(status == 1 and len(found) == 1, said)
            check(set(found[0]) == {"file", "line", "column", "level", "check", "text"}, said)
            check(found[0]["file"].endswith("sla.yaml") and found[0]["line"] > 1 and found[0]["level"] == "error" and found[0]["check"] == "sms", said)
        status, said = run("check", "--json", NOW)
        check(status == 0 and json.loads(said) == [], said)

    def test_what_cannot_be_read_ends_it(self):
        with Folder() as folder:
            folder.change("sla.yaml", "    answer: 30m", "    anwser: 30m")
            status, said = folder.check()
            check(status == 1 and "classes.ordinary: unknown key 'anwser'; did you mean 'answer'?" in said and said.count("\n") == 1, said)
        status, said = run("check", "--now=soon")
        check(status == 1 and "--now: expected a date and a time" in said, said)


class Diff(unittest.TestCase):
    def test_it_ends_as_diff_does(self):
        with Folder() as old, Folder() as new:
            status, said = run("diff", old.path, new.path)
            check(status == 0 and said == "", said)
            new.change("sla.yaml", "objective: 99.9,", "objective: 99.95,")
            status, said = run("diff", old.path, new.path, "--language=en")
            check(status == 1 and "from 43.2 min to 21.6 min" in said, said)
            status, said = run("diff", f"{old.path}/sla.yaml", f"{new.path}/sla.yaml", "--alerts=rules/alerts")
            check(status == 1 and "30 天的错误预算由 43.2 分钟" in said, said)
            new.change("alerts/host.yaml", "parameters: {ratio: 0.8}", "parameters: {ratio: 0.85}")
            status, said = run("diff", f"{old.path}/sla.yaml", f"{old.path}/sla.yaml", f"--alerts={old.path}/alerts", f"--alerts={new.path}/alerts", "--language=en")
            check(status == 1 and "threshold ratio: from 0.8 to 0.85" in said and "rules/host.rules.yml: lines: 1 more, 1 less" in said, said)

    def test_trouble_is_another_status(self):
        for words in (("rules/sla.yaml",), ("rules/sla.yaml", "/none.yaml"), ("rules/sla.yaml", "rules/sla.yaml", "--language=fr")):
            status, said = run("diff", *words)
            check(status == 2 and said, f"{words}: {status} {said}")


class Schemas(unittest.TestCase):
    def validator(self, name):
        schema = json.loads(text_of(f"{ROOT}/rules/schema/{name}.schema.json"))
        jsonschema.Draft7Validator.check_schema(schema)
        return jsonschema.Draft7Validator(schema)

    def refused(self, validator, text):
        return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(yaml.load(text, Loader))]

    def test_they_take_all_that_ships(self):
        files = {"sla": [f"{ROOT}/rules/sla.yaml"], "alerts": sorted(glob.glob(f"{ROOT}/rules/alerts/*.yaml"))}
        for name, paths in files.items():
            check(paths, f"no files for {name}")
            validator = self.validator(name)
            for path in paths:
                text = text_of(path)
                check(not self.refused(validator, text), f"{path}: {self.refused(validator, text)}")
                named = text.splitlines()[0].partition("$schema=")[2]
                check(os.path.samefile(os.path.join(os.path.dirname(path), named), f"{ROOT}/rules/schema/{name}.schema.json"), f"{path} names {named!r}")

    def test_they_refuse_what_the_reader_refuses(self):
        contract = text_of(f"{ROOT}/rules/sla.yaml")
        validator = self.validator("sla")
        for old, new in (("    answer: 30m", "    anwser: 30m"), ("{zh: 凭证录入, en: Voucher entry}", "{zh: 凭证录入}"), ("objective: 99.9,", "objective: 999,"),
                         ("by: [email]", "by: [telex]"), ("after: 24m", "after: 24"), ("version: 1", "version: 2"), ("unless: acknowledged", "unless: asleep"),
                         ('from: "08:00"', 'from: "8 h"'), ("{flow: tryton_voucher_entry}", "{flow: a, database: b}"), ("/etc/finwatch/aliyun.id", "aliyun.id")):
            check(old in contract, f"no {old!r}")
            check(self.refused(validator, contract.replace(old, new, 1)), f"takes {new!r}")
            with Folder() as folder:
                folder.change("sla.yaml", old, new)
                status, said = folder.check()
                check(status == 1, f"the reader takes {new!r}: {said}")


if __name__ == "__main__":
    unittest.main()
