#include "rules/tool/cost/rules.h"

#include "conf/yaml.h"
#include "rules/tool/compile/compile.h"
#include "rules/tool/promql/parse.h"
#include "support/catch.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

Fleet fleet_of(std::string_view text) {
  Result<Fleet> fleet = Fleet::read(text);
  REQUIRE(fleet);
  return *fleet;
}

Cost cost_of(std::string_view expression, const Fleet& fleet) {
  const Result<Expression> tree = parse_promql(expression);
  if (!tree) FAIL(tree.error().message);
  return estimate(*tree, fleet);
}

Contract contract() {
  Result<Contract> read = load_contract(test_folder("../rules/sla.yaml"));
  REQUIRE(read);
  read->thresholds.clear();
  return *read;
}

// An area with one recording and one alert.
std::vector<Area> area_of(const std::string& record, const std::string& record_speed, const std::string& alert,
                          const std::string& speed) {
  const std::string text = "area: a\nname: {zh: 一, en: A}\nrecordings:\n  - {record: \"a:b:c\", expr: '" + record +
                           "', speed: " + record_speed +
                           "}\nalerts:\n  - id: Dear\n    title: {zh: 一, en: A}\n    text: {zh: 一, en: A}\n    expr: '" +
                           alert + "'\n    speed: " + speed +
                           "\n    parameters: {most: 5}\n    severity: light\n    class: ordinary\n"
                           "    firing: [{series: {a: 1x9}, at: 20m}]\n    silent: [{series: {a: 1x9}, at: 20m}]\n";
  const Result<Tree> tree = parse_yaml(text, "a.yaml", {.substitute_environment = false});
  REQUIRE(tree);
  Result<Area> area = read_area(*tree);
  if (!area) FAIL(area.error().message);
  return {*area};
}

// What is said of an alert beside a slow recording of node_load1; refusals begin with "refused ".
std::vector<std::string> said_of(const std::string& alert, const std::string& speed, const std::string& record_speed = "slow") {
  std::vector<std::string> said;
  for (const CostProblem& problem : check_cost(area_of("node_load1", record_speed, alert, speed), contract()))
    said.push_back((problem.refused ? "refused " : "dear ") + problem.text());
  return said;
}

}  // namespace

TEST_CASE("cost: a selector is counted by its labels, where they are known") {
  const Fleet fleet = fleet_of("hosts=10,databases=5,flows=60");
  const auto series = [&](std::string_view selector) { return cost_of(selector, fleet).series; };
  CHECK(series("node_load1") == 10);
  CHECK(series("node_cpu_seconds_total") == 10 * 8 * 8);
  CHECK(series("node_cpu_seconds_total{mode=\"idle\"}") == 10 * 8);
  CHECK(series("node_cpu_seconds_total{mode=~\"idle|iowait\"}") == 10 * 8 * 2);
  CHECK(series("node_cpu_seconds_total{mode!~\"i.*\"}") == 10 * 8 * 5);
  CHECK(series("node_cpu_seconds_total{cpu=\"0\"}") == 10 * 8);  // how many there are is known, not what they are called
  CHECK(series("node_cpu_seconds_total{mode=\"none\"}") == 0);
  CHECK(series("node_cpu_seconds_total{mode=\"\"}") == 0);
  CHECK(series("finwatch_db_up") == 5);
  CHECK(series("finwatch_db_up{engine=\"postgresql\"}") == 3);
  CHECK(series("pg_up{target=\"\"}") == 0);
  CHECK(series("node_load1{target=\"\"}") == 10);
  CHECK(series("finwatch_flow_success{flow=~\"(.+_)?voucher_entry\"}") == 12);
  CHECK(series("{__name__=~\"node_load.*\"}") == 30);
  CHECK(cost_of("node_brand_new", fleet).unknown == std::vector<std::string>{"node_brand_new"});
  CHECK(series("node_brand_new") == 10);
  CHECK(series("pg_brand_new") == 3);
  CHECK(series("finwatch_flow_brand_new") == 60);
}

TEST_CASE("cost: samples are those of the windows, by how often a family is written") {
  Fleet fleet = fleet_of("hosts=10");
  const auto samples = [&](std::string_view expression) { return cost_of(expression, fleet).samples; };
  CHECK(samples("node_load1") == 10);
  CHECK(samples("node_load1 offset 1h") == 10);
  CHECK(samples("avg_over_time(node_load1[10m])") == 10 * 20);
  CHECK(samples("node_load1 / node_load5 > 1 and rate(node_vmstat_pswpin[5m]) > 0") == 10 + 10 + 10 * 10);
  fleet.add_recording("a:b:c", {{Shape{{{"instance", {}, 4}}, 1}}}, 10min);
  CHECK(samples("avg_over_time(a:b:c[1d])") == 4 * 144);
  CHECK(fleet_of("hosts=10,scrape=15").step_of("node_load1") == 15s);
  // A subquery asks for every minute, and goes through what it was answered.
  CHECK(samples("max_over_time(node_load1[10m:1m])") == 10 * 10);
  CHECK(samples("max_over_time(rate(node_load1[5m])[10m:1m])") == 10 * 10);
}

TEST_CASE("cost: what is left of the series after an aggregation, a match, a comparison") {
  const Fleet fleet = fleet_of("hosts=100,flows=0,books=0,databases=0");
  const auto left = [&](std::string_view expression) { return cost_of(expression, fleet).recorded; };
  CHECK(left("sum(node_load1)") == 1);
  CHECK(left("count without (cpu, mode) (node_cpu_seconds_total{mode=\"idle\"})") == 100);
  CHECK(left("sum by (mode) (node_cpu_seconds_total)") == 8);
  CHECK(left("max by (job) (up)") == 3);  // finwatch-host, finwatch-notifier, prometheus
  CHECK(left("node_load1 > 5") == 100 * kTroubled);
  CHECK(left("node_load1 > bool 5") == 100);
  CHECK(left("node_load1 / (node_load5 > 0)") == 100);  // a guard keeps what is sound
  CHECK(left("node_filesystem_avail_bytes and node_filesystem_avail_bytes < 5") == 600 * kTroubled);
  CHECK(left("node_load1 unless node_load5") == 100 * kTroubled);
  CHECK(left("node_load1 unless pg_up") == 100);
  CHECK(left("node_load1 and pg_up") == 0);
  CHECK(left("node_load1 or node_load5") == 200);
  CHECK(left("node_load1 * on (instance) group_right () node_filesystem_avail_bytes") == 600);
  CHECK(left("topk(3, node_load1)") == Approx(3.0));
  CHECK(left("absent(node_load1)") == 1);
  CHECK(left("vector(1)") == 1);
  CHECK(left("node_load1 and on () minute() < 10") == 100);
  CHECK(left("-node_load1") == 100);
}

TEST_CASE("cost: more of anything costs more") {
  const Fleet small = fleet_of("hosts=100"), large = fleet_of("hosts=1000");
  const auto dearer = [&](std::string_view one, std::string_view other) {
    CAPTURE(one, other);
    CHECK(cost_of(one, large).microseconds > cost_of(other, large).microseconds);
  };
  for (const std::string_view text : {"node_load1 > 5", "rate(node_cpu_seconds_total[5m])", "node_load1 / node_load5"}) {
    const double ratio = cost_of(text, large).microseconds / cost_of(text, small).microseconds;
    CAPTURE(text);
    CHECK(ratio > 5);
    CHECK(ratio <= 10);
  }
  dearer("avg_over_time(node_load1[1h])", "avg_over_time(node_load1[5m])");
  dearer("node_load1 / node_load5 > 1", "node_load1 > 1");
  dearer("sum by (instance) (node_cpu_seconds_total)", "node_cpu_seconds_total");
  dearer("label_replace(node_load1, \"a\", \"$1\", \"instance\", \"(.*)\")", "abs(node_load1)");
  dearer("node_load1 * on (instance) group_right () node_filesystem_avail_bytes", "node_load1 + node_filesystem_avail_bytes");
  CHECK(cost_of("vector(1)", large).microseconds > 0);
}

TEST_CASE("cost: a fleet is read, and what is wrong with one is said") {
  CHECK(fleet_of("").text() == Fleet::by_default().text());
  CHECK(fleet_of(" hosts=7, databases=5 ").text().starts_with("hosts=7, postgresql=3, mysql=2, flows=500"));
  CHECK(fleet_of("hosts=0")
            .select(*parse_promql("node_load1")->as<Selector>(), *std::make_unique<std::vector<std::string>>())
            .series() == 0);
  const auto refused = [](std::string_view text) {
    const Result<Fleet> fleet = Fleet::read(text);
    REQUIRE_FALSE(fleet);
    return fleet.error().message;
  };
  CHECK(refused("host=7").starts_with("fleet: no 'host'; did you mean 'hosts'?"));
  CHECK(refused("hosts") == "fleet: hosts needs a number, as in hosts=100");
  CHECK(refused("hosts=many") == "fleet: hosts needs a number, as in hosts=100");
  CHECK(refused("hosts=-1") == "fleet: hosts needs a number, as in hosts=100");
  CHECK(refused("scrape=0") == "fleet: scrape needs a number, as in scrape=100");
}

TEST_CASE("cost: a fast rule with a long window, a subquery or a pattern for names is refused, with its place") {
  using Said = std::vector<std::string>;
  CHECK(said_of("rate(node_vmstat_pswpin[1h]) > ${most}", "fast").empty());
  CHECK(said_of("rate(node_vmstat_pswpin[61m]) > ${most}", "fast") ==
        Said{"refused a.yaml:9:11: Dear: 1:6: a window of 1h1m over node_vmstat_pswpin, which is written with every scrape: a "
             "fast rule reads at most "
             "1h of it: record it in a slow rule under a name of its own, and read that"});
  CHECK(said_of("max_over_time(node_load1[10m:1m]) > 5", "fast") ==
        Said{"refused a.yaml:9:11: Dear: 1:15: a subquery in a fast rule is worked out for each of its steps, each time: "
             "record it in a slow rule "
             "under a name of its own, and read that"});
  const Said by_pattern{
      "refused a.yaml:9:11: Dear: 1:1: a fast rule that looks for metrics by a pattern goes through all of them: name each"};
  CHECK(said_of("{__name__=~\"node_load.*\"} > 5", "fast") == by_pattern);
  CHECK(said_of("{__name__!=\"up\",job=\"a\"} > 5", "fast") == by_pattern);
  CHECK(said_of("{job=\"a\"} > 5", "fast") == by_pattern);
  CHECK(said_of("{__name__=\"node_load1\"} > 5", "fast").empty());
}

TEST_CASE("cost: a long window may read what is recorded slowly, and a slow rule is warned of, not refused") {
  CHECK(said_of("avg_over_time(a:b:c[1d]) > 5", "fast").empty());
  for (const std::string& said : said_of("avg_over_time(sla:made:elsewhere[1d]) > 5", "fast")) CHECK(said.starts_with("dear "));
  CHECK(said_of("avg_over_time(a:b:c[1d]) > 5", "fast", "fast")
            .at(0)
            .find("a window of 1d over a:b:c, which is recorded every 30 seconds: a fast") != std::string::npos);
  CHECK(said_of("avg_over_time(node_load1[6h]) > 5", "slow").empty());
  CHECK(said_of("avg_over_time(node_load1[1d]) > 5", "slow")
            .at(0)
            .starts_with("dear a.yaml:9:11: Dear: 1:15: a window of 1d over node_load1"));
  CHECK(said_of("max_over_time(node_load1[10m:1m]) > 5", "calm").at(0).starts_with("dear "));
  CHECK(said_of("{__name__=~\"node_load.*\"} > 5", "calm").at(0).starts_with("dear "));
  CHECK(said_of("rate(node_cpu_seconds_total[5m]) / rate(node_cpu_seconds_total[1h]) > 2", "fast")
            .at(0)
            .find("ms an evaluation for hosts=1000") != std::string::npos);
}

TEST_CASE("cost: what two rules divide is to be recorded once") {
  const std::vector<CostProblem> problems =
      check_cost(area_of("node_load1 / node_load5", "slow", "node_load1{} / node_load5 > 2", "slow"), contract());
  REQUIRE(problems.size() == 1);
  CHECK_FALSE(problems[0].refused);
  CHECK(problems[0].message == "Dear: 1:1: worked out by a:b:c as well: record it once");
}

TEST_CASE("cost: compile refuses, and names every dear rule") {
  const Result<std::vector<File>> files =
      compile(contract(), area_of("max_over_time(node_load1[10m:1m])", "fast", "rate(node_load1[1d]) > 5", "fast"));
  REQUIRE_FALSE(files);
  const std::string& message = files.error().message;
  CAPTURE(message);
  CHECK(files.error().code == Errc::config);
  CHECK(message.starts_with("a.yaml:4:29: a:b:c: 1:15: a subquery in a fast rule"));
  CHECK(message.find("\na.yaml:9:11: Dear: 1:6: a window of 1d over node_load1") != std::string::npos);
  CHECK(compile(contract(), area_of("node_load1", "slow", "avg_over_time(a:b:c[1d]) > 5", "fast")));
}

TEST_CASE("cost: an expression that cannot be read is an error with its place, and no problem of cost") {
  const std::vector<Area> areas = area_of("node_load1 +", "slow", "up == 0", "fast");
  Fleet fleet = Fleet::by_default();
  const Result<std::vector<RuleCost>> rules = cost_of_rules(areas, contract(), fleet);
  REQUIRE_FALSE(rules);
  CAPTURE(rules.error().message);
  CHECK(rules.error().message.starts_with("a.yaml:4:29: the expression of a:b:c: 1:"));
  CHECK(check_cost(areas, contract()).empty());
}

TEST_CASE("cost: recordings that read each other are estimated as well") {
  std::vector<Area> areas = area_of("d:e:f + 1", "slow", "a:b:c > 5", "fast");
  areas[0].recordings.push_back(areas[0].recordings[0]);
  areas[0].recordings[1].name = "d:e:f";
  areas[0].recordings[1].expression = "node_cpu_seconds_total";
  Fleet fleet = fleet_of("hosts=10");
  const Result<std::vector<RuleCost>> rules = cost_of_rules(areas, contract(), fleet);
  REQUIRE(rules);
  CHECK(rules->at(0).cost.series == 640);  // d:e:f comes after it in the file
  CHECK(rules->at(2).cost.series == 640);
  areas[0].recordings[1].expression = "a:b:c";
  Fleet again = fleet_of("hosts=10");
  CHECK(cost_of_rules(areas, contract(), again));
}

TEST_CASE("cost: every rule that ships has an estimate, none is refused, and no family of it is unknown") {
  const Result<std::vector<Area>> areas = load_areas(test_folder("../rules/alerts"));
  REQUIRE(areas);
  const Result<Fleet> read = Fleet::read("windows=50,probes=20,middleware=10");
  REQUIRE(read);
  Fleet fleet = *read;
  const Result<std::vector<RuleCost>> rules = cost_of_rules(*areas, contract(), fleet);
  REQUIRE(rules);
  std::size_t expected = 0;
  for (const Area& area : *areas) expected += area.recordings.size() + area.alerts.size();
  CHECK(rules->size() == expected);
  for (const RuleCost& rule : *rules) {
    CAPTURE(rule.name, rule.cost.unknown);
    CHECK(rule.cost.microseconds > 0);
    // What these look for is not there while all is well.
    const bool needs_trouble = rule.name == "HostMountNotAnswering" || rule.name == "DatabasePasswordExpiring";
    CHECK((rule.cost.series > 0 || needs_trouble || rule.name == "Watchdog"));
    CHECK(rule.cost.unknown.empty());
  }
  for (const CostProblem& problem : check_cost(*areas, contract())) {
    CAPTURE(problem.text());
    CHECK_FALSE(problem.refused);
  }
  const std::vector<std::string> table = cost_table(*rules, 3);
  CHECK(table.at(0).find("rule") != std::string::npos);
  CHECK(table.at(4).empty());
  CHECK(table.at(6).ends_with(" s"));
}
