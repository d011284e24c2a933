// finwatch cost: what each rule costs Prometheus, before there is one.
#include <cstdio>

#include "rules/tool/command/commands.h"
#include "rules/tool/cost/rules.h"

namespace finwatch::rules {
namespace {

constexpr FlagSpec kFleet{
    FlagKind::text, "fleet", "",
    "What is watched, such as hosts=1000,databases=200,flows=500; also postgresql, mysql, books, windows, "
    "probes, middleware, and scrape, the seconds between scrapes."};
constexpr FlagSpec kMost{FlagKind::integer, "most", "20", "How many of the dearest rules to show; 0 for all."};
constexpr FlagSpec kFamilies{FlagKind::boolean, "families", "false",
                             "Print the series of the fleet that are counted with, a line a family, instead of the cost."};

int run(const Flags& flags) {
  const Result<Input> input = load_input(flags);
  if (!input) return complain(input.error());
  Result<Fleet> fleet = Fleet::read(flags.text(kFleet.name));
  if (!fleet) {
    complain(fleet.error());
    return kWrongCommandLine;
  }
  const Result<std::vector<RuleCost>> rules = cost_of_rules(input->areas, input->contract, *fleet);
  if (!rules) return complain(rules.error());
  if (flags.boolean(kFamilies.name)) {
    std::fputs(fleet->families().c_str(), stdout);
    return 0;
  }
  const auto most = static_cast<std::size_t>(flags.integer(kMost.name));
  std::printf("%s\n\n", fleet->text().c_str());
  for (const std::string& line : cost_table(*rules, most == 0 ? rules->size() : most)) std::printf("%s\n", line.c_str());
  const std::vector<CostProblem> problems = check_cost(input->areas, input->contract);
  if (!problems.empty()) std::printf("\n");
  bool refused = false;
  for (const CostProblem& problem : problems) {
    std::printf("%s: %s\n", problem.refused ? "refused" : "dear", problem.text().c_str());
    refused = refused || problem.refused;
  }
  return refused ? kFailed : 0;
}

}  // namespace

const Command kCostCommand{
    "cost", "estimate what each rule costs Prometheus", {kContractFlag, kAlertsFlag, kFleet, kMost, kFamilies}, run};

}  // namespace finwatch::rules
