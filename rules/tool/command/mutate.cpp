// finwatch mutate: do the cases of the alerts notice when an alert is broken?
#include <algorithm>
#include <cstdio>
#include <set>

#include "conf/words.h"
#include "core/text.h"
#include "rules/tool/command/commands.h"
#include "rules/tool/command/known_metrics.h"
#include "rules/tool/command/select.h"
#include "rules/tool/command/tools.h"
#include "rules/tool/mutate/trial.h"
#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/parse.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kPart{FlagKind::text, "part", "1/1",
                         "2/7: the second of seven parts, which together are all of the mutants."};
constexpr FlagSpec kAll{FlagKind::boolean, "all", "false", "Show every mutant and what became of it."};

// "2/7": the second of seven.
struct Part {
  std::size_t nth = 1, of = 1;
};

Result<Part> read_part(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto nth = to_number<std::size_t>(text.substr(0, slash));
  const auto of = slash == std::string_view::npos ? std::nullopt : to_number<std::size_t>(text.substr(slash + 1));
  if (!nth || !of || *nth < 1 || *nth > *of)
    return {Errc::config, "--part=" + std::string(text) + ": expected one of so many, such as 2/7"};
  return Part{*nth, *of};
}

Result<std::vector<Trial>> trials_of(const Input& input, Part part) {
  std::vector<Trial> trials;
  std::size_t number = 0;
  for (const Area& area : input.areas)
    for (const Alert& alert : area.alerts) {
      Result<Rule> rule = rule_of(area, alert, input.contract);
      if (!rule) return rule.error();
      Trial trial{std::move(*rule), {}, {}};
      std::vector<Mutant> mutants = mutants_of(trial.rule);
      for (const auto& equivalent : alert.equivalents)
        if (std::none_of(mutants.begin(), mutants.end(), [&](const Mutant& one) { return one.change == equivalent.first; }))
          return Error{Errc::config, alert.where.text() + ": " + alert.id + ".equivalents: no mutant '" + equivalent.first +
                                         "'; finwatch mutate --all --alert=" + alert.id + " shows which there are"};
      for (Mutant& mutant : mutants)
        if (number++ % part.of == part.nth - 1) trial.mutants.push_back(std::move(mutant));
      trials.push_back(std::move(trial));
    }
  return trials;
}

// Names that the catalogue reads: what is to be found where no exporter was asked.
std::set<std::string, std::less<>> names_of(const Input& input) {
  std::set<std::string, std::less<>> names;
  const auto add = [&](const std::string& expression) {
    if (const Result<Expression> tree = parse_promql(expression))
      for (const Selected& one : analyse_promql(*tree).selected) names.insert(one.name);
  };
  for (const Area& area : input.areas) {
    for (const Recording& recording : area.recordings) names.insert(recording.name), add(recording.expression);
    for (const Alert& alert : area.alerts)
      if (const Result<std::string> expression = expression_of(alert, input.contract)) add(*expression);
  }
  return names;
}

// What no case noticed: a name that nobody has, which coverage refuses, and what the catalogue gives a reason for.
void ask_further(std::vector<Trial>& trials, const Input& input, const Metrics& known) {
  const std::set<std::string, std::less<>> names = names_of(input);
  for (Trial& trial : trials)
    for (std::size_t i = 0; i < trial.mutants.size(); ++i) {
      if (trial.fates[i] != Fate::survived) continue;
      const Mutant& mutant = trial.mutants[i];
      if (!mutant.renamed.empty() && !names.contains(mutant.renamed) &&
          known.find(mutant.renamed).standing == Standing::missing)
        trial.fates[i] = Fate::by_coverage;
      else if (trial.rule.alert->equivalents.contains(mutant.change))
        trial.fates[i] = Fate::equivalent;
    }
}

const char* fate_text(Fate fate) {
  switch (fate) {
    case Fate::by_cases: return "caught by its cases";
    case Fate::by_engine: return "caught: it cannot be worked out";
    case Fate::by_coverage: return "caught by coverage";
    case Fate::equivalent: return "equivalent";
    case Fate::survived: break;
  }
  return "survived";
}

std::size_t count(const std::vector<Trial>& trials, Fate fate) {
  std::size_t found = 0;
  for (const Trial& trial : trials) found += static_cast<std::size_t>(std::count(trial.fates.begin(), trial.fates.end(), fate));
  return found;
}

void print(const std::vector<Trial>& trials, bool all) {
  std::size_t mutants = 0;
  for (const Trial& trial : trials) {
    mutants += trial.mutants.size();
    for (std::size_t i = 0; i < trial.mutants.size(); ++i) {
      if (!all && trial.fates[i] != Fate::survived) continue;
      std::printf("%s: %s: %s: %s\n", trial.rule.alert->expression_where.text().c_str(), trial.rule.name.c_str(),
                  trial.mutants[i].change.c_str(), fate_text(trial.fates[i]));
    }
  }
  std::printf(
      "%zu mutants of %zu alerts: %zu caught by cases, %zu cannot be worked out, %zu caught by coverage, %zu equivalent, %zu "
      "survived\n",
      mutants, trials.size(), count(trials, Fate::by_cases), count(trials, Fate::by_engine), count(trials, Fate::by_coverage),
      count(trials, Fate::equivalent), count(trials, Fate::survived));
}

int run(const Flags& flags) {
  const Result<Part> part = read_part(flags.text(kPart.name));
  if (!part) return complain(part.error()), kWrongCommandLine;
  Result<Input> input = load_input(flags);
  if (!input) return complain(input.error());
  const Result<KnownMetrics> known = load_known_metrics(flags);
  if (!known) return complain(known.error());
  const Input whole = *input;
  if (Status kept = keep_only(flags, input->areas); !kept) return complain(kept.error());
  const std::optional<std::string> promtool = find_tool(flags, kPromtoolFlag, "prometheus");
  if (!promtool) return kNoTool;
  Result<std::vector<Trial>> trials = trials_of(*input, *part);
  if (!trials) return complain(trials.error());
  {
    Progress progress("alerts", trials->size(), 1);
    Tool tool{*promtool, run_options(flags)};
    tool.options.done = [&](std::size_t) { progress.step(); };
    if (Status tried = try_mutants(*trials, whole.areas, whole.contract, tool); !tried) return complain(tried.error());
  }
  ask_further(*trials, whole, known->metrics);
  print(*trials, flags.boolean(kAll.name));
  return count(*trials, Fate::survived) > 0 ? kFailed : 0;
}

}  // namespace

const Command kMutateCommand{"mutate",
                             "break each alert in turn, and see that its cases notice",
                             {kContractFlag, kAlertsFlag, kAreaFlag, kOnlyFlag, kPart, kAll, kCatalogueFlag, kMetricsFlag,
                              kPeersFlag, kDeclaredFlag, kLabelsFlag, kJobsFlag, kTimeoutFlag, kPromtoolFlag},
                             run};

}  // namespace finwatch::rules
