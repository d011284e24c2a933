#include "notifier/contract/sla_clock.h"

#include "wall.h"

namespace finwatch::notifier {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const FaultClass kAll{.id = "all", .name = {}, .answer = 30min, .first_diagnosis = 2h, .solve = 4h};

ClockReading one(const FaultClass& promised, const CountedTime& counted, const Milestones& milestones, WallTime now,
                 ClockKind kind = ClockKind::solve) {
  for (const ClockReading& reading : SlaClock(promised, counted).read(milestones, now))
    if (reading.kind == kind) return reading;
  FAIL("no such clock");
  return {};
}

Milestones begun(WallTime began) { return {.began = began, .acknowledged = {}, .diagnosed = {}, .solved = {}}; }

std::vector<ClockLevel> levels(const SlaClock& clock, const Milestones& milestones, WallTime now) {
  std::vector<ClockLevel> all;
  for (const ClockReading& reading : clock.read(milestones, now)) all.push_back(reading.level());
  return all;
}

}  // namespace

TEST_CASE("contract: the levels at exactly 50, 80 and 100 per cent") {
  const Contract contract = contract_in("Asia/Shanghai");
  const CountedTime counted(contract, "", BusinessHoursOnly::no);
  const WallTime began = at(contract, "2028-02-28T23:00");
  const auto level = [&](nanoseconds after) { return one(kAll, counted, begun(began), began + after).level(); };
  CHECK(level(-1h) == ClockLevel::quiet);
  CHECK(level(0ns) == ClockLevel::quiet);
  CHECK(level(2h - 1ns) == ClockLevel::quiet);
  CHECK(level(2h) == ClockLevel::half);
  CHECK(level(3h + 12min - 1ns) == ClockLevel::half);
  CHECK(level(3h + 12min) == ClockLevel::late);
  CHECK(level(4h - 1ns) == ClockLevel::late);
  CHECK(level(4h) == ClockLevel::breached);
  CHECK(level(days{300}) == ClockLevel::breached);
  const ClockReading reading = one(kAll, counted, begun(began), began + 1h);
  CHECK(reading.half == began + 2h);
  CHECK(reading.late == began + 3h + 12min);
  CHECK(reading.deadline == at(contract, "2028-02-29T03:00"));
  CHECK(reading.used == 1h);
  CHECK(reading.limit == 4h);
  CHECK_FALSE(reading.breached());
  CHECK_FALSE(reading.paused);
  CHECK_FALSE(reading.stopped);
}

TEST_CASE("contract: one reading for each promise, in their order") {
  const Contract contract = contract_in("UTC");
  const CountedTime counted(contract, "", BusinessHoursOnly::no);
  const WallTime began = at(contract, "2026-11-27T00:00");
  const std::vector<ClockReading> all = SlaClock(kAll, counted).read(begun(began), began);
  REQUIRE(all.size() == 3);
  CHECK(all[0].kind == ClockKind::answer);
  CHECK(all[1].kind == ClockKind::first_diagnosis);
  CHECK(all[2].kind == ClockKind::solve);
  const FaultClass diagnosis{.id = "d", .name = {}, .answer = {}, .first_diagnosis = 2h, .solve = {}};
  const std::vector<ClockReading> single = SlaClock(diagnosis, counted).read(begun(began), began);
  REQUIRE(single.size() == 1);
  CHECK(single[0].kind == ClockKind::first_diagnosis);
  const FaultClass nothing{};
  CHECK(SlaClock(nothing, counted).read(begun(began), began).empty());
  CHECK_FALSE(SlaClock(nothing, counted).next_level(begun(began), began));
}

TEST_CASE("contract: a clock stops at its milestone, or at a later one") {
  const Contract contract = contract_in("UTC");
  const CountedTime counted(contract, "", BusinessHoursOnly::no);
  const WallTime began = at(contract, "2026-11-27T00:00");
  const WallTime now = began + 24h;
  const auto used = [&](const Milestones& milestones, ClockKind kind) {
    return one(kAll, counted, milestones, now, kind).used;
  };

  Milestones acknowledged = begun(began);
  acknowledged.acknowledged = began + 10min;
  CHECK(used(acknowledged, ClockKind::answer) == 10min);
  CHECK(used(acknowledged, ClockKind::first_diagnosis) == 24h);
  CHECK(used(acknowledged, ClockKind::solve) == 24h);

  Milestones diagnosed = begun(began);
  diagnosed.diagnosed = began + 20min;
  CHECK(used(diagnosed, ClockKind::answer) == 20min);
  CHECK(used(diagnosed, ClockKind::first_diagnosis) == 20min);
  CHECK(used(diagnosed, ClockKind::solve) == 24h);
  diagnosed.acknowledged = began + 25min;  // later than the diagnosis, which had answered
  CHECK(used(diagnosed, ClockKind::answer) == 20min);

  Milestones solved = begun(began);
  solved.solved = began + 29min;
  for (const ClockKind kind : {ClockKind::answer, ClockKind::first_diagnosis, ClockKind::solve}) {
    const ClockReading reading = one(kAll, counted, solved, now, kind);
    CHECK(reading.used == 29min);
    CHECK(reading.stopped == solved.solved);
    CHECK_FALSE(reading.breached());
  }
  CHECK_FALSE(SlaClock(kAll, counted).next_level(solved, began));

  Milestones at_the_limit = begun(began);
  at_the_limit.solved = began + 4h;
  CHECK(one(kAll, counted, at_the_limit, now).breached());
  at_the_limit.solved = began + 4h - 1ns;
  CHECK_FALSE(one(kAll, counted, at_the_limit, now).breached());
  CHECK(one(kAll, counted, at_the_limit, now).level() == ClockLevel::late);
}

TEST_CASE("contract: a milestone before the beginning uses nothing up") {
  const Contract contract = contract_in("UTC");
  const CountedTime counted(contract, "", BusinessHoursOnly::no);
  const WallTime began = at(contract, "2026-11-27T00:00");
  Milestones early = begun(began);
  early.acknowledged = began - 5min;
  early.solved = began - 1min;
  for (const ClockReading& reading : SlaClock(kAll, counted).read(early, began + 5h)) {
    CHECK(reading.used == 0ns);
    CHECK(reading.level() == ClockLevel::quiet);
    CHECK(reading.stopped);
  }
}

TEST_CASE("contract: a clock rests in maintenance, and begins within it only at its end") {
  Contract contract = contract_in("Asia/Shanghai");
  contract.maintenance = {planned("2026-11-30T22:00", "2026-12-01T02:00")};  // over the end of a month
  const CountedTime counted(contract, "books", BusinessHoursOnly::no);
  const WallTime began = at(contract, "2026-11-30T21:00");
  CHECK_FALSE(one(kAll, counted, begun(began), began + 59min).paused);
  CHECK(one(kAll, counted, begun(began), began + 59min).steady_until == began + 1h);
  const ClockReading resting = one(kAll, counted, begun(began), began + 3h);
  CHECK(resting.paused);
  CHECK(resting.steady_until == at(contract, "2026-12-01T02:00"));
  CHECK(resting.used == 1h);
  CHECK(resting.level() == ClockLevel::quiet);
  CHECK(resting.half == at(contract, "2026-12-01T03:00"));
  CHECK(resting.deadline == at(contract, "2026-12-01T05:00"));
  CHECK_FALSE(one(kAll, counted, begun(began), at(contract, "2026-12-01T02:00")).paused);

  const WallTime within = at(contract, "2026-11-30T23:00");
  const ClockReading begun_within = one(kAll, counted, begun(within), within, ClockKind::answer);
  CHECK(begun_within.paused);
  CHECK(begun_within.deadline == at(contract, "2026-12-01T02:30"));

  Milestones solved = begun(began);
  solved.solved = began + 2h;
  const ClockReading stopped = one(kAll, counted, solved, began + 3h);
  CHECK_FALSE(stopped.paused);
  CHECK(stopped.used == 1h);
}

TEST_CASE("contract: the time between a solution and the reopening does not count") {
  const Contract contract = contract_in("UTC");
  const WallTime began = at(contract, "2026-11-27T00:00");
  const CountedTime counted(contract, "", BusinessHoursOnly::no, {{began + 1h, began + 20h}});
  CHECK(one(kAll, counted, begun(began), began + 21h).used == 2h);
  CHECK(one(kAll, counted, begun(began), began + 21h).level() == ClockLevel::half);
  CHECK(one(kAll, counted, begun(began), began + 21h).deadline == began + 23h);
  CHECK(one(kAll, counted, begun(began), began + 2h).paused);
}

TEST_CASE("contract: at the next level a reading differs, and not a moment before") {
  const char* const kZones[] = {"Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};
  const std::string name = GENERATE_COPY(from_range(std::begin(kZones), std::end(kZones)));
  const BusinessHoursOnly only = GENERATE(BusinessHoursOnly::no, BusinessHoursOnly::yes);
  CAPTURE(name, only == BusinessHoursOnly::yes);
  Contract contract = contract_in(name);
  contract.business_hours.from = 1h;  // with the hours in which clocks change
  contract.business_hours.to = 9h;
  contract.business_hours.days.fill(true);
  contract.maintenance = {planned("2028-02-28T23:00", "2028-02-29T04:00"), planned("2028-03-26T00:30", "2028-03-26T02:45"),
                          planned("2028-11-05T01:15", "2028-11-05T05:00")};
  // A year in which something goes wrong every 53 hours.
  for (WallTime began = at(contract, "2027-12-31T21:07"); began < at(contract, "2028-12-31T00:00"); began += 53h) {
    const CountedTime counted(contract, "books", only, {{began + 35min, began + 50min}});
    const SlaClock clock(kAll, counted);
    const Milestones milestones = begun(began);
    CAPTURE(began.time_since_epoch().count());
    int seen = 0;
    WallTime now = began;
    for (std::optional<WallTime> next = clock.next_level(milestones, now); next; next = clock.next_level(milestones, now)) {
      REQUIRE(*next > now);
      REQUIRE(levels(clock, milestones, now) == levels(clock, milestones, *next - 1ns));
      REQUIRE(levels(clock, milestones, *next) != levels(clock, milestones, *next - 1ns));
      now = *next;
      ++seen;
    }
    CHECK(seen >= 7);  // three clocks, three levels each; some come together
    const std::vector<ClockReading> end = clock.read(milestones, began + days{9});
    for (const ClockReading& reading : end) {
      CHECK(reading.breached());
      CHECK(one(kAll, counted, milestones, reading.deadline, reading.kind).used == reading.limit);
      CHECK(one(kAll, counted, milestones, reading.half, reading.kind).level() == ClockLevel::half);
      CHECK(one(kAll, counted, milestones, reading.late, reading.kind).level() == ClockLevel::late);
    }
  }
}

TEST_CASE("contract: a level that never comes is not waited for") {
  Contract contract = contract_in("UTC");
  contract.maintenance = {planned("2026-11-27T01:00", "2199-01-01T00:00")};
  const CountedTime counted(contract, "", BusinessHoursOnly::no);
  const WallTime began = at(contract, "2026-11-27T00:00");
  const FaultClass solve{.id = "s", .name = {}, .answer = {}, .first_diagnosis = {}, .solve = 2h};
  CHECK(SlaClock(solve, counted).next_level(begun(began), began) == began + 1h);
  CHECK_FALSE(SlaClock(solve, counted).next_level(begun(began), began + 1h));
  CHECK_FALSE(one(solve, counted, begun(began), began + days{4000}).breached());
}

TEST_CASE("contract: a promise of no time is broken at once") {
  const Contract contract = contract_in("UTC");
  const CountedTime counted(contract, "", BusinessHoursOnly::no);
  const WallTime began = at(contract, "2026-11-27T00:00");
  const FaultClass at_once{.id = "s", .name = {}, .answer = 0ns, .first_diagnosis = {}, .solve = {}};
  CHECK(one(at_once, counted, begun(began), began, ClockKind::answer).level() == ClockLevel::breached);
  CHECK_FALSE(SlaClock(at_once, counted).next_level(begun(began), began));
}

}  // namespace finwatch::notifier
