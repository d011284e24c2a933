// finwatch explain ALERT: who is told, when, by what, at a moment of one's choice.
#include <cstdio>

#include "core/text.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/explain/explain.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kAlert{FlagKind::list, "alert", "", "The alert; its name alone will do."};
constexpr FlagSpec kAt{FlagKind::text, "at", "",
                       "When it fires, by the organisation's clock: 2026-12-24T18:00. Now, when not given."};
constexpr FlagSpec kService{FlagKind::text, "service", "", "The service it is about, by its id in the contract."};
constexpr FlagSpec kLanguage{FlagKind::text, "language", "", "zh or en. The contract's first, when not given."};

int wrong(const std::string& message) {
  complain({Errc::config, message});
  return kWrongCommandLine;
}

int run(const Flags& flags) {
  const auto alerts = flags.list(kAlert.name);
  const std::string_view language = flags.text(kLanguage.name);
  if (alerts.size() != 1) return wrong("explain: expected one alert, such as finwatch explain DatabaseDisconnected");
  if (!language.empty() && language != "zh" && language != "en")
    return wrong("--language: expected zh or en, found '" + valid_utf8(language) + "'");
  const Result<Input> input = load_input(flags);
  if (!input) return complain(input.error());
  const Result<LocalTime> at = moment(input->contract, flags, kAt.name);
  if (!at) return complain(at.error());
  const Result<Explanation> told = explain(
      input->contract, input->areas, {.alert = alerts.front(), .service = std::string(flags.text(kService.name)), .at = *at});
  if (!told) return complain(told.error());
  const std::string page =
      page_of(input->contract, *told, language.empty() ? std::string_view(input->contract.languages.front()) : language);
  std::fputs(page.c_str(), stdout);
  return 0;
}

}  // namespace

const Command kExplainCommand{"explain",
                              "say who is told of an alert, when, and by what",
                              {kAlert, kAt, kService, kLanguage, kContractFlag, kAlertsFlag},
                              run,
                              kAlert.name};

}  // namespace finwatch::rules
