#include "rules/tool/compile/compile.h"

#include "conf/yaml.h"
#include "core/files.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;

namespace {

constexpr std::string_view kArea = R"(area: db
name: {zh: 数据库, en: Databases}
recordings:
  - {record: "target:db_used:ratio", expr: used / limit}
alerts:
  - id: DatabaseFull
    title: {zh: "{{ $labels.target }} 已满", en: "{{ $labels.target }} is full"}
    text: {zh: 说明, en: Text}
    expr: target:db_used:ratio > ${ratio}
    for: 90s
    parameters: {ratio: 0.8}
    awaits: finwatch-middleware
    severity: light
    class: ordinary
    firing: [{series: {'used{target="a"}': "9x9", 'limit{target="a"}': "10x9"}, at: 7m, labels: {target: a}}]
    silent: [{series: {'used{target="a"}': "1x9"}, at: 7m}]
  - id: DatabaseLater
    title: {zh: 后, en: Later}
    text: {zh: 后, en: Later}
    expr: predict_linear(target:db_used:ratio[6h], 86400) > 1
    speed: slow
    severity: severe
    class: major
    firing: [{series: {'used': "9x9"}, at: 7m}]
    silent: [{series: {'used': "1x9"}, at: 7m}]
)";

Result<std::vector<File>> compile(const std::string& text, const std::map<std::string, Thresholds>& thresholds = {}) {
  const Result<Tree> tree = parse_yaml(text, "a.yaml", {.substitute_environment = false});
  REQUIRE(tree);
  Result<Area> area = read_area(*tree);
  if (!area) FAIL(area.error().message);
  Result<Contract> contract = load_contract(test_folder("../rules/sla.yaml"));
  REQUIRE(contract);
  contract->thresholds = thresholds;
  return compile_alerts(*contract, {*area});
}

}  // namespace

TEST_CASE("compile: an area becomes a file of rules, a group a speed, and a file of tests") {
  const Result<std::vector<File>> files = compile(std::string(kArea));
  REQUIRE(files);
  std::vector<std::string> paths;
  for (const File& file : *files) {
    CAPTURE(file.path);
    paths.push_back(file.path);
    CHECK(file.text == *read_file(test_folder("golden/rules/area/" + file.path), 1 << 20));
  }
  CHECK(paths == std::vector<std::string>{"rules/db.rules.yml", "tests/db/DatabaseFull.rules.yml",
                                          "tests/db/DatabaseFull.test.yml", "tests/db/DatabaseLater.rules.yml",
                                          "tests/db/DatabaseLater.test.yml"});
}

TEST_CASE("compile: an alert that cannot be compiled is named with its place") {
  const auto refused = [](std::string_view from, std::string_view to) {
    const Result<std::vector<File>> files = compile(changed(kArea, from, to));
    REQUIRE_FALSE(files);
    return files.error().message;
  };
  CHECK(refused("severity: light", "severity: lihgt") ==
        "a.yaml:6:5: DatabaseFull.severity: no severity 'lihgt'; did you mean 'light'?");
  CHECK(refused("class: major", "class: minor").starts_with("a.yaml:17:5: DatabaseLater.class: no class 'minor'"));
  CHECK(refused("> ${ratio}", "> ${ratio} and").starts_with("a.yaml:9:11: the expression of DatabaseFull: 1:"));
  CHECK(refused("expr: used / limit", "expr: used /").starts_with("a.yaml:4:44: the expression of target:db_used:ratio: 1:"));
}

TEST_CASE("compile: the contract's threshold stands in place of the alert's, and must be of one that is there") {
  const auto with = [](const std::string& alert, const std::string& parameter) {
    return compile(std::string(kArea), {{alert, Thresholds{{{parameter, 0.95}}, {"sla.yaml", 70, 3}}}});
  };
  const Result<std::vector<File>> files = with("DatabaseFull", "ratio");
  REQUIRE(files);
  CHECK(files->front().text.find("target:db_used:ratio > 0.95") != std::string::npos);
  const Result<std::vector<File>> no_alert = with("DatabaseFul", "ratio"), no_parameter = with("DatabaseFull", "ratoi");
  REQUIRE_FALSE(no_alert);
  CHECK(no_alert.error().message.find("thresholds: no alert 'DatabaseFul'; did you mean 'DatabaseFull'?") != std::string::npos);
  REQUIRE_FALSE(no_parameter);
  CHECK(no_parameter.error().message.find("thresholds.DatabaseFull: no parameter 'ratoi'; did you mean 'ratio'?") !=
        std::string::npos);
}
