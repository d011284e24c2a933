// Calendars in the tests of time, beside what support/time_text.h has.
#pragma once

#include <string>

#include "support/catch.h"
#include "support/test_folder.h"
#include "support/time_text.h"
#include "workflow/when/almanac.h"

namespace finwatch::workflow::test {

using finwatch::test::day;
using finwatch::test::shown;
using finwatch::test::time;
using finwatch::test::zone;

/// What parse_yaml makes of the text of a file named test.yml.
inline Tree yaml(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "test.yml");
  INFO((tree ? std::string() : tree.error().message));
  REQUIRE(tree);
  return *tree;
}

/// The almanac of a `calendar:` section, which has to be right.
inline Almanac almanac(const std::string& section) {
  const Tree tree = yaml(section);
  Result<Almanac> read = read_almanac(&tree, "calendar");
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  return *read;
}

/// The calendar that the package ships.
inline std::string chinese_calendar_file() { return finwatch::test::test_folder("../exporters/workflow/calendars/cn.yml"); }

}  // namespace finwatch::workflow::test
