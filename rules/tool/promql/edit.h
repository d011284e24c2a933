// Changes to the text of an expression that leave the rest of it byte for byte: for tests that ask whether a rule still notices.
//
//   walk(*tree, [&](const Expression& node) {
//     if (node.as<Number>()) mutants.push_back(edited(text, {number_edit(node, 2 * node.as<Number>()->value)}));
//   });
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

struct Edit {
  Span where;
  std::string with;
};

/// `text` with all edits, in whatever order they come; internal when two overlap or one lies outside.
Result<std::string> edited(std::string_view text, std::vector<Edit> edits);

/// Another number where `number` stands; a sign before it is a node of its own, and stays.
Edit number_edit(const Expression& number, double value);
/// Another range, step or offset.
Edit length_edit(const Length& length, std::chrono::milliseconds time);
/// Another name, or another value of a label. A bare name that needs quotes cannot stand where it did: malformed.
Result<Edit> value_edit(const Matcher& matcher, std::string_view value);
/// Another operator of a label matcher; malformed for a bare name, which has none.
Result<Edit> kind_edit(const Matcher& matcher, MatchKind kind);
/// Another label of a matcher, a grouping or a match of vectors.
Edit label_edit(const Label& label, std::string_view name);

/// Every name `from` that stands exactly, as a bare name, in quotes or as __name__="…", becomes `to`.
Result<std::string> rename_metric(std::string_view text, const Expression& tree, std::string_view from, std::string_view to);

}  // namespace finwatch::rules
