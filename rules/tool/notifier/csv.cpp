// Incidents as CSV: times in UTC, lengths in seconds.
#include <algorithm>

#include "rules/tool/notifier/page.h"
#include "rules/tool/notifier/terminal.h"
#include "rules/tool/notifier/time.h"

namespace finwatch::rules::notifier {
namespace {

// A text that a spreadsheet would take for a formula gets an apostrophe in front.
std::string field(std::string_view text) {
  std::string out = printable(text);
  if (!out.empty() && std::string_view("=+-@").find(out.front()) != std::string_view::npos) out.insert(0, 1, '\'');
  if (out.find_first_of(",\"") == std::string::npos) return out;
  std::string quoted = "\"";
  for (const char c : out) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

std::string time_field(const std::optional<WallTime>& at) { return at ? whole_seconds(*at) : std::string(); }

constexpr std::string_view kClocks[] = {"answer", "first_diagnosis", "solve"};
constexpr std::string_view kNames[] = {
    "number",    "state",    "outcome", "service",  "fault_class",  "severity",        "title",     "where",
    "alertname", "area",     "began",   "received", "acknowledged", "acknowledged_by", "diagnosed", "diagnosis",
    "resolved",  "verified", "closed",  "assigned", "reopened",     "firing",          "alerts",    "merged_into"};

}  // namespace

std::string incident_csv(const std::vector<Incident>& incidents, Language language) {
  std::string out;
  const auto end_line = [&] { out.back() = '\r', out += '\n'; };
  for (const std::string_view name : kNames) out.append(name).append(",");
  for (const std::string_view clock : kClocks)
    out.append(clock).append("_limit_seconds,").append(clock).append("_used_seconds,");
  end_line();
  for (const Incident& one : incidents) {
    for (const std::string& cell : {field(one.number),
                                    field(one.state),
                                    field(one.outcome),
                                    field(one.service),
                                    field(one.fault_class),
                                    field(one.severity),
                                    field(say(language, one.title)),
                                    field(one.where),
                                    field(one.alertname),
                                    field(one.area),
                                    time_field(one.began),
                                    time_field(one.received),
                                    time_field(one.acknowledged),
                                    field(one.acknowledged_by),
                                    time_field(one.diagnosed),
                                    field(one.diagnosis),
                                    time_field(one.resolved),
                                    time_field(one.verified),
                                    time_field(one.closed),
                                    field(one.assigned),
                                    std::to_string(one.reopened),
                                    std::to_string(one.firing),
                                    std::to_string(one.alerts),
                                    field(one.merged_into)})
      out.append(cell).append(",");
    for (const std::string_view name : kClocks) {
      const auto clock = std::find_if(one.clocks.begin(), one.clocks.end(),
                                      [&](const ClockReading& reading) { return reading.clock == name; });
      if (clock == one.clocks.end())
        out += ",,";
      else
        out.append(std::to_string(clock->limit.count())).append(",").append(std::to_string(clock->used.count())).append(",");
    }
    end_line();
  }
  return out;
}

}  // namespace finwatch::rules::notifier
