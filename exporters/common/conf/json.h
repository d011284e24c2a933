// JSON that another program wrote, as the Tree that YAML makes: for catalogues, dashboards and answers.
//
//   Result<Tree> tree = parse_json(text, "node.json");     // "node.json:3:11: expected a value, found '}'"
//   const Tree* panels = tree->find("panels");
//
// A text is a quoted scalar, numbers and truths are bare ones as they are written, null is null. Objects keep their order; a key
// that stands twice keeps its last value. At most 512 levels.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/tree.h"

namespace finwatch {

/// malformed with the place of what is wrong.
Result<Tree> parse_json(std::string_view text, const std::string& file_name);

/// One value after another, as when several programs write into one pipe.
Result<std::vector<Tree>> parse_json_values(std::string_view text, const std::string& file_name);

}  // namespace finwatch
