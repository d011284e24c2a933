#include "rules/tool/alerts/alert.h"

#include "conf/yaml.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kArea = R"(area: database
name: {zh: 数据库, en: Databases}
recordings:
  - {record: "target:db_used:ratio", expr: used / limit, speed: slow}
alerts:
  - id: DatabaseFull
    title: {zh: 满, en: Full}
    text: {zh: "已满", en: It is full}
    expr: target:db_used:ratio > ${ratio}
    for: 5m
    keep_firing_for: 10m
    speed: slow
    parameters: {ratio: 0.8}
    severity: light
    class: ordinary
    firing:
      - {series: {'used{target="a"}': "9x9", 'limit{target="a"}': "10x9"}, at: 7m, labels: [{target: a}, {target: b}]}
    silent:
      - {series: {'used{target="a"}': "1x9"}, at: 7m}
)";

Result<Area> read(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "a.yaml", {.substitute_environment = false});
  REQUIRE(tree);
  return read_area(*tree);
}

std::string refused(std::string_view from, std::string_view to) {
  const Result<Area> area = read(changed(kArea, from, to));
  CAPTURE(to);
  REQUIRE_FALSE(area);
  const std::string& message = area.error().message;
  REQUIRE(message.starts_with("a.yaml:"));
  return message.substr(message.find(": ") + 2);
}

}  // namespace

TEST_CASE("alerts: every part of an area is read") {
  const Result<Area> area = read(std::string(kArea));
  REQUIRE(area);
  CHECK(area->id == "database");
  CHECK(area->recordings.at(0).name == "target:db_used:ratio");
  CHECK(area->recordings.at(0).speed == Speed::slow);
  const Alert& alert = area->alerts.at(0);
  CHECK(alert.title.zh == "满");
  CHECK(alert.after == 5min);
  CHECK(alert.keep_firing_for == 10min);
  CHECK(alert.speed == Speed::slow);
  REQUIRE(alert.cases.size() == 2);
  CHECK(alert.cases[0].at == 7min);
  CHECK(alert.cases[0].series.at(1) == std::pair<std::string, std::string>{R"(limit{target="a"})", "10x9"});
  CHECK(alert.cases[0].firing == std::vector<std::map<std::string, std::string>>{{{"target", "a"}}, {{"target", "b"}}});
  CHECK(alert.cases[1].firing.empty());
}

TEST_CASE("alerts: parameters are filled in, those of the contract first") {
  const Result<Area> area = read(std::string(kArea));
  REQUIRE(area);
  Contract contract;
  CHECK(*expression_of(area->alerts[0], contract) == "target:db_used:ratio > 0.8");
  contract.thresholds["DatabaseFull"].values["ratio"] = 95;
  CHECK(*expression_of(area->alerts[0], contract) == "target:db_used:ratio > 95");
  Alert misspelt = area->alerts[0];
  misspelt.expression = "x > ${rato}";
  const Result<std::string> refused = expression_of(misspelt, contract);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "a.yaml:9:11: the expression of DatabaseFull: no parameter 'rato'; did you mean 'ratio'?");
  misspelt.expression = "x > ${ratio";
  CHECK(expression_of(misspelt, contract).error().message == "a.yaml:9:11: the expression of DatabaseFull: a ${ without its }");
}

TEST_CASE("alerts: one that proves nothing, or is misspelt, is refused with its place") {
  CHECK(refused("    firing:\n      - {series: {'used{target=\"a\"}': \"9x9\", 'limit{target=\"a\"}': \"10x9\"}, at: 7m, "
                "labels: [{target: a}, {target: b}]}\n",
                "") == "alerts[0]: expected a case under 'firing': proof that it can fire");
  CHECK(refused("    silent:\n      - {series: {'used{target=\"a\"}': \"1x9\"}, at: 7m}\n", "") ==
        "alerts[0]: expected a case under 'silent': proof that it keeps silent when all is well");
  CHECK(refused("    severity: light\n", "") == "alerts[0].severity: must be given");
  CHECK(refused("speed: slow\n    parameters", "speed: slwo\n    parameters") ==
        "alerts[0].speed: no speed 'slwo'; did you mean 'slow'?");
  CHECK(refused("keep_firing_for", "keep_fring_for") ==
        "alerts[0]: unknown key 'keep_fring_for'; did you mean 'keep_firing_for'?");
  CHECK(refused("target:db_used:ratio\"", "db_used\"") ==
        "recordings[0].record: expected level:metric:operations, such as instance:node_cpu_busy:ratio_rate5m");
  CHECK(refused("title: {zh: 满, en: Full}", "title: {zh: 满}") == "alerts[0].title.en: must be given");
  CHECK(refused("id: DatabaseFull", "id: Database Full") ==
        "alerts[0].id: expected a letter, then letters and digits, such as DatabaseDisconnected");
}

TEST_CASE("alerts: those that ship are read, and no name is given twice") {
  const Result<std::vector<Area>> areas = load_areas(test_folder("../rules/alerts"));
  if (!areas) FAIL(areas.error().message);
  CHECK_FALSE(areas->empty());
  CHECK_FALSE(load_areas(test_folder("rules/none")));
}
