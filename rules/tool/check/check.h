// What is wrong with a contract and its catalogue although every line of them is well-formed: promises that cannot be kept, people who
// cannot be reached, alerts that page for nothing. All of it, not the first only.
//
//   for (const Problem& problem : check_everything(*contract, *areas, {.runbooks = "rules/runbooks", .now = *parse_local_time("2026-12-01 09:00")}))
//     print(problem.where.text(), problem.text);
//
// A check is a .cpp of this folder: docs/guides/check.md has a section for each, under the name that its problems carry.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/tool/alerts/alert.h"

namespace finwatch::rules {

struct Problem {
  enum class Weight : unsigned char { error, warning };

  Position where;
  std::string_view check;  // "promises", "rota" …
  std::string text;        // what is wrong, and what to do
  Weight weight = Weight::error;
};

struct CheckInput {
  std::string runbooks;  // the folder of the pages
  LocalTime now;         // by the organisation's clock
};

/// In the order of files and lines. Reads the rotas and the runbooks.
std::vector<Problem> check_everything(const Contract& contract, const std::vector<Area>& areas, const CheckInput& input);

}  // namespace finwatch::rules
