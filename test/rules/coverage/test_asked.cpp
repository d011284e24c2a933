#include "rules/tool/coverage/asked.h"

#include "conf/json.h"
#include "conf/yaml.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;

namespace {

std::vector<CoverageSubject> dashboard(std::string_view json) {
  const Result<Tree> tree = parse_json(json, "d.json");
  if (!tree) FAIL(tree.error().message);
  std::vector<CoverageSubject> subjects;
  const Status added = add_dashboard(*tree, subjects);
  if (!added) FAIL(added.error().message);
  return subjects;
}

std::string wishes(std::string_view yaml) {
  const Result<Tree> tree = parse_yaml(yaml, "am.yml", {.substitute_environment = false});
  if (!tree) FAIL(tree.error().message);
  std::vector<Wish> all;
  if (const Status added = add_routes(*tree, all); !added) return added.error().message;
  std::string text;
  for (const Wish& one : all) text += one.name + " " + one.label + (one.value.empty() ? "" : "=" + one.value) + "\n";
  return text;
}

}  // namespace

TEST_CASE("dashboards: variables become something that PromQL can be read with") {
  CHECK(with_variables("rate(a{job=~\"$job\",x=\"${y:regex}\"}[$__rate_interval])") == "rate(a{job=~\".*\",x=\".*\"}[5m])");
  CHECK(with_variables("a[[[range]]] offset $shift") == "a[5m] offset 5m");
  CHECK(with_variables("sum by (job, $group) (a) > $limit") == "sum by (job, job) (a) > 1");
  CHECK(with_variables("sum without ([[group]]) (a * $__range_s)") == "sum without (job) (a * 300)");
  CHECK(with_variables("a{b=\"$1 costs\"}") == "a{b=\".* costs\"}");
  CHECK(with_variables("label_replace(a, \"x\", \"$$\", 'y', `$`)") == "label_replace(a, \"x\", \"$$\", 'y', `$`)");
}

TEST_CASE("dashboards: panels, rows that are folded, variables and annotations") {
  const std::vector<CoverageSubject> subjects = dashboard(R"x({"title": "D", "panels": [
    {"title": "P", "datasource": {"type": "prometheus"}, "targets": [{"expr": "up", "legendFormat": "{{ instance }} {{job}}"}, {"expr": " "}]},
    {"title": "Logs", "datasource": {"type": "loki"}, "targets": [{"expr": "{a=1}"}]},
    {"type": "row", "panels": [{"title": "Q", "datasource": "x", "targets": [{"expr": "b"}]}]}],
    "templating": {"list": [
      {"type": "query", "name": "job", "query": {"query": "label_values(node_load5{a=\"$b\"}, job)"}},
      {"type": "query", "name": "all", "query": "label_values(job)"},
      {"type": "query", "name": "r", "query": "query_result(topk(3, c))"},
      {"type": "custom", "name": "c", "query": "1,2"}]},
    "annotations": {"list": [{"name": "Deploys", "expr": "d", "titleFormat": "{{release}}"}]}})x");
  std::string found;
  for (const CoverageSubject& subject : subjects) {
    found += subject.name + ": " + subject.expression;
    for (const std::string& label : subject.shown) found += " <" + label + ">";
    found += "\n";
  }
  CHECK(found ==
        "D / P: up <instance> <job>\nD / Q: b\nD / $job: node_load5{a=\".*\"} <job>\nD / $r: topk(3, c)\nD / Deploys: d "
        "<release>\n");
  CHECK(subjects[0].kind == SubjectKind::panel);
  CHECK(subjects[0].where.text() == "d.json:2:79");
}

TEST_CASE("dashboards: as the interface wraps them, with rows of old; anything else is refused") {
  CHECK(dashboard(R"({"dashboard": {"title": "D", "rows": [{"panels": [{"targets": [{"expr": "up"}]}]}]}})").size() == 1);
  std::vector<CoverageSubject> subjects;
  CHECK(add_dashboard(*parse_json("{}", "d.json"), subjects).error().message ==
        "d.json:1:1: expected a dashboard of Grafana, with panels");
}

TEST_CASE("routes: matchers of every form, groupings, inhibitions") {
  CHECK(wishes(R"(
route:
  group_by: [alertname, service]
  routes:
    - matchers: ['severity="severe"', 'area =~ "a|b"', 'x!=y, z=w', 'none=""']
      routes: [{match: {team: one}, match_re: {site: h.*}}]
    - {matchers: '{a="b,}",c!~"d"}', group_by: ['...']}
inhibit_rules:
  - {source_matchers: [p=q], target_match: {r: s}, equal: [instance]}
)") == "route alertname\nroute service\nroute.routes[0] severity=severe\nroute.routes[0] area\nroute.routes[0] "
       "x\nroute.routes[0] z=w\n"
       "route.routes[0].routes[0] team=one\nroute.routes[0].routes[0] site\nroute.routes[1] a=b,}\nroute.routes[1] c\n"
       "inhibit_rules[0] p=q\ninhibit_rules[0] r=s\ninhibit_rules[0] instance\n");
}

TEST_CASE("routes: a matcher that is none is refused with its place") {
  CHECK(wishes("route: {matchers: ['severity']}") ==
        "am.yml:1:20: expected a matcher such as severity=\"severe\", found the text \"severity\"");
  CHECK(wishes("route: {matchers: ['a=\"b']}").starts_with("am.yml:1:20: expected a matcher"));
  CHECK(wishes("route: {matchers: ['a==b']}").starts_with("am.yml:1:20: expected a matcher"));
  CHECK(wishes("route: {matchers: ['a=\"b\" c=\"d\"']}").starts_with("am.yml:1:20: expected a matcher"));
  CHECK(wishes("receivers: []") == "am.yml:1:1: expected an alertmanager.yml, with a route");
}
