#include "conf/yaml.h"
#include "fake_flows.h"

namespace finwatch::workflow {
extern const WorkflowCollector calendar_collector;

namespace {

using Catch::Matchers::Contains;

constexpr std::string_view kCalendar = R"(calendar:
  time_zone: Asia/Shanghai
  windows:
    close: {days: last workday, from: "14:00", to: "22:00"}
    maintenance: {from: 2026-12-01 00:00, to: 2026-12-01 02:00}
)";

}  // namespace

TEST_CASE("calendar: the close window on the last working day, by the clock of the zone") {
  FakeFlows fake(kReportAndEntry);
  const auto tree = parse_yaml(kCalendar, "finwatch-workflow.yml");
  REQUIRE(tree);
  auto almanac = read_almanac(tree->find("calendar"), "calendar");
  REQUIRE(almanac);
  fake.almanac = *almanac;
  fake.now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + std::chrono::hours{6} + std::chrono::minutes{30};
  std::string page = fake.page(calendar_collector);
  CHECK_THAT(page, Contains("\nfinwatch_close_window_active 1\n"));
  CHECK_THAT(page, Contains("\nfinwatch_maintenance_active 0\n"));
  CHECK_THAT(page, Contains(R"(finwatch_window_active{window="close"} 1)"));
  CHECK_THAT(page, Contains("\nfinwatch_period_start_timestamp_seconds 1793462400\n"));  // 1 November, 00:00 in Shanghai
  CHECK_THAT(page, Contains("\nfinwatch_period_end_timestamp_seconds 1796054400\n"));
  CHECK_THAT(page, Contains("\nfinwatch_period_days_to_close 0\n"));
  CHECK_THAT(page, Contains("\nfinwatch_working_day 1\n"));
  CHECK_THAT(page, !Contains("finwatch_calendar_known_until_timestamp_seconds "));
  fake.now += std::chrono::hours{8};  // 22:30
  page = fake.page(calendar_collector);
  CHECK_THAT(page, Contains("\nfinwatch_close_window_active 0\n"));
  fake.now += std::chrono::hours{2};  // 1 December, 00:30
  page = fake.page(calendar_collector);
  CHECK_THAT(page, Contains("\nfinwatch_maintenance_active 1\n"));
  CHECK_THAT(page, Contains("\nfinwatch_period_days_to_close 30\n"));
}

}  // namespace finwatch::workflow
