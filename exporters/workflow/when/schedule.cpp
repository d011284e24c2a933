#include "workflow/when/schedule.h"

#include <algorithm>

namespace finwatch::workflow {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr nanoseconds kShortest = seconds{1};
constexpr nanoseconds kLongest = std::chrono::days{31};
constexpr nanoseconds kLate = seconds{5};         // later than a busy machine is
constexpr nanoseconds kCronSpread = seconds{60};  // over which late starts of cron lines are spread
constexpr nanoseconds kCronMemory = std::chrono::hours{1};
constexpr nanoseconds kSetBack = seconds{1};      // what is less than this is a clock being kept right
constexpr nanoseconds kMostJitter = seconds{10};  // unless asked for
constexpr nanoseconds kKeepAnswer = std::chrono::days{7};
constexpr nanoseconds kSearch = std::chrono::days{800};  // as far as windows look
constexpr int kMostSteps = 1000;                         // overruns counted in one call
constexpr WallTime kEarliest{};
constexpr WallTime kLatest{std::chrono::days{365 * 200}};

// FNV-1a, then mixed so that names that differ in one letter lie far apart. Written out here because a flow's place must be the
// same in every build.
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mixed(hash);
}

double as_fraction(std::uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1p-53; }

nanoseconds part_of(nanoseconds length, double fraction) {
  return nanoseconds{static_cast<nanoseconds::rep>(static_cast<double>(length.count()) * fraction)};
}

WallTime just_before(WallTime time) { return time - nanoseconds{1}; }

}  // namespace

Result<SchedulePlan> read_schedule(const Tree& tree, const std::string& path, const Almanac& almanac) {
  MapReader reader(tree, path);
  SchedulePlan plan{.calendar = almanac.calendar, .allowed = Windows({}, almanac.calendar)};
  plan.zone = read_zone(reader, almanac.zone);
  plan.every = reader.duration("every", {});
  const std::string cron = reader.text("cron");
  if (reader.has("every") == reader.has("cron")) reader.fail("cron", path + ": give either 'every', such as 60s, or 'cron'");
  if (reader.has("every") && (plan.every < kShortest || plan.every > kLongest))
    reader.fail("every", path + ".every: expected a length of time from 1s to 31d");
  if (reader.has("cron")) {
    Result<CronLine> line = CronLine::parse(cron);
    if (!line)
      reader.fail("cron", path + ".cron: " + line.error().message);
    else
      plan.cron = *line;
  }
  plan.jitter = reader.duration("jitter", std::min(plan.every / 20, kMostJitter));
  const nanoseconds most_jitter = plan.cron ? std::chrono::hours{1} : plan.every / 2;
  if (reader.has("jitter") && plan.jitter > most_jitter)
    reader.fail("jitter", path + ".jitter: at most half of 'every', or 1h with 'cron'");

  if (const Tree* failure = reader.map("on_failure")) {
    MapReader again(*failure, path + ".on_failure");
    plan.recheck_every = again.duration("every", {});
    plan.recheck_most = static_cast<int>(again.integer("most", 5, 1, 1000));
    if (plan.recheck_every < kShortest) again.fail("every", path + ".on_failure.every: expected a length of time from 1s");
    if (Status status = again.finish(); !status) return status.error();
  }

  std::vector<Windows> only;
  std::vector<Windows> outside;
  if (const Tree* windows = reader.child("only")) {
    Result<Windows> read = read_windows(*windows, path + ".only", almanac);
    if (!read) return read.error();
    if (read->parts().empty())
      reader.fail("only", path + ".only: an empty list is never open; leave it out to run at all times");
    only.push_back(std::move(*read));
  }
  if (const Tree* windows = reader.child("outside")) {
    Result<Windows> read = read_windows(*windows, path + ".outside", almanac);
    if (!read) return read.error();
    outside.push_back(std::move(*read));
  } else {
    for (const std::string_view name : {"maintenance", "blackout"})
      if (const auto named = almanac.windows.find(name); named != almanac.windows.end()) outside.push_back(named->second);
  }
  plan.allowed = Windows::allowed(only, outside, almanac.calendar);
  if (Status status = reader.finish(); !status) return status.error();
  return plan;
}

Schedule::Schedule(SchedulePlan plan, std::string_view flow, std::uint64_t seed, WallTime now)
    : plan_(std::move(plan)), flow_hash_(hash_of(flow)), seed_(seed), last_seen_(now) {
  plan_after(now);
}

bool Schedule::due(WallTime at) {
  plan_again_when_set_back(at);
  if (running_) {
    count_overruns(at);
    return false;
  }
  if (!planned_ && at >= asked_until_) plan_after(at);  // a window may have come into sight
  if (!planned_ || at < *planned_) return false;
  const nanoseconds late = at - *wanted_;
  if (late > (plan_.cron ? kLate : std::min(kLate, plan_.every)) && !postponed_) {
    postpone(at);
    return false;
  }
  const bool allowed_now = allowed(at);
  if (allowed_now) {
    running_ = true;
    lag_ = late;
    if (slot_ && *slot_ <= at) last_slot_ = *slot_;
  }
  plan_after(at);
  return allowed_now;
}

void Schedule::finished(WallTime at, bool ok) {
  if (!running_) return;
  plan_again_when_set_back(at);
  count_overruns(at);
  running_ = false;
  if (ok) rechecks_ = 0;
  if (ok || plan_.recheck_every == nanoseconds{} || rechecks_ >= plan_.recheck_most) return;
  const WallTime again = at + plan_.recheck_every;
  if ((planned_ && *planned_ <= again) || !allowed(again)) return;
  ++rechecks_;
  planned_ = wanted_ = again;
}

void Schedule::plan_after(WallTime after) {
  postponed_ = false;
  slot_ = slot_after(after);
  planned_ = slot_;
  if (slot_) *planned_ += part_of(plan_.jitter, fraction(static_cast<std::uint64_t>(slot_->time_since_epoch().count())));
  if (slot_ && !allowed(*planned_)) planned_ = slot_;  // no jitter over the end of a window
  wanted_ = planned_;
}

void Schedule::plan_again_when_set_back(WallTime at) {
  const bool set_back = last_seen_ - at > kSetBack;
  last_seen_ = at;
  if (!set_back) return;
  const nanoseconds memory = plan_.cron ? kCronMemory : plan_.every;
  plan_after(last_slot_ > at && last_slot_ - at <= memory ? last_slot_ : at);
}

void Schedule::count_overruns(WallTime at) {
  for (int step = 0; planned_ && *planned_ <= at; ++step) {
    ++overruns_;
    plan_after(step < kMostSteps ? *slot_ : at);
  }
}

// The machine slept, or its clock jumped: many flows are late at once.
void Schedule::postpone(WallTime at) {
  const nanoseconds spread = std::min<nanoseconds>(at - *wanted_, plan_.cron ? kCronSpread : plan_.every);
  planned_ = at + part_of(spread, fraction(~seed_));
  postponed_ = true;
}

std::optional<WallTime> Schedule::slot_after(WallTime after) {
  if (after < kEarliest || after > kLatest) return std::nullopt;
  return plan_.cron ? cron_slot_after(after) : grid_slot_after(after);
}

std::optional<WallTime> Schedule::cron_slot_after(WallTime after) {
  const WallTime horizon = after + kSearch;
  while (after < horizon) {
    const auto slot = plan_.cron->next(after, plan_.zone, *plan_.calendar);
    if (!slot) return std::nullopt;
    const auto open = allowed_after(*slot);
    if (!open) return std::nullopt;
    if (open->start <= *slot) return slot;
    after = just_before(open->start);
  }
  return std::nullopt;
}

std::optional<WallTime> Schedule::grid_slot_after(WallTime after) {
  while (const auto open = allowed_after(after)) {
    const WallTime start = std::max(open->start, kEarliest);
    const WallTime slot = grid_after(std::max(after, just_before(start)));
    if (slot < open->end) return slot;
    // None is left in this stretch. When it never had one it gets its own, at the flow's place in it.
    if (grid_after(just_before(start)) >= open->end) {
      const WallTime own = start + part_of(open->end - start, as_fraction(flow_hash_));
      if (own > after) return own;
    }
    after = open->end;
  }
  return std::nullopt;
}

WallTime Schedule::grid_after(WallTime after) const {
  const nanoseconds phase = part_of(plan_.every, as_fraction(flow_hash_));
  const nanoseconds since = after.time_since_epoch() - phase;
  const auto steps = since / plan_.every - (since.count() < 0 && since % plan_.every != nanoseconds{} ? 1 : 0);
  return WallTime{phase + (steps + 1) * plan_.every};
}

std::optional<Stretch> Schedule::allowed_after(WallTime at) {
  if (plan_.allowed.always()) return Stretch{kEarliest, WallTime::max()};
  if (at >= asked_from_ && at < asked_until_) return answer_;
  answer_ = plan_.allowed.stretch(at);
  asked_from_ = at;
  asked_until_ = at + kKeepAnswer;
  if (answer_) asked_until_ = std::min(asked_until_, answer_->end);
  return answer_;
}

bool Schedule::allowed(WallTime at) {
  const auto open = allowed_after(at);
  return open && open->start <= at;
}

double Schedule::fraction(std::uint64_t of) const { return as_fraction(mixed(mixed(flow_hash_ ^ seed_) ^ of)); }

}  // namespace finwatch::workflow
