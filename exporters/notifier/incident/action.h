// What a person does to an incident: by the page, a signed link, a code, the REST interface or the command line.
//
//   engine.act({.kind = ActionKind::acknowledge, .incident = 42, .actor = "zhang.wei", .channel = "link"}, …);
//
// An action that is no longer possible (to acknowledge what is closed) is refused with a sentence; one that was done already is
// fine and changes nothing, so a page that is sent twice does no harm.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace finwatch::notifier {

enum class ActionKind : unsigned char {
  acknowledge,  // the actor takes it; stops the clock of the answer and all steps that wait for an acknowledgement
  assign,       // to the person in `target`
  diagnose,     // the first diagnosis is in `note`, which must not be empty
  note,         // a line in the timeline
  resolve,      // solved by hand; alerts that still fire are in the timeline
  verify,       // seen to work again
  close,        // with `note` as the last word
  false_alarm,  // closed, and not counted as a fault
  reopen,       // a resolved, verified or closed one goes on
  merge,        // closed into the incident whose number is in `target`; its alerts belong to that one from now on
};
inline constexpr std::array<std::string_view, 10> kActionNames = {"acknowledge", "assign", "diagnose",    "note",   "resolve",
                                                                  "verify",      "close",  "false_alarm", "reopen", "merge"};
constexpr std::string_view to_string(ActionKind kind) { return kActionNames[static_cast<std::size_t>(kind)]; }
std::optional<ActionKind> action_kind(std::string_view name);

inline constexpr std::size_t kMostNote = 2000;  // characters of a note

struct Action {
  ActionKind kind = ActionKind::note;
  std::int64_t incident = 0;
  std::string actor;    // a person's id, or a user of the page
  std::string channel;  // "page", "link", "code", "api"
  std::string note;     // at most kMostNote; longer is refused
  std::string target;   // of assign and merge
};

/// For the inbox of an instance that does not lead.
std::string to_json(const Action& action);
Result<Action> action_from_json(std::string_view text);

}  // namespace finwatch::notifier
