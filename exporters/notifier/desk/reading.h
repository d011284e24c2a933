// Incidents as the desk shows them: with their clocks, and the gravest first.
//
//   for (const Sheet& sheet : sheets_of(contract, std::move(incidents), now)) … sheet.clocks …
#pragma once

#include <vector>

#include "notifier/contract/sla_clock.h"
#include "notifier/incident/incident.h"

namespace finwatch::notifier {

struct Sheet {
  Incident incident;
  std::vector<ClockReading> clocks;  // none where the contract does not know the class
  int rank = 0;                      // of its severity

  /// The running clock whose time is used up first; nullptr when none runs.
  const ClockReading* next() const;
  bool breached() const;
};

Sheet sheet_of(const Contract& contract, Incident incident, WallTime now);
std::vector<Sheet> sheets_of(const Contract& contract, std::vector<Incident> incidents, WallTime now);
/// Those that nobody has first among the equally grave, then by what time is left.
void gravest_first(std::vector<Sheet>& sheets);

}  // namespace finwatch::notifier
