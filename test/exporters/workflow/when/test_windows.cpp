#include "exporters/workflow/when/time_text.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::workflow::test;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

const std::string& china() {
  static const std::string kSection = "time_zone: Asia/Shanghai\nholidays: " + chinese_calendar_file() + "\n";
  return kSection;
}

// The window that is written so, in China unless another calendar is given.
Windows window(const std::string& text, const std::string& section = china()) {
  return almanac(section + "windows:\n  tested: " + text + "\n").windows.at("tested");
}

std::string error_of(const std::string& text, const std::string& others = "") {
  const Tree tree = yaml("windows:\n" + others + "  tested: " + text + "\n");
  const Result<Almanac> read = read_almanac(&tree, "calendar");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::config);
  return read.error().message;
}

// Its stretches from one time on, as far as asked: "2026-11-30 14:00:00 +0800 for 8h".
std::string stretches(const Windows& windows, WallTime from, int most, const Zone& zone) {
  std::string text;
  for (int i = 0; i < most; ++i) {
    const auto next = windows.stretch(from);
    if (!next) return text + "none\n";
    text += shown(next->start, zone) + " for " +
            std::to_string(std::chrono::duration_cast<std::chrono::minutes>(next->end - next->start).count()) + "m\n";
    from = next->end;
  }
  return text;
}

}  // namespace

TEST_CASE("windows: the month-end close, through a year of China's working days") {
  const Windows close = window(R"({days: last workday, from: "14:00", to: "22:00"})");
  const Zone shanghai = zone("Asia/Shanghai");
  CHECK(stretches(close, time("2026-01-01 00:00", shanghai), 12, shanghai) ==
        "2026-01-30 14:00:00 +0800 for 480m\n"
        "2026-02-28 14:00:00 +0800 for 480m\n"  // a worked Saturday
        "2026-03-31 14:00:00 +0800 for 480m\n"
        "2026-04-30 14:00:00 +0800 for 480m\n"
        "2026-05-29 14:00:00 +0800 for 480m\n"
        "2026-06-30 14:00:00 +0800 for 480m\n"
        "2026-07-31 14:00:00 +0800 for 480m\n"
        "2026-08-31 14:00:00 +0800 for 480m\n"
        "2026-09-30 14:00:00 +0800 for 480m\n"
        "2026-10-30 14:00:00 +0800 for 480m\n"
        "2026-11-30 14:00:00 +0800 for 480m\n"
        "2026-12-31 14:00:00 +0800 for 480m\n");
}

TEST_CASE("windows: active, current and next change, with the first instant in and the last out") {
  const Windows close = window(R"({days: last workday, from: "14:00", to: "22:00"})");
  const Zone shanghai = zone("Asia/Shanghai");
  const WallTime start = time("2026-11-30 14:00", shanghai);
  const WallTime end = time("2026-11-30 22:00", shanghai);
  CHECK_FALSE(close.active(start - 1ns));
  CHECK(close.next_change(start - 1ns) == start);
  CHECK_FALSE(close.current(start - 1ns));
  CHECK(close.active(start));
  CHECK(close.current(start) == Stretch{start, end});
  CHECK(close.next_change(start) == end);
  CHECK(close.active(end - 1ns));
  CHECK_FALSE(close.active(end));
  CHECK(shown(close.next_change(end), shanghai) == "2026-12-31 14:00:00 +0800");
}

TEST_CASE("windows: each way to say which days") {
  const Zone shanghai = zone("Asia/Shanghai");
  const auto first = [&](const std::string& words, std::string_view from, int most = 2) {
    return stretches(window("{days: " + words + ", from: \"09:00\", to: \"10:00\"}"), time(from, shanghai), most, shanghai);
  };
  const auto list = [](std::initializer_list<const char*> dates) {
    std::string text;
    for (const char* date : dates) text += std::string(date) + " 09:00:00 +0800 for 60m\n";
    return text;
  };
  CHECK(first("Mon-Fri", "2026-10-02 12:00") == list({"2026-10-05", "2026-10-06"}));
  CHECK(first("Fri-Mon", "2026-10-02 12:00", 4) == list({"2026-10-03", "2026-10-04", "2026-10-05", "2026-10-09"}));
  CHECK(first("'Tue, sunday'", "2026-10-05 12:00", 3) == list({"2026-10-06", "2026-10-11", "2026-10-13"}));
  CHECK(first("workdays", "2026-09-30 12:00", 4) == list({"2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12"}));
  CHECK(first("holidays", "2026-10-07 12:00", 2) == list({"2026-10-11", "2026-10-17"}));
  CHECK(first("workday 1-2", "2026-10-01 00:00", 3) == list({"2026-10-08", "2026-10-09", "2026-11-02"}));
  CHECK(first("workday 20..last", "2026-06-28 00:00", 2) == list({"2026-06-29", "2026-06-30"}));
  CHECK(first("last 2 workdays", "2026-11-01 00:00", 3) == list({"2026-11-27", "2026-11-30", "2026-12-30"}));
  CHECK(first("day 30..last", "2026-02-01 00:00", 3) == list({"2026-03-30", "2026-03-31", "2026-04-30"}));
  CHECK(first("day 1", "2026-02-01 10:00", 1) == list({"2026-03-01"}));
  CHECK(first("last day", "2024-02-01 00:00", 2) == list({"2024-02-29", "2024-03-31"}));
  CHECK(first("last 2 days", "2024-02-01 00:00", 2) == list({"2024-02-28", "2024-02-29"}));
  CHECK(first("2026-12-31..2027-01-01", "2026-02-01 00:00", 3) == list({"2026-12-31", "2027-01-01"}) + "none\n");
  CHECK(first("[last day, day 5]", "2026-02-01 00:00", 3) == list({"2026-02-05", "2026-02-28", "2026-03-05"}));
  CHECK(first("last workday, months: [Mar, Jun, 9, Dec]", "2026-01-01 00:00", 2) == list({"2026-03-31", "2026-06-30"}));
}

TEST_CASE("windows: past midnight, whole days, several parts and exceptions") {
  const Zone shanghai = zone("Asia/Shanghai");
  const WallTime from = time("2026-11-26 12:00", shanghai);  // Thursday
  CHECK(stretches(window(R"({days: Fri, from: "22:00", to: "02:00"})"), from, 1, shanghai) ==
        "2026-11-27 22:00:00 +0800 for 240m\n");
  CHECK(stretches(window(R"({days: Fri, from: "22:00", to: "00:00"})"), from, 1, shanghai) ==
        "2026-11-27 22:00:00 +0800 for 120m\n");
  CHECK(stretches(window("{days: Sat-Sun}"), from, 1, shanghai) == "2026-11-28 00:00:00 +0800 for 2880m\n");
  CHECK(stretches(window(R"({from: "22:00", to: "02:00", time_zone: UTC})"), from, 1, Zone()) ==
        "2026-11-26 22:00:00 +0000 for 240m\n");
  CHECK(
      stretches(
          window(
              R"([{days: Fri, from: "08:00", to: "10:00"}, {days: Fri, from: "10:00", to: "11:00"}, {days: Fri, from: "09:00", to: "09:30"}])"),
          from, 1, shanghai) == "2026-11-27 08:00:00 +0800 for 180m\n");
  CHECK(stretches(window(R"({days: Fri, except: [{from: "12:00", to: "13:00"}, {from: "23:00", to: "01:00"}]})"), from, 3,
                  shanghai) ==
        "2026-11-27 01:00:00 +0800 for 660m\n"
        "2026-11-27 13:00:00 +0800 for 600m\n"
        "2026-12-04 01:00:00 +0800 for 660m\n");
  CHECK(stretches(window(R"({days: workdays, from: "09:00", to: "18:00", except: {days: last workday}})"), from, 3, shanghai) ==
        "2026-11-26 09:00:00 +0800 for 540m\n"
        "2026-11-27 09:00:00 +0800 for 540m\n"
        "2026-12-01 09:00:00 +0800 for 540m\n");
}

TEST_CASE("windows: once, between two dates and times") {
  const Zone shanghai = zone("Asia/Shanghai");
  const Windows once = window("{from: 2026-12-31 18:00, to: 2027-01-03 06:00}");
  CHECK(stretches(once, time("2026-11-26 00:00"), 2, shanghai) == "2026-12-31 18:00:00 +0800 for 3600m\nnone\n");
  CHECK(stretches(once, time("2024-11-26 00:00"), 1, shanghai) == "2026-12-31 18:00:00 +0800 for 3600m\n");
  CHECK(stretches(once, time("2022-11-26 00:00"), 1, shanghai) == "none\n");  // more than two years ahead
}

TEST_CASE("windows: what has no end in sight says so") {
  const Windows always = window("{days: Mon-Sun}");
  const WallTime now = time("2026-11-26 00:00");
  CHECK(always.current(now) == Stretch{WallTime::min(), WallTime::max()});
  CHECK_FALSE(always.next_change(now));
  CHECK(always.active(now));
  CHECK_FALSE(always.always());  // three words mean every day, and still are asked
  CHECK(window("{}").always());
  CHECK_FALSE(window("{except: {days: Sun}}").always());
  CHECK_FALSE(window("[]").stretch(now));
  CHECK_FALSE(window("[]").active(now));
  CHECK_FALSE(window("{}").stretch(WallTime::max()));
}

TEST_CASE("windows: clocks that change make a night longer or shorter, and a skipped window does not open") {
  const std::string berlin_section = "time_zone: Europe/Berlin\n";
  const Zone berlin = zone("Europe/Berlin");
  const auto night = [&](const std::string& times, std::string_view from) {
    return stretches(window("{" + times + "}", berlin_section), time(from, berlin), 1, berlin);
  };
  CHECK(night(R"(days: Sun, from: "01:00", to: "04:00")", "2026-03-28 12:00") == "2026-03-29 01:00:00 +0100 for 120m\n");
  CHECK(night(R"(days: Sun, from: "01:00", to: "04:00")", "2026-10-24 12:00") == "2026-10-25 01:00:00 +0200 for 240m\n");
  CHECK(night(R"(days: Sun, from: "02:00", to: "02:30")", "2026-10-24 12:00") == "2026-10-25 02:00:00 +0200 for 90m\n");
  CHECK(night(R"(days: Sun, from: "02:00", to: "03:00")", "2026-03-28 12:00") == "2026-04-05 02:00:00 +0200 for 60m\n");
  CHECK(night(R"(days: Sun, from: "02:30", to: "03:30")", "2026-03-28 12:00") == "2026-03-29 03:00:00 +0200 for 30m\n");
}

// The definition, said again as a loop: open when the clock on the wall shows a time within the part of this day or of the day
// before. In the night in which an hour comes twice a part covers all from its first coming to its last, so it is left out.
TEST_CASE("windows: every time of a year is what a naive reading of the clock says") {
  struct Zoned {
    const char* name;
    const char* twice;  // the day on which an hour comes twice
  };
  const auto zoned = GENERATE(Zoned{"Asia/Shanghai", "2000-01-01"}, Zoned{"Europe/Berlin", "2026-10-25"},
                              Zoned{"America/New_York", "2026-11-01"});
  CAPTURE(zoned.name);
  const Zone here = zone(zoned.name);
  const std::string section = std::string("time_zone: ") + zoned.name + "\nholidays: " + chinese_calendar_file() + "\n";
  FinanceCalendar calendar;
  REQUIRE(calendar.load(chinese_calendar_file()));
  struct Part {
    const char* days;
    std::chrono::minutes from;
    std::chrono::minutes to;
    bool (*naive)(Day, const FinanceCalendar&);
  };
  const Part part =
      GENERATE(Part{"workdays", 9h, 18h, [](Day at, const FinanceCalendar& known) { return known.is_working_day(at); }},
               Part{"last workday", 14h, 2h,
                    [](Day at, const FinanceCalendar& known) { return known.last_working_day(month_of(at)) == at; }},
               Part{"workday 2-3", 0h, 24h,
                    [](Day at, const FinanceCalendar& known) {
                      return known.nth_working_day(month_of(at), 2) == at || known.nth_working_day(month_of(at), 3) == at;
                    }},
               Part{"Sat-Sun", 1h, 4h, [](Day at, const FinanceCalendar&) { return weekday_number(at) % 6 == 0; }},
               Part{"day 29..last", 23h, 1h, [](Day at, const FinanceCalendar&) { return day_number(at) >= 29; }});
  CAPTURE(part.days);
  const auto text = [](std::chrono::minutes at) { return "\"" + std::to_string(at / 1h) + ":00\""; };
  const Windows windows =
      window(std::string("{days: ") + part.days + ", from: " + text(part.from) + ", to: " + text(part.to) + "}", section);

  std::optional<Stretch> last;
  int wrong = 0;
  int open = 0;
  for (WallTime at = time("2026-01-01 00:00", here); at < time("2027-01-01 00:00", here); at += 90min) {
    const LocalTime local = here.local(at);
    const Day today = day_of(local);
    const auto since = local - today;
    const bool over_midnight = part.to <= part.from;
    bool naive = part.naive(today, calendar) && since >= part.from && (over_midnight || since < part.to);
    naive = naive || (over_midnight && part.naive(today - days{1}, calendar) && since < part.to);
    const bool active = windows.active(at);
    if (active != naive && to_text(today) != zoned.twice) ++wrong;
    if (active) ++open;
    // Between two changes the answer is one and the same.
    const auto now = windows.stretch(at);
    REQUIRE(now);
    if (last && at < last->end) CHECK(now == last);
    last = now;
  }
  CHECK(wrong == 0);
  CHECK(open > 0);
}

TEST_CASE("windows: one may name another, in parts and in exceptions") {
  const Almanac read = almanac(china() + R"(windows:
  close: {days: last workday, from: "14:00", to: "22:00"}
  night: {from: "20:00", to: "23:00", except: close}
  both: [close, night]
)");
  const Zone shanghai = zone("Asia/Shanghai");
  const WallTime from = time("2026-11-30 00:00", shanghai);
  CHECK(stretches(read.windows.at("night"), from, 1, shanghai) == "2026-11-30 22:00:00 +0800 for 60m\n");
  CHECK(stretches(read.windows.at("both"), from, 1, shanghai) == "2026-11-30 14:00:00 +0800 for 540m\n");
}

TEST_CASE("windows: what is wrong is named with its place and the next step") {
  CHECK(error_of("{days: last workdays}") ==
        "test.yml:2:18: calendar.windows.tested.days: unknown days \"last workdays\"; did you mean 'last workday'? (such as "
        "Mon-Fri, workdays, last workday, workday 1-5, day 25..last, 2026-12-31)");
  CHECK(error_of("{days: [Mon, day 32]}") ==
        "test.yml:2:24: calendar.windows.tested.days: \"day 32\": expected numbers from 1 to 31");
  CHECK(error_of("{days: workday 5-1}").find("\"workday 5-1\" ends before it begins") != std::string::npos);
  CHECK(error_of("{days: workday 25}").find("expected numbers from 1 to 24") != std::string::npos);
  CHECK(error_of("{days: last 40 days}").find("a month has not so many days") != std::string::npos);
  CHECK(error_of("{days: day last}").find("write \"last day\" for \"day last\"") != std::string::npos);
  CHECK(error_of("{days: 2026-02-30}").find("expected a day such as 2026-12-31") != std::string::npos);
  CHECK(error_of("{days: ''}").find("unknown days") != std::string::npos);
  CHECK(error_of("{months: Mrz}").find("test.yml:2:20: calendar.windows.tested.months: expected months") == 0);
  CHECK(error_of("{from: 25:00}") ==
        "test.yml:2:18: calendar.windows.tested.from: expected a time of day such as \"14:00\", found \"25:00\"");
  CHECK(error_of("{from: 14:00, to: 14:00}") ==
        "test.yml:2:29: calendar.windows.tested.to: the window ends when it begins; leave out both for the whole day");
  CHECK(error_of("{from: 24:00, to: 10:00}").find("write 00:00 of the next day") != std::string::npos);
  CHECK(
      error_of("{from: 2026-12-31 18:00, to: 06:00}") ==
      "test.yml:2:40: calendar.windows.tested.to: expected a date and time such as 2026-12-31 18:00, as at the window's other "
      "end");
  CHECK(error_of("{from: 2026-12-31 18:00, to: 2026-12-31 17:00}").find("the window ends before it begins") !=
        std::string::npos);
  CHECK(error_of("{from: 2026-12-31 18:00, to: 2026-12-31 19:00, days: Mon}").find("has dates at its ends already") !=
        std::string::npos);
  CHECK(error_of("{day: Mon}").find("unknown key 'day'; did you mean 'days'?") != std::string::npos);
  CHECK(error_of("{time_zone: Asia/Shangai}").find("did you mean 'Asia/Shanghai'?") != std::string::npos);
  CHECK(error_of("clos", "  close: {days: last day}\n") ==
        "test.yml:3:11: calendar.windows.tested: no window is named 'clos'; did you mean 'close'?");
  CHECK(error_of("later") ==
        "test.yml:2:11: calendar.windows.tested: no window is named 'later'; name it in calendar.windows first");
  CHECK(error_of("[[]]").find("a list in a list of windows") != std::string::npos);
  CHECK(error_of("").find("expected a window such as {days: Mon-Fri") != std::string::npos);
}

TEST_CASE("windows: names that multiply are stopped") {
  std::string others = "  w0: [{}, {}]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "w" + std::to_string(i - 1);
    others += "  w" + std::to_string(i) + ": [" + before + ", " + before + "]\n";
  }
  CHECK(error_of("w39", others).find("more than 500 parts") != std::string::npos);
  std::string nested = "  w0: [{}, {}]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "w" + std::to_string(i - 1);
    nested += "  w" + std::to_string(i) + ": {except: [" + before + ", " + before + "]}\n";
  }
  CHECK(error_of("w39", nested).find("more than 500 parts") != std::string::npos);
}

TEST_CASE("almanac: without a section it is UTC, weekends and months") {
  const Result<Almanac> none = read_almanac(nullptr, "calendar");
  REQUIRE(none);
  CHECK(none->zone.name() == "UTC");
  CHECK(none->windows.empty());
  CHECK_FALSE(none->calendar->known_until());
  CHECK(none->period.length == 1);
}

TEST_CASE("almanac: zone, holidays and periods, and what is wrong with them") {
  const Almanac read = almanac(china() + "period: {length: quarter, first_day: 26}\n");
  CHECK(read.zone.name() == "Asia/Shanghai");
  CHECK(read.calendar->known_until() == day("2026-12-31"));
  CHECK(read.period.length == 3);
  CHECK(read.period.first_day == 26);
  CHECK(almanac("period: year\n").period.length == 12);
  const auto error = [](const std::string& text) {
    const Tree tree = yaml(text);
    const Result<Almanac> bad = read_almanac(&tree, "calendar");
    REQUIRE_FALSE(bad);
    return bad.error().message;
  };
  CHECK(error("time_zone: Europe/Berlim\n") ==
        "test.yml:1:12: calendar.time_zone: unknown time zone 'Europe/Berlim'; did you mean 'Europe/Berlin'?");
  CHECK(error("period: monthly\n") ==
        "test.yml:1:9: calendar.period: expected month, quarter or year, found \"monthly\"; did you mean 'month'?");
  CHECK(error("period: {first_day: 29}\n")
            .find("test.yml:1:21: calendar.period.first_day: expected a whole number from 1 to 28") == 0);
  CHECK(error("holidays: [/nowhere/cn.yml]\n").find("test.yml:1:12: calendar.holidays: /nowhere/cn.yml") == 0);
  CHECK(error("holiday: x\n").find("unknown key 'holiday'; did you mean 'holidays'?") != std::string::npos);
}
