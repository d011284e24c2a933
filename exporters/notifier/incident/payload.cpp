#include "notifier/incident/payload.h"

#include <algorithm>

#include "core/instant.h"
#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"

namespace finwatch::notifier {
namespace {

using Texts = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t kMostTexts = 100;          // labels or annotations of one alert
constexpr std::size_t kMostTextBytes = 8 << 10;  // of one of them; longer ones are cut

Error wrong(const std::string& place, std::string_view expected) {
  return {Errc::malformed, place + ": expected " + std::string(expected)};
}

const std::string& find_in(const Texts& texts, std::string_view name) {
  static const std::string kNone;
  const auto found = texts.find(name);
  return found == texts.end() ? kNone : found->second;
}

// A zero byte is valid JSON and ends texts elsewhere.
std::string clean(std::string_view text) {
  std::string out(text.substr(0, utf8_prefix(text.substr(0, kMostTextBytes))));
  std::replace(out.begin(), out.end(), '\0', ' ');
  return out;
}

Status read_texts(const JsonRef& alert, std::string_view key, const std::string& place, Texts& into, std::string& json) {
  const std::optional<JsonRef> map = alert.find(key);
  if (!map || map->kind() == JsonRef::Kind::null) return ok();
  const std::string here = place + "." + std::string(key);
  if (map->kind() != JsonRef::Kind::map) return wrong(here, "a map of texts");
  if (map->size() > kMostTexts) return wrong(here, "at most " + std::to_string(kMostTexts) + " texts");
  JsonMembers members('{');
  for (auto one = map->first(); one; one = one->next()) {
    if (one->kind() != JsonRef::Kind::text) return wrong(here + "." + clean(one->key()), "a text");
    const std::string name = clean(one->key()), text = clean(one->text());
    members.add(name, json_text(text));
    into[name] = text;
  }
  json = members.end();
  return ok();
}

std::string_view text_at(const JsonRef& map, std::string_view key) {
  const std::optional<JsonRef> value = map.find(key);
  return value && value->kind() == JsonRef::Kind::text ? value->text() : std::string_view();
}

bool is_fingerprint(std::string_view text) {
  return text.size() == 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<ReceivedAlert> read_alert(const JsonRef& from, const std::string& place) {
  if (from.kind() != JsonRef::Kind::map) return wrong(place, "a map");
  ReceivedAlert alert;
  const std::string_view status = text_at(from, "status");
  if (status != "firing" && status != "resolved") return wrong(place + ".status", "'firing' or 'resolved'");
  alert.firing = status == "firing";
  alert.fingerprint = text_at(from, "fingerprint");
  if (!is_fingerprint(alert.fingerprint)) return wrong(place + ".fingerprint", "16 hexadecimal digits");
  const auto starts = parse_instant(text_at(from, "startsAt"));
  if (!starts) return wrong(place + ".startsAt", "a time such as 2026-11-22T12:41:57.139Z");
  alert.starts = *starts;
  if (!alert.firing) {
    const auto ended = parse_instant(text_at(from, "endsAt"));
    if (!ended) return wrong(place + ".endsAt", "the time of the end, as the alert is resolved");
    alert.ended = std::max(*ended, alert.starts);
  }
  if (Status read = read_texts(from, "labels", place, alert.labels, alert.labels_json); !read) return read.error();
  if (Status read = read_texts(from, "annotations", place, alert.annotations, alert.annotations_json); !read)
    return read.error();
  if (alert.label("alertname").empty()) return wrong(place + ".labels.alertname", "the name of the alert");
  alert.generator_url = clean(text_at(from, "generatorURL"));
  return alert;
}

}  // namespace

const std::string& ReceivedAlert::label(std::string_view name) const { return find_in(labels, name); }
const std::string& ReceivedAlert::annotation(std::string_view name) const { return find_in(annotations, name); }

Result<Payload> read_payload(std::string_view body) {
  if (body.size() > kMostPayloadBytes) return wrong("the body", "at most 16 MiB");
  const Result<Json> json = Json::parse(body);
  if (!json) return Error{Errc::malformed, json.error().message};
  const JsonRef root = json->root();
  if (root.kind() != JsonRef::Kind::map) return wrong("the body", "the map that Alertmanager's webhook sends");
  if (text_at(root, "version") != "4") return wrong("version", "\"4\", that of Alertmanager's webhook");
  Payload payload{.receiver = clean(text_at(root, "receiver")), .alerts = {}, .truncated = 0};
  if (const auto truncated = root.find("truncatedAlerts"); truncated && truncated->kind() == JsonRef::Kind::number)
    payload.truncated = to_number<long long>(truncated->text()).value_or(0);
  const std::optional<JsonRef> alerts = root.find("alerts");
  if (!alerts || alerts->kind() != JsonRef::Kind::list) return wrong("alerts", "a list");
  if (alerts->size() > kMostPayloadAlerts) return wrong("alerts", "at most " + std::to_string(kMostPayloadAlerts));
  payload.alerts.reserve(alerts->size());
  for (auto one = alerts->first(); one; one = one->next()) {
    Result<ReceivedAlert> alert = read_alert(*one, "alerts[" + std::to_string(payload.alerts.size()) + "]");
    if (!alert) return alert.error();
    payload.alerts.push_back(std::move(*alert));
  }
  return payload;
}

}  // namespace finwatch::notifier
