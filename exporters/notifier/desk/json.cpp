#include "notifier/desk/json.h"

#include "core/json.h"
#include "core/json_text.h"
#include "notifier/desk/rota_days.h"
#include "notifier/desk/words.h"
#include "web/page.h"

namespace finwatch::notifier {
namespace {

std::string when(const std::optional<WallTime>& time) { return time ? json_text(utc(*time)) : "null"; }
std::string seconds(nanoseconds length) { return std::to_string(std::chrono::floor<std::chrono::seconds>(length).count()); }
std::string number(std::int64_t id) { return id == 0 ? "null" : json_text("INC-" + std::to_string(id)); }
std::string words(const Words& both) {
  return JsonMembers('{').add("zh", json_text(both.zh)).add("en", json_text(both.en)).end();
}

template <class All, class Make>
std::string list(const All& all, Make make) {
  JsonMembers out('[');
  for (const auto& each : all) out.add(make(each));
  return out.end();
}

std::string clock_json(const ClockReading& clock) {
  constexpr std::array<std::string_view, 4> kLevels = {"quiet", "half", "late", "breached"};
  return JsonMembers('{')
      .add("clock", json_text(to_string(clock.kind)))
      .add("limit_seconds", seconds(clock.limit))
      .add("used_seconds", seconds(clock.used))
      .add("deadline", json_text(utc(clock.deadline)))
      .add("stopped", when(clock.stopped))
      .add("paused", json_truth(clock.paused))
      .add("level", json_text(kLevels[index(clock.level())]))
      .end();
}

// Labels and annotations are JSON already; what is none becomes an empty map.
std::string map_json(const std::string& text) {
  const Result<Json> json = Json::parse(text);
  return json && json->root().kind() == JsonRef::Kind::map ? json->root().written() : "{}";
}

std::string alert_json(const AlertRecord& alert) {
  return JsonMembers('{')
      .add("fingerprint", json_text(alert.fingerprint))
      .add("alertname", json_text(alert.alertname))
      .add("severity", json_text(alert.severity))
      .add("fault_class", json_text(alert.fault_class))
      .add("firing", json_truth(alert.firing))
      .add("starts", json_text(utc(alert.starts)))
      .add("ended", when(alert.ended))
      .add("seen", json_text(utc(alert.seen)))
      .add("labels", map_json(alert.labels))
      .add("annotations", map_json(alert.annotations))
      .add("generator_url", json_text(alert.generator_url))
      .end();
}

std::string entry_json(const TimelineEntry& entry) {
  return JsonMembers('{')
      .add("at", json_text(utc(entry.at)))
      .add("kind", json_text(entry.kind))
      .add("actor", json_text(entry.actor))
      .add("channel", json_text(entry.channel))
      .add("note", json_text(entry.note))
      .end();
}

JsonMembers incident_members(const Sheet& sheet) {
  const Incident& incident = sheet.incident;
  JsonMembers out('{');
  out.add("number", json_text(incident.number()))
      .add("state", json_text(to_string(incident.state)))
      .add("outcome", json_text(to_string(incident.outcome)))
      .add("service", json_text(incident.service))
      .add("fault_class", json_text(incident.fault_class))
      .add("severity", json_text(incident.severity))
      .add("title", words(incident.title))
      .add("where", json_text(incident.where))
      .add("alertname", json_text(incident.alertname))
      .add("area", json_text(incident.area))
      .add("began", json_text(utc(incident.began)))
      .add("received", json_text(utc(incident.received)))
      .add("acknowledged", when(incident.acknowledged))
      .add("acknowledged_by", json_text(incident.acknowledged_by))
      .add("diagnosed", when(incident.diagnosed))
      .add("diagnosis", json_text(incident.diagnosis))
      .add("resolved", when(incident.resolved))
      .add("verified", when(incident.verified))
      .add("closed", when(incident.closed))
      .add("assigned", json_text(incident.assigned))
      .add("reopened", std::to_string(incident.reopened))
      .add("firing", std::to_string(incident.firing))
      .add("alerts", std::to_string(incident.alerts))
      .add("merged_into", number(incident.merged_into))
      .add("clocks", list(sheet.clocks, clock_json));
  return out;
}

std::string clocks_json(const std::array<ClockFigures, kClockNames.size()>& clocks) {
  JsonMembers out('[');
  for (std::size_t i = 0; i < clocks.size(); ++i) {
    const auto percent = clocks[i].kept_percent();
    const auto mean = clocks[i].mean(), median = clocks[i].median();
    out.add(JsonMembers('{')
                .add("clock", json_text(kClockNames[i]))
                .add("kept", std::to_string(clocks[i].kept))
                .add("breached", std::to_string(clocks[i].breached))
                .add("kept_percent", percent ? json_number(*percent, 2) : "null")
                .add("mean_seconds", mean ? seconds(*mean) : "null")
                .add("median_seconds", median ? seconds(*median) : "null")
                .end());
  }
  return out.end();
}

std::string counts_json(const std::map<std::string, int>& counts) {
  JsonMembers out('{');
  for (const auto& [id, count] : counts) out.add(id, std::to_string(count));
  return out.end();
}

}  // namespace

std::string incident_json(const Sheet& sheet) { return incident_members(sheet).end(); }

std::string incident_json(const Sheet& sheet, const Details& details) {
  return incident_members(sheet)
      .add("alert_list", list(details.alerts, alert_json))
      .add("timeline", list(details.timeline, entry_json))
      .add("deliveries", list(details.deliveries, delivery_json))
      .end();
}

std::string delivery_json(const Delivery& delivery) {
  return JsonMembers('{')
      .add("id", std::to_string(delivery.id))
      .add("incident", number(delivery.incident))
      .add("purpose", json_text(to_string(delivery.purpose)))
      .add("step", delivery.step < 0 ? "null" : std::to_string(delivery.step + 1))
      .add("channel", json_text(to_string(delivery.channel)))
      .add("person", json_text(delivery.person))
      .add("mention", list(delivery.mention, json_text))
      .add("state", json_text(to_string(delivery.state)))
      .add("attempts", std::to_string(delivery.attempts))
      .add("created", json_text(utc(delivery.created)))
      .add("sent", when(delivery.sent))
      .add("done", when(delivery.done))
      .add("code", json_text(delivery.code))
      .add("note", json_text(delivery.note))
      .add("provider_id", json_text(delivery.provider_id))
      .add("fallback_of", delivery.fallback_of == 0 ? "null" : std::to_string(delivery.fallback_of))
      .add("maybe_twice", json_truth(delivery.maybe_twice))
      .end();
}

std::string on_call_json(const Contract& contract, WallTime at) {
  const auto person_json = [&](const std::string& id) {
    const Person* person = contract.person(id);
    const Words name = person == nullptr ? Words{id, id} : person->name;
    return JsonMembers('{').add("id", json_text(id)).add("name", words(name)).end();
  };
  const auto duty_json = [&](const DutyNow& now) {
    return JsonMembers('{')
        .add("duty", json_text(now.duty->id))
        .add("name", words(now.duty->name))
        .add("people", list(now.people, person_json))
        .add("until", when(now.until))
        .end();
  };
  return JsonMembers('{')
      .add("duties", list(duties_at(contract, at), duty_json))
      .add("next_gap", when(contract.next_gap(at, std::chrono::hours{24 * kDaysShown})))
      .end();
}

std::string figures_json(const MonthFigures& figures) {
  JsonMembers by_class('{'), outcomes('{'), channels('{');
  for (const auto& [id, clocks] : figures.clocks_by_class) by_class.add(id, clocks_json(clocks));
  for (std::size_t i = 0; i < figures.by_outcome.size(); ++i)
    outcomes.add(kOutcomeNames[i], std::to_string(figures.by_outcome[i]));
  for (const auto& [channel, states] : figures.deliveries) {
    JsonMembers results('{');
    for (std::size_t i = 0; i < states.size(); ++i) results.add(kDeliveryStateNames[i], std::to_string(states[i]));
    channels.add(to_string(channel), results.end());
  }
  const auto fixed = figures.first_time_fix_percent();
  return JsonMembers('{')
      .add("month", json_text(to_text(figures.month)))
      .add("from", json_text(utc(figures.from)))
      .add("to", json_text(utc(figures.to)))
      .add("complete", json_truth(figures.complete))
      .add("incidents", std::to_string(figures.incidents))
      .add("by_class", counts_json(figures.by_class))
      .add("by_service", counts_json(figures.by_service))
      .add("by_severity", counts_json(figures.by_severity))
      .add("by_outcome", outcomes.end())
      .add("clocks", clocks_json(figures.clocks))
      .add("clocks_by_class", by_class.end())
      .add("breached", list(figures.breached, [](const Sheet& sheet) { return json_text(sheet.incident.number()); }))
      .add("with_breach", std::to_string(figures.with_breach))
      .add("reopened", std::to_string(figures.reopened))
      .add("solved", std::to_string(figures.solved))
      .add("first_time_fix_percent", fixed ? json_number(*fixed, 2) : "null")
      .add("deliveries", channels.end())
      .end();
}

}  // namespace finwatch::notifier
