#include "notifier/desk/silence.h"

#include <map>

#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"
#include "http/http.h"
#include "notifier/desk/deeds.h"
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostAlerts = 2000;
constexpr std::chrono::seconds kPatience{10};

constexpr Phrase kNothingFires{"没有触发中的告警，不需要静默。", "Nothing fires now: there is nothing to silence."};
constexpr Phrase kNotSetUp{"没有配置 alertmanager.url，不能静默。",
                           "alertmanager.url is not set up, so nothing can be silenced."};
constexpr Phrase kBadLength{"时长应形如 90m、2h 或 1d，最短 1 分钟，最长 30 天",
                            "duration looks like 90m, 2h or 1d: one minute at least, 30 days at most"};
constexpr Phrase kMayNot{"只有管理员可以静默告警。", "Only an admin may silence alerts."};
constexpr Phrase kBusy{"其他请求正在等待 Alertmanager，请稍后再试。",
                       "Other requests wait for Alertmanager: try again in a moment."};

using Labels = std::map<std::string, std::string>;

Labels labels_of(const AlertRecord& alert) {
  Labels labels;
  const Result<Json> json = Json::parse(alert.labels);
  if (json)
    for (auto label = json->root().first(); label; label = label->next()) labels.emplace(label->key(), label->text());
  labels.try_emplace("alertname", alert.alertname);
  return labels;
}

// From here on the answer is Alertmanager's, then the engine's.
void ask_alertmanager(const Deed& deed, std::int64_t id, const std::string& json, const std::string& length,
                      const std::function<void(const std::string&)>& done) {
  const Result<std::string> silence = post_silence(deed.setup->alertmanager, json);
  if (!silence) return deed.refuse(503, silence.error().message);
  const Action note{.kind = ActionKind::note,
                    .incident = id,
                    .actor = deed.visit->visitor->name,
                    .channel = deed.visit->is_api() ? "api" : "page",
                    .note = "Alertmanager silence " + *silence + ", " + length,
                    .target = {}};
  // The silence stands whatever becomes of the note: who asked is told of it either way.
  deed.engine->act(note, [done, id = *silence](const Status&) { done(id); });
}

struct Asked {
  std::string incident, duration, comment;
};

void silence(Deed deed, const Asked& asked, const std::function<void(const std::string&)>& done) {
  const View view = deed.view();
  if (!may_change(*view.visit.visitor) || view.visit.visitor->role != Role::admin) return deed.refuse(403, view.say(kMayNot));
  if (deed.setup->alertmanager.url.empty()) return deed.refuse(409, view.say(kNotSetUp));
  const auto length = silence_length(asked.duration);
  if (!length) return deed.refuse(400, view.say(kBadLength));
  if (!incident_id(asked.incident)) return deed.refuse(400, view.say(kBadNumber));
  const Result<Incident> incident = named_incident(view, asked.incident);
  if (!incident) return deed.store_error(incident.error());
  const Result<std::vector<AlertRecord>> alerts = deed.store->alerts(incident->id, kMostAlerts);
  if (!alerts) return deed.store_error(alerts.error());
  const Result<std::string> json = silence_json(*alerts, {.number = incident->number(),
                                                          .creator = view.visit.visitor->name,
                                                          .comment = clean_text(asked.comment),
                                                          .from = view.now,
                                                          .to = view.now + *length});
  if (!json)
    return deed.refuse(409, json.error().code == Errc::no_data ? std::string(view.say(kNothingFires)) : json.error().message);
  deed.store = nullptr;
  deed.store_failed = nullptr;
  const bool posted = deed.calls->post(
      [deed, id = incident->id, body = *json, text = asked.duration, done] { ask_alertmanager(deed, id, body, text, done); });
  if (!posted) deed.refuse(503, view.say(kBusy));
}

}  // namespace

std::optional<std::chrono::seconds> silence_length(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto number = to_number<int>(text.substr(0, text.size() - 1));
  const char unit = text.back();
  const int minutes = unit == 'm' ? 1 : unit == 'h' ? 60 : unit == 'd' ? 24 * 60 : 0;
  constexpr int kMostMinutes = 30 * 24 * 60;
  if (!number || minutes == 0 || *number < 1 || *number > kMostMinutes / minutes) return std::nullopt;
  return std::chrono::minutes{*number * minutes};
}

Result<std::string> silence_json(const std::vector<AlertRecord>& alerts, const SilenceWish& wish) {
  std::optional<Labels> shared;
  for (const AlertRecord& alert : alerts) {
    if (!alert.firing) continue;
    const Labels labels = labels_of(alert);
    if (!shared) {
      shared = labels;
      continue;
    }
    std::erase_if(*shared, [&](const auto& label) {
      const auto other = labels.find(label.first);
      return other == labels.end() || other->second != label.second;
    });
  }
  if (!shared) return {Errc::no_data, "nothing fires"};
  if (!shared->contains("alertname"))
    return {Errc::config, "the alerts of this incident have different names: silence them one by one in Alertmanager"};
  JsonMembers matchers('[');
  for (const auto& [name, value] : *shared)
    matchers.add(JsonMembers('{')
                     .add("name", json_text(name))
                     .add("value", json_text(value))
                     .add("isRegex", json_truth(false))
                     .add("isEqual", json_truth(true))
                     .end());
  return JsonMembers('{')
      .add("matchers", matchers.end())
      .add("startsAt", json_text(utc(wish.from)))
      .add("endsAt", json_text(utc(wish.to)))
      .add("createdBy", json_text(wish.creator))
      .add("comment", json_text(wish.number + (wish.comment.empty() ? "" : " " + wish.comment)))
      .end();
}

Result<std::string> post_silence(const AlertmanagerSetup& setup, const std::string& json) {
  std::string url = setup.url;
  while (url.ends_with('/')) url.pop_back();
  const Result<HttpReply> reply = http({.url = url + "/api/v2/silences",
                                        .method = "POST",
                                        .form = {},
                                        .body = json,
                                        .headers = {},
                                        .user = setup.user,
                                        .password = setup.password,
                                        .bearer = {},
                                        .ca_file = setup.ca_file,
                                        .timeout = kPatience,
                                        .most_bytes = std::size_t{1} << 20});
  if (!reply) return Error{Errc::unavailable, "Alertmanager: " + reply.error().message};
  const std::string status = "Alertmanager answered " + std::to_string(reply->status);
  if (reply->status != 200) return Error{Errc::unavailable, status + ": " + valid_utf8(trim(reply->body).substr(0, 200))};
  const Result<Json> answer = Json::parse(reply->body);
  const auto id = answer ? answer->root().find("silenceID") : std::nullopt;
  if (!id || id->text().empty()) return Error{Errc::unavailable, status + ", but without a silenceID"};
  return std::string(id->text());
}

void silence_by_form(const Deed& deed) {
  const View view = deed.view();
  if (!form_is_ours(view.visit, *deed.setup, "act")) return deed.refuse(403, view.say(kStale));
  const std::string number(view.visit.field("incident"));
  silence(deed, {number, std::string(view.visit.field("duration")), std::string(trim(view.visit.field("comment")))},
          [deed, number](const std::string&) {
            const auto id = incident_id(number);
            deed.answer(see_other(deed.view(), "/incident?id=INC-" + std::to_string(id.value_or(0)) + "&done=1"));
          });
}

void silence_by_api(const Deed& deed) {
  const std::optional<Order> order = read_order(deed);
  if (!order) return;
  silence(deed, {order->text("incident"), order->text("duration"), order->text("comment")}, [deed](const std::string& id) {
    deed.answer(json_answer(deed.view(), JsonMembers('{').add("silence", json_text(id)).end()));
  });
}

}  // namespace finwatch::notifier
