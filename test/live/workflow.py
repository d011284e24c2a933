"""finwatch-workflow as a person runs it, one flow, once; and as a service.

    workflow = Workflow(folder, "kingdee-cloud", parameters, secrets, allow)
    run = workflow.run("voucher_entry")
    check(run.succeeded and run.steps["steps/draft"] == "ok", run.text)
    with workflow.serving() as served: … served.page() …
"""
import json
import os
import re
import subprocess

from servers import ROOT, check
from harness import Host, read, write

PROGRAM = os.environ.get("FINWATCH_WORKFLOW", os.path.join(ROOT, "build/release/bin/finwatch-workflow"))
PACKS = os.path.join(ROOT, "exporters/workflow/packs")


class Run:
    """What was said of a run: the result of each step by section and id, and the reason of each that failed."""

    def __init__(self, status, text):
        self.status, self.text = status, text
        self.steps, self.reasons = {}, {}
        step = None
        for line in text.splitlines():
            found = re.match(r"  (ok|FAIL|-) +(\w+) / ([\w-]+)", line)
            if found:
                result, section, name = found.groups()
                step = f"{section}/{name}"
                self.steps[step] = {"ok": "ok", "FAIL": "failed", "-": "skipped"}[result]
            elif step and self.steps[step] == "failed" and (reason := re.match(r"      (\w+): ", line)) and step not in self.reasons:
                self.reasons[step] = reason.group(1)
        self.succeeded = status == 0 and "\nsucceeded in " in text
        self.unsupported = "\nnot supported here: " in text
        found = re.search(r"^reason: (\w+): ", text, re.M)
        self.reason = found.group(1) if found else ""


class Workflow:
    """One pack and what it is given; `changes` are pieces of its text and what stands there instead."""

    def __init__(self, folder, pack, parameters, secrets, allow, only=(), changes=(), schedules=None):
        check(os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not built: cmake --preset release && cmake --build --preset release")
        self.secrets = [secret for secret in secrets.values() if secret]
        text = read(f"{PACKS}/{pack}.yml")
        for old, new in changes:
            check(old in text, f"{pack}.yml has no {old}")
            text = text.replace(old, new)
        flows = [{"file": write(f"{folder}/{pack}.yml", text), "parameters": parameters, "secrets": secrets, "allow": allow, "only": list(only), "schedules": schedules or {}}]
        self.file = write(f"{folder}/finwatch-workflow.yml", json.dumps({"state": f"{folder}/state", "flows": flows}, ensure_ascii=False))

    def say(self, *flags):
        done = subprocess.run([PROGRAM, f"--config.file={self.file}", *flags], capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, "no_proxy": "*"})
        text = done.stdout + done.stderr
        check(not any(secret in text for secret in self.secrets), f"a secret was shown:\n{text}")
        return done.returncode, text

    def run(self, flow):
        return Run(*self.say(f"--run-once={flow}"))

    def dry_run(self, flow):
        status, text = self.say(f"--dry-run={flow}")
        check(status == 0, text)
        return text

    def serving(self):
        return Host(f"--config.file={self.file}", program=PROGRAM, env={**os.environ, "no_proxy": "*"})
