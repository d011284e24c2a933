// The notifier's answers, from JSON.
#include "core/json.h"
#include "core/text.h"
#include "rules/tool/notifier/incident.h"
#include "rules/tool/notifier/time.h"

namespace finwatch::rules::notifier {
namespace {

// A map of the answer. What is absent or null is empty; what is of another kind is the first fault, kept with its place.
class Members {
 public:
  Members(const JsonRef& map, std::string path, Status& status) : map_(map), path_(std::move(path)), status_(status) {
    if (map.kind() != JsonRef::Kind::map) fault("", "a map");
  }

  std::string text(std::string_view key) const {
    const auto found = map_.find(key);
    if (!found) return {};
    if (found->is_container()) fault(key, "a text");
    return std::string(found->text());
  }
  std::string required(std::string_view key) const {
    std::string found = text(key);
    if (found.empty()) fault(key, "a text");
    return found;
  }
  long long number(std::string_view key) const {
    const std::string written = text(key);
    if (written.empty()) return 0;
    const auto value = to_number<double>(written);
    constexpr double kMost = 1e15;
    if (!value || !(*value > -kMost && *value < kMost)) {
      fault(key, "a number");
      return 0;
    }
    return static_cast<long long>(*value);
  }
  bool truth(std::string_view key) const { return text(key) == "true"; }
  std::optional<WallTime> time(std::string_view key) const {
    const std::string written = text(key);
    if (written.empty()) return std::nullopt;
    const auto at = parse_instant(written);
    if (!at) fault(key, "a time such as 2026-11-27T21:05:09+08:00");
    return at;
  }
  Words words(std::string_view key) const {
    const auto found = map_.find(key);
    if (!found || found->kind() == JsonRef::Kind::null) return {};
    const Members inside(*found, path_ + "." + std::string(key), status_);
    return {.zh = inside.text("zh"), .en = inside.text("en")};
  }
  /// Each value of a list or map.
  template <class Use>
  void each(std::string_view key, Use use) const {
    const auto list = map_.find(key);
    if (!list || list->kind() == JsonRef::Kind::null) return;
    if (!list->is_container()) return fault(key, "a list");
    int index = 0;
    for (auto item = list->first(); item; item = item->next())
      use(*item, path_ + "." + std::string(key) + "[" + std::to_string(index++) + "]");
  }

 private:
  void fault(std::string_view key, std::string_view expected) const {
    if (!status_) return;
    status_ =
        Error{Errc::malformed, "the notifier's answer: " + path_ + (key.empty() ? "" : "." + std::string(key)) + ": expected " +
                                   std::string(expected) + "; is it of the same version as this program?"};
  }

  JsonRef map_;
  std::string path_;
  Status& status_;
};

ClockReading clock_of(const JsonRef& value, const std::string& path, Status& status) {
  const Members clock(value, path, status);
  return {.clock = clock.required("clock"),
          .limit = std::chrono::seconds{clock.number("limit_seconds")},
          .used = std::chrono::seconds{clock.number("used_seconds")},
          .deadline = clock.time("deadline"),
          .stopped = clock.time("stopped"),
          .paused = clock.truth("paused")};
}

Incident incident_of(const JsonRef& value, const std::string& path, Status& status) {
  const Members one(value, path, status);
  Incident incident{.number = one.required("number"),
                    .state = one.required("state"),
                    .outcome = one.text("outcome"),
                    .service = one.text("service"),
                    .fault_class = one.text("fault_class"),
                    .severity = one.text("severity"),
                    .title = one.words("title"),
                    .where = one.text("where"),
                    .alertname = one.text("alertname"),
                    .area = one.text("area"),
                    .began = one.time("began"),
                    .received = one.time("received"),
                    .acknowledged = one.time("acknowledged"),
                    .diagnosed = one.time("diagnosed"),
                    .resolved = one.time("resolved"),
                    .verified = one.time("verified"),
                    .closed = one.time("closed"),
                    .acknowledged_by = one.text("acknowledged_by"),
                    .assigned = one.text("assigned"),
                    .diagnosis = one.text("diagnosis"),
                    .merged_into = one.text("merged_into"),
                    .reopened = one.number("reopened"),
                    .firing = one.number("firing"),
                    .alerts = one.number("alerts"),
                    .clocks = {}};
  one.each("clocks",
           [&](const JsonRef& clock, const std::string& at) { incident.clocks.push_back(clock_of(clock, at, status)); });
  return incident;
}

AlertLine alert_of(const JsonRef& value, const std::string& path, Status& status) {
  const Members one(value, path, status);
  AlertLine alert{.alertname = one.text("alertname"),
                  .severity = one.text("severity"),
                  .firing = one.truth("firing"),
                  .starts = one.time("starts"),
                  .ended = one.time("ended"),
                  .labels = {}};
  one.each("labels", [&](const JsonRef& label, const std::string&) { alert.labels.emplace_back(label.key(), label.text()); });
  return alert;
}

TimelineLine line_of(const JsonRef& value, const std::string& path, Status& status) {
  const Members one(value, path, status);
  return {.at = one.time("at"),
          .kind = one.required("kind"),
          .actor = one.text("actor"),
          .channel = one.text("channel"),
          .note = one.text("note")};
}

DeliveryLine delivery_of(const JsonRef& value, const std::string& path, Status& status) {
  const Members one(value, path, status);
  return {.id = one.text("id"),
          .channel = one.text("channel"),
          .purpose = one.text("purpose"),
          .person = one.text("person"),
          .state = one.text("state"),
          .code = one.text("code"),
          .note = one.text("note"),
          .attempts = one.number("attempts"),
          .created = one.time("created"),
          .done = one.time("done")};
}

DutyHours duty_of(const JsonRef& value, const std::string& path, Status& status) {
  const Members one(value, path, status);
  DutyHours duty{.duty = one.required("duty"), .name = one.words("name"), .people = {}, .until = one.time("until")};
  one.each("people", [&](const JsonRef& person, const std::string& at) {
    const Members who(person, at, status);
    duty.people.push_back({.id = who.required("id"), .name = who.words("name")});
  });
  return duty;
}

// The answer, and what it must hold.
Result<Json> answer_with(std::string_view body, std::string_view key, JsonRef::Kind kind) {
  Result<Json> json = Json::parse(body);
  if (!json) return Error{Errc::malformed, "the notifier's answer: " + json.error().message};
  const auto found = json->root().find(key);
  if (!found || found->kind() != kind)
    return {Errc::malformed, "the answer has no '" + std::string(key) + "': is that the address of finwatch-notifier?"};
  return json;
}

}  // namespace

Result<std::vector<Incident>> read_incidents(std::string_view body) {
  const Result<Json> json = answer_with(body, "incidents", JsonRef::Kind::list);
  if (!json) return json.error();
  Status status = ok();
  std::vector<Incident> incidents;
  Members(json->root(), "answer", status).each("incidents", [&](const JsonRef& one, const std::string& path) {
    incidents.push_back(incident_of(one, path, status));
  });
  if (!status) return status.error();
  return incidents;
}

Result<IncidentFile> read_incident(std::string_view body) {
  const Result<Json> json = answer_with(body, "incident", JsonRef::Kind::map);
  if (!json) return json.error();
  Status status = ok();
  const JsonRef value = *json->root().find("incident");
  IncidentFile file{.incident = incident_of(value, "incident", status), .alerts = {}, .timeline = {}, .deliveries = {}};
  const Members members(value, "incident", status);
  const auto fill = [&](std::string_view key, auto& lines, auto read) {
    members.each(key, [&](const JsonRef& one, const std::string& path) { lines.push_back(read(one, path, status)); });
  };
  fill("alert_list", file.alerts, alert_of);
  fill("timeline", file.timeline, line_of);
  fill("deliveries", file.deliveries, delivery_of);
  if (!status) return status.error();
  return file;
}

Result<OnCall> read_on_call(std::string_view body) {
  const Result<Json> json = answer_with(body, "duties", JsonRef::Kind::list);
  if (!json) return json.error();
  Status status = ok();
  const Members members(json->root(), "answer", status);
  OnCall on_call{.duties = {}, .next_gap = members.time("next_gap")};
  members.each("duties",
               [&](const JsonRef& one, const std::string& path) { on_call.duties.push_back(duty_of(one, path, status)); });
  if (!status) return status.error();
  return on_call;
}

}  // namespace finwatch::rules::notifier
