"""The integrity checks of exporters/workflow/packs/integrity, as statements to run.

    pack = Pack("tryton")
    rows = erp.probe(pack.statement("unbalanced"))
"""
import json
import os
import re
import subprocess

from servers import ROOT, check

FOLDER = os.path.join(ROOT, "exporters/workflow/packs/integrity")
SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds(text):
    check(re.fullmatch(r"[1-9][0-9]*[smh]", text), f"no duration: {text}")
    return int(text[:-1]) * SECONDS[text[-1]]


class Pack:
    def __init__(self, name):
        # Debian's Python has Debian's YAML; the one that runs the tests may be another.
        with open(f"{FOLDER}/{name}.yml", encoding="utf-8") as file:
            done = subprocess.run(["/usr/bin/python3", "-c", "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"],
                                  stdin=file, capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr + "deploy/install-deps.sh --test")
        self.parts = json.loads(done.stdout)
        self.checks = {one["id"]: one for one in self.parts["checks"]}

    def statement(self, name):
        one = self.checks[name]
        values = {key: value if isinstance(value, int) else "'" + value.replace("'", "''") + "'" for key, value in self.parts["variables"].items()}
        if "window" in one:
            values["window"] = seconds(one["window"])
        return re.sub(r"\$\{(\w+)\}", lambda found: str(values[found.group(1)]), one["sql"])
