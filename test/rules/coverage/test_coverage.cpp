#include "rules/tool/coverage/coverage.h"

#include "conf/json.h"
#include "conf/yaml.h"
#include "rules/tool/coverage/report.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;

namespace {

constexpr std::string_view kCatalogue = R"({"program": "finwatch-host", "version": "1", "collectors": [
  {"name": "load", "default": true, "summary": "s", "flags": [], "metrics": [
    {"name": "node_load5", "type": "gauge", "labels": [], "help": "h"},
    {"name": "node_cpu_seconds_total", "type": "counter", "labels": ["cpu", "mode"], "help": "h"},
    {"name": "node_vmstat_*", "type": "unknown", "labels": [], "help": "h"},
    {"name": "node_wait_seconds", "type": "histogram", "labels": ["device"], "help": "h"}]},
  {"name": "systemd", "default": false, "summary": "s", "flags": [], "metrics": [
    {"name": "node_units", "type": "gauge", "labels": ["state"], "help": "h"}]}]})";

constexpr std::string_view kPeers = R"(peers:
  - {exporter: prometheus, version: "2", always: true, metrics: {up: [], ALERTS: [alertname, "*"]}}
  - {exporter: other_exporter, version: "1.2", when: it is asked, metrics: {other_up: [site], other_certificate: [cn, "*"]}}
)";

Metrics known() {
  Metrics metrics;
  REQUIRE(add_catalogue(*parse_json(kCatalogue, "host.json"), false, metrics));
  REQUIRE(add_peers(*parse_yaml(kPeers, "peers.yaml"), metrics));
  REQUIRE(add_catalogue(
      *parse_yaml("{program: finwatch-later, collectors: [{name: a, metrics: [{name: later_up, labels: [x]}]}]}", "later.yaml"),
      true, metrics));
  return metrics;
}

// The rules as a file, one line each: "alert A: expr".
Coverage covered(std::string_view rules, std::string_view page = "", const std::vector<Wish>& wishes = {},
                 const LabelNames& target_labels = {}) {
  const Result<RuleFile> file = read_rule_file("groups: [{name: g, rules: [\n" + std::string(rules) + "]}]\n", "a.yml");
  if (!file) FAIL(file.error().message);
  std::vector<CoverageSubject> subjects;
  add_rules(*file, subjects);
  Metrics metrics = known();
  std::vector<Page> pages;
  if (!page.empty()) {
    pages.push_back(*parse_page(page, "host.prom"));
    add_page(pages.back(), metrics);
  }
  return cover({metrics, pages, subjects, wishes, target_labels});
}

std::string missing(std::string_view rules) {
  std::string all;
  for (const Row& row : covered(rules).rows)
    if (row.standing == Standing::missing) all += row_text(row) + "\n";
  return all;
}

const Row& row_of(const Coverage& coverage, std::string_view metric, std::string_view label = "") {
  for (const Row& row : coverage.rows)
    if (row.metric == metric && row.label == label) return row;
  FAIL("no row of " << metric << " " << label);
  return coverage.rows.front();
}

}  // namespace

TEST_CASE("coverage: exported, conditional with the condition, missing with the nearest name") {
  const Coverage coverage = covered(R"(
    {alert: A, expr: 'node_load5 > 1 or node_units{state="failed"} > 0 or node_vmstat_oom_kill > 0'},
    {alert: B, expr: other_up == 0 or later_up == 0 or up == 0 or node_lod5 > 1}
  )");
  CHECK(row_of(coverage, "node_load5").standing == Standing::exported);
  CHECK(row_of(coverage, "node_load5").by == "finwatch-host");
  CHECK(row_of(coverage, "node_units").why == "collector systemd is off unless it is turned on");
  CHECK(row_of(coverage, "node_vmstat_oom_kill").standing == Standing::conditional);
  CHECK(row_of(coverage, "other_up").why == "other_exporter 1.2: it is asked");
  CHECK(row_of(coverage, "later_up").why == "finwatch-later is still to come");
  CHECK(row_of(coverage, "up").standing == Standing::exported);
  CHECK(row_text(row_of(coverage, "node_lod5")) ==
        "a.yml:4:5: alert B: metric node_lod5: missing: nobody who is known exports it; did you mean 'node_load5'?");
  CHECK(coverage.alerts == 2);
  CHECK(coverage.count(Standing::missing) == 1);
}

TEST_CASE("coverage: a histogram is what it is on a page") {
  CHECK(missing(R"({alert: A, expr: "histogram_quantile(0.9, sum by (le, device) (rate(node_wait_seconds_bucket[5m]))) > 1"},
                   {alert: B, expr: node_wait_seconds_sum / node_wait_seconds_count > 1})") == "");
  CHECK(missing("{alert: A, expr: node_wait_seconds > 1}").find("metric node_wait_seconds: missing") != std::string::npos);
}

TEST_CASE("coverage: labels are looked for where they are named") {
  CHECK(missing(R"({alert: A, expr: 'node_cpu_seconds_total{mod="idle"} > 1'})") ==
        "a.yml:2:1: alert A: label mod of node_cpu_seconds_total: missing: a matcher: no such label; did you mean 'mode'?\n");
  CHECK(missing("{alert: A, expr: sum by (core) (node_cpu_seconds_total) > 1}")
            .find("label core of node_cpu_seconds_total: missing: by") != std::string::npos);
  CHECK(missing("{alert: A, expr: sum without (core) (node_cpu_seconds_total) > 1}").find("missing: without") !=
        std::string::npos);
  CHECK(missing("{alert: A, expr: node_cpu_seconds_total > on (cpu) group_left node_load5}").find("missing: on, right side") !=
        std::string::npos);
  CHECK(missing("{alert: A, expr: node_load5 > ignoring (core) node_load5}").find("missing: ignoring") != std::string::npos);
  CHECK(missing("{alert: A, expr: node_cpu_seconds_total > on (job) group_left (device) node_load5}")
            .find("missing: group_left") != std::string::npos);
  CHECK(missing(R"x({alert: A, expr: 'label_replace(node_load5, "x", "$1", "host", "(.+)") > 1'})x")
            .find("missing: label_replace") != std::string::npos);
  // What an inner part dropped is gone, what it wrote is there; job and instance always are; a label that is asked to be absent may be.
  CHECK(missing("{alert: A, expr: sum by (mode) (sum by (cpu) (node_cpu_seconds_total)) > 1}").find("label mode") !=
        std::string::npos);
  CHECK(
      missing(
          R"x({alert: A, expr: 'sum by (x, job, instance) (label_replace(node_load5{target=""}, "x", "$1", "job", "(.+)")) > 1'})x") ==
      "");
  // A label that is written without reading one.
  CHECK(missing(R"x({alert: A, expr: 'label_replace(vector(1), "x", "y", "", "") > 0'})x") == "");
  // Two exporters: it is enough that one of them has the label.
  CHECK(missing("{alert: A, expr: sum by (cpu) (node_cpu_seconds_total or node_load5) > 1}") == "");
}

TEST_CASE("coverage: labels that scraping adds may be said") {
  const std::string_view rule = R"({alert: A, expr: 'node_load5{site="hq"} > 1'})";
  CHECK(covered(rule).count(Standing::missing) == 1);
  CHECK(covered(rule, "", {}, {"site"}).count(Standing::missing) == 0);
}

TEST_CASE("coverage: labels that nobody knows all of are conditional") {
  const Coverage coverage = covered(R"({alert: A, expr: 'other_certificate{region="x"} < 1'})");
  CHECK(row_of(coverage, "other_certificate", "region").standing == Standing::conditional);
}

TEST_CASE("coverage: the texts of an alert show labels that its expression leaves, not those that the rule adds") {
  const auto with = [](std::string_view text) {
    return missing(
        "{alert: A, expr: sum by (cpu) (node_cpu_seconds_total) > 1, labels: {severity: x}, annotations: {summary: '" +
        std::string(text) + "'}}");
  };
  CHECK(with("{{ $labels.cpu }} {{ .Labels.cpu }} {{ index $labels \"cpu\" }} {{ $value }}") == "");
  CHECK(with("{{ $labels.instance }}").find("label instance of node_cpu_seconds_total: missing: a text") != std::string::npos);
  CHECK(with("{{- if .Labels.mode -}}x{{ end }}").find("label mode") != std::string::npos);
  CHECK(with("{{ index $labels \"mode\" }}").find("label mode") != std::string::npos);
  CHECK(with("{{ $labels.severity }}").find("label severity") != std::string::npos);
  CHECK(with("no template: $labels.instance") == "");
}

TEST_CASE("coverage: queries inside texts are looked up, and the dot in them is theirs") {
  const auto with = [](std::string_view text) {
    return missing("{alert: A, expr: node_load5 > 1, annotations: {summary: '" + std::string(text) + "'}}");
  };
  CHECK(with(R"({{ range query (printf "node_units{state=%q} == 1" $labels.instance) }}{{ .Labels.state }}{{ end }})") == "");
  CHECK(
      with(R"({{ with printf "node_units{job=%q}" $labels.job | query }}{{ range . }}{{ .Labels.state }}{{ end }}{{ end }})") ==
      "");
  CHECK(with(R"({{ range query "node_unit" }}{{ end }})").find("metric node_unit: missing") != std::string::npos);
  CHECK(with(R"({{ range query "node_units" }}{{ .Labels.unit }}{{ end }})")
            .find("label unit of node_units: missing: a text's query") != std::string::npos);
  CHECK(with(R"({{ query "node_units" | first | label "unit" }})").find("label unit of node_units") != std::string::npos);
  CHECK(with(R"({{ range query "node_units" }}{{ end }}{{ .Labels.state }})").find("label state of node_load5") !=
        std::string::npos);
  CHECK(with(R"({{ query "node_units{" }})").find("the query of a text cannot be read: 1:") != std::string::npos);
}

TEST_CASE("coverage: recordings resolve to each other, with the labels that they leave and add") {
  const std::string_view rules = R"(
    {record: "a:load:sum", expr: sum by (job) (node_load5), labels: {tier: one}},
    {record: "b:load:max", expr: 'max by (job, tier) (a:load:sum)'},
    {record: "c:load:loop", expr: 'c:load:loop or b:load:max'},
  )";
  CHECK(missing(std::string(rules) + R"({alert: A, expr: 'b:load:max{tier="one"} > 1 or c:load:loop > 1'})") == "");
  CHECK(missing(std::string(rules) + R"({alert: A, expr: 'sum by (instance) (b:load:max) > 1'})")
            .find("label instance of b:load:max") != std::string::npos);
}

TEST_CASE("coverage: a name that is a pattern is there when any metric fits") {
  CHECK(missing(R"x({alert: A, expr: 'count({__name__=~"node_(load5|x)"}) > 1'})x") == "");
  CHECK(missing(R"({alert: A, expr: 'count({__name__=~"nodes_.*"}) > 1'})").find("metric nodes_.*: missing") !=
        std::string::npos);
}

TEST_CASE("coverage: an expression that cannot be read is missing all it asks for") {
  CHECK(missing("{alert: A, expr: rate(node_load5) > 1}")
            .starts_with("a.yml:2:1: alert A: missing: the expression cannot be read: 1:6:"));
}

TEST_CASE("coverage: alerts are inert when no branch selects anything on the pages") {
  const Coverage coverage = covered(R"(
    {record: "a:units:sum", expr: sum by (job) (node_units)},
    {alert: Here, expr: 'node_load5{job="x"} > 1'},
    {alert: OneBranch, expr: node_units > 1 or node_cpu_seconds_total > 1},
    {alert: Absent, expr: absent(node_units)},
    {alert: Unless, expr: node_load5 unless node_units},
    {alert: Made, expr: up == 0},
    {alert: OtherMode, expr: 'rate(node_cpu_seconds_total{mode=~"steal|nice"}[5m]) > 1'},
    {alert: SameMode, expr: 'rate(node_cpu_seconds_total{mode!~"steal|nice"}[5m]) > 1'},
    {alert: Both, expr: node_load5 and node_units},
    {alert: Recorded, expr: a:units:sum > 1},
    {alert: Elsewhere, expr: other_up == 0}
  )",
                                    "node_load5 1\nnode_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 5\n");
  std::string inert;
  for (const Inert& one : coverage.inert) {
    inert += one.alert + (one.program_is_here ? "" : " (elsewhere)") + ":";
    for (const std::string& lack : one.lacks) inert += " " + lack;
    inert += "\n";
  }
  CHECK(inert ==
        "OtherMode: node_cpu_seconds_total{mode=~\"steal|nice\"}\nBoth: node_units\nRecorded: node_units\n"
        "Elsewhere (elsewhere): other_up\n");
}

TEST_CASE("coverage: what stands on a page is exported, and what nothing uses is listed by program") {
  const Coverage coverage = covered("{alert: A, expr: node_units > 1 or site_metric > 1}",
                                    "node_units{state=\"a\"} 1\nsite_metric 1\nnode_load5 1\nx_bucket{le=\"1\"} 1\nx_sum 1\n");
  CHECK(row_of(coverage, "node_units").standing == Standing::exported);
  CHECK(row_of(coverage, "site_metric").by == "host.prom");
  REQUIRE(coverage.unused.size() == 2);
  CHECK(coverage.unused[0].program == "finwatch-host");
  CHECK(coverage.unused[0].names == std::vector<std::string>{"node_load5"});
  CHECK(coverage.unused[0].metrics == 2);
  CHECK(coverage.unused[1].names == std::vector<std::string>{"x"});
  const Coverage without_page = covered("{alert: A, expr: node_vmstat_oom_kill + node_wait_seconds_sum > 1}");
  REQUIRE(without_page.unused.size() == 1);
  CHECK(without_page.unused[0].names == std::vector<std::string>{"node_cpu_seconds_total", "node_load5", "node_units"});
}

TEST_CASE("coverage: routes ask for labels that some alert carries, with a value that some alert has") {
  const auto asked = [](const std::string& label, const std::string& value) {
    const Coverage coverage = covered(
        "{alert: A, expr: node_units > 1, labels: {severity: severe}}, {alert: B, expr: node_load5 > 1, labels: {severity: "
        "light}}",
        "", {{"route.routes[0]", {"am.yml", 4, 7}, label, value}});
    CHECK(coverage.routes == 1);
    std::string said;
    for (const Row& row : coverage.rows)
      if (row.kind == SubjectKind::route) said = row.standing == Standing::exported ? "exported" : row_text(row);
    return said;
  };
  CHECK(asked("severity", "severe") == "exported");
  CHECK(asked("alertname", "A") == "exported");
  CHECK(asked("state", "anything") == "exported");
  CHECK(asked("instance", "erp01") == "exported");
  CHECK(asked("severity", "sever") ==
        "am.yml:4:7: route route.routes[0]: label severity: missing: no alert has the value 'sever'; did you mean 'severe'?");
  CHECK(asked("severty", "") ==
        "am.yml:4:7: route route.routes[0]: label severty: missing: no alert carries it; did you mean 'severity'?");
  CHECK(asked("alertname", "C").find("no alert has the value 'C'") != std::string::npos);
}

TEST_CASE("coverage: catalogues and peers that are none are refused with the place") {
  Metrics metrics;
  CHECK(add_catalogue(*parse_json("[]", "a.json"), false, metrics)
            .error()
            .message.starts_with("a.json:1:1: expected a catalogue"));
  CHECK(
      add_catalogue(*parse_json(R"({"program": "p", "collectors": [{"name": "a", "metrics": [{"type": "gauge"}]}]})", "a.json"),
                    false, metrics)
          .error()
          .message.find("collectors[0].metrics[0].name: must be given") != std::string::npos);
  CHECK(add_peers(*parse_yaml("peers: [{exporter: a, metrics: {}}]", "p.yaml"), metrics).error().message.find("version") !=
        std::string::npos);
}

TEST_CASE("coverage: as text for people and as JSON for programs") {
  const Coverage coverage = covered("{alert: A, expr: node_units > 1 or node_lod5 > 1}", "node_load5 1\n");
  CHECK(coverage_text(coverage, {.all_rows = false, .list_unused = true, .has_pages = true}) ==
        R"(a.yml:2:1: alert A: metric node_lod5: missing: nobody who is known exports it; did you mean 'node_load5'?

There on a condition:
  collector systemd is off unless it is turned on
      1 metric of A

Inert on this machine: 1 of 1 alert
  A, there is no
      node_lod5, node_units

Used by no rule, panel or route:
  finwatch-host: 1 of 1 metric
      node_load5

1 alert, 0 recordings, 0 queries of panels, 0 routes: 0 exported, 1 conditional, 1 missing
)");
  const std::string table = coverage_text(coverage, {.all_rows = true});
  CHECK(table.starts_with(
      "conditional alert     A  metric node_units  finwatch-host: collector systemd is off unless it is turned on\n"
      "missing     alert     A  metric node_lod5   nobody"));
  const Result<Tree> json = parse_json(coverage_json(coverage), "out");
  if (!json) FAIL(json.error().message);
  CHECK(json->find("missing")->scalar == "1");
  CHECK(json->find("rows")->items.size() == 2);
  CHECK(json->find("rows")->items[1].find("place")->scalar == "a.yml:2:1");
  CHECK(json->find("inert")->items[0].find("lacks")->items[0].scalar == "node_lod5");
  CHECK(json->find("unused")->items[0].find("unused")->items[0].scalar == "node_load5");
}
