#include "notifier/contract/sla_clock.h"

#include <algorithm>

namespace finwatch::notifier {
namespace {

// The shares of a promise at which people are warned. One place, so that a level and its time cannot differ.
nanoseconds half_of(nanoseconds limit) { return limit / 2; }
nanoseconds late_of(nanoseconds limit) { return limit / 5 * 4; }

std::optional<WallTime> earliest(std::initializer_list<std::optional<WallTime>> times) {
  std::optional<WallTime> first;
  for (const std::optional<WallTime>& time : times)
    if (time && (!first || *time < *first)) first = time;
  return first;
}

// Whoever diagnoses has answered, and what is solved needs neither any more.
std::optional<WallTime> stop_of(ClockKind kind, const Milestones& milestones) {
  switch (kind) {
    case ClockKind::answer: return earliest({milestones.acknowledged, milestones.diagnosed, milestones.solved});
    case ClockKind::first_diagnosis: return earliest({milestones.diagnosed, milestones.solved});
    case ClockKind::solve: return milestones.solved;
  }
  return std::nullopt;
}

// What was said before a reopening answers nothing that came after it; the solution was none, and its clock goes on.
WallTime start_of(ClockKind kind, const Milestones& milestones) {
  return kind == ClockKind::solve ? milestones.began : milestones.reopened.value_or(milestones.began);
}

ClockReading read_one(ClockKind kind, nanoseconds limit, const CountedTime& counted, const Milestones& milestones,
                      WallTime now) {
  const WallTime start = start_of(kind, milestones);
  ClockReading reading{.kind = kind,
                       .limit = limit,
                       .half = counted.after(start, half_of(limit)),
                       .late = counted.after(start, late_of(limit)),
                       .deadline = counted.after(start, limit),
                       .stopped = stop_of(kind, milestones),
                       .steady_until = counted.next_change(now)};
  reading.used = counted.between(start, reading.stopped.value_or(now));
  reading.paused = !reading.stopped && !counted.counts(now);
  return reading;
}

}  // namespace

ClockLevel ClockReading::level() const {
  if (breached()) return ClockLevel::breached;
  if (used >= late_of(limit)) return ClockLevel::late;
  return used >= half_of(limit) ? ClockLevel::half : ClockLevel::quiet;
}

std::vector<ClockReading> SlaClock::read(const Milestones& milestones, WallTime now) const {
  const std::optional<nanoseconds> limits[] = {promised_.answer, promised_.first_diagnosis, promised_.solve};
  std::vector<ClockReading> readings;
  for (const ClockKind kind : {ClockKind::answer, ClockKind::first_diagnosis, ClockKind::solve})
    if (const auto& limit = limits[static_cast<std::size_t>(kind)])
      readings.push_back(read_one(kind, *limit, counted_, milestones, now));
  return readings;
}

std::optional<WallTime> SlaClock::next_level(const Milestones& milestones, WallTime now) const {
  std::optional<WallTime> next;
  for (const ClockReading& reading : read(milestones, now)) {
    if (reading.stopped) continue;
    const std::pair<WallTime, nanoseconds> levels[] = {
        {reading.half, half_of(reading.limit)}, {reading.late, late_of(reading.limit)}, {reading.deadline, reading.limit}};
    for (const auto& [at, share] : levels) {
      if (at <= now || (next && at >= *next)) continue;
      if (counted_.between(start_of(reading.kind, milestones), at) >= share) next = at;  // else: it never comes
    }
  }
  return next;
}

}  // namespace finwatch::notifier
