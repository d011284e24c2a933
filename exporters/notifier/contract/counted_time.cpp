#include "notifier/contract/counted_time.h"

#include <algorithm>

namespace finwatch::notifier {
namespace {

using std::chrono::days;

constexpr nanoseconds kNever = days{3653};  // ten years

// Not past the end of all instants.
WallTime later(WallTime at, nanoseconds by) { return at > WallTime::max() - by ? WallTime::max() : at + by; }

// Sorted, and what touches is one.
std::vector<Span> united(std::vector<Span> spans) {
  std::erase_if(spans, [](const Span& span) { return span.from >= span.to; });
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.from < b.from; });
  std::vector<Span> apart;
  for (const Span& span : spans)
    if (!apart.empty() && span.from <= apart.back().to)
      apart.back().to = std::max(apart.back().to, span.to);
    else
      apart.push_back(span);
  return apart;
}

bool concerns(const Maintenance& planned, std::string_view service) {
  return planned.services.empty() ||
         std::find(planned.services.begin(), planned.services.end(), service) != planned.services.end();
}

}  // namespace

CountedTime::CountedTime(const Contract& contract, std::string_view service, BusinessHoursOnly hours, std::vector<Span> rests)
    : zone_(contract.zone), hours_(contract.business_hours), hours_only_(hours == BusinessHoursOnly::yes) {
  for (const Maintenance& planned : contract.maintenance)
    if (concerns(planned, service)) rests.push_back({zone_.instant(planned.from), zone_.instant(planned.to)});
  rests_ = united(std::move(rests));
}

bool CountedTime::in_hours(WallTime at) const {
  const LocalTime local = zone_.local(at);
  const auto time = local - day_of(local);
  return hours_.days[weekday_number(day_of(local))] && time >= hours_.from && time < hours_.to;
}

bool CountedTime::counts(WallTime at) const {
  const auto rest =
      std::upper_bound(rests_.begin(), rests_.end(), at, [](WallTime a, const Span& span) { return a < span.to; });
  if (rest != rests_.end() && rest->from <= at) return false;
  return !hours_only_ || in_hours(at);
}

WallTime CountedTime::next_change_of_hours(WallTime at) const {
  const Day today = day_of(zone_.local(at));
  WallTime next = zone_.instant(today + days{8});
  for (Day day = today; day < today + days{8}; day += days{1}) {
    if (!hours_.days[weekday_number(day)]) continue;
    for (const LocalTime edge : {day + hours_.from, day + hours_.to})
      for (const Zone::Coming which : {Zone::Coming::first, Zone::Coming::last})
        if (const WallTime instant = zone_.instant(edge, which); instant > at) next = std::min(next, instant);
    if (next < zone_.instant(day + days{1})) break;  // later days have nothing sooner
  }
  // Clocks that change may jump into the hours, or out of them.
  const std::vector<Zone::Offset> offsets = zone_.offsets(at, next);
  return offsets.size() > 1 ? offsets[1].since : next;
}

WallTime CountedTime::next_change(WallTime at) const {
  WallTime next = later(at, kNever);
  const auto rest =
      std::upper_bound(rests_.begin(), rests_.end(), at, [](WallTime a, const Span& span) { return a < span.to; });
  if (rest != rests_.end()) {
    if (rest->from <= at) return rest->to;
    next = std::min(next, rest->from);
  }
  return hours_only_ ? std::min(next, next_change_of_hours(at)) : next;
}

nanoseconds CountedTime::between(WallTime from, WallTime to) const {
  nanoseconds sum{};
  for (WallTime at = from; at < to;) {
    const WallTime next = std::min(next_change(at), to);
    if (counts(at)) sum += next - at;
    at = next;
  }
  return sum;
}

WallTime CountedTime::after(WallTime from, nanoseconds counted) const {
  const WallTime limit = later(from, kNever);
  for (WallTime at = from; at < limit;) {
    const WallTime next = std::min(next_change(at), limit);
    if (counts(at)) {
      if (next - at >= counted) return at + std::max(counted, nanoseconds{});
      counted -= next - at;
    } else if (counted <= nanoseconds{}) {
      return at;
    }
    at = next;
  }
  return limit;
}

}  // namespace finwatch::notifier
