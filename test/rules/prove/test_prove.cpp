// The proofs against programs that stand in for promtool and amtool: what they may do that the real ones hardly ever do.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "conf/yaml.h"
#include "rules/tool/prometheus/client.h"
#include "rules/tool/prove/prove.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;

namespace {

class Place {
 public:
  Place() : path_(std::filesystem::temp_directory_path() / ("finwatch-test-prove-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Place() { std::filesystem::remove_all(path_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string operator/(const std::string& below) const { return (path_ / below).string(); }
  std::string folder() const { return path_.string(); }
  void file(const std::string& below, const std::string& text) const {
    std::filesystem::create_directories((path_ / below).parent_path());
    std::ofstream(path_ / below) << text;
  }
  /// A program that runs this script.
  Tool tool(const std::string& script) const {
    file("tool", "#!/bin/sh\n" + script);
    std::filesystem::permissions(path_ / "tool", std::filesystem::perms::owner_all);
    return {*this / "tool", {.at_once = 2, .within = std::chrono::seconds{20}}};
  }

 private:
  std::filesystem::path path_;
};

std::vector<Area> areas() {
  std::string text = "area: db\nname: {zh: 库, en: Databases}\nalerts:\n";
  for (const char* id : {"DbOne", "DbTwo"})
    text.append("- {id: ").append(id).append(
        ", title: {zh: 一, en: One}, text: {zh: 一, en: One}, expr: up == 0, severity: light, class: ordinary,\n"
        "   firing: [{series: {up: \"0x9\"}, at: 7m}],\n   silent: [{series: {up: \"1x9\"}, at: 7m}]}\n");
  const Result<Tree> tree = parse_yaml(text, "db.yaml", {.substitute_environment = false});
  REQUIRE(tree);
  Result<Area> area = read_area(*tree);
  if (!area) FAIL(area.error().message);
  return {*area};
}

std::string failed_names(const std::vector<Outcome>& outcomes) {
  std::string names;
  for (const Outcome& one : outcomes)
    if (one.verdict == Verdict::failed) names.append(one.name).append("@").append(std::to_string(one.where.line)).append(" ");
  return names;
}

void compiled(const Place& place) {
  for (const char* id : {"DbOne", "DbTwo"}) place.file("tests/db/" + std::string(id) + ".test.yml", "");
}

}  // namespace

TEST_CASE("prove: a case fails with what promtool says of its line, its neighbours pass") {
  const Place place;
  compiled(place);
  const std::vector<Outcome> outcomes = prove_cases(areas(), place.folder(), place.tool(R"(shift 2
for file; do
  echo "Unit Testing:  $file"
  case $file in
  *DbOne*) printf '  FAILED:\n    expr: "ALERTS{alertname=\\"DbOne\\"} # line 6", time: 7m,\n        exp: nil\n        got: 1\n\n' >&2; bad=1 ;;
  *) printf '  SUCCESS\n\n' ;;
  esac
done
exit $bad
)"));
  REQUIRE(outcomes.size() == 4);
  CHECK(failed_names(outcomes) == "DbOne: silent@6 ");
  CHECK(outcomes[1].group == "db");
  CHECK(outcomes[1].text == "expr: \"ALERTS{alertname=\\\"DbOne\\\"} # line 6\", time: 7m,\n  exp: nil\n  got: 1\n");
}

TEST_CASE("prove: what promtool cannot place, dies of or never comes to is no pass") {
  const Place place;
  compiled(place);
  const auto failed = [&](const std::string& script) {
    return failed_names(prove_cases(areas(), place.folder(), place.tool(script)));
  };
  const std::string all = "DbOne: firing@5 DbOne: silent@6 DbTwo: firing@8 DbTwo: silent@9 ";
  CHECK(failed("shift 2; for file; do printf 'Unit Testing:  %s\\n  FAILED:\\n1:9: parse error\\n\\n' $file; done; exit 1") ==
        all);
  CHECK(failed("exit 0") == all);
  CHECK(failed("echo promtool: error: what is this >&2; exit 1") == all);
  CHECK(failed("kill -9 $$") == all);
  CHECK(failed("printf 'Unit Testing:  %s\\n  SUCCESS\\n\\nUnit Testing:  %s\\n' $3 $4; kill -9 $$") ==
        "DbTwo: firing@8 DbTwo: silent@9 ");
  CHECK(failed_names(prove_cases(areas(), place.folder(), {place / "none", {}})) == all);
}

TEST_CASE("prove: a test file that is not there is named, with how it is made") {
  const Place place;
  place.file("tests/db/DbTwo.test.yml", "");
  const std::vector<Outcome> outcomes =
      prove_cases(areas(), place.folder(), place.tool("printf 'Unit Testing:  %s\\n  SUCCESS\\n\\n' $3"));
  REQUIRE(outcomes.size() == 3);
  CHECK(outcomes[0].name == "DbOne");
  CHECK(outcomes[0].text.ends_with("DbOne.test.yml: finwatch compile makes it"));
  CHECK(failed_names(outcomes) == "DbOne@4 ");
}

TEST_CASE("prove: rule files, each for itself") {
  const Place place;
  CHECK(failed_names(prove_rule_files(place.folder(), place.tool("exit 0"))) == "none@0 ");
  place.file("rules/a.rules.yml", "groups: []\n");
  place.file("rules/b.rules.yml", "bad\n");
  place.file("rules/readme", "not one\n");
  const std::vector<Outcome> outcomes =
      prove_rule_files(place.folder(), place.tool("if grep -q bad $3; then echo FAILED: yaml; exit 1; fi"));
  REQUIRE(outcomes.size() == 2);
  CHECK(failed_names(outcomes) == "b.rules.yml@1 ");
  CHECK(outcomes[1].text == "promtool exited with 1\nFAILED: yaml\n");
}

TEST_CASE("prove: a route goes where it should, or is named with its line") {
  const Place place;
  CHECK_FALSE(has_routes(place.folder()));
  place.file("alertmanager.yml", "route: {}\n");
  CHECK(has_routes(place.folder()));
  const Tool amtool = place.tool(R"(case "$1" in
check-config) exit 0 ;;
esac
case "$*" in
*--config.file=*severity=light*) echo notifier,mail ;;
*severity=severe*) echo mail ;;
*severity=broken*) echo cannot >&2; exit 1 ;;
esac
)");
  CHECK(failed_names(prove_routes(place.folder(), amtool)) == "routes.tests@1 ");
  place.file("tests/routes.tests", "# of routes\n");
  CHECK(failed_names(prove_routes(place.folder(), amtool)) == "routes.tests@1 ");
  place.file("tests/routes.tests",
             "# of routes\nalertname=A severity=light -> notifier,mail\n\nalertname=B severity=severe -> notifier,mail\n"
             "severity=broken -> mail\nalertname=C ->\n");
  const std::vector<Outcome> outcomes = prove_routes(place.folder(), amtool);
  CHECK(outcomes.size() == 5);
  CHECK(failed_names(outcomes) == "alertname=B severity=severe@4 severity=broken@5 ");
  CHECK(outcomes[2].text == "expected notifier,mail\namtool exited with 0: mail\n");
  CHECK(failed_names(prove_routes(place.folder(), place.tool("echo no receiver; exit 1"))) == "alertmanager.yml@1 ");
}

TEST_CASE("prove: queries of dashboards are read; without a Prometheus that is all that is asked") {
  const Place place;
  CHECK(prove_dashboards(place / "none", nullptr).empty());
  place.file("boards/host/a.json",
             "{\"title\":\"Host\",\"panels\":[{\"title\":\"CPU\",\"targets\":[{\"expr\":\"rate(node_cpu_seconds_total[$__rate_"
             "interval])\"}]},\n"
             "{\"title\":\"Bad\",\"targets\":[{\"expr\":\"rate(up)\"}]}]}");
  place.file("boards/b.json", "{");
  const std::vector<Outcome> outcomes = prove_dashboards(place / "boards", nullptr);
  REQUIRE(outcomes.size() == 3);
  CHECK(failed_names(outcomes) == (place / "boards/b.json") + "@1 Host / Bad@2 ");
  CHECK(outcomes[2].text.find("range vector") != std::string::npos);
  Result<HttpPrometheus> nobody = HttpPrometheus::open({.url = "http://127.0.0.1:1/"});
  REQUIRE(nobody);
  const std::vector<Outcome> asked = prove_dashboards(place / "boards", &*nobody);
  CHECK(count(asked, Verdict::failed) == 3);
}
