// GET /incident?id=INC-42: everything that is known of one incident, and what can be done with it.
#include <algorithm>

#include "core/json.h"
#include "notifier/desk/pages.h"
#include "notifier/desk/ticking.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostAlerts = 200;
constexpr int kMostLines = 500;
constexpr int kMostDeliveries = 200;

constexpr Phrase kActions{"操作", "Actions"};
constexpr Phrase kFacts{"基本情况", "Facts"};
constexpr Phrase kAlerts{"告警", "Alerts"};
constexpr Phrase kTimeline{"时间线", "Timeline"};
constexpr Phrase kDeliveries{"通知记录", "Deliveries"};
constexpr Phrase kService{"业务", "Service"};
constexpr Phrase kClass{"故障类别", "Fault class"};
constexpr Phrase kWhere{"对象", "Where"};
constexpr Phrase kAlert{"告警名", "Alert"};
constexpr Phrase kReceived{"接报", "Received"};
constexpr Phrase kAcknowledged{"认领", "Acknowledged"};
constexpr Phrase kDiagnosis{"初步诊断", "First diagnosis"};
constexpr Phrase kResolved{"恢复", "Resolved"};
constexpr Phrase kVerified{"验证", "Verified"};
constexpr Phrase kClosed{"关闭", "Closed"};
constexpr Phrase kReopened{"重新打开次数", "Reopened"};
constexpr Phrase kMerged{"已合并到", "Merged into"};
constexpr Phrase kFiring{"触发中", "Firing"};
constexpr Phrase kEnded{"已恢复", "Resolved"};
constexpr Phrase kFrom{"自 ", "since "};
constexpr Phrase kTo{" 至 ", " until "};
constexpr Phrase kDone{"已提交。", "Done."};
constexpr Phrase kNoLines{"还没有记录。", "Nothing yet."};
constexpr Phrase kSource{"在 Prometheus 中查看", "Look at it in Prometheus"};
constexpr Phrase kLeft{"只显示前 200 条告警。", "The first 200 alerts are shown."};

std::string when_by(const View& view, const std::optional<WallTime>& time, std::string_view who = {}) {
  if (!time) return {};
  return time_tag(view, *time) + (who.empty() ? "" : " " + as_text(actor_name(view.contract(), who, view.language())));
}

std::string facts(const View& view, const Incident& incident) {
  const Contract& contract = view.contract();
  const Language language = view.language();
  std::string out = "<section><h2>" + std::string(view.say(kFacts)) + "</h2>\n<dl>\n";
  out += fact(view.say(kService), as_text(service_name(contract, incident.service, language)));
  out += fact(view.say(kClass), as_text(class_name(contract, incident.fault_class, language)));
  out += fact(view.say(kWhere), as_text(incident.where));
  out += fact(view.say(kAlert), "<code>" + as_text(incident.alertname) + "</code>");
  out += fact(view.say(kReceived), time_tag(view, incident.received));
  out += fact(view.say(kAcknowledged), when_by(view, incident.acknowledged, incident.acknowledged_by));
  out += fact(view.say(kDiagnosis),
              incident.diagnosed ? time_tag(view, *incident.diagnosed) + " " + as_text(incident.diagnosis) : "");
  out += fact(view.say(kResolved), when_by(view, incident.resolved));
  out += fact(view.say(kVerified), when_by(view, incident.verified));
  out += fact(view.say(kClosed), when_by(view, incident.closed));
  if (incident.reopened > 0) out += fact(view.say(kReopened), std::to_string(incident.reopened));
  if (incident.merged_into > 0) {
    const std::string number = "INC-" + std::to_string(incident.merged_into);
    out += fact(view.say(kMerged), "<a href=\"/incident?id=" + number + "\">" + number + "</a>");
  }
  return out + "</dl></section>\n";
}

std::string label_list(std::string_view json) {
  const Result<Json> labels = Json::parse(json);
  std::string out;
  if (!labels) return out;
  for (auto label = labels->root().first(); label; label = label->next())
    out += "<code>" + as_text(label->key()) + "=" + as_text(label->text()) + "</code>";
  return out.empty() ? out : "<div class=\"labels\">" + out + "</div>";
}

// What the rule says in the language of the page: annotations such as summary_zh; else those of no language.
std::string annotation(const View& view, std::string_view json) {
  const Result<Json> all = Json::parse(json);
  if (!all) return {};
  const std::string ending = view.language() == Language::chinese ? "_zh" : "_en";
  for (const std::string& name :
       {"description" + ending, "summary" + ending, std::string("description"), std::string("summary")})
    if (const auto value = all->root().find(name); value && !value->text().empty())
      return "<p>" + as_text(value->text()) + "</p>";
  return {};
}

std::string alert_item(const View& view, const AlertRecord& alert) {
  std::string out = "<div class=\"card " + std::string(alert.firing ? "middle" : "") + "\"><p>" +
                    badge(alert.firing ? "middle" : "fine", view.say(alert.firing ? kFiring : kEnded)) + "<b>" +
                    as_text(alert.alertname) + "</b> <span class=\"quiet\">" + std::string(view.say(kFrom)) +
                    time_tag(view, alert.starts);
  if (alert.ended) out += std::string(view.say(kTo)) + time_tag(view, *alert.ended);
  out += "</span></p>" + annotation(view, alert.annotations) + label_list(alert.labels);
  if (const std::string source = web_link(alert.generator_url, view.say(kSource)); !source.empty())
    out += "<p>" + source + "</p>";
  return out + "</div>\n";
}

constexpr std::pair<std::string_view, Phrase> kWays[] = {{"page", {"页面", "on the page"}},
                                                         {"link", {"链接", "by the link"}},
                                                         {"code", {"认领码", "by the code"}},
                                                         {"api", {"接口", "by REST"}}};

std::string way_words(std::string_view way, Language language) {
  if (const auto channel = channel_kind(way)) return std::string(kChannelWords[index(*channel)].in(language));
  const auto known = std::find_if(std::begin(kWays), std::end(kWays), [&](const auto& each) { return each.first == way; });
  return known == std::end(kWays) ? std::string() : std::string(known->second.in(language));
}

// What the contract, or this program, calls what an id stands for; the id itself where it stands for nothing.
std::string words_of_id(const Contract& contract, std::string_view id, Language language) {
  if (contract.person(id) != nullptr) return actor_name(contract, id, language);
  if (contract.fault_class(id) != nullptr) return class_name(contract, id, language);
  if (contract.severity(id) != nullptr) return severity_name(contract, id, language);
  if (const auto duty = contract.duties.find(std::string(id)); duty != contract.duties.end())
    return say(duty->second.name, language);
  const auto clock = std::find(kClockNames.begin(), kClockNames.end(), id);
  if (clock != kClockNames.end())
    return std::string(kClockWords[static_cast<std::size_t>(clock - kClockNames.begin())].in(language));
  const auto purpose = std::find(kPurposeNames.begin(), kPurposeNames.end(), id);
  if (purpose != kPurposeNames.end())
    return std::string(kPurposeWords[static_cast<std::size_t>(purpose - kPurposeNames.begin())].in(language));
  const std::string way = way_words(id, language);
  return way.empty() ? std::string(id) : way;
}

// The casebook and the outbox write ids: "1: on_call, sms, dingtalk". What people and providers say, behind the colon, is left alone.
std::string note_words(const View& view, const TimelineEntry& line) {
  constexpr std::string_view kOfIds[] = {"told", "step", "policy", "classified", "warned_half", "warned_late", "breached"};
  const bool begins = line.kind == "assigned" || line.kind == "not_told";
  if (!begins && std::find(std::begin(kOfIds), std::end(kOfIds), line.kind) == std::end(kOfIds)) return line.note;
  const std::size_t most = begins ? std::min(line.note.find(':'), line.note.size()) : line.note.size();
  constexpr std::string_view kBetween = ",: ";
  std::string out;
  std::size_t at = 0;
  while (at < most) {
    const std::size_t end = std::min(line.note.find_first_of(kBetween, at), most);
    out += words_of_id(view.contract(), std::string_view(line.note).substr(at, end - at), view.language());
    at = std::min(line.note.find_first_not_of(kBetween, end), most);
    out.append(line.note, end, at - end);
  }
  return out + line.note.substr(at);
}

std::string timeline(const View& view, const std::vector<TimelineEntry>& lines) {
  std::string out = "<section><h2>" + std::string(view.say(kTimeline)) + "</h2>\n";
  if (lines.empty()) return out + "<p class=\"quiet\">" + std::string(view.say(kNoLines)) + "</p></section>\n";
  out += "<ol class=\"timeline\" reversed>\n";
  for (const TimelineEntry& line : lines) {
    const bool bad = line.kind == "breached" || line.kind == "not_told" || line.kind == "warned_late";
    out += "<li>" + time_tag(view, line.at) + " <b" + (bad ? " class=\"bad\"" : "") + ">" +
           as_text(event_words(line.kind, view.language())) + "</b>";
    if (!line.actor.empty() && line.actor != "finwatch")
      out += " · " + as_text(actor_name(view.contract(), line.actor, view.language()));
    if (const std::string way = way_words(line.channel, view.language()); !way.empty()) out += " · " + way;
    if (!line.note.empty()) out += "<br>" + as_text(note_words(view, line));
    out += "</li>\n";
  }
  return out + "</ol></section>\n";
}

}  // namespace

Result<WebAnswer> incident_page(View& view) {
  Result<Incident> found = named_incident(view, view.visit.query("id"));
  if (!found) return found.error();
  const std::int64_t id = found->id;
  const Result<std::vector<AlertRecord>> alerts = view.store->alerts(id, kMostAlerts);
  if (!alerts) return alerts.error();
  Result<std::vector<TimelineEntry>> lines = view.store->timeline(id, kMostLines);
  if (!lines) return lines.error();
  // What came last is what one looks for at night.
  std::sort(lines->begin(), lines->end(), [](const auto& a, const auto& b) { return a.sequence > b.sequence; });
  const Result<std::vector<Delivery>> deliveries =
      view.store->deliveries({.incident = id, .state = {}, .channel = {}, .most = kMostDeliveries});
  if (!deliveries) return deliveries.error();
  const Sheet sheet = sheet_of(view.contract(), std::move(*found), view.now);
  const Incident& incident = sheet.incident;

  std::string page = frame_begin(view, incident.number() + " " + say(incident.title, view.language()), Place::incidents);
  if (!view.visit.query("done").empty())
    page += "<p class=\"banner done\" role=\"status\">" + std::string(view.say(kDone)) + "</p>\n";
  page += "<article class=\"card " +
          std::string(incident.state >= State::resolved ? "" : gravity(view.contract(), sheet.rank)) + "\">\n" +
          incident_head(view, sheet) + clock_bars(view, sheet) + incident_links(view, incident, *alerts) + "</article>\n";
  if (const std::string forms = action_forms(view, incident); !forms.empty())
    page += "<section><h2>" + std::string(view.say(kActions)) + "</h2>\n" + forms + "</section>\n";
  page += facts(view, incident) + timeline(view, *lines);
  page += "<section><h2>" + std::string(view.say(kAlerts)) + " (" + std::to_string(incident.alerts) + ")</h2>\n";
  for (const AlertRecord& alert : *alerts) page += alert_item(view, alert);
  if (alerts->size() == kMostAlerts) page += "<p class=\"quiet\">" + std::string(view.say(kLeft)) + "</p>\n";
  page += "</section>\n<section><h2>" + std::string(view.say(kDeliveries)) + "</h2>\n";
  if (deliveries->empty()) page += "<p class=\"quiet\">" + std::string(view.say(kNoLines)) + "</p>\n";
  if (!deliveries->empty()) {
    page += delivery_heading(view);
    for (const Delivery& delivery : *deliveries) page += delivery_row(view, delivery);
    page += "</tbody></table></div>\n";
  }
  return page_answer(view, 200, page + "</section>\n" + ticking_script());
}

}  // namespace finwatch::notifier
