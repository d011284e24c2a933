#include <cmath>

#include "rules/report/report_test.h"
#include "rules/tool/report/gather.h"
#include "rules/tool/report/text.h"
#include "support/changed.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::rules::test;
using finwatch::test::changed;
using finwatch::test::compare_golden;

namespace {

constexpr double kDay = 86'400;

// Every day whole, but for what `lost` says: the day from 0, and so many seconds.
void fill(ServiceFigures& service, const Contract& contract, const Period& period, const std::map<std::size_t, double>& lost) {
  service.days.resize(period.days.size());
  service.all = service.counted = {};
  for (std::size_t i = 0; i < period.days.size(); ++i) {
    const double seconds = period.days[i].when.seconds();
    const double weight = weighted_seconds(contract, period, period.days[i].when) / seconds;
    const auto found = lost.find(i);
    const double bad = found == lost.end() ? 0 : found->second;
    service.days[i] = {{seconds - bad, seconds}, {(seconds - bad) * weight, seconds * weight}};
    service.all += service.days[i].all;
    service.counted += service.days[i].counted;
  }
  service.budget = (1 - service.service->availability->objective / 100) *
                   (service.counted.total + weighted_seconds(contract, period, {period.until, period.to}));
}

ClockFigures clock(double count, double sum, double breaches, std::vector<std::pair<double, double>> buckets) {
  return {.count = count, .sum = sum, .buckets = std::move(buckets), .breaches = breaches};
}

// A month in which one service kept its objective and the other did not, with everything measured.
Figures whole_month(const Contract& contract) {
  Figures figures;
  figures.period = period("2026-11");
  const Period& november = figures.period;
  ServiceFigures entry{.service = &contract.services[0]}, reports{.service = &contract.services[1]};
  fill(entry, contract, november, {{8, 1500}, {13, 5400}, {25, 600}, {26, 240}});
  entry.days[20].counted.total += 3600;
  entry.counted.total += 3600;
  entry.planned = 5 * 3600, entry.beyond_cap = 3600, entry.down_planned = 5400;
  entry.latency = Tally{42'650, 43'200};
  fill(reports, contract, november, {{3, 1800}, {17, 3000}});
  reports.planned = 2 * 3600;
  reports.latency = Tally{980, 1'000};
  reports.days[11] = {};
  reports.all.total -= kDay, reports.all.good -= kDay;
  figures.services = {entry, reports};
  figures.outages = {{&contract.services[0], {moment("2026-11-14 22:10"), moment("2026-11-14 23:40")}, 5400, false},
                     {&contract.services[1], {moment("2026-11-18 09:00"), moment("2026-11-18 09:50")}, 0, false},
                     {&contract.services[0], {moment("2026-11-09 14:05"), moment("2026-11-09 14:30")}, 0, false}};
  figures.outages_seen = 23;
  figures.outages_measured = true;
  figures.closes = {{&contract.services[2], std::chrono::year{2026} / 10, moment("2026-11-06 18:00"), CloseState::late,
                     moment("2026-11-09 10:20"), true}};
  Incidents incidents;
  ClassFigures& ordinary = incidents.classes["ordinary"];
  ordinary.incidents = 14, ordinary.closed = 13, ordinary.reopened = 1;
  ordinary.clocks = {clock(14, 14 * 900, 1, {{300, 5}, {900, 10}, {1800, 13}, {3600, 14}, {HUGE_VAL, 14}}),
                     clock(9, 9 * 2400, 0, {}), clock(13, 13 * 9000, 0, {{7200, 8}, {14400, 13}, {HUGE_VAL, 13}})};
  ClassFigures& major = incidents.classes["major"];
  major.incidents = 2, major.closed = 2;
  major.clocks = {clock(2, 400, 0, {{300, 2}, {HUGE_VAL, 2}}), clock(2, 5400, 0, {{7200, 2}, {HUGE_VAL, 2}}),
                  clock(2, 18'000, 0, {})};
  incidents.services = {{"reports", 9}, {"voucher_entry", 6}, {"", 1}};
  incidents.messages = {{"sms", 41}, {"voice", 3}};
  figures.incidents = incidents;
  FakePrometheus nobody;
  reckon_costs({contract, november, nobody}, figures);
  return figures;
}

// The same contract where next to nothing was recorded, and nobody keeps incidents.
Figures poor_month(const Contract& contract) {
  Figures figures;
  figures.period = period("2026-11", shanghai(), "2026-11-10 12:00");
  ServiceFigures entry{.service = &contract.services[0]}, reports{.service = &contract.services[1]};
  entry.days.resize(figures.period.days.size());
  fill(reports, contract, figures.period, {{9, 120}});
  for (std::size_t i = 0; i < 6; ++i) {
    reports.all.good -= kDay, reports.all.total -= kDay;
    reports.days[i] = {};
  }
  figures.services = {entry, reports};
  figures.closes = {
      {&contract.services[2], std::chrono::year{2026} / 10, moment("2026-11-06 18:00"), CloseState::unknown, {}, false}};
  figures.firings = {{"HostCPUHigh", "ordinary", "light", "", 12, 5400, 1800},
                     {"Odd|Name<x>", "", "odd", "reports", 1, 60, 60}};
  FakePrometheus nobody;
  reckon_costs({contract, figures.period, nobody}, figures);
  figures.warnings = {"a remote store did not answer"};
  return figures;
}

Figures empty_year(const Contract& contract) {
  Figures figures;
  figures.period = period("2026");
  for (std::size_t i = 0; i < 2; ++i) {
    figures.services.push_back({.service = &contract.services[i]});
    figures.services.back().days.resize(figures.period.days.size());
  }
  return figures;
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace

TEST_CASE("report: a whole month, in both languages and all formats") {
  const Contract contract = contract_of();
  const Figures figures = whole_month(contract);
  for (const Language language : {Language::zh, Language::en}) {
    const std::string name = "rules/report/month." + std::string(to_string(language));
    const Document document = compose(contract, figures, language);
    CHECK(compare_golden(name + ".md", to_markdown(document)) == "");
    CHECK(compare_golden(name + ".html", to_html(document)) == "");
    CHECK(compare_golden(name + ".csv", to_csv(contract, figures, language)) == "");
    CHECK(to_html(document) == to_html(compose(contract, whole_month(contract), language)));
  }
}

TEST_CASE("report: a month that is not over, with next to nothing measured") {
  const Contract contract = contract_of();
  const Figures figures = poor_month(contract);
  for (const Language language : {Language::zh, Language::en}) {
    const std::string name = "rules/report/poor." + std::string(to_string(language));
    const Document document = compose(contract, figures, language);
    CHECK(compare_golden(name + ".md", to_markdown(document)) == "");
    CHECK(compare_golden(name + ".csv", to_csv(contract, figures, language)) == "");
  }
  const std::string page = to_markdown(compose(contract, figures, Language::en));
  CHECK(has(page, "the month is not over yet"));
  CHECK(has(page, "Not measured: finwatch-notifier is not running"));
  CHECK(has(page, "Prometheus warned that figures may not be whole: a remote store did not answer"));
  CHECK(has(page, "Monday to Friday were taken"));
  CHECK(has(page, "Odd\\|Name&lt;x>"));
  CHECK(has(page, "| Voucher entry | No data | 99.900% | – |"));
}

TEST_CASE("report: a year of which nothing was recorded says so, and draws nothing") {
  const Contract contract = contract_of(
      changed(kContract,
              kContract.substr(kContract.find("costs:"), kContract.find("services:\n  - id") - kContract.find("costs:")), ""));
  const Document document = compose(contract, empty_year(contract), Language::en);
  CHECK(document.title == "Service level report 2026");
  CHECK(document.subtitle == "2026-01-01 00:00 – 2027-01-01 00:00 (Asia/Shanghai)");
  const std::string page = to_html(document);
  CHECK_FALSE(has(page, "<svg"));
  CHECK_FALSE(has(page, "Cost of operation"));
  CHECK(has(page, "no availability was recorded"));
  CHECK(has(page, "No outage was recorded."));
}

TEST_CASE("report: a year is drawn by months") {
  const Contract contract = contract_of();
  Figures figures = empty_year(contract);
  fill(figures.services[0], contract, figures.period, {{40, 30'000}});
  const std::string page = to_html(compose(contract, figures, Language::en));
  CHECK(has(page, "Month by month"));
  CHECK(count_of(page, ">2026-02<") == 3);  // both plots and the table
  CHECK(count_of(page, "class=\"bad\" x=") == 1);
}

TEST_CASE("report: a page holds all it needs, and its plots say what they show") {
  const Contract contract = contract_of();
  const std::string page = to_html(compose(contract, whole_month(contract), Language::zh));
  CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"zh-CN\">"));
  for (const char* foreign : {"http://", "https://", "<script", "<link", "url(", "@import", "<img"}) {
    CAPTURE(foreign);
    CHECK_FALSE(has(page, foreign));
  }
  const std::size_t plots = count_of(page, "<svg ");
  CHECK(plots == 5);
  CHECK(count_of(page, "role=\"img\" aria-labelledby=") == plots);
  CHECK(count_of(page, "<desc id=") == plots);
  for (const char* element : {"section", "table", "tr", "td", "th", "figure", "details", "svg", "text", "dl", "p"}) {
    CAPTURE(element);
    const std::string begin = "<" + std::string(element);
    CHECK(count_of(page, begin + ">") + count_of(page, begin + " ") == count_of(page, "</" + std::string(element) + ">"));
  }
}

TEST_CASE("report: words of others cannot become markup or formulas") {
  const Contract contract =
      contract_of(changed(kContract, "{zh: 凭证录入, en: Voucher entry}", "{zh: '<b>', en: '=1+1, \"x\" & <script>|*'}"));
  const Figures figures = whole_month(contract);
  const Document document = compose(contract, figures, Language::en);
  CHECK(has(to_html(document), "=1+1, &quot;x&quot; &amp; &lt;script&gt;|*"));
  CHECK_FALSE(has(to_html(document), "<script"));
  CHECK(has(to_markdown(document), "| =1+1, \"x\" & &lt;script>\\|\\* |"));
  CHECK(has(to_csv(contract, figures, Language::en), ",\"'=1+1, \"\"x\"\" & <script>|*\","));
}

TEST_CASE("report: a share is never rounded up to a promise that was not kept") {
  CHECK(percent(0.999) == "99.900%");
  CHECK(percent(0.99899999) == "99.899%");
  CHECK(percent(1) == "100.000%");
  CHECK(percent(0) == "0.000%");
  CHECK(percent(-0.25, 0) == "-25%");
  CHECK(percent(0.9995, 2) == "99.95%");
}

TEST_CASE("report: numbers are the same on every machine") {
  CHECK(fixed(1.005, 1) == "1.0");
  CHECK(fixed(-0.001, 2) == "0.00");
  CHECK(fixed(std::nan(""), 2) == "–");
  CHECK(money(0) == "0.00");
  CHECK(money(999.5) == "999.50");
  CHECK(money(1234567.5) == "1,234,567.50");
  CHECK(money(-1234) == "-1,234.00");
  CHECK(length_text(45.4, Language::en) == "45 s");
  CHECK(length_text(60, Language::en) == "1 min");
  CHECK(length_text(4 * 3600 + 32 * 60 + 20, Language::zh) == "4 小时 32 分");
  CHECK(length_text(7200, Language::en) == "2 h");
  CHECK(length_text(90'000, Language::en) == "1 d 1 h");
  CHECK(moment_text(shanghai(), moment("2026-11-03 04:05")) == "2026-11-03 04:05");
}
