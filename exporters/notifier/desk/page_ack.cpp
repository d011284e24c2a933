// GET /ack?t=…: what a link in a message opens. It shows, and has one button; a preview of the link changes nothing.
#include "notifier/desk/deeds.h"
#include "notifier/desk/pages.h"
#include "notifier/desk/ticking.h"
#include "notifier/incident/ticket.h"

namespace finwatch::notifier {
namespace {

constexpr int kMostAlerts = 20;  // for their labels

constexpr Phrase kInvalid{"链接无效或已过期。请打开最新的通知，或登录后处理。",
                          "This link is not valid, or too old. Open the newest message, or log in."};
constexpr Phrase kAcknowledge{"认领", "Acknowledge"};
constexpr Phrase kAs{"身份：", "You are "};
constexpr Phrase kYours{"您已认领。", "You have it."};
constexpr Phrase kTheirs{" 已认领。", " has it."};
constexpr Phrase kOver{"事件已结束，无需操作。", "The incident is over; there is nothing to do."};
constexpr Phrase kDiagnosis{"初步诊断", "First diagnosis"};
constexpr Phrase kGive{"提交初步诊断", "Give first diagnosis"};
constexpr Phrase kDiagnosed{"初步诊断：", "First diagnosis: "};
constexpr Phrase kNotHere{"通过链接只能认领和提交初步诊断；其他操作请登录。",
                          "A link lets you acknowledge and give a diagnosis; for anything else, log in."};
constexpr Phrase kLogIn{"登录查看全部", "Log in to see everything"};

std::string form(const View& view, ActionKind kind, const std::string& inside) {
  return "<form method=\"post\" action=\"/ack\">" + hidden("t", view.visit.query("t")) + hidden("by", view.visit.query("by")) +
         hidden("action", to_string(kind)) + inside + "</form>\n";
}

std::string button(std::string_view kind, std::string_view words) {
  return "<button class=\"" + std::string(kind) + "\">" + std::string(words) + "</button>";
}

std::string acts(const View& view, const Incident& incident, const std::string& person) {
  if (incident.state >= State::resolved) return "<p class=\"banner done\">" + std::string(view.say(kOver)) + "</p>\n";
  if (incident.state < State::acknowledged)
    return form(view, ActionKind::acknowledge, button("first big", view.say(kAcknowledge)));
  std::string out = "<p class=\"banner done\" role=\"status\">";
  const bool mine = incident.acknowledged_by == person;
  out += mine
             ? std::string(view.say(kYours))
             : as_text(actor_name(view.contract(), incident.acknowledged_by, view.language())) + std::string(view.say(kTheirs));
  out += "</p>\n";
  if (incident.diagnosed) out += "<p>" + std::string(view.say(kDiagnosed)) + as_text(incident.diagnosis) + "</p>\n";
  return out + form(view, ActionKind::diagnose,
                    "<label for=\"note\">" + std::string(view.say(kDiagnosis)) +
                        "</label><textarea id=\"note\" name=\"note\" required maxlength=\"2000\"></textarea>" +
                        button(incident.diagnosed ? "" : "first", view.say(kGive)));
}

std::optional<Ticket> valid_ticket(const Setup& setup, std::string_view token, WallTime now) {
  std::optional<Ticket> ticket = read_ticket(setup.page.key, token, now);
  if (!ticket || setup.contract->person(ticket->person) == nullptr) return std::nullopt;  // who has left has no say
  return ticket;
}

}  // namespace

Result<WebAnswer> ack_page(View& view) {
  const std::optional<Ticket> ticket = valid_ticket(*view.setup, view.visit.query("t"), view.now);
  if (!ticket) return refusal(view, 403, view.say(kInvalid));
  Result<Incident> found = named_incident(view, std::to_string(ticket->incident));
  if (!found) return found.error();
  const Result<std::vector<AlertRecord>> alerts = view.store->alerts(found->id, kMostAlerts);
  if (!alerts) return alerts.error();
  const Sheet sheet = sheet_of(view.contract(), std::move(*found), view.now);
  const Incident& incident = sheet.incident;
  std::string page = frame_begin(view, incident.number() + " " + say(incident.title, view.language()), Place::nowhere);
  page += "<div class=\"narrow\">\n<article class=\"card " +
          std::string(incident.state >= State::resolved ? "" : gravity(view.contract(), sheet.rank)) + "\">\n" +
          incident_head(view, sheet) + clock_bars(view, sheet) + "</article>\n" + acts(view, incident, ticket->person) +
          incident_links(view, incident, *alerts) + "<p class=\"quiet\">" + std::string(view.say(kAs)) +
          as_text(actor_name(view.contract(), ticket->person, view.language())) +
          (view.language() == Language::chinese ? "。" : ". ") + std::string(view.say(kNotHere)) +
          "</p>\n<p><a href=\"/incident?id=" + incident.number() + "\">" + std::string(view.say(kLogIn)) +
          "</a></p>\n</div>\n" + ticking_script();
  return page_answer(view, 200, std::move(page));
}

void act_by_ticket(const Deed& deed) {
  const View view = deed.view();
  const std::string token(view.visit.field("t"));
  const std::optional<Ticket> ticket = valid_ticket(*deed.setup, token, view.now);
  if (!ticket) return deed.refuse(403, view.say(kInvalid));
  const auto kind = action_kind(view.visit.field("action"));
  if (kind != ActionKind::acknowledge && kind != ActionKind::diagnose) return deed.refuse(403, view.say(kNotHere));
  const std::string by = view.visit.field("by") == "code" ? "code" : "link";
  const Action action{.kind = *kind,
                      .incident = ticket->incident,
                      .actor = ticket->person,
                      .channel = by,
                      .note = clean_text(view.visit.field("note")),
                      .target = {}};
  deed.engine->act(action, [deed, token, by](const Status& status) {
    if (!status) return deed.refuse(status.error());
    deed.answer(see_other(deed.view(), "/ack?t=" + token + (by == "code" ? "&by=code" : "")));
  });
}

}  // namespace finwatch::notifier
