#include <cmath>

#include "rules/report/report_test.h"
#include "rules/tool/report/gather.h"
#include "support/changed.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::rules::test;
using finwatch::test::changed;
using finwatch::test::zone;
using std::chrono::seconds;

namespace {

constexpr double kDay = 86'400;

double at(Moment when) { return static_cast<double>(when.time_since_epoch().count()); }

Figures gathered(const Contract& contract, const Period& period, FakePrometheus& prometheus) {
  Result<Figures> figures = gather(contract, period, prometheus);
  INFO((figures ? std::string() : figures.error().message));
  REQUIRE(figures);
  return *figures;
}

// Recordings of days on which nothing was lost but `lost(day from 0)` seconds, of one service.
std::vector<Series> recorded(const std::string& expression, Moment from, Moment to, seconds step, Moment begin,
                             const std::function<double(std::size_t)>& lost) {
  std::vector<Series> all;
  for (const char* scope : {"all", "counted"}) {
    Series series{{{"service", "voucher_entry"}, {"scope", scope}}, {}};
    for (Moment one = from; one <= to; one += step) {
      const auto day = static_cast<std::size_t>((one - begin - seconds{1}) / std::chrono::hours{24});
      const double total = static_cast<double>(step.count());
      series.points.push_back({at(one), has(expression, "good_seconds") ? total - lost(day) : total});
    }
    all.push_back(std::move(series));
  }
  all.push_back({{{"service", "nobody"}, {"scope", "all"}}, {{at(from), 1}}});
  all.push_back({{{"service", "voucher_entry"}, {"scope", "other"}}, {{at(from), 1}}});
  return all;
}

}  // namespace

TEST_CASE("gather: the days of a month are one question, answered at their ends") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  FakePrometheus prometheus;
  std::vector<std::string> spans;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (!has(expression, "finwatch_slo_")) return {};
    CHECK(from == moment("2026-11-02 00:00"));
    CHECK(to == moment("2026-12-01 00:00"));
    CHECK(step == std::chrono::hours{24});
    return recorded(expression, from, to, step, november.from, [](std::size_t day) { return day == 9 ? 600.0 : 0.0; });
  };
  const Figures figures = gathered(contract, november, prometheus);
  CHECK(prometheus.asked[0] ==
        "sum by (service, scope) (sum_over_time(service:finwatch_slo_total_seconds:sum10m[86399999ms]))");
  CHECK(prometheus.asked[1] == "sum by (service, scope) (sum_over_time(service:finwatch_slo_good_seconds:sum10m[86399999ms]))");
  REQUIRE(figures.services.size() == 2);  // one for each that promises an availability
  const ServiceFigures& entry = figures.services[0];
  CHECK(entry.all.total == 30 * kDay);
  CHECK(entry.all.bad() == 600);
  CHECK(entry.days[9].all.bad() == 600);
  CHECK(entry.days[8].all.bad() == 0);
  CHECK(entry.measured_share(november) == 1);
  CHECK_FALSE(figures.services[1].measured());
  CHECK(figures.services[1].measured_share(november) == 0);
}

TEST_CASE("gather: a day with an hour less is a question of its own") {
  const Contract contract = contract_of(changed(kContract, "Asia/Shanghai", "Europe/Berlin"));
  const Period march = period("2026-03", zone("Europe/Berlin"));
  FakePrometheus prometheus;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (!has(expression, "finwatch_slo_total")) return {};
    Series series{{{"service", "voucher_entry"}, {"scope", "all"}}, {}};
    for (Moment one = from; one <= to; one += step) series.points.push_back({at(one), static_cast<double>(step.count())});
    return {series};
  };
  const Figures figures = gathered(contract, march, prometheus);
  CHECK(has(prometheus.asked[0], "[86399999ms]"));
  CHECK(has(prometheus.asked[1], "[82799999ms]"));
  CHECK(has(prometheus.asked[2], "[86399999ms]"));
  CHECK(figures.services[0].days[28].all.total == 82'800);
  CHECK(figures.services[0].all.total == march.reported().seconds());
}

TEST_CASE("gather: work beyond the cap counts as downtime, by the weight of its days") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  FakePrometheus prometheus;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (!has(expression, "finwatch_slo_")) return {};
    return recorded(expression, from, to, step, november.from, [](std::size_t) { return 0.0; });
  };
  const Figures figures = gathered(contract, november, prometheus);
  const ServiceFigures& entry = figures.services[0];
  CHECK(entry.planned == 5 * 3600);
  CHECK(entry.beyond_cap == 3600);  // three hours, and one of two of the second work
  CHECK(entry.counted.bad() == 3600);
  CHECK(entry.days[20].counted.bad() == 3600);
  CHECK(entry.all.bad() == 0);
  CHECK(std::abs(entry.budget - 0.001 * (30 * kDay + 3600)) < 1e-6);
  CHECK_FALSE(entry.kept());
}

TEST_CASE("gather: the budget of a month that is not over is that of all of it") {
  const Contract contract = contract_of();
  const Period november = period("2026-11", shanghai(), "2026-11-10 12:00");
  FakePrometheus prometheus;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (!has(expression, "finwatch_slo_")) return {};
    return recorded(expression, from, to, step, november.from, [](std::size_t) { return 0.0; });
  };
  const Figures figures = gathered(contract, november, prometheus);
  const ServiceFigures& entry = figures.services[0];
  CHECK(entry.days.size() == 10);
  CHECK(entry.all.total == 9.5 * kDay);
  // Ahead: to the 25th by 1, from the 26th by 5, less the four hours that the cap allows.
  CHECK(std::abs(entry.budget - 0.001 * (9.5 * kDay + 15.5 * kDay + 5 * 5 * kDay - 4 * 3600)) < 1e-6);
}

TEST_CASE("gather: moments at which a service was down are outages, over midnight as well") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  FakePrometheus prometheus;
  std::size_t days_asked = 0;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (has(expression, "finwatch_slo_"))
      return recorded(expression, from, to, step, november.from,
                      [](std::size_t day) { return day == 13 || day == 14 ? 900.0 : 0.0; });
    if (!has(expression, "finwatch_up")) return {};
    CHECK(expression == "min by (service) (service:finwatch_up:min) < 1");
    CHECK(step == seconds{30});
    ++days_asked;
    Series series{{{"service", "voucher_entry"}}, {}};
    const auto down = [&](std::string_view first, std::string_view last) {
      for (Moment one = moment(first); one <= moment(last); one += step)
        if (one >= from && one <= to) series.points.push_back({at(one), 0});
    };
    down("2026-11-14 10:00", "2026-11-14 10:01");
    down("2026-11-14 23:50", "2026-11-15 00:09");
    return {series};
  };
  const Figures figures = gathered(contract, november, prometheus);
  CHECK(days_asked == 3);  // the day before as well: what is recorded after midnight may tell of it
  REQUIRE(figures.outages.size() == 2);
  CHECK(figures.outages[0].when.from == moment("2026-11-14 23:50"));
  CHECK(figures.outages[0].when.seconds() == 19 * 60 + 30);
  CHECK(figures.outages[0].planned == 19 * 60 + 30);
  CHECK_FALSE(figures.outages[0].lasts);
  CHECK(figures.outages[1].when.seconds() == 90);
  CHECK(figures.outages[1].planned == 0);
  CHECK(figures.services[0].down_planned == 19 * 60 + 30);
  CHECK(figures.services[0].down_unplanned() == 1800 - (19 * 60 + 30));
}

TEST_CASE("gather: an outage that has not ended is said to last") {
  const Contract contract = contract_of();
  const Period november = period("2026-11", shanghai(), "2026-11-10 12:00");
  FakePrometheus prometheus;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (has(expression, "finwatch_slo_"))
      return recorded(expression, from, to, step, november.from, [](std::size_t day) { return day == 9 ? 60.0 : 0.0; });
    if (!has(expression, "finwatch_up") || to < moment("2026-11-10 11:59")) return {};
    return {
        {{{"service", "voucher_entry"}}, {{at(moment("2026-11-10 11:59")), 0}, {at(moment("2026-11-10 11:59") + step), 0}}}};
  };
  const Figures figures = gathered(contract, november, prometheus);
  REQUIRE(figures.outages.size() == 1);
  CHECK(figures.outages[0].lasts);
  CHECK(figures.outages[0].when.to == november.until);
}

TEST_CASE("gather: the speed is asked for the whole period, of the counted scope where there are two") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  FakePrometheus prometheus;
  prometheus.at_moment = [&](const std::string& expression, Moment when) -> std::vector<Sample> {
    if (!has(expression, "finwatch_latency")) return {};
    CHECK(when == november.to);
    return {{{{"service", "voucher_entry"}}, has(expression, "good_runs") ? 990.0 : 1000.0}, {{{"service", "nobody"}}, 1}};
  };
  const Figures figures = gathered(contract, november, prometheus);
  REQUIRE(figures.services[0].latency);
  CHECK(figures.services[0].latency->share() == 0.99);
  CHECK_FALSE(figures.services[1].latency);
  CHECK(
      std::find(prometheus.asked.begin(), prometheus.asked.end(),
                "sum by (service) (sum_over_time(service:finwatch_latency_runs:sum10m{scope=~\"|counted\"}[2591999999ms]))") !=
      prometheus.asked.end());
}

namespace {

// The closing of October's books: open up to `open_until`, checked with or without success when it was due.
CloseFigures close_of(std::string_view open_until, bool checked = true, std::string_view now = "2027-06-01 00:00",
                      bool calendar = true) {
  const Contract contract = contract_of();
  const Period november = period("2026-11", shanghai(), now);
  FakePrometheus prometheus;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (expression == "max(finwatch_working_day)") {
      Series series;
      // Worked on Saturday the 7th, off on Tuesday the 3rd: the fifth working day is the 7th.
      for (Moment one = from; calendar && one <= to; one += step) {
        const Day day = day_of(november.zone.local(one));
        const bool worked = day_number(day) == 7 || (day_number(day) != 3 && weekday_number(day) % 6 != 0);
        series.points.push_back({at(one), worked ? 1.0 : 0.0});
      }
      return {series};
    }
    if (!has(expression, "close_progress")) return {};
    CHECK(expression == R"(count(finwatch_integrity_time_seconds{book="tryton",check="close_progress",value="deadline"}))");
    Series series;
    for (Moment one = from; !open_until.empty() && one <= to && one < moment(open_until); one += step)
      series.points.push_back({at(one), 1});
    if (series.points.empty()) return {};
    return {series};
  };
  prometheus.at_moment = [&](const std::string& expression, Moment) -> std::vector<Sample> {
    if (!has(expression, "finwatch_integrity_check_success")) return {};
    return {{{}, checked ? 1.0 : 0.0}};
  };
  const Figures figures = gathered(contract, november, prometheus);
  REQUIRE(figures.closes.size() == 1);
  return figures.closes[0];
}

}  // namespace

TEST_CASE("gather: books are closed in time when no period that has ended was open at the deadline") {
  const CloseFigures kept = close_of("2026-11-06 12:05");
  CHECK(kept.books == std::chrono::year{2026} / 10);
  CHECK(kept.due == moment("2026-11-07 18:00"));
  CHECK(kept.days_off_known);
  CHECK(kept.state == CloseState::kept);
  CHECK(kept.closed == moment("2026-11-06 12:10"));
  const CloseFigures late = close_of("2026-11-09 10:00");
  CHECK(late.state == CloseState::late);
  CHECK(late.closed == moment("2026-11-09 10:00"));
  CHECK(close_of("2026-12-24 00:00").state == CloseState::still_open);
  CHECK_FALSE(close_of("2026-12-24 00:00").closed);
  CHECK(close_of("").state == CloseState::kept);
  CHECK(close_of("2026-11-09 10:00", false).state == CloseState::unknown);
}

TEST_CASE("gather: a deadline that is to come is not due, and kept when the books are closed already") {
  CHECK(close_of("2026-12-24 00:00", true, "2026-11-05 12:00").state == CloseState::not_due);
  CHECK(close_of("2026-11-04 12:00", true, "2026-11-05 12:00").state == CloseState::kept);
  const CloseFigures guessed = close_of("2026-11-04 12:00", true, "2027-06-01 00:00", false);
  CHECK_FALSE(guessed.days_off_known);
  CHECK(guessed.due == moment("2026-11-06 18:00"));
}

TEST_CASE("gather: what finwatch-notifier counted is what grew in the period") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  FakePrometheus prometheus;
  using Row = std::pair<Labels, double>;
  prometheus.at_moment = [&](const std::string& expression, Moment when) -> std::vector<Sample> {
    const auto rows = [](std::vector<Row> list) {
      std::vector<Sample> samples;
      for (auto& [labels, value] : list) samples.push_back({labels, value});
      return samples;
    };
    if (!has(expression, "increase(")) return {};
    CHECK(when == november.to);
    CHECK(has(expression, "[2591999999ms]"));
    const auto is = [&](std::string_view metric) { return has(expression, "increase(" + std::string(metric)); };
    if (is("finwatch_incidents_total"))
      return rows({{{{"fault_class", "ordinary"}, {"service", "reports"}, {"outcome", "solved"}}, 7.003},
                   {{{"fault_class", "ordinary"}, {"service", "reports"}, {"outcome", "false_alarm"}}, 1.0},
                   {{{"fault_class", "major"}, {"service", "voucher_entry"}, {"outcome", "solved"}}, 0.0}});
    if (is("finwatch_incident_seconds_count"))
      return rows({{{{"fault_class", "ordinary"}, {"clock", "answer"}}, 8.001},
                   {{{"fault_class", "ordinary"}, {"clock", "sleep"}}, 8}});
    if (is("finwatch_incident_seconds_sum"))
      return rows({{{{"fault_class", "ordinary"}, {"clock", "answer"}}, 7200},
                   {{{"fault_class", "ordinary"}, {"clock", "solve"}}, 43200}});
    if (is("finwatch_incident_seconds_bucket"))
      return rows({{{{"fault_class", "ordinary"}, {"clock", "answer"}, {"le", "+Inf"}}, 8},
                   {{{"fault_class", "ordinary"}, {"clock", "answer"}, {"le", "1800.0"}}, 7.0004},
                   {{{"fault_class", "ordinary"}, {"clock", "answer"}, {"le", "300"}}, 3}});
    if (is("finwatch_sla_breaches_total")) return rows({{{{"fault_class", "ordinary"}, {"clock", "answer"}}, 1.0}});
    if (is("finwatch_incidents_reopened_total")) return rows({{{{"fault_class", "ordinary"}}, 2.0}});
    if (is("finwatch_notifications_total")) return rows({{{{"channel", "sms"}}, 41.0}, {{{"channel", "email"}}, 90.0}});
    return {};
  };
  const Figures figures = gathered(contract, november, prometheus);
  REQUIRE(figures.incidents);
  CHECK(figures.firings.empty());
  const ClassFigures& ordinary = figures.incidents->classes.at("ordinary");
  CHECK(ordinary.incidents == 8);
  CHECK(ordinary.closed == 7);
  CHECK(ordinary.reopened == 2);
  CHECK(ordinary.outcomes.at("false_alarm") == 1);
  CHECK(figures.incidents->classes.at("major").incidents == 0);
  CHECK(figures.incidents->services.size() == 1);
  CHECK(ordinary.clocks[0].count == 8);
  CHECK(ordinary.clocks[0].breaches == 1);
  REQUIRE(ordinary.clocks[0].buckets.size() == 3);
  CHECK(ordinary.clocks[0].buckets[1] == std::pair(1800.0, 7.0));
  CHECK(std::isinf(ordinary.clocks[0].buckets[2].first));
  CHECK(ordinary.clocks[0].within(1800) == 7);
  CHECK_FALSE(ordinary.clocks[0].within(1700));
  REQUIRE(figures.costs.size() == 5);
  CHECK_FALSE(figures.costs[0].quantity);  // nobody measured the downtime
  CHECK(figures.costs[1].quantity == 10);
  CHECK(figures.costs[1].amount() == 2000);
  CHECK(figures.costs[2].quantity == 41);
  CHECK(figures.costs[3].quantity == 0);
  CHECK(figures.costs[4].amount() == 3500);
}

TEST_CASE("gather: without a notifier the alerts that fired are counted, a restart of Prometheus not twice") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  FakePrometheus prometheus;
  std::size_t chunks = 0;
  prometheus.over_time = [&](const std::string& expression, Moment from, Moment to, seconds step) -> std::vector<Series> {
    if (!has(expression, "ALERTS")) return {};
    CHECK(expression == R"(ALERTS{alertstate="firing",alertname!="Watchdog"})");
    CHECK((to - from) / step < 11'000);
    ++chunks;
    Series cpu{{{"alertname", "HostCPUHigh"}, {"fault_class", "ordinary"}, {"severity", "light"}, {"instance", "a"}}, {}};
    Series other = cpu;
    other.labels["instance"] = "b";
    const auto fires = [&](Series& series, std::string_view first, std::string_view last) {
      for (Moment one = moment(first); one < moment(last); one += step)
        if (one >= from && one <= to) series.points.push_back({at(one), 1});
    };
    fires(cpu, "2026-11-07 23:50", "2026-11-08 00:10");  // over the edge of a chunk
    fires(cpu, "2026-11-08 00:14", "2026-11-08 00:20");  // a restart
    fires(cpu, "2026-11-20 10:00", "2026-11-20 10:05");
    fires(other, "2026-11-20 10:00", "2026-11-20 11:00");
    return {cpu, other};
  };
  const Figures figures = gathered(contract, november, prometheus);
  CHECK(chunks == 5);
  CHECK_FALSE(figures.incidents);
  REQUIRE(figures.firings.size() == 1);
  CHECK(figures.firings[0].alert == "HostCPUHigh");
  CHECK(figures.firings[0].episodes == 3);
  CHECK(figures.firings[0].longest == 3600);
  CHECK(figures.firings[0].seconds == 30 * 60 + 5 * 60 + 3600);
  CHECK_FALSE(figures.costs[1].quantity);
}

TEST_CASE("gather: an error of Prometheus ends it, wherever it comes; warnings are kept") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  for (const char* part : {"total_seconds", "good_seconds", "latency_runs", "latency_good_runs", "finwatch_working_day",
                           "check_success", "finwatch_integrity_time", "finwatch_incidents_total", "ALERTS"}) {
    CAPTURE(part);
    FakePrometheus prometheus;
    prometheus.fails_at = part;
    const auto figures = gather(contract, november, prometheus);
    REQUIRE_FALSE(figures);
    CHECK(figures.error().code == Errc::unavailable);
  }
  FakePrometheus prometheus;
  prometheus.warn("a store is away");
  CHECK(gathered(contract, november, prometheus).warnings == std::vector<std::string>{"a store is away"});
}

TEST_CASE("gather: a label is written so that nothing in it ends the quotes") {
  CHECK(escaped_label("a\"b\\c\nd") == "a\\\"b\\\\c d");
  CHECK(window_of({moment("2026-11-01 00:00"), moment("2026-11-01 00:10")}) == "599999ms");
}
