// Which alerts keep quiet while another one explains them: what the catalogue says under `inhibits`, checked and spelt out.
//
//   Result<std::vector<InhibitionRule>> rules = inhibition_rules(contract, areas);
//   for (const InhibitionRule& rule : *rules) …
#pragma once

#include <string>
#include <vector>

#include "rules/tool/alerts/alert.h"

namespace finwatch::rules {

struct InhibitionRule {
  const Alert* source;
  std::vector<const Alert*> targets;
  std::vector<std::string> same;
};

/// In the order of the catalogue. config, with its place, for an unknown alert or area, a label that neither has, an alert that
/// would hold back a more urgent one, and alerts that would hold back each other: both would be silent.
Result<std::vector<InhibitionRule>> inhibition_rules(const Contract& contract, const std::vector<Area>& areas);

}  // namespace finwatch::rules
