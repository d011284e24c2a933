// Is this a page that Prometheus reads? A strict reader of text 0.0.4, written apart from the code that makes pages.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace finwatch::test {

struct PageFamily {
  std::string type;
  std::vector<std::string> series;                         // "name{labels}", in page order
  std::vector<std::map<std::string, std::string>> labels;  // of each series
};

struct CheckedPage {
  std::map<std::string, PageFamily> families;
  std::string problem;          // the first line that breaks a rule, and the rule; empty when the page is sound
  std::string first_duplicate;  // the first series that stands twice
};

/// Checks UTF-8, line forms, that each family has one HELP and TYPE before its samples and stands in one piece.
CheckedPage check_page(std::string_view page);

}  // namespace finwatch::test
