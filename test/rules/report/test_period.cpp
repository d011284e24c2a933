#include "rules/report/report_test.h"
#include "support/changed.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::rules::test;
using finwatch::test::changed;
using finwatch::test::day;
using finwatch::test::shown;
using finwatch::test::zone;
using namespace std::chrono_literals;

namespace {

std::string refused(std::string_view text, std::string_view now = "2026-11-15 12:00") {
  const Result<Period> read = period_of(text, shanghai(), moment(now));
  CAPTURE(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::config);
  return read.error().message;
}

}  // namespace

TEST_CASE("period: a month begins and ends by the organisation's clock") {
  const Period november = period("2026-11");
  CHECK(shown(WallTime{november.from}) == "2026-10-31 16:00:00 +0000");
  CHECK(shown(WallTime{november.to}) == "2026-11-30 16:00:00 +0000");
  CHECK(november.over());
  CHECK_FALSE(november.is_year());
  REQUIRE(november.days.size() == 30);
  for (const PeriodDay& one : november.days) CHECK(one.when.seconds() == 86'400);
  CHECK(november.days.front().date == day("2026-11-01"));
  CHECK(november.days.back().when.to == november.to);
  CHECK(period("2024-02").days.size() == 29);
  CHECK(period("2026-12").to == moment("2027-01-01 00:00"));
}

TEST_CASE("period: where clocks change a day has 23 or 25 hours") {
  const Zone berlin = zone("Europe/Berlin");
  const Period march = period("2026-03", berlin), october = period("2026-10", berlin);
  REQUIRE(march.days.size() == 31);
  CHECK(march.days[27].when.seconds() == 86'400);
  CHECK(march.days[28].when.seconds() == 82'800);
  CHECK(march.reported().seconds() == 31 * 86'400 - 3'600);
  CHECK(october.days[24].when.seconds() == 90'000);
  CHECK(october.reported().seconds() == 31 * 86'400 + 3'600);
}

TEST_CASE("period: one that is not over ends now, and its last day with it") {
  const Period november = period("2026-11", shanghai(), "2026-11-15 09:30");
  CHECK_FALSE(november.over());
  CHECK(november.until == moment("2026-11-15 09:30"));
  CHECK(november.to == moment("2026-12-01 00:00"));
  REQUIRE(november.days.size() == 15);
  CHECK(november.days.back().when.seconds() == 9.5 * 3600);
  CHECK(period("2026-11", shanghai(), "2026-11-01 00:01").days.size() == 1);
  CHECK(period("2026-11", shanghai(), "2026-12-01 00:00").over());
}

TEST_CASE("period: a year has twelve months") {
  const Period year = period("2024");
  CHECK(year.is_year());
  CHECK(year.months.size() == 12);
  CHECK(year.days.size() == 366);
  CHECK(year.reported().seconds() == 366 * 86'400);
}

TEST_CASE("period: what is no month and no year, and what has not begun, is refused") {
  for (const char* text :
       {"", "2026-13", "2026-00", "2026-1", "2026-011", "26-11", "2026/11", "2026-11-01", "november", "1969", "9999", "-202"})
    CHECK(has(refused(text), "expected a month such as 2026-11 or a year such as 2026, found '"));
  CHECK(refused("2026-12") == "2026-12 has not begun in Asia/Shanghai");
  CHECK(refused("2027") == "2027 has not begun in Asia/Shanghai");
  CHECK(has(refused("2026-11", "2026-11-01 00:00"), "has not begun"));
}

TEST_CASE("period: the last month is the one before now, by the organisation's clock") {
  CHECK(last_month(shanghai(), moment("2026-11-15 12:00")) == "2026-10");
  CHECK(last_month(shanghai(), moment("2026-12-01 00:00")) == "2026-11");
  CHECK(last_month(shanghai(), moment("2026-01-01 00:00")) == "2025-12");
  CHECK(last_month(zone("America/New_York"), moment("2026-12-01 00:00")) == "2026-10");
}

TEST_CASE("period: an hour of the close window counts by its weight") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  const auto weighted = [&](std::string_view from, std::string_view to) {
    return weighted_seconds(contract, november, {moment(from), moment(to)}) / 3600;
  };
  CHECK(weighted("2026-11-10 10:00", "2026-11-10 12:00") == 2);
  CHECK(weighted("2026-11-05 23:00", "2026-11-06 01:00") == 6);
  CHECK(weighted("2026-11-25 12:00", "2026-11-26 12:00") == 12 + 60);
  CHECK(weighted("2026-11-01 00:00", "2026-12-01 00:00") == 24 * (20 + 10 * 5));
  CHECK(weighted("2026-11-10 12:00", "2026-11-10 12:00") == 0);
  CHECK(weighted("2026-11-10 12:00", "2026-11-10 10:00") == 0);
}

TEST_CASE("period: announced work is that on the service, each hour once") {
  const Contract contract = contract_of(
      changed(kContract, "- {id: M2, ",
              "- {id: M3, services: [voucher_entry], from: 2026-11-14T23:00, to: 2026-11-15T02:00}\n      - {id: M2, "));
  const Period november = period("2026-11");
  const auto work = planned_work(contract, november, "voucher_entry", november.reported());
  REQUIRE(work.size() == 2);
  CHECK(work[0].from == moment("2026-11-14 22:00"));
  CHECK(work[0].to == moment("2026-11-15 02:00"));
  CHECK(seconds_of(work) == 6 * 3600);
  CHECK(planned_work(contract, november, "reports", november.reported()).size() == 1);
  CHECK(planned_work(contract, november, "reports", {moment("2026-11-21 23:00"), moment("2026-11-21 23:30")})[0].seconds() ==
        1800);
  CHECK(planned_work(contract, period("2026-10"), "reports", period("2026-10").reported()).empty());
}

TEST_CASE("period: the last hours of a month's work go beyond its cap, month by month") {
  const Contract contract = contract_of();
  const Period november = period("2026-11");
  const auto beyond = beyond_cap(contract, november, planned_work(contract, november, "voucher_entry", november.reported()));
  REQUIRE(beyond.size() == 1);
  CHECK(beyond[0].from == moment("2026-11-21 23:00"));
  CHECK(beyond[0].to == moment("2026-11-22 00:00"));
  CHECK(beyond_cap(contract, november, planned_work(contract, november, "reports", november.reported())).empty());
  const Period year = period("2026");
  const std::vector<Stretch> work = {{moment("2026-11-30 21:00"), moment("2026-12-01 03:00")}};
  CHECK(beyond_cap(contract, year, work).empty());
  CHECK(seconds_of(beyond_cap(contract, year, {{moment("2026-11-30 19:00"), moment("2026-12-01 03:00")}})) == 3600);
}
