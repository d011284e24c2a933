// Every rule of the catalogue with what it costs, and what a rule must not be.
//
//   Fleet fleet = Fleet::by_default();
//   Result<std::vector<RuleCost>> rules = cost_of_rules(areas, contract, fleet);
//   for (const std::string& line : cost_table(*rules, 20)) puts(line);
//   for (const CostProblem& problem : check_cost(areas, contract)) …
#pragma once

#include <string>
#include <vector>

#include "rules/tool/alerts/alert.h"
#include "rules/tool/cost/estimate.h"

namespace finwatch::rules {

struct RuleCost {
  std::string area, name;
  Speed speed = Speed::fast;
  bool records = false;
  Position where;
  Cost cost;  // with the writing of its result
};

/// What a fast rule may take of one core, and all of a speed on average within the 30 seconds of the fast ones: see test/bench/rules.sh.
inline constexpr double kMostOfAFastRule = 60'000;  // microseconds

/// Recordings first, each in the order of the catalogue; the fleet learns what they record. config with the place of an expression that is wrong.
Result<std::vector<RuleCost>> cost_of_rules(const std::vector<Area>& areas, const Contract& contract, Fleet& fleet);

/// A table of the dearest rules, the sums of each speed, and the families that are in no table.
std::vector<std::string> cost_table(const std::vector<RuleCost>& rules, std::size_t most);

struct CostProblem {
  Position where;
  std::string message;   // without the place
  bool refused = false;  // otherwise a warning

  std::string text() const { return where.text() + ": " + message; }
};

/// Refused: in a fast rule a window of more than an hour over what is written as often, a subquery; a pattern for a metric's name anywhere in
/// a fast rule. Warned of: forms that are dear for what they give. An expression that cannot be read is no problem of cost.
std::vector<CostProblem> check_cost(const std::vector<Area>& areas, const Contract& contract);

/// config with a line for each that is refused.
Status refuse_dear_rules(const std::vector<Area>& areas, const Contract& contract);

}  // namespace finwatch::rules
