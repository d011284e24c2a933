// What promtool says of files of tests, read: 2.42 has neither JUnit nor names of cases, so the expression must tell them apart.
//
//   for (const FileVerdict& file : read_test_output(ended.output))
//     for (const Complaint& one : file.complaints) one.alert, one.line …
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace finwatch::rules {

/// An expression that gave something else than was expected, or a rule that could not be worked out.
struct Complaint {
  std::string alert;     // ALERTS{alertname="…"}, or the rule's name
  std::size_t line = 0;  // that the expression's comment names, # line 37; 0 where none does
  bool is_rule = false;  // promtool leaves the case at the first moment at which a rule fails: the rest of it is not known
  std::string text;
};

struct FileVerdict {
  std::string path;
  bool passed = false;
  std::vector<Complaint> complaints;
  std::string rest;  // what it said else: why it could not read the file, or a case
};

/// In the order of the output. A file of which nothing is said is not among them.
std::vector<FileVerdict> read_test_output(std::string_view output);

}  // namespace finwatch::rules
