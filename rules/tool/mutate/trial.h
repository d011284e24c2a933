// Mutants before promtool: all of an alert stand in one rule file under names of their own, beside the alert as it is, and each case
// of the alert is put to all of them at once.
//
//   Result<std::vector<Trial>> trials = try_mutants(std::move(trials), areas, contract, {promtool});
#pragma once

#include <string>
#include <vector>

#include "rules/tool/mutate/mutants.h"
#include "rules/tool/prove/prove.h"

namespace finwatch::rules {

enum class Fate : unsigned char {
  survived,
  by_cases,   // one of them showed something else
  by_engine,  // Prometheus cannot work it out: the rule would be reported as failing
  by_coverage,
  equivalent,  // the catalogue says why nobody could see a difference
};

struct Trial {
  Rule rule;
  std::vector<Mutant> mutants;
  std::vector<Fate> fates;  // one a mutant
};

/// Fills in the fates. config where the alert itself does not pass its cases; unavailable where promtool does not do its work.
Status try_mutants(std::vector<Trial>& trials, const std::vector<Area>& areas, const Contract& contract, const Tool& promtool);

}  // namespace finwatch::rules
