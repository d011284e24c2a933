// What finwatch-notifier says of incidents and of who is on duty, read from its REST interface.
//
//   Result<std::vector<Incident>> all = read_incidents(body);       // of GET /api/v1/incidents
//   for (const Incident& incident : *all) use(incident.number);     // "INC-42"
//
// Plain data. Names (of states, clocks, channels) stay texts: a newer notifier may know more of them than we do.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/both_languages.h"
#include "core/clock.h"
#include "core/result.h"

namespace finwatch::rules::notifier {

struct ClockReading {
  std::string clock;  // "answer", "first_diagnosis", "solve"
  std::chrono::seconds limit{}, used{};
  std::optional<WallTime> deadline, stopped;
  bool paused = false;
  bool is_over() const { return used >= limit; }
};

struct Incident {
  std::string number, state, outcome, service, fault_class, severity;
  Words title;
  std::string where, alertname, area;
  std::optional<WallTime> began, received, acknowledged, diagnosed, resolved, verified, closed;
  std::string acknowledged_by, assigned, diagnosis, merged_into;  // empty where there is none
  long long reopened = 0, firing = 0, alerts = 0;
  std::vector<ClockReading> clocks;
};

struct AlertLine {
  std::string alertname, severity;
  bool firing = false;
  std::optional<WallTime> starts, ended;
  std::vector<std::pair<std::string, std::string>> labels;
};

struct TimelineLine {
  std::optional<WallTime> at;
  std::string kind, actor, channel, note;
};

struct DeliveryLine {
  std::string id, channel, purpose, person, state, code, note;
  long long attempts = 0;
  std::optional<WallTime> created, done;
};

/// One incident with all that belongs to it.
struct IncidentFile {
  Incident incident;
  std::vector<AlertLine> alerts;
  std::vector<TimelineLine> timeline;
  std::vector<DeliveryLine> deliveries;
};

struct PersonName {
  std::string id;
  Words name;
};

struct DutyHours {
  std::string duty;
  Words name;
  std::vector<PersonName> people;  // nobody in a gap of the rota
  std::optional<WallTime> until;
};

struct OnCall {
  std::vector<DutyHours> duties;
  std::optional<WallTime> next_gap;
};

/// malformed, with the place in the answer, for what is no answer of a notifier.
Result<std::vector<Incident>> read_incidents(std::string_view body);
Result<IncidentFile> read_incident(std::string_view body);
Result<OnCall> read_on_call(std::string_view body);

}  // namespace finwatch::rules::notifier
