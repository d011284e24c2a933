// Incidents as a person at a terminal reads them, and as a spreadsheet does.
//
//   std::fputs(incident_table(incidents, Language::zh, width).c_str(), stdout);
//
// What is left of a promise is what the notifier counted, so a wrong clock here changes nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rules/tool/notifier/incident.h"
#include "rules/tool/notifier/language.h"

namespace finwatch::rules::notifier {

/// "answer 12 min left", "solve over by 3 min"; of one that has stopped "answer 5 min of 30 min".
std::string clock_text(const ClockReading& clock, Language language);

/// A row an incident with its running clocks; `width` columns at most, 0 for as many as it takes.
std::string incident_table(const std::vector<Incident>& incidents, Language language, std::size_t width);
/// "INC-42 acknowledged by zhang.wei: Voucher entry fails; solve 3 h 48 min left"
std::string incident_line(const Incident& incident, Language language);
/// All of one, with its alerts, its timeline and what was sent.
std::string incident_page(const IncidentFile& file, Language language, std::size_t width);
std::string on_call_page(const OnCall& on_call, Language language);

/// As RFC 4180 has it, with a first row of names that do not change.
std::string incident_csv(const std::vector<Incident>& incidents, Language language);

}  // namespace finwatch::rules::notifier
