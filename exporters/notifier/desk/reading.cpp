#include "notifier/desk/reading.h"

#include <algorithm>
#include <tuple>

namespace finwatch::notifier {
namespace {

Milestones milestones_of(const Incident& incident) {
  Milestones milestones{.began = incident.began,
                        .acknowledged = incident.acknowledged,
                        .diagnosed = incident.diagnosed,
                        .solved = incident.resolved};
  if (!milestones.solved) milestones.solved = incident.closed;  // merged, or a false alarm: nothing is waited for any more
  return milestones;
}

}  // namespace

const ClockReading* Sheet::next() const {
  const ClockReading* found = nullptr;
  for (const ClockReading& clock : clocks)
    if (!clock.stopped && (found == nullptr || clock.deadline < found->deadline)) found = &clock;
  return found;
}

bool Sheet::breached() const {
  return std::any_of(clocks.begin(), clocks.end(), [](const ClockReading& clock) { return clock.breached(); });
}

Sheet sheet_of(const Contract& contract, Incident incident, WallTime now) {
  Sheet sheet;
  const Severity* severity = contract.severity(incident.severity);
  const FaultClass* promised = contract.fault_class(incident.fault_class);
  sheet.rank = severity == nullptr ? 0 : severity->rank;
  if (promised != nullptr) {
    const bool hours_only = severity != nullptr && severity->business_hours_only;
    const CountedTime counted(contract, incident.service, hours_only ? BusinessHoursOnly::yes : BusinessHoursOnly::no,
                              incident.rests);
    sheet.clocks = SlaClock(*promised, counted).read(milestones_of(incident), now);
  }
  sheet.incident = std::move(incident);
  return sheet;
}

std::vector<Sheet> sheets_of(const Contract& contract, std::vector<Incident> incidents, WallTime now) {
  std::vector<Sheet> sheets;
  sheets.reserve(incidents.size());
  for (Incident& incident : incidents) sheets.push_back(sheet_of(contract, std::move(incident), now));
  return sheets;
}

void gravest_first(std::vector<Sheet>& sheets) {
  const auto order = [](const Sheet& sheet) {
    const ClockReading* next = sheet.next();
    return std::tuple(sheet.incident.state >= State::resolved, -sheet.rank, sheet.incident.state >= State::acknowledged,
                      next == nullptr ? WallTime::max() : next->deadline, sheet.incident.id);
  };
  std::stable_sort(sheets.begin(), sheets.end(), [&](const Sheet& a, const Sheet& b) { return order(a) < order(b); });
}

}  // namespace finwatch::notifier
