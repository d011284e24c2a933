#include "notifier/desk/reading.h"

#include <algorithm>
#include <tuple>

#include "notifier/incident/clocks.h"

namespace finwatch::notifier {
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
  sheet.rank = severity == nullptr ? 0 : severity->rank;
  sheet.clocks = Clocks(incident, contract).read(now);
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
