#include "workflow/when/windows.h"

#include <algorithm>

namespace finwatch::workflow {
namespace {

using std::chrono::days;

// How far is looked around: near first, which nearly always is enough.
struct Reach {
  days back;
  days ahead;
};
constexpr Reach kReaches[] = {{days{8}, days{40}}, {days{400}, days{800}}};

// Times whose surroundings can be counted in nanoseconds.
constexpr WallTime kEarliest{days{0}};
constexpr WallTime kLatest{days{365 * 230}};

// In order, with no two that touch.
using Stretches = std::vector<Stretch>;

Stretches united(Stretches all) {
  std::sort(all.begin(), all.end(), [](const Stretch& a, const Stretch& b) { return a.start < b.start; });
  Stretches merged;
  for (const Stretch& stretch : all) {
    if (merged.empty() || stretch.start > merged.back().end)
      merged.push_back(stretch);
    else
      merged.back().end = std::max(merged.back().end, stretch.end);
  }
  return merged;
}

Stretches without(const Stretches& all, const Stretches& taken) {
  Stretches left;
  auto next = taken.begin();
  for (Stretch stretch : all) {
    while (next != taken.end() && next->end <= stretch.start) ++next;
    for (auto cut = next; cut != taken.end() && cut->start < stretch.end; ++cut) {
      if (cut->start > stretch.start) left.push_back({stretch.start, cut->start});
      stretch.start = cut->end;
    }
    if (stretch.start < stretch.end) left.push_back(stretch);
  }
  return left;
}

bool is_always(const WindowPart& part) {
  return !part.once && part.days.every_day() && part.months == 0 && part.from == std::chrono::minutes::zero() &&
         part.to == days{1};
}

// All of a part that lies in the range or reaches into it.
Stretches stretches_of(const WindowPart& part, const Stretch& range, const FinanceCalendar& calendar);

Stretches stretches_of(const std::vector<WindowPart>& parts, const Stretch& range, const FinanceCalendar& calendar) {
  Stretches all;
  for (const WindowPart& part : parts) {
    const Stretches some = stretches_of(part, range, calendar);
    all.insert(all.end(), some.begin(), some.end());
  }
  return united(std::move(all));
}

Stretches stretches_of(const WindowPart& part, const Stretch& range, const FinanceCalendar& calendar) {
  Stretches all;
  const auto add = [&](LocalTime from, LocalTime to) {
    const Stretch stretch{part.zone.instant(from), part.zone.instant(to, Zone::Coming::last)};
    if (stretch.start < stretch.end && stretch.end > range.start && stretch.start < range.end) all.push_back(stretch);
  };
  if (part.once) {
    add(part.once->first, part.once->second);
  } else if (is_always(part)) {
    all.push_back(range);
  } else {
    const Day last = day_of(part.zone.local(range.end));
    // Two days before: a part may run over midnight, and a zone may skip a whole day.
    for (Day day = day_of(part.zone.local(range.start)) - days{2}; day <= last; day += days{1}) {
      if (part.months != 0 && (part.months >> month_number(month_of(day)) & 1U) == 0) continue;
      if (!part.days.contains(day, calendar)) continue;
      add(day + part.from, (part.to > part.from ? day : day + days{1}) + part.to);
    }
  }
  if (part.except.empty() || all.empty()) return all;
  return without(united(std::move(all)), stretches_of(part.except, range, calendar));
}

}  // namespace

Windows::Windows(std::vector<WindowPart> parts, std::shared_ptr<const FinanceCalendar> calendar)
    : parts_(std::move(parts)), calendar_(std::move(calendar)) {}

Windows Windows::allowed(const std::vector<Windows>& only, const std::vector<Windows>& outside,
                         std::shared_ptr<const FinanceCalendar> calendar) {
  std::vector<WindowPart> parts;
  for (const Windows& windows : only) parts.insert(parts.end(), windows.parts_.begin(), windows.parts_.end());
  if (only.empty()) parts.emplace_back();
  for (WindowPart& part : parts)
    for (const Windows& windows : outside) part.except.insert(part.except.end(), windows.parts_.begin(), windows.parts_.end());
  return {std::move(parts), std::move(calendar)};
}

std::optional<Stretch> Windows::stretch(WallTime at) const {
  if (at < kEarliest || at > kLatest) return std::nullopt;
  for (const Reach& reach : kReaches) {
    const Stretch range{at - reach.back, at + reach.ahead};
    const Stretches all = stretches_of(parts_, range, *calendar_);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Stretch& stretch) { return stretch.end > at; });
    if (found == all.end()) continue;
    Stretch stretch = *found;
    const bool whole = stretch.start > range.start && stretch.end < range.end;
    if (!whole && &reach != std::end(kReaches) - 1) continue;
    if (stretch.start <= range.start) stretch.start = WallTime::min();
    if (stretch.end >= range.end) stretch.end = WallTime::max();
    return stretch;
  }
  return std::nullopt;
}

std::optional<Stretch> Windows::current(WallTime at) const {
  const std::optional<Stretch> near = stretch(at);
  return near && near->covers(at) ? near : std::nullopt;
}

std::optional<WallTime> Windows::next_change(WallTime at) const {
  const std::optional<Stretch> near = stretch(at);
  if (!near) return std::nullopt;
  const WallTime change = near->covers(at) ? near->end : near->start;
  return change == WallTime::max() ? std::nullopt : std::optional(change);
}

bool Windows::always() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const WindowPart& part) { return is_always(part) && part.except.empty(); });
}

}  // namespace finwatch::workflow
