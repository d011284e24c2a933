#include <algorithm>
#include <array>
#include <map>

#include "exporters/workflow/when/time_text.h"
#include "workflow/when/schedule.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::workflow::test;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

const char* const kChina = "time_zone: Asia/Shanghai\n";

SchedulePlan plan(const std::string& text, const std::string& calendar = kChina) {
  const Tree tree = yaml(text);
  Result<SchedulePlan> read = read_schedule(tree, "schedule", almanac(calendar));
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  return *read;
}

std::string error_of(const std::string& text, const std::string& calendar = kChina) {
  const Tree tree = yaml(text);
  const Result<SchedulePlan> read = read_schedule(tree, "schedule", almanac(calendar));
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::config);
  return read.error().message;
}

WallTime here(std::string_view text) { return time(text, zone("Asia/Shanghai")); }
std::string text(const std::optional<WallTime>& at) { return shown(at, zone("Asia/Shanghai")); }

// Runs a schedule for a while with runs of a given length; its starts.
std::vector<WallTime> run(Schedule& schedule, WallTime from, WallTime to, nanoseconds length, bool ok = true) {
  std::vector<WallTime> starts;
  WallTime at = from;
  while (const auto next = schedule.next()) {
    at = std::max(at, *next);
    if (at >= to) break;
    if (!schedule.due(at)) continue;
    starts.push_back(at);
    at += length;
    schedule.finished(at, ok);
  }
  return starts;
}

}  // namespace

TEST_CASE("schedule: an interval keeps its grid, whatever a run takes and whenever the program starts") {
  const SchedulePlan every = plan("{every: 60s, jitter: 0s}");
  Schedule one(every, "voucher-entry", 1, here("2026-11-26 10:00"));
  Schedule other(every, "voucher-entry", 2, here("2026-11-26 10:30") + 17s);
  const auto starts = run(one, here("2026-11-26 10:00"), here("2026-11-26 11:00"), 20s);
  CHECK(starts.size() == 60);
  for (std::size_t i = 1; i < starts.size(); ++i) CHECK(starts[i] - starts[i - 1] == 60s);
  const auto later = run(other, here("2026-11-26 10:30") + 17s, here("2026-11-26 11:00"), 1s);
  CHECK(std::equal(later.rbegin(), later.rend(), starts.rbegin()));
  CHECK(one.overruns() == 0);
  CHECK(one.lag() == 0s);
}

TEST_CASE("schedule: a thousand flows are spread evenly over the interval") {
  const SchedulePlan every = plan("{every: 60s, jitter: 0s}");
  std::array<int, 12> starts{};  // in each five seconds: 83 on average
  for (int flow = 0; flow < 1000; ++flow) {
    const Schedule schedule(every, "flow-" + std::to_string(flow), 7, here("2026-11-26 10:00"));
    REQUIRE(schedule.next());
    ++starts[static_cast<std::size_t>((*schedule.next() - here("2026-11-26 10:00") - 1ns) / 5s)];
  }
  for (const int count : starts) CHECK((count >= 53 && count <= 118));
}

TEST_CASE("schedule: jitter is bounded, differs from start to start, and is the seed's") {
  const SchedulePlan jittered = plan("{every: 60s, jitter: 20s}");
  const SchedulePlan plain = plan("{every: 60s, jitter: 0s}");
  const WallTime from = here("2026-11-26 10:00");
  const auto starts = [&](const SchedulePlan& chosen, std::uint64_t seed) {
    Schedule schedule(chosen, "flow", seed, from);
    return run(schedule, from, from + 61min, 1s);
  };
  const auto grid = starts(plain, 1);
  const auto moved = starts(jittered, 1);
  nanoseconds least = 1h;
  nanoseconds most{};
  for (std::size_t i = 0; i < 60; ++i) {
    const nanoseconds by = moved[i] - grid[i];
    least = std::min(least, by);
    most = std::max(most, by);
  }
  CHECK(least >= 0s);
  CHECK(least < 4s);
  CHECK(most < 20s);
  CHECK(most > 16s);
  CHECK(starts(jittered, 1) == moved);
  CHECK(starts(jittered, 2) != moved);
  CHECK(plan("{every: 60s}").jitter == 3s);
  CHECK(plan("{every: 1h}").jitter == 10s);
  CHECK(plan("{cron: '@daily'}").jitter == 0s);
}

TEST_CASE("schedule: one run at a time; what passes meanwhile is an overrun and not made up") {
  Schedule schedule(plan("{every: 60s, jitter: 0s}"), "slow", 1, here("2026-11-26 10:00"));
  const WallTime first = *schedule.next();
  CHECK_FALSE(schedule.due(first - 1ns));
  CHECK(schedule.due(first));
  CHECK(schedule.running());
  CHECK_FALSE(schedule.due(first + 59s));
  CHECK(schedule.overruns() == 0);
  CHECK_FALSE(schedule.due(first + 130s));
  CHECK(schedule.overruns() == 2);
  CHECK(schedule.next() == first + 180s);
  schedule.finished(first + 250s, true);
  CHECK_FALSE(schedule.running());
  CHECK(schedule.overruns() == 4);
  CHECK(schedule.next() == first + 300s);
  CHECK_FALSE(schedule.due(first + 251s));
  CHECK(schedule.due(first + 300s + 400ms));
  CHECK(schedule.lag() == 400ms);
  schedule.finished(first + 301s, true);
  schedule.finished(first + 302s, false);  // of no run
  CHECK(schedule.next() == first + 360s);
}

TEST_CASE("schedule: a cron line by the calendar, in its zone") {
  const std::string china = std::string(kChina) + "holidays: " + chinese_calendar_file() + "\n";
  Schedule schedule(plan("{cron: 30 17 LW * *}", china), "close", 1, here("2026-01-01 00:00"));
  const auto starts = run(schedule, here("2026-01-01 00:00"), here("2026-04-01 00:00"), 1h);
  REQUIRE(starts.size() == 3);
  CHECK(text(starts[1]) == "2026-02-28 17:30:00 +0800");
  Schedule berlin(plan("{cron: 0 9 * * *, time_zone: Europe/Berlin}"), "morning", 1, here("2026-07-01 00:00"));
  CHECK(shown(berlin.next()) == "2026-07-01 07:00:00 +0000");
}

TEST_CASE("schedule: only in windows, outside of others, and by default outside of maintenance and blackout") {
  const std::string calendar = std::string(kChina) + R"(windows:
  office: {days: Mon-Fri, from: "09:00", to: "18:00"}
  maintenance: {days: Thu, from: "12:00", to: "13:00"}
  blackout: {from: 2026-11-26 15:00, to: 2026-11-26 15:30}
)";
  const auto hours = [&](const std::string& schedule) {
    Schedule flow(plan(schedule, calendar), "office-flow", 1, here("2026-11-26 00:00"));  // a Thursday
    std::map<int, int> count;
    for (const WallTime at : run(flow, here("2026-11-26 00:00"), here("2026-11-27 00:00"), 1s))
      ++count[static_cast<int>((at - here("2026-11-26 00:00")) / 1h)];
    return count;
  };
  CHECK(hours("{every: 10m, only: office}") ==
        std::map<int, int>{{9, 6}, {10, 6}, {11, 6}, {13, 6}, {14, 6}, {15, 3}, {16, 6}, {17, 6}});
  CHECK(hours("{every: 10m, only: office, outside: []}").size() == 9);
  CHECK(hours("{every: 10m, only: [office, {from: '20:00', to: '21:00'}], outside: blackout}")[20] == 6);
  CHECK(hours("{every: 10m}").size() == 23);
  CHECK(hours("{cron: 30 * * * *, only: office}") ==
        std::map<int, int>{{9, 1}, {10, 1}, {11, 1}, {13, 1}, {14, 1}, {15, 1}, {16, 1}, {17, 1}});
}

TEST_CASE("schedule: a window too short for the grid has a start of its own, at the flow's place") {
  const std::string calendar = std::string(kChina) + R"(windows: {close: {days: last day, from: "14:00", to: "14:30"}})" + "\n";
  std::map<int, int> minutes;
  for (int flow = 0; flow < 60; ++flow) {
    Schedule schedule(plan("{every: 7d, jitter: 0s, only: close}", calendar), "flow-" + std::to_string(flow), 1,
                      here("2026-01-01 00:00"));
    const auto starts = run(schedule, here("2026-01-01 00:00"), here("2027-01-01 00:00"), 1min);
    CHECK(starts.size() == 12);
    const nanoseconds since = starts[0] - here("2026-01-31 14:00");
    CHECK((since >= 0s && since < 30min));
    ++minutes[static_cast<int>(since / 5min)];
  }
  CHECK(minutes.size() == 6);
}

TEST_CASE("schedule: jitter never carries a start out of its window") {
  const std::string calendar = std::string(kChina) + R"(windows: {short: {from: "14:00", to: "14:01"}})" + "\n";
  for (int flow = 0; flow < 50; ++flow) {
    Schedule schedule(plan("{every: 1h, jitter: 30m, only: short}", calendar), "flow-" + std::to_string(flow), 1,
                      here("2026-11-01 00:00"));
    CHECK(run(schedule, here("2026-11-01 00:00"), here("2026-11-11 00:00"), 1s).size() == 10);
  }
}

TEST_CASE("schedule: a start that comes too late for its window does not happen") {
  const std::string calendar = std::string(kChina) + R"(windows: {office: {from: "09:00", to: "18:00"}})" + "\n";
  Schedule schedule(plan("{cron: 59 17 * * *, only: office}", calendar), "late", 1, here("2026-11-26 12:00"));
  CHECK_FALSE(schedule.due(here("2026-11-26 18:30")));  // postponed
  CHECK_FALSE(schedule.due(here("2026-11-26 18:32")));
  CHECK(text(schedule.next()) == "2026-11-27 17:59:00 +0800");
  CHECK(schedule.due(here("2026-11-27 17:59")));
}

TEST_CASE("schedule: after a failure it looks again sooner, a few times, until it is well") {
  Schedule schedule(plan("{every: 10m, jitter: 0s, on_failure: {every: 1m, most: 3}}"), "flow", 1, here("2026-11-26 10:00"));
  const WallTime first = *schedule.next();
  WallTime at = first;
  for (int again = 0; again < 3; ++again) {
    CHECK(schedule.due(at));
    schedule.finished(at + 5s, false);
    CHECK(schedule.next() == at + 65s);
    at += 65s;
  }
  CHECK(schedule.due(at));
  schedule.finished(at + 5s, false);
  CHECK(schedule.next() == first + 10min);  // three were enough: as ever, until it is well again
  CHECK(schedule.due(first + 10min));
  schedule.finished(first + 10min + 5s, false);
  CHECK(schedule.next() == first + 20min);
  CHECK(schedule.due(first + 20min));
  schedule.finished(first + 20min + 5s, true);
  CHECK(schedule.due(first + 30min));
  schedule.finished(first + 30min + 5s, false);
  CHECK(schedule.next() == first + 31min + 5s);
  CHECK(schedule.overruns() == 0);
}

TEST_CASE("schedule: a re-check gives way to a regular start and to a closed window") {
  const std::string calendar = std::string(kChina) + R"(windows: {office: {from: "09:00", to: "18:00"}})" + "\n";
  Schedule near(plan("{every: 60s, jitter: 0s, on_failure: {every: 2m}}"), "flow", 1, here("2026-11-26 10:00"));
  const WallTime first = *near.next();
  CHECK(near.due(first));
  near.finished(first + 1s, false);
  CHECK(near.next() == first + 60s);
  Schedule late(plan("{cron: 59 17 * * *, only: office, on_failure: {every: 5m}}", calendar), "flow", 1,
                here("2026-11-26 10:00"));
  CHECK(late.due(here("2026-11-26 17:59")));
  late.finished(here("2026-11-26 17:59") + 30s, false);
  CHECK(text(late.next()) == "2026-11-27 17:59:00 +0800");
}

TEST_CASE("schedule: a machine that slept makes no burst") {
  const SchedulePlan every = plan("{every: 60s, jitter: 0s}");
  const auto slept = GENERATE(30s, 8h, 24h * 365);
  CAPTURE(slept / 1s);
  const WallTime asleep = here("2026-11-26 10:00");
  const WallTime awake = asleep + slept;
  std::map<int, int> starts;  // by second since it woke
  int most_of_one = 0;
  for (int flow = 0; flow < 1000; ++flow) {
    Schedule schedule(every, "flow-" + std::to_string(flow), 3, asleep);
    int of_one = 0;
    for (int second = 0; second < 120; ++second) {
      if (!schedule.due(awake + std::chrono::seconds{second})) continue;
      ++starts[second];
      ++of_one;
      schedule.finished(awake + std::chrono::seconds{second}, true);
    }
    most_of_one = std::max(most_of_one, of_one);
  }
  CHECK(most_of_one <= 3);  // one late, two regular
  // Steady is 16.7 a second; while what was late is made up, twice that.
  for (const auto& [second, count] : starts) {
    CAPTURE(second);
    CHECK(count <= (second == 0 ? 120 : 70));
  }
}

TEST_CASE("schedule: late cron lines are made up once, within a minute") {
  const SchedulePlan nightly = plan("{cron: 0 2 * * *}");
  std::map<int, int> seconds;
  for (int flow = 0; flow < 300; ++flow) {
    Schedule schedule(nightly, "flow-" + std::to_string(flow), 3, here("2026-11-26 00:00"));
    const WallTime awake = here("2026-11-28 08:00");  // three nights were missed
    CHECK_FALSE(schedule.due(awake));
    REQUIRE(schedule.next());
    const WallTime again = *schedule.next();
    CHECK((again >= awake && again < awake + 60s));
    ++seconds[static_cast<int>((again - awake) / 10s)];
    CHECK(schedule.due(again));
    CHECK(schedule.lag() == again - here("2026-11-26 02:00"));
    schedule.finished(again + 1s, true);
    CHECK(text(schedule.next()) == "2026-11-29 02:00:00 +0800");
  }
  CHECK(seconds.size() == 6);
}

TEST_CASE("schedule: a loop that is always late still starts everything") {
  Schedule schedule(plan("{every: 60s, jitter: 0s}"), "flow", 3, here("2026-11-26 10:00"));
  int starts = 0;
  for (WallTime at = here("2026-11-26 10:00"); at < here("2026-11-26 11:00"); at += 17s)
    if (schedule.due(at)) {
      ++starts;
      schedule.finished(at, true);
    }
  CHECK(starts >= 35);
}

TEST_CASE("schedule: a clock that is set back runs nothing twice, and a clock that was wrong does not stop it") {
  Schedule every(plan("{every: 10m, jitter: 0s}"), "flow", 3, here("2026-11-26 10:00"));
  const WallTime first = *every.next();
  CHECK(every.due(first));
  every.finished(first + 1s, true);
  CHECK_FALSE(every.due(first - 5min));
  CHECK_FALSE(every.due(first + 1s));
  CHECK(every.next() == first + 10min);

  Schedule nightly(plan("{cron: 0 2 * * *}"), "flow", 3, here("2026-11-26 00:00"));
  CHECK(nightly.due(here("2026-11-26 02:00")));
  nightly.finished(here("2026-11-26 02:01"), true);
  CHECK_FALSE(nightly.due(here("2026-11-26 01:10")));
  CHECK_FALSE(nightly.due(here("2026-11-26 02:00")));
  CHECK(text(nightly.next()) == "2026-11-27 02:00:00 +0800");

  Schedule wrong(plan("{every: 60s, jitter: 0s}"), "flow", 3, here("2036-01-01 00:00"));  // the clock before it was set
  CHECK_FALSE(wrong.due(here("2026-11-26 10:00")));
  REQUIRE(wrong.next());
  CHECK(*wrong.next() - here("2026-11-26 10:00") <= 60s);
  CHECK(wrong.due(*wrong.next()));
}

TEST_CASE("schedule: a clock set back during a run leaves the run alone") {
  Schedule schedule(plan("{every: 60s, jitter: 0s}"), "flow", 3, here("2026-11-26 10:00"));
  const WallTime first = *schedule.next();
  CHECK(schedule.due(first));
  CHECK_FALSE(schedule.due(first - 2h));
  CHECK(schedule.running());
  CHECK(schedule.overruns() == 0);
  schedule.finished(first - 2h + 5s, true);
  CHECK(schedule.next() == first - 2h + 60s);
}

TEST_CASE("schedule: a window that comes into sight later is found") {
  const std::string calendar = std::string(kChina) + "windows: {once: {from: 2030-01-01 10:00, to: 2030-01-01 12:00}}\n";
  Schedule schedule(plan("{every: 1h, jitter: 0s, only: once}", calendar), "flow", 3, here("2026-11-26 10:00"));
  CHECK_FALSE(schedule.next());
  for (WallTime at = here("2026-11-26 10:00"); at < here("2029-06-01 00:00"); at += 24h) CHECK_FALSE(schedule.due(at));
  REQUIRE(schedule.next());
  CHECK((*schedule.next() >= here("2030-01-01 10:00") && *schedule.next() < here("2030-01-01 11:00")));
}

// Over a year in zones that change their clocks: starts are within the windows, in order, and none of the grid is left out.
TEST_CASE("schedule: a year in each zone is the naive list of starts") {
  const char* name = GENERATE("Asia/Shanghai", "Europe/Berlin", "America/New_York");
  CAPTURE(name);
  const std::string calendar = std::string("time_zone: ") + name +
                               "\nwindows:\n  close: {days: last 2 workdays, from: '14:00', to: '02:00'}\n" +
                               "  maintenance: {days: Sun, from: '01:00', to: '04:00'}\n";
  const Almanac known = almanac(calendar);
  const Windows& maintenance = known.windows.at("maintenance");
  const Windows& close = known.windows.at("close");
  const bool only = GENERATE(true, false);
  Schedule schedule(plan(only ? "{every: 20m, jitter: 0s, only: close}" : "{every: 20m, jitter: 0s}", calendar), "flow", 5,
                    time("2026-01-01 00:00"));
  Schedule free(plan("{every: 20m, jitter: 0s, outside: []}", calendar), "flow", 5, time("2026-01-01 00:00"));
  std::vector<WallTime> expected;
  for (const WallTime at : run(free, time("2026-01-01 00:00"), time("2027-01-01 00:00"), 1s))
    if ((!only || close.active(at)) && !maintenance.active(at)) expected.push_back(at);
  CHECK(run(schedule, time("2026-01-01 00:00"), time("2027-01-01 00:00"), 1s) == expected);
  CHECK(expected.size() > 300);
}

TEST_CASE("schedule: what is wrong is named with its place and the next step") {
  CHECK(error_of("{jitter: 1s}") == "test.yml:1:1: schedule: give either 'every', such as 60s, or 'cron'");
  CHECK(error_of("{every: 60s, cron: '@daily'}").find("give either 'every'") != std::string::npos);
  CHECK(error_of("{every: 10ms}") == "test.yml:1:9: schedule.every: expected a length of time from 1s to 31d");
  CHECK(error_of("{every: 60}").find("test.yml:1:9: schedule.every: expected a length of time such as") == 0);
  CHECK(error_of("{every: 60s, jitter: 31s}") == "test.yml:1:22: schedule.jitter: at most half of 'every', or 1h with 'cron'");
  CHECK(error_of("{cron: 0 0 31 2 *}") ==
        "test.yml:1:8: schedule.cron: never comes true: no month of the line has a day 31; write L for the last day");
  CHECK(error_of("{every: 60s, only: close}") ==
        "test.yml:1:20: schedule.only: no window is named 'close'; name it in calendar.windows first");
  CHECK(error_of("{every: 60s, only: []}").find("schedule.only: an empty list is never open") != std::string::npos);
  CHECK(error_of("{every: 60s, outside: {day: Mon}}").find("schedule.outside: unknown key 'day'; did you mean 'days'?") !=
        std::string::npos);
  CHECK(error_of("{every: 60s, on_failure: {most: 5}}").find("schedule.on_failure.every: expected a length of time") !=
        std::string::npos);
  CHECK(error_of("{every: 60s, on_failure: {every: 10s, most: 0}}").find("schedule.on_failure.most: expected a whole number") !=
        std::string::npos);
  CHECK(error_of("{every: 60s, jiter: 1s}").find("unknown key 'jiter'; did you mean 'jitter'?") != std::string::npos);
  CHECK(error_of("{every: 60s, time_zone: Mars}").find("schedule.time_zone: unknown time zone 'Mars'") != std::string::npos);
}
