#include "conf/zone.h"

#include "support/time_text.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;

TEST_CASE("zone: UTC needs no rules, and others are read by name") {
  CHECK(Zone().name() == "UTC");
  CHECK(shown(WallTime{}, Zone()) == "1970-01-01 00:00:00 +0000");
  CHECK(zone("Asia/Shanghai").name() == "Asia/Shanghai");
  CHECK(shown(time("2026-11-26 10:30", zone("Asia/Shanghai"))) == "2026-11-26 02:30:00 +0000");
  CHECK(shown(time("2026-07-01 12:00"), zone("America/New_York")) == "2026-07-01 08:00:00 -0400");
  CHECK(shown(time("2026-01-01 12:00"), zone("Asia/Kolkata")) == "2026-01-01 17:30:00 +0530");
}

TEST_CASE("zone: seconds are rounded down, before 1970 as well") {
  CHECK(shown(WallTime{} + 1999ms) == "1970-01-01 00:00:01 +0000");
  CHECK(shown(WallTime{} - 1ms) == "1969-12-31 23:59:59 +0000");
}

TEST_CASE("zone: a time that clocks skip is when they go forward") {
  const Zone berlin = zone("Europe/Berlin");  // 29 March 2026: 02:00 becomes 03:00
  CHECK(shown(time("2026-03-29 01:59", berlin)) == "2026-03-29 00:59:00 +0000");
  for (const char* skipped : {"2026-03-29 02:00", "2026-03-29 02:30", "2026-03-29 02:59", "2026-03-29 03:00"})
    CHECK(shown(time(skipped, berlin)) == "2026-03-29 01:00:00 +0000");
  CHECK(time("2026-03-29 02:30", berlin, Zone::Coming::last) == time("2026-03-29 03:00", berlin));
}

TEST_CASE("zone: a time that comes twice is its first coming, or the last when asked") {
  const Zone new_york = zone("America/New_York");  // 1 November 2026: 02:00 becomes 01:00
  CHECK(shown(time("2026-11-01 01:30", new_york)) == "2026-11-01 05:30:00 +0000");
  CHECK(shown(time("2026-11-01 01:30", new_york, Zone::Coming::last)) == "2026-11-01 06:30:00 +0000");
  CHECK(time("2026-11-01 02:00", new_york) == time("2026-11-01 02:00", new_york, Zone::Coming::last));
}

TEST_CASE("zone: there and back is the same instant all year, but in the hour that comes twice") {
  for (const char* name :
       {"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"}) {
    CAPTURE(name);
    const Zone here = zone(name);
    int repeated = 0;
    WallTime at = time("2024-01-01 00:00");
    for (int i = 0; i < 366 * 48; ++i, at += 30min) {
      const WallTime first = here.instant(here.local(at));
      if (first == at) continue;
      ++repeated;
      CHECK(here.instant(here.local(at), Zone::Coming::last) == at);
    }
    CHECK(repeated <= 2);
  }
}

TEST_CASE("zone: by how much clocks are ahead of UTC, and since when") {
  const auto told = [](std::string_view name) {
    std::string out;
    for (const Zone::Offset& offset : zone(name).offsets(time("2026-01-01 00:00"), time("2027-01-01 00:00")))
      out += shown(offset.since, Zone()) + " " + std::to_string(offset.ahead.count()) + "; ";
    return out;
  };
  CHECK(told("UTC") == "2026-01-01 00:00:00 +0000 0; ");
  CHECK(told("Asia/Shanghai") == "2026-01-01 00:00:00 +0000 28800; ");
  CHECK(told("Europe/Berlin") ==
        "2026-01-01 00:00:00 +0000 3600; 2026-03-29 01:00:00 +0000 7200; 2026-10-25 01:00:00 +0000 3600; ");
}

TEST_CASE("zone: an unknown zone is refused with the nearest one") {
  const auto message = [](std::string_view name) { return Zone::find(name).error().message; };
  CHECK(message("Asia/Shangai") == "unknown time zone 'Asia/Shangai'; did you mean 'Asia/Shanghai'?");
  CHECK(message("Europe/berlin") == "unknown time zone 'Europe/berlin'; did you mean 'Europe/Berlin'?");
  CHECK(message("shanghai") == "unknown time zone 'shanghai'; did you mean 'Asia/Shanghai'?");
  CHECK(message("Moon/Crater") ==
        "unknown time zone 'Moon/Crater'; take a name from /usr/share/zoneinfo, such as Asia/Shanghai");
  CHECK(message("../../etc/passwd").starts_with("unknown time zone"));
  CHECK(Zone::find("").error().code == Errc::config);
}

TEST_CASE("dates: only what a calendar has") {
  CHECK(parse_day("2024-02-29"));
  for (const char* wrong : {"2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "26-01-01", "2026/01/01", "2026-01-01 ",
                            "1969-12-31", "2200-01-01", "+026-01-01", ""}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_day(wrong));
  }
  CHECK(parse_time_of_day("9:05") == 545min);
  CHECK(parse_time_of_day("24:00") == 24h);
  for (const char* wrong : {"24:01", "25:00", "12:60", "12:5", "12", ":30", "-1:00", "12:00:00"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_time_of_day(wrong));
  }
  CHECK(parse_local_time("2026-12-31T18:00") == parse_local_time("2026-12-31 18:00"));
  CHECK_FALSE(parse_local_time("2026-12-31"));
  CHECK(to_text(last_day(month_of(day("2024-02-10")))) == "2024-02-29");
  CHECK(parse_weekday("sunday") == 0U);
  CHECK(parse_month("Dec") == 12U);
  CHECK_FALSE(parse_weekday("Mo"));
}
