#include "fake_figures.h"

namespace finwatch::notifier {
extern const NotifierCollector clocks_collector;

namespace {

constexpr std::string_view kLimits =
    "finwatch_sla_limit_seconds{fault_class=\"major\",clock=\"diagnose\"} 7200\n"
    "finwatch_sla_limit_seconds{fault_class=\"ordinary\",clock=\"answer\"} 1800\n"
    "finwatch_sla_limit_seconds{fault_class=\"ordinary\",clock=\"solve\"} 14400\n";

}  // namespace

TEST_CASE("clocks: deadlines of the clocks that have not stopped, the nearest first") {
  FakeFigures fake;
  fake.open(1, "ordinary", 40min);  // its answer is ten minutes late
  fake.open(2, "major", 1h);
  fake.open(3, "ordinary", 10min).acknowledged = fake.now;
  CHECK(fake.samples(clocks_collector) ==
        std::string(kLimits) +
            "finwatch_sla_deadline_timestamp_seconds{incident=\"INC-1\",clock=\"answer\"} 1699999400\n"
            "finwatch_sla_deadline_timestamp_seconds{incident=\"INC-2\",clock=\"diagnose\"} 1700003600\n"
            "finwatch_sla_deadline_timestamp_seconds{incident=\"INC-1\",clock=\"solve\"} 1700012000\n"
            "finwatch_sla_deadline_timestamp_seconds{incident=\"INC-3\",clock=\"solve\"} 1700013800\n"
            "finwatch_sla_clock_paused{incident=\"INC-1\",clock=\"answer\"} 0\n"
            "finwatch_sla_clock_paused{incident=\"INC-2\",clock=\"diagnose\"} 0\n"
            "finwatch_sla_clock_paused{incident=\"INC-1\",clock=\"solve\"} 0\n"
            "finwatch_sla_clock_paused{incident=\"INC-3\",clock=\"solve\"} 0\n");
}

TEST_CASE("clocks: the limits alone where nothing is open, nothing is promised, or another instance leads") {
  FakeFigures fake;
  CHECK(fake.samples(clocks_collector) == kLimits);
  fake.open(1, "of no contract", 1h);
  Incident& solved = fake.open(2, "ordinary", 1h);
  solved.state = State::resolved;
  solved.resolved = fake.now - 1min;
  CHECK(fake.samples(clocks_collector) == kLimits);
  fake.open(3, "ordinary", 1h);
  count(fake.figures.counters, counted::kBreaches, "ordinary", "answer");
  fake.figures.leads = false;
  CHECK(fake.samples(clocks_collector) == kLimits);
}

TEST_CASE("clocks: a flood of incidents shows fifty deadlines") {
  FakeFigures fake;
  for (int i = 1; i <= 500; ++i) fake.open(i, "major", std::chrono::minutes{i});
  const std::string page = lines_of(fake.samples(clocks_collector), "finwatch_sla_deadline");
  CHECK(std::count(page.begin(), page.end(), '\n') == 50);
  CHECK(page.find("INC-120\"") < page.find("INC-119\""));  // promised for now
  CHECK(page.find("INC-144\"") != std::string::npos);
  CHECK(page.find("INC-96\"") != std::string::npos);
  CHECK(page.find("INC-94\"") == std::string::npos);
  CHECK(page.find("INC-146\"") == std::string::npos);
}

TEST_CASE("clocks: a clock that rests in planned maintenance says so") {
  FakeFigures fake;
  const LocalTime local = fake.contract.zone.local(fake.now);
  fake.contract.maintenance.push_back({.id = "m", .services = {}, .from = local - 10min, .to = local + 20min});
  fake.open(1, "major", 1h);
  const std::string page = fake.samples(clocks_collector);
  CHECK(lines_of(page, "finwatch_sla_clock_paused") == "finwatch_sla_clock_paused{incident=\"INC-1\",clock=\"diagnose\"} 1\n");
  CHECK(lines_of(page, "finwatch_sla_deadline") ==
        "finwatch_sla_deadline_timestamp_seconds{incident=\"INC-1\",clock=\"diagnose\"} 1700005400\n");
}

TEST_CASE("clocks: outside business hours no clock runs for a severity that keeps them") {
  FakeFigures fake;
  fake.contract.severities["light"].business_hours_only = true;
  fake.contract.business_hours = {.days = {true, true, true, true, true, true, true}, .from = 8h, .to = 20h};
  fake.open(1, "major", 10min);  // 06:03; its two hours begin at 08:00
  const std::string page = fake.samples(clocks_collector);
  CHECK(lines_of(page, "finwatch_sla_clock_paused") == "finwatch_sla_clock_paused{incident=\"INC-1\",clock=\"diagnose\"} 1\n");
  CHECK(lines_of(page, "finwatch_sla_deadline") ==
        "finwatch_sla_deadline_timestamp_seconds{incident=\"INC-1\",clock=\"diagnose\"} 1700013600\n");
}

TEST_CASE("clocks: how long they ran and what was broken, from the journal's counters") {
  FakeFigures fake;
  initialise(fake.figures.counters, fake.contract);
  observe(fake.figures.counters, counted::kIncidentSeconds, 1500, "ordinary", clock_label(ClockKind::answer));
  observe(fake.figures.counters, counted::kIncidentSeconds, 90000, "ordinary", clock_label(ClockKind::answer));
  count(fake.figures.counters, counted::kBreaches, "ordinary", clock_label(ClockKind::answer));
  const std::string page = fake.samples(clocks_collector);
  CHECK(lines_of(page, "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\"") ==
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"60.0\"} 0\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"300.0\"} 0\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"600.0\"} 0\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"900.0\"} 0\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"1800.0\"} 1\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"3600.0\"} 1\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"7200.0\"} 1\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"14400.0\"} 1\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"28800.0\"} 1\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"86400.0\"} 1\n"
        "finwatch_incident_seconds_bucket{fault_class=\"ordinary\",clock=\"answer\",le=\"+Inf\"} 2\n");
  CHECK(lines_of(page, "finwatch_incident_seconds_count") ==
        "finwatch_incident_seconds_count{fault_class=\"major\",clock=\"answer\"} 0\n"
        "finwatch_incident_seconds_count{fault_class=\"major\",clock=\"diagnose\"} 0\n"
        "finwatch_incident_seconds_count{fault_class=\"major\",clock=\"solve\"} 0\n"
        "finwatch_incident_seconds_count{fault_class=\"ordinary\",clock=\"answer\"} 2\n"
        "finwatch_incident_seconds_count{fault_class=\"ordinary\",clock=\"diagnose\"} 0\n"
        "finwatch_incident_seconds_count{fault_class=\"ordinary\",clock=\"solve\"} 0\n");
  CHECK(lines_of(page, "finwatch_incident_seconds_sum{fault_class=\"ordinary\",clock=\"answer\"") ==
        "finwatch_incident_seconds_sum{fault_class=\"ordinary\",clock=\"answer\"} 91500\n");
  CHECK(lines_of(page, "finwatch_sla_breaches") ==
        "finwatch_sla_breaches_total{fault_class=\"major\",clock=\"diagnose\"} 0\n"
        "finwatch_sla_breaches_total{fault_class=\"ordinary\",clock=\"answer\"} 1\n"
        "finwatch_sla_breaches_total{fault_class=\"ordinary\",clock=\"solve\"} 0\n");
}

}  // namespace finwatch::notifier
