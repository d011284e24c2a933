"""finwatch coverage and finwatch import with the programs that ship: nothing that the rules ask for is missing, a machine's page tells
which alerts are inert there, and a rule that is broken in a copy is named."""
import glob
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from servers import ROOT, check, need, write
from harness import Host, read

FINWATCH = os.environ.get("FINWATCH", os.path.join(ROOT, "build/release/bin/finwatch"))
PROGRAMS = os.environ.get("FINWATCH_PROGRAMS", os.path.join(ROOT, "build/release/bin"))

PACK = """apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: cellar}
spec:
  groups:
    - name: cellar
      rules:
        - alert: CellarLoad
          expr: node_load5{room="cellar"} > 9
          for: 5m
          labels: {severity: severe}
          annotations: {summary: "Busy at {{ $labels.instance }}", description: Too much, runbook_url: "https://cellar.example"}
        - alert: CellarGone
          expr: node_cellar_bottles ==
"""


def run(*words, status=0, given=None):
    done = subprocess.run([FINWATCH, *words], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, input=given)
    check(done.returncode == status, f"finwatch {' '.join(words)}: exit status {done.returncode}, expected {status}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def has(said, *texts):
    for text in texts:
        check(text in said, f"no '{text}' in:\n{said}")


class WithCatalogues(unittest.TestCase):
    """A room with what the programs print."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="finwatch-coverage-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.room = cls.folder.name
        os.mkdir(cls.room + "/catalogues")
        for program in ("finwatch-host", "finwatch-database", "finwatch-workflow", "finwatch-notifier"):
            printed = subprocess.run([f"{PROGRAMS}/{program}", "--catalogue"], capture_output=True, text=True, timeout=60, check=True).stdout
            write(f"{cls.room}/catalogues/{program}.json", printed)
        cls.known = f"--catalogue={cls.room}/catalogues"


class Coverage(WithCatalogues):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with Host(program=f"{PROGRAMS}/finwatch-host") as host:
            cls.asked_live = run("coverage", cls.known, f"--metrics=http://127.0.0.1:{host.port}/metrics")
            write(f"{cls.room}/host.prom", host.page())

    def broken(self, area, before, after):
        """What coverage says of a copy of the catalogue in which one text is another."""
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(f"{ROOT}/rules/alerts", copy, dirs_exist_ok=True)
            path = f"{copy}/{area}.yaml"
            text = read(path)
            check(before in text, f"{area}.yaml has no {before}")
            write(path, text.replace(before, after))
            return run("coverage", self.known, f"--alerts={copy}", status=1)

    def test_nothing_that_ships_is_missing(self):
        said = run("coverage", self.known)
        has(said, " 0 missing\n", "finwatch-assurance is still to come", "windows_exporter")

    def test_catalogues_come_from_files_commas_and_a_pipe(self):
        paths = sorted(glob.glob(f"{self.room}/catalogues/*.json"))
        one = run("coverage", "--catalogue=" + ",".join(paths))
        both = run("coverage", *[f"--catalogue={path}" for path in paths])
        piped = "".join(read(path) for path in paths)
        check(one == both == run("coverage", "--catalogue=-", given=piped), "the same catalogues, other answers")

    def test_without_one_of_the_programs_its_metrics_are_missing(self):
        said = run("coverage", f"--catalogue={self.room}/catalogues/finwatch-host.json", status=1)
        has(said, "alert DatabaseSessionsBlocked: metric finwatch_db_lock_wait_max_seconds: missing")

    def test_a_renamed_metric_is_named(self):
        has(self.broken("host", "node_filefd_allocated", "node_filefd_alocated"),
            "alert HostFileDescriptorsLow: metric node_filefd_alocated: missing", "did you mean 'node_filefd_allocated'?", "host.yaml:")

    def test_an_unknown_label_is_named(self):
        has(self.broken("host", 'node_systemd_units{state="failed"} > 0', 'node_systemd_units{stage="failed"} > 0'),
            "alert HostUnitFailed: label stage of node_systemd_units: missing: a matcher", "did you mean 'state'?")

    def test_a_label_that_a_text_shows_in_vain_is_named(self):
        has(self.broken("host", "{{ $labels.unit }}", "{{ $labels.service }}"), "alert HostUnitStopped: label service of finwatch_unit_running: missing: a text")

    def test_alerts_that_are_inert_on_this_machine(self):
        for said in (self.asked_live, run("coverage", self.known, f"--metrics={self.room}/host.prom")):
            inert = said[said.index("Inert on this machine:"):said.index("Used by no rule")]
            # Load averages are there; units that must run are not configured.
            has(inert, "HostUnitStopped, there is no\n      finwatch_unit_running\n", "whose programs are not on these pages", "DatabaseDisconnected",
                "that await a program still to come", "AssuranceBackupMissing")
            check("HostOverloaded" not in inert and "MonitoringTargetGone" not in inert, inert)

    def test_json_holds_the_same(self):
        said = json.loads(run("coverage", self.known, f"--metrics={self.room}/host.prom", "--json"))
        check(said["missing"] == 0 and said["alerts"] > 100, said["missing"])
        check(len(said["rows"]) == said["exported"] + said["conditional"], "rows and sums differ")
        check(any(one["alert"] == "HostUnitStopped" and one["program_is_here"] for one in said["inert"]), "HostUnitStopped is not inert")
        unused = {one["program"]: one["unused"] for one in said["unused"]}
        check("node_load15" in unused["finwatch-host"] and "node_load5" not in unused["finwatch-host"], "unused metrics")

    def test_rules_dashboards_and_routes_of_others(self):
        write(f"{self.room}/own.rules.yml", 'groups: [{name: a, rules: [{alert: Busy, expr: node_load5 > 9, labels: {severity: page}}]}]\n')
        write(f"{self.room}/board.json", json.dumps({"title": "Board", "panels": [{"title": "Load", "targets": [
            {"expr": 'node_load5{instance=~"$host"}', "legendFormat": "{{instance}}"}, {"expr": "rate(node_lod5[$__rate_interval])"}]}]}))
        write(f"{self.room}/routes.yml", 'route: {receiver: a, routes: [{matchers: [severity="pager"]}, {matchers: [severity="page"]}]}\n')
        said = run("coverage", self.known, f"--rules={self.room}/own.rules.yml", f"--dashboards={self.room}/board.json", f"--routes={self.room}/routes.yml",
                   status=1)
        has(said, "panel Board / Load: metric node_lod5: missing", "routes.yml:1:43: route route.routes[0]: label severity: missing: no alert has the value 'pager'",
            "did you mean 'page'?", "1 alert, 0 recordings, 2 queries of panels, 2 routes: ", " 2 missing\n")

    def test_what_is_wrong_with_the_question_is_said(self):
        has(run("coverage", status=2), "--catalogue=FILE", "--metrics=URL")
        has(run("coverage", "--catalogue=/none.json", status=1), "/none.json")
        has(run("coverage", "--metrics=http://127.0.0.1:1/metrics", status=1), "http://127.0.0.1:1/metrics: ")
        write(f"{self.room}/bad.json", '{"program": }')
        has(run("coverage", f"--catalogue={self.room}/bad.json", status=1), "bad.json:1:13: expected a value")
        has(run("coverage", self.known, f"--rules={self.room}/host.prom", status=1), "host.prom")
        has(run("coverage", self.known, f"--metrics={self.room}/bad.json", status=1), "bad.json:1: expected")


class Import(WithCatalogues):
    def setUp(self):
        self.pack = tempfile.mkdtemp(dir=self.room) + "/cellar"
        os.mkdir(self.pack)
        write(f"{self.pack}/cellar.yml", PACK)
        self.output = tempfile.mkdtemp(dir=self.room)

    def test_a_pack_becomes_areas_that_check_asks_to_complete(self):
        said = run("import", self.pack, f"--output={self.output}", self.known, status=1)
        has(said, "cellar.yml:14:17: the expression of CellarGone: 1:23: ", "wrote ", "label room of node_load5: missing: a matcher",
            "1 file: 1 alert and 0 recordings")
        has(run("check", f"--alerts={self.output}", status=1), "cellar.yaml:4:7: name.zh: must be given")

    def test_nothing_is_written_over_without_force(self):
        run("import", f"{self.pack}/cellar.yml", f"--output={self.output}", status=1)
        write(f"{self.output}/cellar.yaml", "mine\n")
        has(run("import", f"{self.pack}/cellar.yml", f"--output={self.output}", status=1), "is there already; --force")
        check(read(f"{self.output}/cellar.yaml") == "mine\n", "written over")
        run("import", f"{self.pack}/cellar.yml", f"--output={self.output}", "--force", status=1)
        check("CellarLoad" in read(f"{self.output}/cellar.yaml"), "not written over")

    def test_what_is_filled_in_is_compiled_and_believed_by_promtool(self):
        write(f"{self.pack}/good.yml", PACK.replace("node_cellar_bottles ==", "node_load1 == 0").replace('{room="cellar"}', "")
              .replace("expr: node_load1 == 0", "expr: node_load1 == 0\n          for: 5m\n          labels: {severity: light}\n"
                       "          annotations: {summary: Gone, description: Gone}"))
        run("import", f"{self.pack}/good.yml", f"--output={self.output}", "--area=cellar")
        text = read(f"{self.output}/cellar.yaml")
        text = text.replace('zh: ""', "zh: 酒窖").replace('class: ""', "class: ordinary")
        firing = "firing: [{{series: {{'{0}{{instance=\"a\"}}': \"{1}x20\"}}, at: 10m, labels: {{instance: a}}}}]"
        silent = "silent: [{{series: {{'{0}{{instance=\"a\"}}': \"{1}x20\"}}, at: 10m}}]"
        for metric, fires, keeps in (("node_load5", "10", "9"), ("node_load1", "0", "1")):
            text = text.replace("firing: []", firing.format(metric, fires), 1).replace("silent: []", silent.format(metric, keeps), 1)
        write(f"{self.output}/cellar.yaml", text)
        run("compile", f"--alerts={self.output}", f"--output={self.output}/made")
        check(glob.glob(f"{self.output}/made/tests/cellar/*.test.yml"), "no tests were made")
        done = subprocess.run([need("promtool"), "test", "rules", *glob.glob(f"{self.output}/made/tests/cellar/*.test.yml")], capture_output=True, text=True, timeout=120,
                              check=False)
        check(done.returncode == 0, done.stdout + done.stderr)

    def test_what_is_wrong_with_the_question_is_said(self):
        has(run("import", status=2), "no rule file; give one")
        has(run("import", "/none.yml", status=1), "/none.yml")
        write(f"{self.pack}/second.yml", PACK)
        has(run("import", self.pack, status=2), "--output=FOLDER")
        has(run("import", self.pack, "--area=x", f"--output={self.output}", status=1), "--area names the area of one file, found")
        write(f"{self.pack}/none.yml", "a: [\n")
        has(run("import", f"{self.pack}/none.yml", status=1), "none.yml:")

    def test_files_of_one_name_are_told_apart_by_their_folders(self):
        other = tempfile.mkdtemp(dir=self.room) + "/barrel"
        os.mkdir(other)
        write(f"{other}/cellar.yml", PACK)
        said = run("import", f"{self.pack}/cellar.yml", f"{other}/cellar.yml", f"--output={self.output}", "--quiet", status=1)
        has(said, "[1/2] ", "[2/2] ", "cellar-cellar.yaml", "barrel-cellar.yaml")


if __name__ == "__main__":
    unittest.main()
