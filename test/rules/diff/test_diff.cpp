#include "rules/tool/diff/diff.h"

#include "conf/yaml.h"
#include "core/files.h"
#include "rules/check/subject_text.h"
#include "support/test_folder.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;

namespace {

Side side(const std::string& contract, const std::string& area, const std::string& rota = std::string(kRota)) {
  CheckFolder folder;
  std::filesystem::create_directory(folder.path("alerts"));
  folder.write("alerts/erp.yaml", area);
  folder.write("sla.yaml", contract);
  folder.write("rota.csv", rota);
  Result<Side> read = load_side(folder.path("sla.yaml"), folder.path("alerts"));
  if (!read) FAIL(read.error().message);
  return std::move(*read);
}

// What is said of two contracts, but for the files that are made of them.
Said said(const Side& before, const Side& after, bool zh = false) {
  Said all;
  for (const Change& change : differences(before, after))
    if (change.section.en != "Files") all.push_back(zh ? change.words.zh : change.words.en);
  return all;
}
Said of_contract(std::string_view from, std::string_view to, bool zh = false) {
  const std::string area(kArea);
  return said(side(std::string(kContract), area), side(changed(kContract, from, to), area), zh);
}
Said of_area(std::string_view from, std::string_view to, bool zh = false) {
  const std::string contract(kContract);
  return said(side(contract, std::string(kArea)), side(contract, changed(kArea, from, to)), zh);
}

}  // namespace

TEST_CASE("diff: another way to write the same is no difference") {
  const std::string contract = "# a comment\n" + changed(kContract, "{name: {zh: 甲, en: A}, email: a@example.com,",
                                                         "{email: a@example.com, name: {en: A, zh: 甲},");
  CHECK(said(side(std::string(kContract), std::string(kArea)), side(contract, changed(kArea, "> 1.5", ">   1.50"))) == Said{});
  CHECK(differences(side(std::string(kContract), std::string(kArea)), side(contract, std::string(kArea))).empty());
}

TEST_CASE("diff: an objective is told with the budget that it leaves") {
  CHECK(of_contract("objective: 99.9", "objective: 99.95") ==
        Said{"service erp, availability: from 99.9 % to 99.95 %: the budget of 30 days goes from 43.2 min to 21.6 min"});
  CHECK(of_contract("objective: 99.9", "objective: 99.99", true) ==
        Said{"服务 erp 的可用性目标由 99.9 % 改为 99.99 %，30 天的错误预算由 43.2 分钟 变为 4.32 分钟"});
  CHECK(of_contract("availability: {objective: 99.9}", "latency: {within: 3s, objective: 95}") ==
        Said{"service erp, availability: from 99.9 % to none", "service erp, latency: from none to 95 % ≤ 3s"});
  CHECK(of_contract("availability: {objective: 99.9}}", "availability: {objective: 99.9, fewest_failures: 3}}") ==
        Said{"service erp, fewest failures that page: from 2 to 3"});
  CHECK(of_contract("services:\n",
                    "services:\n  - {id: close, name: {zh: 结账, en: Close}, class: ordinary, closed_by: {book: nc}}\n") ==
        Said{"new: service close (Close, class ordinary)"});
  CHECK(of_contract("measured_by: {flow: f}", "measured_by: {database: d}") ==
        Said{"service erp, measured by: from flow f to database d"});
}

TEST_CASE("diff: promises, hours and maintenance") {
  CHECK(of_contract("answer: 30m, solve: 4h", "answer: 15m") ==
        Said{"class ordinary, time to answer: from 30m to 15m", "class ordinary, time to solve: from 4h to none"});
  CHECK(of_contract("thu, fri], from: \"08:00\"", "thu], from: \"09:00\"") ==
        Said{"business hours: from mon, tue, wed, thu, fri 08:00–20:00 to mon, tue, wed, thu 09:00–20:00"});
  CHECK(
      of_contract("to: 2026-12-06T02:00", "to: 2026-12-06T03:00") ==
      Said{
          "planned maintenance M1: from 2026-12-05 20:00 – 2026-12-06 02:00, erp to 2026-12-05 20:00 – 2026-12-06 03:00, erp"});
  CHECK(of_contract("id: M1", "id: M2") == Said{"gone: planned maintenance M1: 2026-12-05 20:00 – 2026-12-06 02:00, erp",
                                                "new: planned maintenance M2: 2026-12-05 20:00 – 2026-12-06 02:00, erp"});
  CHECK(of_contract("weight: 5", "weight: 3") == Said{"close window: from 26-31 × 5 to 26-31 × 3"});
}

TEST_CASE("diff: steps are added, taken away, moved and changed") {
  CHECK(of_contract("{after: 24m, unless", "{after: 20m, unless") ==
        Said{"policy by_mail: telling manager by sms moves from 24m to 20m"});
  CHECK(of_contract("{after: 24m, unless", "{after: 20m, unless", true) ==
        Said{"策略 by_mail：通知 manager（sms）的时间由 24m 改为 20m"});
  CHECK(of_contract("    - {after: 24m, unless: acknowledged, tell: manager, by: [sms]}\n", "") ==
        Said{"policy by_mail: a step less: after 24m, unless acknowledged, tell manager by sms"});
  CHECK(of_contract("  at_once:\n", "    - {after: 29m, tell: manager, by: [email]}\n  at_once:\n") ==
        Said{"policy by_mail: a step more: after 29m tell manager by email"});
  CHECK(of_contract("{after: 0s, tell: on_call, by: [email]}", "{after: 0s, tell: manager, by: [email]}") ==
        Said{"policy by_mail: a step: from after 0s tell on_call by email to after 0s tell manager by email"});
  CHECK(of_contract("policy: by_mail", "policy: at_once") == Said{"severity light, policy: from by_mail to at_once"});
}

TEST_CASE("diff: who is told") {
  CHECK(of_contract("people: [b]", "people: [a]") == Said{"duty manager: a in place of b"});
  CHECK(of_contract("people: [b]", "people: [b, a]") == Said{"duty manager: now also a"});
  CHECK(of_contract("people: [b]", "people: [a]", true) == Said{"职责 manager：a 接替 b"});
  CHECK(of_contract("a@example.com", "z@example.com") == Said{"a, e-mail: from a@example.com to z@example.com"});
  CHECK(of_contract("people:\n", "people:\n  c: {name: {zh: 丙, en: C}}\n") == Said{"new: c (C)"});
}

TEST_CASE("diff: a rota is compared by who is on duty, not by its lines") {
  const auto rotas = [](const std::string& before, const std::string& after) {
    // Each side reads its own file while both are there.
    CheckFolder one, two;
    const auto load = [](const CheckFolder& folder, const std::string& rota) {
      std::filesystem::create_directory(folder.path("alerts"));
      folder.write("alerts/erp.yaml", std::string(kArea));
      folder.write("sla.yaml", std::string(kContract));
      folder.write("rota.csv", "from,person\n" + rota);
      Result<Side> read = load_side(folder.path("sla.yaml"), folder.path("alerts"));
      REQUIRE(read);
      return std::move(*read);
    };
    const Side a = load(one, before), b = load(two, after);
    return said(a, b);
  };
  const std::string plain = "2026-11-23,a\n2026-11-30,b\n2026-12-07,a\n";
  CHECK(rotas(plain, "2026-11-23,a\n2026-11-25,a\n2026-11-30,b\n2026-12-07,a\n") == Said{});
  CHECK(rotas(plain, "2026-11-23,a\n2026-12-02,b\n2026-12-07,a\n") ==
        Said{"duty on_call, from 2026-11-30 09:00 to 2026-12-02 09:00: from b to a"});
  CHECK(rotas(plain, "2026-11-23,a\n2026-11-30,b\n") == Said{"duty on_call, from 2026-12-07 09:00 on: from a to b"});
  CHECK(rotas(plain, "2026-11-23,a\n2026-11-30,\n2026-12-07,a\n") ==
        Said{"duty on_call, from 2026-11-30 09:00 to 2026-12-07 09:00: from b to none"});
}

TEST_CASE("diff: settings of channels are told by their keys, and a section that is new to the program too") {
  CHECK(of_contract("template: T", "template: U") == Said{"channels.sms.template: from T to U"});
  CHECK(of_contract("variables: [id, service, severity, time]", "variables: [id]") ==
        Said{"channels.sms.variables: from [id, service, severity, time] to [id]"});
  CHECK(of_contract("services:\n", "scrape: {jobs: {a: {targets: [\"a:1\"]}}}\nservices:\n").at(0) ==
        "new: scrape.jobs.a.targets: [a:1]");
}

TEST_CASE("diff: alerts and thresholds") {
  const std::string area =
      changed(kArea, "duration_seconds > 9", "duration_seconds > ${seconds}\n    parameters: {seconds: 9}");
  const Side before = side(std::string(kContract), area);
  CHECK(said(before, side(std::string(kContract) + "thresholds: {ErpSlow: {seconds: 12}}\n", area)) ==
        Said{"alert ErpSlow, threshold seconds: from 9 to 12"});
  CHECK(said(before, side(std::string(kContract), changed(area, "seconds: 9", "seconds: 8")), true) ==
        Said{"告警 ErpSlow 的阈值 seconds：由 9 改为 8"});
  CHECK(said(before, side(std::string(kContract), changed(area, "> ${seconds}", ">= ${seconds}"))) ==
        Said{"alert ErpSlow, expression: from finwatch_flow_last_duration_seconds > 9 to finwatch_flow_last_duration_seconds "
             ">= 9"});
  CHECK(of_area("for: 5m", "for: 7m\n    keep_firing_for: 2m") ==
        Said{"alert ErpSlow, for: from 5m to 7m", "alert ErpSlow, keep_firing_for: from 0s to 2m"});
  CHECK(of_area("severity: light", "severity: severe") == Said{"alert ErpSlow, severity: from light to severe"});
  CHECK(of_area("en: Down}\n    text", "en: Gone}\n    text") == Said{"alert ErpDown, title: from Down to Gone"});
  CHECK(of_area("- id: ErpSlow", "- id: ErpLate") ==
        Said{"gone: alert ErpSlow (light, ordinary): finwatch_flow_last_duration_seconds > 9",
             "new: alert ErpLate (light, ordinary): finwatch_flow_last_duration_seconds > 9"});
  CHECK(of_area("_total[30m])", "_total[31m])") ==
        Said{"flow:failures:increase30m, expression: from increase(finwatch_flow_failures_total[30m]) to "
             "increase(finwatch_flow_failures_total[31m])"});
}

TEST_CASE("diff: lines that come and go in what is made") {
  CHECK(changed_lines("a\nb\nc\n", "a\nb\nc\n").more == 0);
  const Lines some = changed_lines("a\nb\nc\nd\n", "a\nx\nc\nd\ne\n");
  CHECK(some.more == 2);
  CHECK(some.less == 1);
  CHECK(changed_lines("", "a\nb\n").more == 2);
  CHECK(changed_lines("a\nb\n", "").less == 2);
  std::vector<std::string> files;
  for (const Change& change : differences(side(std::string(kContract), std::string(kArea)),
                                          side(std::string(kContract), changed(kArea, "for: 5m", "for: 7m"))))
    if (change.section.en == "Files") files.push_back(change.words.en);
  CHECK(files == Said{"rules/erp.rules.yml: lines: 1 more, 1 less", "tests/erp/ErpSlow.rules.yml: lines: 1 more, 1 less"});
}

TEST_CASE("diff: a side that cannot be read says where") {
  CHECK_FALSE(load_side("/none.yaml", test_folder("../rules/alerts")));
  const Result<Side> none = load_side(test_folder("../rules/sla.yaml"), "/none");
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("/none") != std::string::npos);
}
