// The table of functions in the guides is complete and true: every function has its row, and every example gives what stands beside it.
#include <algorithm>
#include <cstdlib>

#include "core/files.h"
#include "support/test_folder.h"
#include "value_test.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::workflow::test;
using finwatch::test::test_folder;

namespace {

struct Row {
  std::string usage, example, gives;
};

// "| `a` | `b` | `c` |", and "…" for what is another each time.
std::optional<Row> row_of(std::string_view line) {
  std::vector<std::string> cells;
  while (line.starts_with("| ")) {
    line.remove_prefix(2);
    const std::size_t end = line.find(" |");
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view cell = line.substr(0, end);
    if (cell.size() > 2 && cell.front() == '`' && cell.back() == '`') cell = cell.substr(1, cell.size() - 2);
    cells.emplace_back(cell);
    line.remove_prefix(end + 1);
  }
  if (cells.size() != 3 || cells[1].find("${") == std::string::npos) return std::nullopt;
  return Row{cells[0], cells[1], cells[2]};
}

std::vector<Row> rows_of(const std::string& guide) {
  std::vector<Row> rows;
  const Result<std::string> text = read_file(test_folder("../docs/guides/" + guide));
  REQUIRE(text);
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    if (std::optional<Row> row = row_of(rest.substr(0, end))) rows.push_back(std::move(*row));
    rest.remove_prefix(end + 1);
  }
  return rows;
}

}  // namespace

TEST_CASE("guide: every function has a row, and every example gives what it says") {
  setenv("FINWATCH_EXAMPLE", "from the environment", 1);
  const ManualClock clock{WallTime{std::chrono::milliseconds{1'795'669'567'089}}};
  Scope scope({.clock = &clock});
  scope.add("public_key");
  scope.add("private_key");
  Variables variables(scope);
  for (const char* guide : {"workflow-values.md", "workflow-values.zh-CN.md"}) {
    std::vector<std::string> told;
    for (const Row& row : rows_of(guide)) {
      CAPTURE(guide, row.usage, row.example);
      told.push_back(row.usage.substr(0, row.usage.find('(')));
      const Function* function = find_function(told.back());
      REQUIRE(function != nullptr);
      CHECK(row.usage == function->usage);
      if (row.gives == "…")
        CHECK(Template::compile(row.example, {"guide.md", 1, 1}, scope));
      else
        CHECK(rendered(row.example, variables, scope) == row.gives);
    }
    for (const std::string_view name : function_names()) {
      CAPTURE(guide, name);
      CHECK(std::count(told.begin(), told.end(), name) == 1);
    }
  }
}
