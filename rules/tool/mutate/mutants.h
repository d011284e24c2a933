// An alert broken in every small way that a slip of the hand could break it: what its cases must notice.
//
//   for (const Mutant& mutant : mutants_of(rule)) mutant.change;      // "> 0.9 -> > 1.8", "on (job) dropped", "for 5m dropped"
#pragma once

#include <string>
#include <vector>

#include "rules/tool/compile/rule_text.h"

namespace finwatch::rules {

struct Mutant {
  std::string change;  // in words that name it among those of its alert
  std::string expression;
  nanoseconds after{};
  std::string renamed;  // the name that a metric was given; empty when none was
};

/// Numbers doubled and halved (0 becomes 1 and -1), comparisons turned round, `and` and `unless` exchanged, each metric renamed, each
/// matcher dropped or its value changed, each label of a grouping or a match dropped, `for` doubled and dropped. In the order of the text.
std::vector<Mutant> mutants_of(const Rule& rule);

}  // namespace finwatch::rules
