#include "exporters/workflow/when/time_text.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::workflow::test;
using std::chrono::days;

namespace {

FinanceCalendar chinese() {
  FinanceCalendar calendar;
  const Status status = calendar.load(chinese_calendar_file());
  INFO((status ? std::string() : status.error().message));
  REQUIRE(status);
  return calendar;
}

std::string error_of(const std::string& text) {
  FinanceCalendar calendar;
  const Status status = calendar.add(yaml(text));
  REQUIRE_FALSE(status);
  CHECK_FALSE(calendar.known_until());
  return status.error().message;
}

std::string shown(const std::optional<Day>& day) { return day ? to_text(*day) : "none"; }

}  // namespace

TEST_CASE("calendar: without a file there are weekends, and nothing is known") {
  const FinanceCalendar calendar;
  CHECK(calendar.is_working_day(day("2026-10-01")));
  CHECK_FALSE(calendar.is_working_day(day("2026-10-03")));
  CHECK_FALSE(calendar.known_until());
}

TEST_CASE("calendar: China's years as the State Council arranged them") {
  const FinanceCalendar calendar = chinese();
  CHECK(shown(calendar.known_until()) == "2026-12-31");
  // The notices give the number of days off; weekends worked and weekdays off balance against the statutory 13 days.
  int off[2] = {};
  int worked[2] = {};
  for (Day at = day("2025-01-01"); at <= day("2026-12-31"); at += days{1}) {
    const std::size_t year = at < day("2026-01-01") ? 0 : 1;
    if (calendar.holiday(at) != nullptr) ++off[year];
    if (calendar.is_working_day(at) && (weekday_number(at) == 0 || weekday_number(at) == 6)) ++worked[year];
  }
  CHECK(off[0] == 1 + 8 + 3 + 5 + 3 + 8);
  CHECK(off[1] == 3 + 9 + 3 + 5 + 3 + 3 + 7);
  CHECK(worked[0] == 5);
  CHECK(worked[1] == 6);
  CHECK(calendar.working_days(day("2025-01-01"), day("2026-01-01")) == 248);
  CHECK(calendar.working_days(day("2026-01-01"), day("2027-01-01")) == 248);
  CHECK(calendar.holiday(day("2026-10-03"))->zh == "国庆节");
  CHECK(calendar.holiday(day("2026-10-03"))->en == "National Day");
  CHECK(calendar.holiday(day("2026-10-10")) == nullptr);
  CHECK(calendar.holiday(day("2026-10-17")) == nullptr);
}

TEST_CASE("calendar: nth, last, next and previous working days") {
  const FinanceCalendar calendar = chinese();
  const auto month = [](std::string_view text) { return month_of(day(text)); };
  CHECK(shown(calendar.nth_working_day(month("2026-10-01"), 1)) == "2026-10-08");
  CHECK(shown(calendar.nth_working_day(month("2026-10-01"), 3)) == "2026-10-10");  // a worked Saturday
  CHECK(shown(calendar.nth_working_day(month("2026-02-01"), -1)) == "2026-02-28");
  CHECK(shown(calendar.last_working_day(month("2026-01-01"))) == "2026-01-30");
  CHECK(shown(calendar.last_working_day(month("2025-09-01"))) == "2025-09-30");
  CHECK(shown(calendar.nth_working_day(month("2026-02-01"), 25)) == "none");
  CHECK(shown(calendar.next_working_day(day("2026-02-14"))) == "2026-02-24");
  CHECK(shown(calendar.previous_working_day(day("2026-02-24"))) == "2026-02-14");
  CHECK(calendar.working_days(day("2026-02-14"), day("2026-02-25")) == 2);
  CHECK(calendar.working_days(day("2026-02-25"), day("2026-02-14")) == 0);
}

TEST_CASE("calendar: every answer is the naive one, for two years") {
  const FinanceCalendar calendar = chinese();
  for (Day at = day("2025-01-01"); at <= day("2026-12-31"); at += days{1}) {
    const Month month = month_of(at);
    int number = 0;
    for (Day other = first_day(month); other <= at; other += days{1}) number += calendar.is_working_day(other) ? 1 : 0;
    if (calendar.is_working_day(at)) {
      CHECK(calendar.nth_working_day(month, number) == at);
      CHECK(calendar.working_days(first_day(month), at) == number - 1);
    }
    Day next = at + days{1};
    while (!calendar.is_working_day(next)) next += days{1};
    CHECK(calendar.next_working_day(at) == next);
    if (calendar.is_working_day(at)) CHECK(calendar.previous_working_day(next) == at);
  }
}

TEST_CASE("calendar: a company's file overrules the state's, day by day") {
  FinanceCalendar calendar = chinese();
  REQUIRE(
      calendar.add(yaml("years:\n"
                        "  - year: 2026\n"
                        "    holidays: [{from: 2026-10-10, name: Founding day}]\n"
                        "    working_days: [2026-10-07]\n"
                        "  - {year: 2027}\n")));
  CHECK(calendar.is_working_day(day("2026-10-07")));
  CHECK_FALSE(calendar.is_working_day(day("2026-10-10")));
  CHECK(calendar.holiday(day("2026-10-10"))->zh == "Founding day");
  CHECK_FALSE(calendar.is_working_day(day("2026-10-06")));
  CHECK(shown(calendar.known_until()) == "2027-12-31");
}

TEST_CASE("calendar: the weekend is what the file says") {
  FinanceCalendar calendar;
  REQUIRE(calendar.add(yaml("weekend: [Fri, Sat]\nyears: [{year: 2026}]\n")));
  CHECK(calendar.is_working_day(day("2026-11-29")));        // Sunday
  CHECK_FALSE(calendar.is_working_day(day("2026-11-27")));  // Friday
}

TEST_CASE("calendar: what is wrong is named with its place and the next step") {
  CHECK(error_of("years: []\n") == "test.yml:1:8: years: must list at least one year");
  CHECK(error_of("years: [{year: 2026}]\nyear: 2026\n").find("unknown key 'year'; did you mean 'years'?") != std::string::npos);
  CHECK(error_of("years:\n  - holidays: []\n") == "test.yml:2:5: years[1].year: must be given");
  CHECK(error_of("years:\n  - year: 2026\n    holidays: [{from: 2026-02-30}]\n") ==
        "test.yml:3:23: years[1].holidays[1].from: expected a day such as 2026-10-01, found \"2026-02-30\"");
  CHECK(error_of("years:\n  - year: 2026\n    holidays: [{from: 2026-10-07, to: 2026-10-01}]\n") ==
        "test.yml:3:39: years[1].holidays[1].to: expected a day up to 31 days from 'from', found 2026-10-01");
  CHECK(error_of("years:\n  - year: 2026\n    holidays: [{from: 2025-10-01}]\n") ==
        "test.yml:3:23: years[1].holidays[1].from: 2025-10-01 stands in the year 2026; is the year right?");
  CHECK(error_of("years:\n  - year: 2026\n    working_days: [2026-09-21]\n") ==
        "test.yml:3:20: years[1].working_days: 2026-09-21 is a Monday and worked anyway; is the day right?");
  CHECK(error_of("years:\n  - year: 2026\n    holidays: [{from: 2026-10-10}]\n    working_days: [2026-10-10]\n") ==
        "test.yml:4:20: years[1].working_days: 2026-10-10 stands at line 3 already; remove one of them");
  CHECK(error_of("years: [{year: 2025}, {year: 2027}]\n") ==
        "test.yml:1:1: the years 2025 and 2027 are listed, but not 2026; add it");
  CHECK(error_of("weekend: [Sat, Sonntag]\nyears: [{year: 2026}]\n") ==
        "test.yml:1:10: weekend: expected days such as Sat, Sun, found \"Sonntag\"");
  CHECK(error_of("weekend: [Mon, Tue, Wed, Thu, Fri, Sat, Sun]\nyears: [{year: 2026}]\n") ==
        "test.yml:1:10: weekend: no day is left to work");
}

TEST_CASE("calendar: a bad file changes nothing, and a missing one is told apart") {
  FinanceCalendar calendar = chinese();
  CHECK_FALSE(calendar.add(yaml("years:\n  - year: 2027\n    holidays: [{from: 2027-01-01}, {from: soon}]\n")));
  CHECK(shown(calendar.known_until()) == "2026-12-31");
  CHECK(calendar.is_working_day(day("2027-01-01")));
  CHECK(calendar.load("/nowhere/cn.yml").error().code == Errc::no_data);
}

TEST_CASE("periods: months, quarters and years, from the first or from another day") {
  const auto text = [](const PeriodRule& rule, std::string_view at) {
    const Period period = rule.period_of(day(at));
    return to_text(period.first) + ".." + to_text(period.last) + " " + std::to_string(period.year) + "/" +
           std::to_string(period.number) + " " + std::to_string(period.days_to_close(day(at)));
  };
  CHECK(text({}, "2024-02-10") == "2024-02-01..2024-02-29 2024/2 19");
  CHECK(text({}, "2026-12-31") == "2026-12-01..2026-12-31 2026/12 0");
  CHECK(text({.length = 3}, "2026-05-31") == "2026-04-01..2026-06-30 2026/2 30");
  CHECK(text({.length = 12}, "2026-11-26") == "2026-01-01..2026-12-31 2026/1 35");
  CHECK(text({.first_day = 26}, "2026-07-25") == "2026-06-26..2026-07-25 2026/7 0");
  CHECK(text({.first_day = 26}, "2026-07-26") == "2026-07-26..2026-08-25 2026/8 30");
  CHECK(text({.first_day = 26}, "2026-12-26") == "2026-12-26..2027-01-25 2027/1 30");
  CHECK(text({.first_day = 26}, "2026-01-01") == "2025-12-26..2026-01-25 2026/1 24");
  CHECK(text({.length = 3, .first_day = 26}, "2026-03-26") == "2026-03-26..2026-06-25 2026/2 91");
  CHECK(text({.length = 12, .first_day = 26}, "2026-12-26") == "2026-12-26..2027-12-25 2027/1 364");
}

TEST_CASE("periods: they follow each other without a gap, and hold the day that was asked for") {
  for (const int length : {1, 3, 12})
    for (const unsigned first : {1U, 2U, 15U, 26U, 28U}) {
      CAPTURE(length, first);
      const PeriodRule rule{length, first};
      Period before = rule.period_of(day("2023-12-01"));
      for (Day at = day("2023-12-01"); at < day("2027-03-01"); at += days{1}) {
        const Period period = rule.period_of(at);
        CHECK((period.first <= at && at <= period.last));
        if (period.first == before.first) continue;
        CHECK(period.first == before.last + days{1});
        CHECK(period.number == before.number % (12 / length) + 1);
        before = period;
      }
    }
}
