// The forms of an incident's page, and what they do.
#include "core/json.h"
#include "core/text.h"
#include "notifier/desk/deeds.h"
#include "notifier/desk/pages.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kDiagnosis{"初步诊断", "First diagnosis"};
constexpr Phrase kNote{"备注", "Note"};
constexpr Phrase kOptional{"说明（可不填）", "A word on it (optional)"};
constexpr Phrase kLast{"关闭说明", "The last word"};
constexpr Phrase kTo{"分派给", "Assign to"};
constexpr Phrase kMe{"分派给我", "Assign to me"};
constexpr Phrase kInto{"合并到事件", "Merge into"};
constexpr Phrase kMore{"更多操作", "More actions"};
constexpr Phrase kSilence{"静默告警", "Silence the alerts"};
constexpr Phrase kLength{"时长", "For how long"};
constexpr Phrase kComment{"原因", "Why"};
constexpr Phrase kMayNot{"您的角色不能执行此操作。", "Your role does not allow that."};
constexpr Phrase kUnknown{"没有这种操作", "There is no such action"};
constexpr Phrase kEmpty{"请写明内容。", "Say what it is: the note is empty."};
constexpr Phrase kTooLong{"说明最多 2000 字。", "A note has at most 2,000 characters."};

bool fits(const Incident& incident, ActionKind kind) {
  const bool running = incident.state < State::resolved;
  switch (kind) {
    case ActionKind::acknowledge: return incident.state < State::acknowledged;
    case ActionKind::assign:
    case ActionKind::diagnose:
    case ActionKind::resolve: return running;
    case ActionKind::note: return true;
    case ActionKind::verify: return incident.state == State::resolved;
    case ActionKind::close: return incident.state == State::resolved || incident.state == State::verified;
    case ActionKind::false_alarm:
    case ActionKind::merge: return incident.is_open();
    case ActionKind::reopen: return !running && incident.outcome != Outcome::merged;
  }
  return false;
}

std::string form(const View& view, const Incident& incident, ActionKind kind, const std::string& inside, std::string_view look,
                 std::string_view words = {}) {
  return form_begin(view, "/incident", "act") + hidden("incident", incident.number()) + hidden("action", to_string(kind)) +
         inside + "<button class=\"" + std::string(look) + "\">" +
         std::string(words.empty() ? view.say(kActionWords[index(kind)]) : words) + "</button></form>\n";
}

std::string text_area(const View& view, const Phrase& label, ActionKind kind, std::string_view need) {
  const std::string id = "note-" + std::string(to_string(kind));
  return "<label for=\"" + id + "\">" + std::string(view.say(label)) + "</label><textarea id=\"" + id +
         "\" name=\"note\" maxlength=\"2000\"" + std::string(need) + "></textarea>";
}

std::string people(const View& view) {
  std::string out =
      "<label for=\"target-assign\">" + std::string(view.say(kTo)) + "</label><select id=\"target-assign\" name=\"target\">";
  for (const auto& [id, person] : view.contract().people)
    out += option(id, say(person.name, view.language()), view.visit.visitor->name);
  return out + "</select>";
}

std::string assign_form(const View& view, const Incident& incident) {
  const Visitor& visitor = *view.visit.visitor;
  if (visitor.role == Role::admin) return form(view, incident, ActionKind::assign, people(view), "");
  if (view.contract().person(visitor.name) == nullptr || incident.assigned == visitor.name) return {};
  return form(view, incident, ActionKind::assign, hidden("target", visitor.name), "", view.say(kMe));
}

std::string silence_form(const View& view, const Incident& incident) {
  if (view.visit.visitor->role != Role::admin || view.setup->alertmanager.url.empty() || incident.firing == 0) return {};
  std::string lengths;
  for (const int hours : {1, 2, 4, 8, 24})
    lengths += option(std::to_string(hours) + "h", duration_words(std::chrono::hours{hours}, view.language()), "2h");
  return form_begin(view, "/silence", "act") + hidden("incident", incident.number()) + "<label for=\"silence-length\">" +
         std::string(view.say(kSilence)) + " · " + std::string(view.say(kLength)) +
         "</label><select id=\"silence-length\" name=\"duration\">" + lengths + "</select><label for=\"silence-comment\">" +
         std::string(view.say(kComment)) +
         "</label><input id=\"silence-comment\" name=\"comment\" required maxlength=\"500\"><button>" +
         std::string(view.say(kSilence)) + "</button></form>\n";
}

std::string folded(std::string_view name, const std::string& inside) {
  return "<details><summary>" + std::string(name) + "</summary>\n" + inside + "</details>\n";
}

std::string rare_forms(const View& view, const Incident& incident) {
  std::string out;
  const auto add = [&](ActionKind kind, const std::string& inside, std::string_view look) {
    if (fits(incident, kind) && may(*view.visit.visitor, kind, "")) out += form(view, incident, kind, inside, look);
  };
  if (fits(incident, ActionKind::assign)) out += assign_form(view, incident);
  out += silence_form(view, incident);
  add(ActionKind::reopen, text_area(view, kOptional, ActionKind::reopen, ""), "");
  add(ActionKind::merge,
      "<label for=\"target-merge\">" + std::string(view.say(kInto)) +
          "</label><input id=\"target-merge\" name=\"target\" placeholder=\"INC-41\" required "
          "pattern=\"([Ii][Nn][Cc]-)?[0-9]+\">",
      "grim");
  add(ActionKind::false_alarm, text_area(view, kOptional, ActionKind::false_alarm, ""), "grim");
  return out;
}

}  // namespace

std::string action_forms(const View& view, const Incident& incident) {
  const std::optional<Visitor>& visitor = view.visit.visitor;
  if (!visitor || !may_change(*visitor)) return {};
  struct Choice {
    ActionKind kind;
    std::string inside;
  };
  const Choice choices[] = {
      {ActionKind::acknowledge, {}},
      {ActionKind::diagnose, text_area(view, kDiagnosis, ActionKind::diagnose, " required")},
      {ActionKind::resolve, text_area(view, kOptional, ActionKind::resolve, "")},
      {ActionKind::verify, text_area(view, kOptional, ActionKind::verify, "")},
      {ActionKind::close, text_area(view, kLast, ActionKind::close, "")},
      {ActionKind::note, text_area(view, kNote, ActionKind::note, " required")},
  };
  // One step is the next one, and stands open; the others are a touch away.
  std::string out = "<div class=\"acts\">\n";
  bool first = incident.state != State::closed;
  for (const Choice& choice : choices) {
    if (!fits(incident, choice.kind) || !may(*visitor, choice.kind, "")) continue;
    const bool again = choice.kind == ActionKind::diagnose && incident.diagnosed;
    if (first && !again) {
      out += "<div class=\"next\">" +
             form(view, incident, choice.kind, choice.inside, choice.inside.empty() ? "first big" : "first") + "</div>\n";
      first = false;
    } else {
      out += folded(view.say(kActionWords[index(choice.kind)]), form(view, incident, choice.kind, choice.inside, ""));
    }
  }
  if (const std::string rare = rare_forms(view, incident); !rare.empty()) out += folded(view.say(kMore), rare);
  return out + "</div>\n";
}

namespace {

// What a form and the REST interface have in common: who may, how long a note may be.
void act(const Deed& deed, Action action, const std::function<void()>& done) {
  const View view = deed.view();
  if (!may(*view.visit.visitor, action.kind, action.target)) return deed.refuse(403, view.say(kMayNot));
  action.note = clean_text(action.note);
  action.target = clean_text(action.target);
  if (utf8_length(action.note) > kMostNote) return deed.refuse(400, view.say(kTooLong));
  if ((action.kind == ActionKind::diagnose || action.kind == ActionKind::note) && action.note.empty())
    return deed.refuse(400, view.say(kEmpty));
  action.actor = view.visit.visitor->name;
  deed.engine->act(std::move(action), [deed, done](const Status& status) {
    if (!status) return deed.refuse(status.error());
    done();
  });
}

}  // namespace

void act_by_form(const Deed& deed) {
  const View view = deed.view();
  if (!form_is_ours(view.visit, *deed.setup, "act")) return deed.refuse(403, view.say(kStale));
  const auto kind = action_kind(view.visit.field("action"));
  const auto id = incident_id(view.visit.field("incident"));
  if (!kind) return deed.refuse(400, view.say(kUnknown));
  if (!id) return deed.refuse(400, view.say(kBadNumber));
  Action action{.kind = *kind,
                .incident = *id,
                .actor = {},
                .channel = "page",
                .note = std::string(view.visit.field("note")),
                .target = std::string(view.visit.field("target"))};
  act(deed, std::move(action),
      [deed, id = *id] { deed.answer(see_other(deed.view(), "/incident?id=INC-" + std::to_string(id) + "&done=1")); });
}

void act_by_api(const Deed& deed) {
  const View view = deed.view();
  const std::optional<Order> order = read_order(deed);
  if (!order) return;
  const auto kind = action_kind(order->text("action"));
  const auto id = incident_id(order->text("incident"));
  if (!kind) return deed.refuse(400, std::string(view.say(kUnknown)) + ": '" + valid_utf8(order->text("action")) + "'");
  if (!id) return deed.refuse(400, view.say(kBadNumber));
  act(deed,
      {.kind = *kind,
       .incident = *id,
       .actor = {},
       .channel = "api",
       .note = order->text("note"),
       .target = order->text("target")},
      [deed] { deed.answer(json_answer(deed.view(), R"({"ok":true})")); });
}

}  // namespace finwatch::notifier
