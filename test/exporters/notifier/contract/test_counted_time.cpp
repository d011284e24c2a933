// Time that counts, beside an oracle that looks at every minute through libc's own time zones.
#include <time.h>

#include <cstdlib>
#include <random>

#include "wall.h"

namespace finwatch::notifier {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::minutes;

// What localtime_r says, with TZ set for as long as this lives.
class LibcZone {
 public:
  explicit LibcZone(const std::string& name) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    setenv("TZ", name.c_str(), 1);
    tzset();
  }
  ~LibcZone() {
    if (before_)
      setenv("TZ", before_->c_str(), 1);
    else
      unsetenv("TZ");
    tzset();
  }
  LibcZone(const LibcZone&) = delete;
  LibcZone& operator=(const LibcZone&) = delete;

  LocalTime local(WallTime at) const {
    const time_t seconds = std::chrono::system_clock::to_time_t(at);
    tm parts{};
    localtime_r(&seconds, &parts);
    const Day day{std::chrono::year{parts.tm_year + 1900} / (parts.tm_mon + 1) / parts.tm_mday};
    return day + std::chrono::hours{parts.tm_hour} + minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec};
  }

 private:
  std::optional<std::string> before_;
};

bool oracle(const Contract& contract, std::string_view service, LocalTime local, WallTime instant, BusinessHoursOnly hours,
            const std::vector<Span>& rests) {
  for (const Maintenance& one : contract.maintenance) {
    const bool concerned =
        one.services.empty() || std::find(one.services.begin(), one.services.end(), service) != one.services.end();
    if (concerned && local >= one.from && local < one.to) return false;
  }
  for (const Span& rest : rests)
    if (instant >= rest.from && instant < rest.to) return false;
  if (hours == BusinessHoursOnly::no) return true;
  const auto time = local - day_of(local);
  return contract.business_hours.days[weekday_number(day_of(local))] && time >= contract.business_hours.from &&
         time < contract.business_hours.to;
}

// Edges are at times that come once; what comes twice has a test of its own. Most nights on which clocks change are left open.
void add_maintenance(Contract& contract) {
  contract.maintenance = {planned("2027-12-31T22:00", "2028-01-01T02:00"),              // over the end of a year
                          planned("2028-01-01T01:00", "2028-01-01T05:30"),              // overlaps it
                          planned("2028-01-01T05:30", "2028-01-01T06:00"),              // touches it
                          planned("2028-02-28T23:30", "2028-03-01T00:15"),              // all of a leap day
                          planned("2028-03-25T22:00", "2028-03-26T07:00", {"books"}),   // Berlin goes forward
                          planned("2028-05-10T09:00", "2028-05-10T12:00", {"other"})};  // not ours
}

struct Hours {
  BusinessHours hours;
  BusinessHoursOnly only;
};

const std::vector<Hours>& all_hours() {
  static const std::vector<Hours> kAll = {
      {{}, BusinessHoursOnly::no},
      {{{false, true, true, true, true, true, false}, 8h, 20h}, BusinessHoursOnly::yes},
      {{{true, true, true, true, true, true, true}, 1h + 15min, 2h + 15min}, BusinessHoursOnly::yes},  // cut by changes
      {{{true, true, true, true, true, true, true}, 1h + 45min, 2h + 10min}, BusinessHoursOnly::yes},
      {{{true, false, false, false, false, false, false}, 0h, 24h}, BusinessHoursOnly::yes},
      {{{true, false, true, true, false, false, true}, 2h + 10min, 24h}, BusinessHoursOnly::yes},
  };
  return kAll;
}

constexpr const char* kZones[] = {"Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};

}  // namespace

TEST_CASE("contract: a year of counted time is what a look at each of its minutes says") {
  const std::string name = GENERATE(from_range(std::begin(kZones), std::end(kZones)));
  const std::size_t which = GENERATE(range(std::size_t{0}, std::size_t{6}));
  CAPTURE(name, which);
  Contract contract = contract_in(name);
  contract.business_hours = all_hours()[which].hours;
  add_maintenance(contract);
  const BusinessHoursOnly only = all_hours()[which].only;
  const WallTime began = at(contract, "2027-12-30T23:59");
  const std::vector<Span> rests = {{began + 400h, began + 430h}, {began + 3h, began + 4h}, {began + 420h, began + 421h}};
  const CountedTime counted(contract, "books", only, rests);

  const LibcZone libc(name);
  nanoseconds sum{};
  std::size_t wrong = 0;
  bool counts_before = false;
  WallTime next_look = began;
  for (WallTime now = began; now < began + days{368}; now += 1min) {
    if (now >= next_look) {
      CAPTURE(to_seconds(now));
      REQUIRE(counted.between(began, now) == sum);
      REQUIRE(counted.between(began, counted.after(began, sum)) == sum);
      next_look += 31h + 13min;
    }
    const bool counts = oracle(contract, "books", libc.local(now), now, only, rests);
    if (counted.counts(now) != counts) ++wrong;
    // Where counting begins, what was used up before and a moment more comes just after.
    if (counts && !counts_before && sum > nanoseconds{} && counted.after(began, sum + 1ns) != now + 1ns) ++wrong;
    counts_before = counts;
    if (counts) sum += 1min;
  }
  CHECK(wrong == 0);
  CHECK(counted.between(began, began + days{368}) == sum);
  CHECK(sum > 40h);
}

TEST_CASE("contract: counted time comes out as it went in") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto up_to = [&](nanoseconds most) {
    return nanoseconds{std::uniform_int_distribution<std::int64_t>(0, most.count())(random)};
  };
  for (int i = 0; i < 400; ++i) {
    const Hours& hours = all_hours()[random() % all_hours().size()];
    Contract contract = contract_in(kZones[random() % std::size(kZones)]);
    contract.business_hours = hours.hours;
    add_maintenance(contract);
    const WallTime from = at(contract, "2027-11-01T00:00") + up_to(days{400});
    std::vector<Span> rests;
    for (int rest = 0; rest < 3; ++rest) {
      const WallTime begin = from + up_to(days{3});
      rests.push_back({begin, begin + up_to(9h)});
    }
    const CountedTime counted(contract, "books", hours.only, rests);
    const nanoseconds length = i % 8 == 0 ? up_to(24h * 40) : up_to(10h);
    const WallTime to = counted.after(from, length);
    CAPTURE(i, from.time_since_epoch().count(), length.count(), contract.zone.name());
    REQUIRE(counted.between(from, to) == length);
    if (length > 0ns) REQUIRE(counted.between(from, to - 1ns) == length - 1ns);
    const WallTime middle = from + (to - from) / 3;
    REQUIRE(counted.between(from, middle) + counted.between(middle, to) == length);
  }
}

TEST_CASE("contract: nights on which clocks change are as long as they are") {
  struct Night {
    const char* zone;
    const char* from;
    const char* to;
    nanoseconds length;
  };
  const Night nights[] = {{"Europe/Berlin", "2028-03-26T00:00", "2028-03-26T06:00", 5h},
                          {"Europe/Berlin", "2028-10-29T00:00", "2028-10-29T06:00", 7h},
                          {"America/New_York", "2028-03-12T00:00", "2028-03-12T06:00", 5h},
                          {"America/New_York", "2028-11-05T00:00", "2028-11-05T06:00", 7h},
                          {"Australia/Lord_Howe", "2028-04-02T00:00", "2028-04-02T06:00", 6h + 30min},
                          {"Australia/Lord_Howe", "2028-10-01T00:00", "2028-10-01T06:00", 5h + 30min},
                          {"Asia/Shanghai", "2028-03-26T00:00", "2028-03-26T06:00", 6h},
                          {"Asia/Shanghai", "2028-02-28T00:00", "2028-03-01T00:00", 48h}};
  for (const Night& night : nights) {
    CAPTURE(night.zone, night.from);
    Contract contract = contract_in(night.zone);
    contract.maintenance = {planned(night.from, night.to)};
    const WallTime before = at(contract, night.from) - 10h;
    const CountedTime counted(contract, "", BusinessHoursOnly::no);
    CHECK(counted.between(before, before + 40h) == (night.length > 30h ? 10h : 40h - night.length));
    CHECK(counted.after(before, 10h) == before + 10h);
    CHECK(counted.after(before, 10h + 1min) == before + 10h + night.length + 1min);
  }
}

TEST_CASE("contract: maintenance that begins or ends at a time that is skipped or comes twice") {
  Contract contract = contract_in("Europe/Berlin");
  contract.maintenance = {planned("2028-10-29T02:30", "2028-10-29T02:45"),   // comes twice: the first one
                          planned("2028-03-26T02:10", "2028-03-26T02:50"),   // is skipped: never is
                          planned("2027-03-28T01:30", "2027-03-28T02:30")};  // ends when clocks went forward
  const CountedTime counted(contract, "", BusinessHoursOnly::no);
  CHECK_FALSE(counted.counts(at(contract, "2028-10-29T02:30")));
  CHECK(counted.counts(at(contract, "2028-10-29T02:30", Zone::Coming::last)));
  CHECK(counted.between(at(contract, "2028-10-29T00:00"), at(contract, "2028-10-29T04:00")) == 4h + 45min);
  CHECK(counted.between(at(contract, "2028-03-26T00:00"), at(contract, "2028-03-26T04:00")) == 3h);
  CHECK(counted.between(at(contract, "2027-03-28T00:00"), at(contract, "2027-03-28T04:00")) == 2h + 30min);
}

TEST_CASE("contract: business hours, to the moment") {
  const Contract contract = contract_in("Asia/Shanghai");
  const CountedTime counted(contract, "", BusinessHoursOnly::yes);
  CHECK_FALSE(counted.counts(at(contract, "2026-11-27T08:00") - 1ns));
  CHECK(counted.counts(at(contract, "2026-11-27T08:00")));
  CHECK(counted.counts(at(contract, "2026-11-27T20:00") - 1ns));
  CHECK_FALSE(counted.counts(at(contract, "2026-11-27T20:00")));
  // Friday evening: an hour of Friday is left, the rest is Monday's.
  const WallTime friday = at(contract, "2026-11-27T19:00");
  CHECK(counted.after(friday, 1h) == at(contract, "2026-11-27T20:00"));
  CHECK(counted.after(friday, 1h + 1s) == at(contract, "2026-11-30T08:00") + 1s);
  CHECK(counted.after(friday, 4h) == at(contract, "2026-11-30T11:00"));
  // On a Sunday nothing has begun to count.
  CHECK(counted.after(at(contract, "2026-11-29T12:00"), 30min) == at(contract, "2026-11-30T08:30"));
  CHECK(counted.between(at(contract, "2026-11-28T00:00"), at(contract, "2026-11-30T08:00")) == 0ns);
}

TEST_CASE("contract: only maintenance of the service, or of all, pauses") {
  Contract contract = contract_in("Asia/Shanghai");
  contract.maintenance = {planned("2026-12-06T22:00", "2026-12-07T02:00", {"books", "reports"}),
                          planned("2026-12-07T01:00", "2026-12-07T03:00")};
  const WallTime before = at(contract, "2026-12-06T21:00");
  const WallTime end = at(contract, "2026-12-07T04:00");
  CHECK(CountedTime(contract, "books", BusinessHoursOnly::no).between(before, end) == 2h);
  CHECK(CountedTime(contract, "database", BusinessHoursOnly::no).between(before, end) == 5h);
  CHECK(CountedTime(contract, "", BusinessHoursOnly::no).between(before, end) == 5h);
  // Begun within: the clock has not moved until it is over.
  const CountedTime counted(contract, "books", BusinessHoursOnly::no);
  const WallTime within = at(contract, "2026-12-06T23:30");
  CHECK(counted.between(within, at(contract, "2026-12-07T03:00")) == 0ns);
  CHECK(counted.after(within, 30min) == at(contract, "2026-12-07T03:30"));
  CHECK(counted.after(within, 0ns) == within);
}

TEST_CASE("contract: no time counts twice, and none counts before it begins") {
  const Contract contract = contract_in("UTC");
  const WallTime from = at(contract, "2026-11-27T00:00");
  const CountedTime counted(
      contract, "", BusinessHoursOnly::no,
      {{from + 5h, from + 6h}, {from + 1h, from + 2h}, {from + 90min, from + 3h}, {from + 9h, from + 8h}});
  CHECK(counted.between(from, from + 10h) == 7h);
  CHECK(counted.between(from + 10h, from) == 0ns);
  CHECK(counted.between(from, from) == 0ns);
  CHECK(counted.after(from, 7h) == from + 10h);
  CHECK(counted.after(from, 1h) == from + 1h);
  CHECK(counted.after(from, -1h) == from);
}

TEST_CASE("contract: what never counts is over in ten years") {
  Contract contract = contract_in("Europe/Berlin");
  contract.business_hours.days.fill(false);
  const WallTime from = at(contract, "2026-11-27T00:00");
  const CountedTime never(contract, "", BusinessHoursOnly::yes);
  CHECK(never.after(from, 1s) == from + days{3653});
  CHECK(never.between(from, from + days{400}) == 0ns);
  contract = contract_in("Europe/Berlin");
  contract.maintenance = {planned("2026-01-01T00:00", "2199-12-31T00:00")};
  CHECK(CountedTime(contract, "", BusinessHoursOnly::no).after(from, 1h) == from + days{3653});
  // A year of business hours, at once.
  contract.maintenance.clear();
  const CountedTime year(contract, "", BusinessHoursOnly::yes);
  CHECK(year.between(from, year.after(from, 12h * 260)) == 12h * 260);
}

}  // namespace finwatch::notifier
