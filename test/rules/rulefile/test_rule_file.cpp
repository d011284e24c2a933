#include "rules/tool/rulefile/rule_file.h"

#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kPlain = R"(groups:
  - name: hosts
    interval: 2m
    limit: 10
    rules:
      - record: instance:load:sum
        expr: sum by (instance) (node_load5)
        labels: {tier: one}
      - alert: HostBusy
        expr: |
          node_load5
            > 9
        for: 1h30m
        keep_firing_for: 5m
        labels: {severity: severe}
        annotations: {summary: busy, runbook_url: https://x.example}
)";

std::string refused(std::string_view text) {
  const Result<RuleFile> file = read_rule_file(text, "a.yml");
  CAPTURE(text);
  REQUIRE_FALSE(file);
  return file.error().message;
}

}  // namespace

TEST_CASE("rule files: all that a rule says is read") {
  const Result<RuleFile> file = read_rule_file(kPlain, "a.yml");
  REQUIRE(file);
  REQUIRE(file->groups.size() == 1);
  const RuleGroup& group = file->groups[0];
  CHECK(group.name == "hosts");
  CHECK(group.interval == 2min);
  REQUIRE(group.rules.size() == 2);
  CHECK_FALSE(group.rules[0].is_alert);
  CHECK(*group.rules[0].label("tier") == "one");
  CHECK_FALSE(group.rules[0].waits);
  const PrometheusRule& alert = group.rules[1];
  CHECK(alert.is_alert);
  CHECK(alert.name == "HostBusy");
  CHECK(alert.expression == "node_load5\n  > 9\n");
  CHECK(alert.after == 90min);
  CHECK(alert.keep_firing_for == 5min);
  CHECK(alert.waits);
  CHECK(*alert.annotation("summary") == "busy");
  CHECK(alert.annotation("description") == nullptr);
  CHECK(alert.where.text() == "a.yml:9:9");
}

TEST_CASE("rule files: of Kubernetes, in lists, in the values of a chart, several documents in one file") {
  const Result<RuleFile> file = read_rule_file(R"(apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
spec: {groups: [{name: one, rules: [{alert: A, expr: up == 0}]}]}
---
kind: List
items:
  - spec: {groups: [{name: two, rules: [{alert: B, expr: up == 0}]}]}
---
additionalPrometheusRulesMap:
  mine:
    groups:
      - {name: three, rules: [{alert: C, expr: up == 0}]}
groups: [{name: other, users: [x]}]
)",
                                               "k.yml");
  REQUIRE(file);
  std::string found;
  for (const RuleGroup& group : file->groups)
    found += group.name + group.rules.at(0).name + group.rules.at(0).where.text() + " ";
  CHECK(found == "oneAk.yml:3:37 twoBk.yml:7:41 threeCk.yml:12:31 ");
}

TEST_CASE("rule files: one without rules is one, one without groups is none") {
  CHECK(read_rule_file("groups: []\n", "a.yml")->groups.empty());
  CHECK(read_rule_file("groups: [{name: a, rules: []}]\n", "a.yml")->groups.size() == 1);
  CHECK(refused("a: 1\n") == "a.yml: no groups of rules in it; expected groups: [{name: …, rules: […]}]");
  CHECK(refused("groups: [{name: a, rules: [{alert: A}]}]\n") == "a.yml:1:28: A: expr must be given");
  CHECK(refused("groups: [{name: a, rules: [{expr: up}]}]\n") == "a.yml:1:28: expected a rule with 'alert' or 'record'");
  CHECK(refused("groups: [{name: a, rules: [{alert: A, expr: up, for: soon}]}]\n") ==
        "a.yml:1:54: for: expected a length of time such as 5m, found \"soon\"");
  CHECK(refused("groups: [{name: a, rules: [{alert: A, expr: up, labels: x}]}]\n") ==
        "a.yml:1:57: labels: expected a map, found \"x\"");
  CHECK(refused("groups: [{name: a\n").starts_with("a.yml:"));
  CHECK_FALSE(load_rule_file("/none.yml"));
}

TEST_CASE("rule files: an expression that cannot be read is named with its place") {
  const Result<RuleFile> file = read_rule_file("groups: [{name: a, rules: [{alert: A, expr: rate(up)}]}]\n", "a.yml");
  REQUIRE(file);
  const Result<Expression> tree = parse_expression(file->groups[0].rules[0]);
  REQUIRE_FALSE(tree);
  CHECK(tree.error().message.starts_with("a.yml:1:45: the expression of A: 1:6: argument 1 of rate()"));
}

TEST_CASE("rule files: lengths of time as Prometheus writes them") {
  const auto read = [](std::string_view text) {
    std::chrono::nanoseconds length{-1};
    return parse_length(text, length) ? length : std::chrono::nanoseconds{-1};
  };
  CHECK(read("0") == 0ns);
  CHECK(read("0m") == 0ns);
  CHECK(read("1w") == 168h);
  CHECK(read("1y") == 8760h);
  CHECK(read("1h30m5s10ms") == 5405010ms);
  for (const char* wrong : {"", "5", "m", "5 m", "5x", "-5m", "999999999999y", "5m3"}) {
    CAPTURE(wrong);
    CHECK(read(wrong) == -1ns);
  }
}

TEST_CASE("rule files: those of a folder, in order") {
  const Result<std::vector<std::string>> files = rule_files(test::test_folder("../rules/generated/rules"));
  REQUIRE(files);
  CHECK(files->size() >= 9);
  CHECK(std::is_sorted(files->begin(), files->end()));
  CHECK_FALSE(rule_files(test::test_folder("rules/rulefile")));
  CHECK(rule_files("/none.yml")->front() == "/none.yml");
}
