// finwatch incidents: those that are open, or all of one.
#include <algorithm>
#include <cstdio>

#include "core/json.h"
#include "core/text.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/command/notifier.h"
#include "rules/tool/notifier/page.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kIncident{FlagKind::list, "incident", "", "One incident, with its timeline; its number alone will do."};
constexpr FlagSpec kState{FlagKind::text, "state", "open", "open, closed or all."};
constexpr FlagSpec kService{FlagKind::text, "service", "", "Only those of this service, by its id in the contract."};
constexpr FlagSpec kClass{FlagKind::text, "class", "", "Only those of this class of faults."};
constexpr FlagSpec kSeverity{FlagKind::text, "severity", "", "Only those of this severity."};
constexpr FlagSpec kSearch{FlagKind::text, "search", "", "Only those with this in title, alert or number."};
constexpr FlagSpec kLimit{FlagKind::integer, "limit", "100", "How many at most, the newest first."};
constexpr FlagSpec kBefore{FlagKind::text, "before", "", "Only those older than this one, such as INC-42."};
constexpr FlagSpec kJson{FlagKind::boolean, "json", "false", "What the notifier answered, for programs."};
constexpr FlagSpec kCsv{FlagKind::boolean, "csv", "false", "A line an incident, for spreadsheets; times in UTC."};

using notifier::NotifierClient;

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return 0;
}

int wrong(const Error& error) {
  complain(error);
  return kWrongCommandLine;
}

int show_one(const NotifierAccess& access, const std::string& number, const Flags& flags) {
  const Result<std::string> body = access.client.get("/api/v1/incident", {{"id", number}});
  if (!body) return complain(body.error());
  const Result<notifier::IncidentFile> file = notifier::read_incident(*body);
  if (!file) return complain(file.error());
  if (flags.boolean(kJson.name)) return print(Json::parse(*body)->root().written() + "\n");
  if (flags.boolean(kCsv.name)) return print(incident_csv({file->incident}, access.language));
  return print(incident_page(*file, access.language, terminal_width()));
}

int show_list(const NotifierAccess& access, const NotifierClient::Query& query, const Flags& flags) {
  const Result<std::string> body = access.client.get("/api/v1/incidents", query);
  if (!body) return complain(body.error());
  const Result<std::vector<notifier::Incident>> incidents = notifier::read_incidents(*body);
  if (!incidents) return complain(incidents.error());
  if (flags.boolean(kJson.name)) return print(Json::parse(*body)->root().written() + "\n");
  if (flags.boolean(kCsv.name)) return print(incident_csv(*incidents, access.language));
  print(incident_table(*incidents, access.language, terminal_width()));
  if (!incidents->empty() && static_cast<long long>(incidents->size()) >= flags.integer(kLimit.name)) {
    const std::string& last = incidents->back().number;
    std::fputs(
        std::string(say(access.language, "更早的：--before=", "older ones: --before=")).append(last).append("\n").c_str(),
        stderr);
  }
  return 0;
}

int run(const Flags& flags) {
  const auto given = flags.list(kIncident.name);
  const std::string_view state = flags.text(kState.name);
  if (given.size() > 1)
    return wrong({Errc::config, "incidents: expected one number at most, such as finwatch incidents INC-42"});
  if (state != "open" && state != "closed" && state != "all")
    return wrong({Errc::config, "--state: expected open, closed or all, found '" + valid_utf8(state) + "'"});
  if (flags.boolean(kJson.name) && flags.boolean(kCsv.name)) return wrong({Errc::config, "--json and --csv: give one of them"});
  if (flags.integer(kLimit.name) < 1)
    return wrong({Errc::config, "--limit: expected 1 or more, found '" + valid_utf8(flags.text(kLimit.name)) + "'"});
  Result<NotifierAccess> access = open_notifier(flags);
  if (!access) return wrong(access.error());
  if (given.size() == 1) {
    const Result<std::string> number = incident_number(given.front());
    return number ? show_one(*access, *number, flags) : wrong(number.error());
  }
  std::string before(flags.text(kBefore.name));
  if (!before.empty()) {
    const Result<std::string> number = incident_number(before);
    if (!number) return wrong({Errc::config, "--before: " + number.error().message});
    before = number->substr(number->find('-') + 1);
  }
  const auto text = [&](const FlagSpec& flag) { return std::string(flags.text(flag.name)); };
  return show_list(*access,
                   {{"state", text(kState)},
                    {"service", text(kService)},
                    {"class", text(kClass)},
                    {"severity", text(kSeverity)},
                    {"search", text(kSearch)},
                    {"limit", text(kLimit)},
                    {"before", before}},
                   flags);
}

}  // namespace

const Command kIncidentsCommand{
    "incidents", "show the notifier's incidents with their clocks, or all of one: finwatch incidents INC-42",
    notifier_flags({kIncident, kState, kService, kClass, kSeverity, kSearch, kLimit, kBefore, kJson, kCsv}), run,
    kIncident.name};

}  // namespace finwatch::rules
