#include "rules/tool/promql/edit.h"

#include <algorithm>

#include "core/text.h"
#include "rules/tool/promql/lexer.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {

Result<std::string> edited(std::string_view text, std::vector<Edit> edits) {
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.where.begin < b.where.begin; });
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : edits) {
    if (edit.where.begin < at || edit.where.end < edit.where.begin || edit.where.end > text.size())
      return {Errc::internal, "edits of an expression overlap, or belong to another"};
    out += text.substr(at, edit.where.begin - at);
    out += edit.with;
    at = edit.where.end;
  }
  out += text.substr(at);
  return out;
}

// In parentheses when negative, as -2 ^ 2 is -4.
Edit number_edit(const Expression& number, double value) {
  const std::string written = print_number(value);
  return {number.span, written.starts_with('-') ? "(" + written + ")" : written};
}

Edit length_edit(const Length& length, std::chrono::milliseconds time) { return {length.span, print_length(time)}; }

Result<Edit> value_edit(const Matcher& matcher, std::string_view value) {
  if (matcher.form != Matcher::Form::name) return Edit{matcher.value_span, print_text(value)};
  if (needs_quotes(value)) return {Errc::malformed, print_text(value) + " needs quotes, and stands before the braces"};
  return Edit{matcher.value_span, std::string(value)};
}

Result<Edit> kind_edit(const Matcher& matcher, MatchKind kind) {
  if (matcher.form != Matcher::Form::full)
    return {Errc::malformed, "the name " + print_text(matcher.value) + " has no operator"};
  return Edit{matcher.kind_span, std::string(to_string(kind))};
}

Edit label_edit(const Label& label, std::string_view name) {
  const bool is_number = same_word(name, "inf") || same_word(name, "nan");
  return {label.span, is_plain_label(name) && !is_number ? std::string(name) : print_text(name)};
}

Result<std::string> rename_metric(std::string_view text, const Expression& tree, std::string_view from, std::string_view to) {
  std::vector<Edit> edits;
  Status fits = ok();
  walk(tree, [&](const Expression& node) {
    const auto* selector = node.as<Selector>();
    if (selector == nullptr) return;
    for (const Matcher& matcher : selector->matchers) {
      if (matcher.label.name != kNameLabel || matcher.kind != MatchKind::equal || matcher.value != from) continue;
      Result<Edit> edit = value_edit(matcher, to);
      if (edit) edits.push_back(std::move(*edit));
      if (!edit) fits = edit.error();
    }
  });
  if (!fits) return fits.error();
  return edited(text, std::move(edits));
}

}  // namespace finwatch::rules
