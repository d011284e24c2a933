#include "rules/check/subject_text.h"

using namespace finwatch;
using namespace finwatch::test;

namespace {

// What is said of ErpDown with another expression, without place and name.
std::string down(std::string_view expression, std::string_view more = "") {
  const Said said = with_area("expr: finwatch_flow_success == 0 and flow:failures:increase30m > 1.5",
                              "expr: (" + std::string(expression) + ") and flow:failures:increase30m > 0" + std::string(more));
  if (said.empty()) return "";
  REQUIRE(said.size() == 1);
  const std::size_t from = said[0].find("one ");
  return said[0].substr(from, said[0].find(';') - from);
}

constexpr std::string_view kSample =
    "one odd sample of up is enough. Give it a 'for' of 1m or more, or let it look at a window";

}  // namespace

TEST_CASE("check: one lost probe wakes nobody") {
  CHECK(with_area(" and flow:failures:increase30m > 1.5", " and flow:failures:increase30m >= 0") ==
        Said{"erp.yaml:18:11: error: ErpDown wakes people at once (severity severe), and one failed run is enough: "
             "finwatch_flow_success keeps what the last run gave until the next. Ask for two failures as well: and "
             "increase(finwatch_flow_failures_total[30m]) > 1.5; or say under 'lost_probe' why one must do [lost-probe]"});
  CHECK(down("up == 0") == kSample);
  CHECK(down("up == 0", "\n    for: 31s") ==
        "one failure counted by finwatch_flow_failures_total is enough, and stays in the window "
        "for 30m. Ask for two (> 1.5)");
  CHECK(down("absent(up)") == kSample);
  CHECK(down("max by (job) (up == 0)") == kSample);
  CHECK(down("count(up == 0) > 0") == kSample);
  CHECK(down("0 == up") == kSample);
  CHECK(down("finwatch_service_info unless on (instance) up") == kSample);
  CHECK(down("max_over_time(up[30s]) == 0") == kSample);
  CHECK(down("last_over_time(up[10m]) == 0") == kSample);
  CHECK(
      down("min_over_time(up[10m]) == 0").starts_with("one failure counted by up is enough, and stays in the window for 10m"));
  CHECK(down("increase(probe_failures_total[10m]) > 1").starts_with("one failure counted by probe_failures_total"));
  CHECK(down("rate(probe_failures_total[10m]) / rate(probe_total[10m]) > 0.5")
            .starts_with("one failure counted by probe_failures_total"));
  CHECK(down("rate(probe_failures_total[100s]) * 100 > 1.4").starts_with("one failure counted by probe_failures_total"));
}

TEST_CASE("check: what looks at a window, counts two or waits is left in peace") {
  CHECK(down("max_over_time(up[5m]) == 0") == "");
  CHECK(down("avg_over_time(up[5m]) < 0.5") == "");
  CHECK(down("min_over_time(waiting[5m]) > 3") == "");
  CHECK(down("increase(probe_failures_total[10m]) > 3 - 1.5") == "");
  CHECK(down("rate(probe_failures_total[100s]) * 100 > 1.5") == "");
  CHECK(down("increase(probe_failures_total[10m]) < 1") == "");
  CHECK(down("increase(kernel_oom_kills[10m]) > 0") == "");  // no probe: it happened
  CHECK(down("absent_over_time(up[5m])") == "");
  CHECK(down("finwatch_service_info unless on (instance) count_over_time(up[5m]) > 0") == "");
  CHECK(with_area("finwatch_flow_success == 0 and flow:failures:increase30m > 1.5", "up == 0 or absent(up)\n    for: 1m") ==
        Said{"erp.yaml:4:5: warning: no alert and no recording reads 'flow:failures:increase30m'. Take it away, unless a panel "
             "or a "
             "report does [names]"});
}

TEST_CASE("check: an exemption excuses what needs one, and nothing else") {
  CHECK(down("up == 0", "\n    lost_probe: it is a fact") == "");
  CHECK(with_area("increase30m > 1.5", "increase30m > 1.5\n    lost_probe: it is a fact") ==
        Said{"erp.yaml:15:5: warning: ErpDown.lost_probe: excuses nothing: no single lost probe makes it fire. Take it away "
             "[lost-probe]"});
}

TEST_CASE("check: the pace of scraping decides how long an alert must wait") {
  const std::string slow = std::string(kContract) + "scrape: {interval: 2m, timeout: 10s, jobs: {a: {targets: [\"a:1\"]}}}\n";
  const std::string area = changed(kArea, "finwatch_flow_success == 0 and flow:failures:increase30m > 1.5",
                                   "up == 0 and flow:failures:increase30m > 0\n    for: 1m");
  const Said said = CheckFolder().check(slow, area);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("one odd sample of up is enough. Give it a 'for' of 4m or more") != std::string::npos);
}

TEST_CASE("check: no value in a label, none in a title, and only labels that are there") {
  CHECK(with_area("expr: finwatch_flow_last_duration_seconds > 9", "expr: count_values by (flow) (\"v\", a) > 9") ==
        Said{"erp.yaml:9:11: error: ErpSlow: count_values() puts a value into a label: with every change of it the alert is "
             "another "
             "one, and its clock begins anew. Aggregate the label away, or count otherwise [labels]"});
  CHECK(with_area("expr: finwatch_flow_last_duration_seconds > 9",
                  "expr: sum by (flow) (count_values by (flow) (\"v\", a)) > 9") == Said{});
  CHECK(with_area("en: \"{{ $labels.flow }} is slow\"", "en: \"{{ $value | humanize }} s\"") ==
        Said{"erp.yaml:6:5: warning: ErpSlow.title.en: shows $value, so the title changes with every notification. Put the "
             "value into "
             "the text [labels]"});
  CHECK(with_area("en: \"{{ $labels.flow }} is slow\"", "en: \"{{ if gt $value 0.0 }}Slow{{ else }}Gone{{ end }}\"") == Said{});
  CHECK(with_area("expr: finwatch_flow_last_duration_seconds > 9",
                  "expr: max by (job) (finwatch_flow_last_duration_seconds) > 9") ==
        Said{"erp.yaml:6:5: error: ErpSlow.title.zh: $labels.flow is empty: the expression leaves no label of that name. Keep "
             "it (by, "
             "on), or name another [labels]",
             "erp.yaml:6:5: error: ErpSlow.title.en: $labels.flow is empty: the expression leaves no label of that name. Keep "
             "it (by, "
             "on), or name another [labels]"});
  CHECK(with_area("$labels.flow }} is slow", "$labels.severity }} is slow") == Said{});
}

TEST_CASE("check: names are unique, well-formed and those of their files") {
  CHECK(with_area("area: erp", "area: nc") == Said{"erp.yaml:1:1: error: area: the area 'nc' stands in a file named 'erp': "
                                                   "what is made of it bears the area's name. Rename "
                                                   "one of them [names]"});
  CHECK(contains(with_area("  - id: ErpDown", "  - id: ErpSlow"),
                 "erp.yaml:15:5: error: a second alert 'ErpSlow'. Name it otherwise [names]"));
  CHECK(with_area("alerts:\n", "  - {record: \"flow:failures:increase30m\", expr: a}\nalerts:\n").at(0) ==
        "erp.yaml:5:5: error: a second recording 'flow:failures:increase30m': their series would be mixed. Name it otherwise "
        "[names]");
  CHECK(
      with_area("alerts:\n", "  - {record: \"flow::increase\", expr: a}\nalerts:\n").at(0) ==
      "erp.yaml:5:5: error: 'flow::increase': expected level:metric:operations, three words of letters, digits and _, such as "
      "instance:node_cpu_busy:ratio_rate5m [names]");
  CHECK(contains(with_area("> 1.5", "> ${runs"),
                 "erp.yaml:18:11: error: the expression of ErpDown: a ${ without its } [expressions]"));
}

TEST_CASE("check: a recording is read while there is something in it") {
  const auto slow = [](std::string_view read, std::string_view speed) {
    const std::string area = changed(kArea, "[30m])\"}", "[30m])\", speed: " + std::string(speed) + "}");
    return CheckFolder().check(std::string(kContract),
                               changed(area, "flow:failures:increase30m > 1.5", std::string(read) + " > 1.5"));
  };
  const std::string what = "erp.yaml:18:11: error: ErpDown reads flow:failures:increase30m, which is worked out every 10m, ";
  CHECK(slow("flow:failures:increase30m", "slow") == Said{});
  CHECK(slow("flow:failures:increase30m", "calm") ==
        Said{what + "by its newest sample, which Prometheus forgets after 5m: read it with "
                    "last_over_time(flow:failures:increase30m[20m]), or make the recording faster [names]"});
  CHECK(slow("max_over_time(flow:failures:increase30m[5m])", "calm").at(0) ==
        what +
            "over 5m only: most of the time there is nothing in them. Make the window longer, or the recording faster [names]");
  CHECK(slow("min_over_time(flow:failures:increase30m[20m])", "calm") == Said{});
}

TEST_CASE("check: every alert has its page in both languages, with every section") {
  const auto with_page = [](const std::string& name, const std::string& text) {
    CheckFolder folder;
    folder.write(name, text);
    return folder.check(std::string(kContract), std::string(kArea));
  };
  const std::vector<std::string> sections = {"What it means", "Who is hit",    "First diagnosis",
                                             "How to solve",  "How to verify", "How to close"};
  CHECK(with_page("ErpSlow.md", CheckFolder::page("ErpSlow", sections)) ==
        Said{"ErpSlow.md:1:1: error: no section '## If it lasts'. Write it [runbooks]"});
  CHECK(with_page("ErpSlow.md", CheckFolder::page("ErpSlow", sections) + "\n## If it lasts\n\n") ==
        Said{"ErpSlow.md:21:1: error: nothing stands under '## If it lasts'. Write it [runbooks]"});
  CHECK(with_page("ErpSlow.md", CheckFolder::page("ErpSlower", sections) + "\n## If it lasts\nx\n") ==
        Said{"ErpSlow.md:1:1: error: expected the heading '# ErpSlow: …', found '# ErpSlower: a heading' [runbooks]"});
  CHECK(with_page("ErpGone.md", "# ErpGone\n") ==
        Said{"ErpGone.md:1:1: warning: no alert has this runbook. Take it away, or rename it [runbooks]"});
  CheckFolder folder;
  folder.remove("ErpDown.zh-CN.md");
  const Said said = folder.check(std::string(kContract), std::string(kArea));
  REQUIRE(said.size() == 1);
  CHECK(said[0].starts_with("erp.yaml:15:5: error: ErpDown has no runbook: ErpDown.zh-CN.md: "));
  CHECK(said[0].ends_with(". Write it [runbooks]"));
}
