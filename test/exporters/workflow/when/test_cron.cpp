#include "exporters/workflow/when/time_text.h"
#include "workflow/when/cron.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::workflow::test;
using namespace std::chrono_literals;

namespace {

const FinanceCalendar& china() {
  static const FinanceCalendar kCalendar = [] {
    FinanceCalendar calendar;
    REQUIRE(calendar.load(chinese_calendar_file()));
    return calendar;
  }();
  return kCalendar;
}

CronLine line(std::string_view text) {
  const Result<CronLine> parsed = CronLine::parse(text);
  INFO((parsed ? std::string() : parsed.error().message));
  REQUIRE(parsed);
  return *parsed;
}

// The next times after one, a line each.
std::string next(std::string_view text, std::string_view after, int most, std::string_view zone_name = "UTC") {
  const Zone here = zone(zone_name);
  const CronLine cron = line(text);
  std::string all;
  WallTime at = time(after, here);
  for (int i = 0; i < most; ++i) {
    const auto found = cron.next(at, here, china());
    all += shown(found, here) + "\n";
    if (!found) break;
    at = *found;
  }
  return all;
}

std::string error_of(std::string_view text) {
  const Result<CronLine> parsed = CronLine::parse(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Errc::config);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("cron: fields, lists, ranges, steps and names") {
  CHECK(next("30 9 * * Mon-Fri", "2026-11-27 09:30", 2) == "2026-11-30 09:30:00 +0000\n2026-12-01 09:30:00 +0000\n");
  CHECK(next("*/20 8,20 * * *", "2026-11-26 08:30", 3) ==
        "2026-11-26 08:40:00 +0000\n2026-11-26 20:00:00 +0000\n2026-11-26 20:20:00 +0000\n");
  CHECK(next("5-10/5,40/10 0 1 jan,JUL *", "2026-01-01 00:00", 5) ==
        "2026-01-01 00:05:00 +0000\n2026-01-01 00:10:00 +0000\n2026-01-01 00:40:00 +0000\n2026-01-01 00:50:00 +0000\n"
        "2026-07-01 00:05:00 +0000\n");
  CHECK(next("0 0 * * 7", "2026-11-26 00:00", 1) == "2026-11-29 00:00:00 +0000\n");
  CHECK(next("0 0 * * Fri-Sun", "2026-11-28 00:00", 2) == "2026-11-29 00:00:00 +0000\n2026-12-04 00:00:00 +0000\n");
  CHECK(next("0 0 29 2 *", "2096-03-01 00:00", 1) == "2104-02-29 00:00:00 +0000\n");
  CHECK(next("  0\t0  1 1 *  ", "2026-06-01 00:00", 1) == "2027-01-01 00:00:00 +0000\n");
}

TEST_CASE("cron: two day fields mean either, unless one begins with a star") {
  CHECK(next("0 0 13 * Fri", "2026-11-01 00:00", 4) ==
        "2026-11-06 00:00:00 +0000\n2026-11-13 00:00:00 +0000\n2026-11-20 00:00:00 +0000\n2026-11-27 00:00:00 +0000\n");
  CHECK(next("0 0 1 * Sun", "2026-11-25 00:00", 2) == "2026-11-29 00:00:00 +0000\n2026-12-01 00:00:00 +0000\n");
  CHECK(next("0 0 */2 * Fri", "2026-11-01 00:00", 2) == "2026-11-13 00:00:00 +0000\n2026-11-27 00:00:00 +0000\n");
  CHECK(next("0 0 31 2 Mon", "2026-02-01 00:00", 1) == "2026-02-02 00:00:00 +0000\n");
}

TEST_CASE("cron: the last day and the last working day") {
  CHECK(next("0 18 L * *", "2024-02-01 00:00", 2) == "2024-02-29 18:00:00 +0000\n2024-03-31 18:00:00 +0000\n");
  CHECK(next("0 18 LW * *", "2026-01-01 00:00", 2) == "2026-01-30 18:00:00 +0000\n2026-02-28 18:00:00 +0000\n");
  CHECK(next("0 18 15,W * *", "2026-05-01 00:00", 2) == "2026-05-15 18:00:00 +0000\n2026-05-29 18:00:00 +0000\n");
  CHECK(next("0 18 L 2 *", "2026-03-01 00:00", 1) == "2027-02-28 18:00:00 +0000\n");
}

TEST_CASE("cron: nicknames and a zone of the line's own") {
  CHECK(next("@hourly", "2026-11-26 10:30", 1) == "2026-11-26 11:00:00 +0000\n");
  CHECK(next("@Daily", "2026-11-26 10:30", 1) == "2026-11-27 00:00:00 +0000\n");
  CHECK(next("@weekly", "2026-11-26 10:30", 1) == "2026-11-29 00:00:00 +0000\n");
  CHECK(next("@monthly", "2026-11-26 10:30", 1) == "2026-12-01 00:00:00 +0000\n");
  CHECK(next("@annually", "2026-11-26 10:30", 1) == "2027-01-01 00:00:00 +0000\n");
  CHECK(next("CRON_TZ=Asia/Shanghai 0 9 * * *", "2026-11-26 00:00", 1) == "2026-11-26 01:00:00 +0000\n");
  CHECK(next("TZ=Asia/Shanghai @daily", "2026-11-26 00:00", 1, "Europe/Berlin") == "2026-11-26 17:00:00 +0100\n");
}

TEST_CASE("cron: a skipped time runs once, when clocks have gone forward") {
  CHECK(next("30 2 * * *", "2026-03-28 12:00", 2, "Europe/Berlin") == "2026-03-29 03:00:00 +0200\n2026-03-30 02:30:00 +0200\n");
  CHECK(next("*/10 2,3 * * *", "2026-03-29 00:00", 2, "Europe/Berlin") ==
        "2026-03-29 03:00:00 +0200\n2026-03-29 03:10:00 +0200\n");
  CHECK(next("0 0 * * *", "2018-11-03 12:00", 2, "America/Sao_Paulo") ==
        "2018-11-04 01:00:00 -0200\n2018-11-05 00:00:00 -0200\n");
  CHECK(next("0 12 30 12 *", "2011-12-01 00:00", 1, "Pacific/Apia") == "2011-12-31 00:00:00 +1400\n");
}

TEST_CASE("cron: a time that comes twice runs once, at its first coming") {
  CHECK(next("30 1 * * *", "2026-11-01 00:00", 2, "America/New_York") ==
        "2026-11-01 01:30:00 -0400\n2026-11-02 01:30:00 -0500\n");
  const Zone new_york = zone("America/New_York");
  // Asked between the two comings, and after the second.
  const CronLine cron = line("30 1 * * *");
  for (const char* after : {"2026-11-01 01:15", "2026-11-01 01:45"})
    CHECK(shown(cron.next(time(after, new_york, Zone::Coming::last), new_york, china()), new_york) ==
          "2026-11-02 01:30:00 -0500");
}

TEST_CASE("cron: a line for every hour follows the hours as they pass") {
  CHECK(next("30 * * * *", "2026-11-01 00:45", 3, "America/New_York") ==
        "2026-11-01 01:30:00 -0400\n2026-11-01 01:30:00 -0500\n2026-11-01 02:30:00 -0500\n");
  CHECK(next("30 * * * *", "2026-03-29 01:00", 2, "Europe/Berlin") == "2026-03-29 01:30:00 +0100\n2026-03-29 03:30:00 +0200\n");
  CHECK(next("*/30 * * * *", "2026-04-05 01:15", 4, "Australia/Lord_Howe") ==
        "2026-04-05 01:30:00 +1100\n2026-04-05 01:30:00 +1030\n2026-04-05 02:00:00 +1030\n2026-04-05 02:30:00 +1030\n");
  CHECK(next("0 * 31 12 *", "2026-12-31 23:00", 1) == "2027-12-31 00:00:00 +0000\n");
}

// The definition, said again as a loop over the minutes on the wall.
TEST_CASE("cron: a year of every line is what a loop over all minutes finds") {
  const char* name = GENERATE("Asia/Shanghai", "Europe/Berlin", "America/New_York");
  struct Case {
    const char* text;
    bool (*fits)(Day, int hour, int minute);
  };
  const Case one = GENERATE(
      Case{"15 2 * * *", [](Day, int hour, int minute) { return hour == 2 && minute == 15; }},
      Case{"0,30 1-3 * * *", [](Day, int hour, int minute) { return hour >= 1 && hour <= 3 && minute % 30 == 0; }},
      Case{"0 9 1,15 * Mon",
           [](Day at, int hour, int minute) {
             return hour == 9 && minute == 0 && (day_number(at) == 1 || day_number(at) == 15 || weekday_number(at) == 1);
           }},
      Case{"45 23 L Feb,Oct *",
           [](Day at, int hour, int minute) {
             const unsigned month = month_number(month_of(at));
             return hour == 23 && minute == 45 && (month == 2 || month == 10) && last_day(month_of(at)) == at;
           }},
      Case{"30 1 LW * *", [](Day at, int hour, int minute) {
             return hour == 1 && minute == 30 && china().last_working_day(month_of(at)) == at;
           }});
  CAPTURE(name, one.text);
  const Zone here = zone(name);
  std::vector<WallTime> expected;
  for (Day at = day("2026-01-01"); at < day("2027-01-01"); at += std::chrono::days{1})
    for (int minute = 0; minute < 24 * 60; ++minute) {
      if (!one.fits(at, minute / 60, minute % 60)) continue;
      const WallTime when = here.instant(at + std::chrono::minutes{minute});
      if (expected.empty() || expected.back() != when) expected.push_back(when);  // skipped times meet at one instant
    }
  const CronLine cron = line(one.text);
  std::vector<WallTime> found;
  WallTime at = time("2026-01-01 00:00", here) - 1ns;
  for (auto when = cron.next(at, here, china()); when && *when < time("2027-01-01 00:00", here);
       when = cron.next(*when, here, china()))
    found.push_back(*when);
  CHECK(found == expected);
}

TEST_CASE("cron: next is the same wherever between two starts it is asked") {
  const CronLine cron = line("7,37 */5 * * *");
  const Zone berlin = zone("Europe/Berlin");
  WallTime at = time("2026-03-27 00:00");
  for (int i = 0; i < 40; ++i) {
    const auto when = cron.next(at, berlin, china());
    REQUIRE(when);
    REQUIRE(*when > at);
    CHECK(cron.next(at + (*when - at) / 2, berlin, china()) == when);
    CHECK(cron.next(*when - 1ns, berlin, china()) == when);
    at = *when;
  }
}

TEST_CASE("cron: what can never come true is refused, and nothing loops for ever") {
  CHECK(error_of("0 0 31 2 *") == "never comes true: no month of the line has a day 31; write L for the last day");
  CHECK(error_of("0 0 30,31 Feb *").find("has a day 30") != std::string::npos);
  CHECK(error_of("0 0 31 4,6,9,11 *").find("has a day 31") != std::string::npos);
  CHECK(next("0 0 29 2 */3", "2026-01-01 00:00", 1) ==
        "2032-02-29 00:00:00 +0000\n");  // the next on a Sunday, Wednesday or Saturday
  CHECK_FALSE(line("0 0 1 1 *").next(WallTime::max(), Zone(), china()));
  CHECK_FALSE(line("0 0 1 1 *").next(WallTime::min(), Zone(), china()));
}

TEST_CASE("cron: what is wrong is named by its field") {
  CHECK(error_of("60 * * * *") == "minute: expected numbers from 0 to 59, found \"60\"");
  CHECK(error_of("* 24 * * *") == "hour: expected numbers from 0 to 23, found \"24\"");
  CHECK(error_of("* * 0 * *") == "day of month: expected numbers from 1 to 31, L or LW, found \"0\"");
  CHECK(error_of("* * * 13 *") == "month: expected numbers from 1 to 12, or names, found \"13\"");
  CHECK(error_of("* * * * 8") == "weekday: expected numbers from 0 to 7, or names, found \"8\"");
  CHECK(error_of("* * * * 5L").find("weekday: expected numbers") == 0);
  CHECK(error_of("5-1 * * * *") == "minute: the range runs backwards; write two with a comma between, found \"5-1\"");
  CHECK(error_of("*/0 * * * *").find("expected a step from 1 to 59 after the /") != std::string::npos);
  CHECK(error_of("*/x * * * *").find("expected a step") != std::string::npos);
  CHECK(error_of("1, * * * *").find("nothing follows the comma") != std::string::npos);
  CHECK(error_of(",1 * * * *").find("minute: expected numbers") == 0);
  CHECK(error_of("* * * *") == "expected 5 fields, minute hour day-of-month month weekday, found 4");
  CHECK(error_of("0 * * * * *").find("found 6; seconds and years are not cron's") != std::string::npos);
  CHECK(error_of("") == "expected 5 fields, minute hour day-of-month month weekday, found 0");
  CHECK(error_of("@hourley") == "unknown cron line \"@hourley\"; did you mean '@hourly'?");
  CHECK(error_of("@reboot").find("unknown cron line") == 0);
  CHECK(error_of("TZ=Asia/Shangai 0 0 * * *").find("did you mean 'Asia/Shanghai'?") != std::string::npos);
}
