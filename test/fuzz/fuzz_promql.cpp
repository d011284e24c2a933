// PromQL: any text is an expression within its bounds or an error that names a place; what parses prints to something that parses
// to the same print; every place lies in the text, and an edit that changes nothing leaves the text as it was.
#include <string>

#include "fuzz/fuzz.h"
#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/edit.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

using namespace finwatch;
using namespace finwatch::rules;
using fuzz::require;

namespace {

void sound(const Expression& node, const Span& around, std::size_t depth) {
  require(depth <= kDeepestExpression, "the depth is bounded");
  require(around.begin <= node.span.begin && node.span.begin < node.span.end && node.span.end <= around.end,
          "a place inside the one above");
  for (const Expression& part : node.parts) sound(part, node.span, depth + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Expression> tree = parse_promql(text);
  if (!tree) {
    fuzz::require_text(tree.error().message);
    require(tree.error().message.front() >= '1' && tree.error().message.front() <= '9', "an error names its line");
    return 0;
  }
  sound(*tree, {0, text.size()}, 1);
  const std::string printed = print_promql(*tree);
  fuzz::require_text(printed);
  const Result<Expression> again = parse_promql(printed);
  require(static_cast<bool>(again), "what we print can be read");
  require(print_promql(*again) == printed, "and prints the same");
  require(again->type == tree->type, "and is of the same type");
  const Analysis analysis = analyse_promql(*tree);
  const Analysis analysis_again = analyse_promql(*again);
  require(analysis.selected.size() == analysis_again.selected.size() &&
              analysis.labels.size() == analysis_again.labels.size() && analysis.top == analysis_again.top &&
              analysis.result.names == analysis_again.result.names,
          "and asks for the same");
  for (const Selected& one : analysis.selected) {
    const Result<std::string> same = rename_metric(text, *tree, one.name + "'", "other");
    require(same && *same == text, "renaming what is not there leaves the text");
  }
  return 0;
}
