// finwatch ack, diagnose, resolve …: what a person does to incidents. One table, one body.
#include <array>
#include <cstdio>

#include "rules/tool/command/commands.h"
#include "rules/tool/command/notifier.h"
#include "rules/tool/notifier/page.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kIncident{FlagKind::list, "incident", "", "The incidents; their numbers alone will do."};
constexpr FlagSpec kNote{FlagKind::text, "note", "", "What to write into the timeline."};
constexpr FlagSpec kInto{FlagKind::text, "into", "", "The incident that goes on, such as INC-42."};
constexpr FlagSpec kTo{FlagKind::text, "to", "", "Who takes it, by id in the contract."};

enum class Target : unsigned char { none, person, incident };

struct Verb {
  std::string_view name, action, about;
  Target target = Target::none;
  bool needs_note = false;
};

constexpr std::array kVerbs = {
    Verb{"ack", "acknowledge", "take incidents: stops the clock of the answer, and who would be called next"},
    Verb{"assign", "assign", "give incidents to somebody: finwatch assign INC-42 --to wang.fang", Target::person},
    Verb{"diagnose", "diagnose", "say the first diagnosis, in --note", Target::none, true},
    Verb{"note", "note", "write a line into the timeline, in --note", Target::none, true},
    Verb{"resolve", "resolve", "say that incidents are solved"},
    Verb{"verify", "verify", "say that it was seen to work again"},
    Verb{"close", "close", "close incidents, with --note as the last word"},
    Verb{"false-alarm", "false_alarm", "close incidents that were none; they do not count as faults"},
    Verb{"reopen", "reopen", "go on with incidents that were resolved, verified or closed"},
    Verb{"merge", "merge", "close incidents into another one: finwatch merge INC-43 --into INC-42", Target::incident}};

int wrong(const Verb& verb, const std::string& message) {
  complain({Errc::config, std::string(verb.name) + ": " + message});
  return kWrongCommandLine;
}

// Whom or what the target flag names; empty where the verb has none.
Result<std::string> target_of(const Verb& verb, const Flags& flags) {
  if (verb.target == Target::none) return std::string();
  const bool person = verb.target == Target::person;
  const std::string text(flags.text(person ? kTo.name : kInto.name));
  if (text.empty())
    return {Errc::config, person ? "expected --to, such as --to wang.fang" : "expected --into, such as --into INC-42"};
  return person ? Result<std::string>(text) : incident_number(text);
}

// Each of them, so that one that is refused does not hold up the others.
int act_on(const Verb& verb, const std::vector<std::string>& numbers, const std::string& target, const Flags& flags,
           const NotifierAccess& access) {
  int status = 0;
  for (const std::string& number : numbers) {
    const Result<std::string> body = access.client.act({.incident = number,
                                                        .action = std::string(verb.action),
                                                        .note = std::string(flags.text(kNote.name)),
                                                        .target = target});
    const Result<notifier::IncidentFile> changed =
        body ? notifier::read_incident(*body) : Result<notifier::IncidentFile>(body.error());
    if (changed)
      std::fputs(incident_line(changed->incident, access.language).c_str(), stdout);
    else
      status = complain({changed.error().code, number + ": " + changed.error().message});
  }
  return status;
}

int run(const Verb& verb, const Flags& flags) {
  std::vector<std::string> numbers;
  for (const std::string& given : flags.list(kIncident.name)) {
    Result<std::string> number = incident_number(given);
    if (!number) return wrong(verb, number.error().message);
    numbers.push_back(std::move(*number));
  }
  if (numbers.empty())
    return wrong(verb, "expected the number of an incident, such as finwatch " + std::string(verb.name) + " INC-42");
  if (verb.needs_note && flags.text(kNote.name).empty()) return wrong(verb, "expected --note with what there is to say");
  const Result<std::string> target = target_of(verb, flags);
  if (!target) return wrong(verb, target.error().message);
  const Result<NotifierAccess> access = open_notifier(flags);
  if (!access) return wrong(verb, access.error().message);
  return act_on(verb, numbers, *target, flags, *access);
}

template <std::size_t index>
Command command_of() {
  const Verb& verb = kVerbs[index];
  std::vector<FlagSpec> own = {kIncident};
  if (verb.target != Target::none) own.push_back(verb.target == Target::person ? kTo : kInto);
  own.push_back(kNote);
  return {verb.name, verb.about, notifier_flags(std::move(own)), [](const Flags& flags) { return run(kVerbs[index], flags); },
          kIncident.name};
}

template <std::size_t... indexes>
std::vector<Command> commands_of(std::index_sequence<indexes...>) {
  return {command_of<indexes>()...};
}

}  // namespace

const std::vector<Command>& incident_actions() {
  static const std::vector<Command> commands = commands_of(std::make_index_sequence<kVerbs.size()>());
  return commands;
}

}  // namespace finwatch::rules
