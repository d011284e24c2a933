// What a change of the contract or of the catalogue means, in sentences of both languages.
//
//   for (const Change& change : differences(before, after)) print(in(change.words, "zh"));
//
// It compares what was read, not how it was written: another order of keys, a comment or a line break is no difference.
#pragma once

#include <string>
#include <vector>

#include "rules/tool/compile/compile.h"

namespace finwatch::rules {

/// One of the two that are compared.
struct Side {
  Tree file;  // the contract as a tree
  Contract contract;
  std::vector<Area> areas;
  std::vector<File> files;  // what is made of it
};

/// Reads and compiles. config with the place of what is wrong.
Result<Side> load_side(const std::string& contract, const std::string& alerts);

struct Change {
  Words section;  // "Services"
  Words words;    // a sentence, without its full stop
};

/// Empty when both mean the same and give the same files. Reads the rotas of both.
std::vector<Change> differences(const Side& before, const Side& after);

/// How many lines of `after` are not in `before`, and the other way round.
struct Lines {
  std::size_t more = 0, less = 0;
};
Lines changed_lines(std::string_view before, std::string_view after);

}  // namespace finwatch::rules
