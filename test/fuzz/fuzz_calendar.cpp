// Cron lines, windows, holiday files and schedules: any bytes are refused with a sentence or read, and what was read answers for
// any time, forward only, and the same twice.
#include <string>

#include "fuzz/fuzz.h"
#include "workflow/when/schedule.h"

using namespace finwatch;
using namespace finwatch::workflow;
using fuzz::require;

namespace {

const FinanceCalendar kWeekends;

void sound_message(const Error& error) {
  require(error.code == Errc::config, "a bad text is an error of the configuration");
  fuzz::require_text(error.message);
}

void try_cron(std::string_view text, WallTime at, const Zone& zone) {
  const Result<CronLine> line = CronLine::parse(text);
  if (!line) return sound_message(line.error());
  for (int i = 0; i < 4; ++i) {
    const auto next = line->next(at, zone, kWeekends);
    if (!next) return;
    require(*next > at, "the next start is later");
    require(line->next(*next - std::chrono::nanoseconds{1}, zone, kWeekends) == next, "and no other is before it");
    at = *next;
  }
}

void try_windows(const Windows& windows, WallTime at) {
  for (int i = 0; i < 4; ++i) {
    const auto stretch = windows.stretch(at);
    if (!stretch) return;
    require(stretch->start < stretch->end && stretch->end > at, "a stretch lasts, and ends later");
    require(windows.active(at) == stretch->covers(at), "a window is open inside its stretch");
    if (stretch->end == WallTime::max()) return;
    require(!windows.active(stretch->end), "a window is closed when its stretch has ended");
    at = stretch->end;
  }
}

void try_schedule(const SchedulePlan& plan, WallTime at, std::uint64_t seed) {
  Schedule schedule(plan, "fuzz", seed, at);
  for (int i = 0; i < 8 && schedule.next(); ++i) {
    require(*schedule.next() >= at, "a start is not planned in the past");
    at = *schedule.next();
    if (!schedule.due(at)) continue;
    require(!schedule.due(at), "one run at a time");
    at += std::chrono::seconds{(seed >> i) % 100};
    schedule.finished(at, i % 2 == 0);
  }
}

}  // namespace

// A number that is the time, a zone, a cron line, a zero byte, and YAML.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Zone kZones[] = {Zone(), Zone::find("Europe/Berlin").value_or(Zone()),
                                Zone::find("America/New_York").value_or(Zone()), Zone::find("Asia/Shanghai").value_or(Zone())};
  fuzz::Bytes bytes(data, size);
  const std::uint64_t number = bytes.number();
  const WallTime at{std::chrono::seconds{number % 7'300'000'000}};  // up to the year 2201
  const Zone& zone = kZones[bytes.byte() % 4];
  try_cron(bytes.text(), at, zone);
  const Result<Tree> tree = parse_yaml(bytes.rest(), "fuzz.yml");
  if (!tree) return 0;
  FinanceCalendar calendar;
  if (const Status status = calendar.add(*tree); !status) sound_message(status.error());
  if (tree->find("calendar") != nullptr && tree->find("calendar")->find("holidays") != nullptr) return 0;  // reads no files
  const Result<Almanac> almanac = read_almanac(tree->find("calendar"), "calendar");
  if (!almanac) {
    sound_message(almanac.error());
    return 0;
  }
  for (const auto& [name, windows] : almanac->windows) try_windows(windows, at);
  const Tree* section = tree->find("schedule");
  if (section == nullptr) return 0;
  const Result<SchedulePlan> plan = read_schedule(*section, "schedule", *almanac);
  if (!plan)
    sound_message(plan.error());
  else
    try_schedule(*plan, at, number);
  return 0;
}
