// What the templates of Prometheus show, read as far as labels and queries go.
#include <algorithm>
#include <optional>

#include "core/text.h"
#include "rules/tool/coverage/coverage.h"

namespace finwatch::rules {
namespace {

std::string_view word_at(std::string_view rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
  });
  return rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
}

void add_names(std::string_view action, std::initializer_list<std::string_view> forms, std::vector<std::string>& labels) {
  for (const std::string_view form : forms)
    for (std::size_t at = action.find(form); at != std::string_view::npos; at = action.find(form, at + 1)) {
      // $labels.x is no .Labels.x; .Labels of a variable ($first.Labels) is of whatever that is.
      if (form.starts_with('.') && at > 0 && word_at(action.substr(at - 1)).size() > 0) continue;
      if (const std::string_view label = word_at(action.substr(at + form.size())); !label.empty()) labels.emplace_back(label);
    }
}

// What printf makes of it, any text for each of its arguments.
std::string filled(std::string_view format) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    ++i;
    while (i + 1 < format.size() && (format[i] == '.' || format[i] == '-' || (format[i] >= '0' && format[i] <= '9'))) ++i;
    if (format[i] == '%') out += '%';
    if (format[i] == 'q') out += "\"x\"";
    if (format[i] == 's' || format[i] == 'v') out += 'x';
    if (format[i] == 'd' || format[i] == 'f' || format[i] == 'g') out += '1';
  }
  return out;
}

// The first text in quotes of an action; where it comes from printf, filled in.
std::optional<std::string> query_of(std::string_view action) {
  const std::size_t open = action.find_first_of("\"`");
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view before = trim(action.substr(0, open));
  bool queries = before.ends_with("query");
  std::string text;
  std::size_t i = open + 1;
  for (; i < action.size() && action[i] != action[open]; ++i) {
    if (action[open] == '"' && action[i] == '\\' && i + 1 < action.size()) ++i;
    text += action[i];
  }
  const bool formats = before.ends_with("printf");
  // query (printf "…" $labels.x), printf "…" $labels.x | query
  const std::string_view after = action.substr(std::min(i, action.size()));
  const std::size_t pipe = after.rfind("| query");
  queries = queries || pipe != std::string_view::npos || (formats && before.find("query") != std::string_view::npos);
  if (!queries) return std::nullopt;
  return formats ? filled(text) : text;
}

// What the dot stands for: the alert, a query's result, or something else.
struct Dot {
  enum class Is : unsigned char { alert, query, other };
  Is is = Is::alert;
  std::size_t query = 0;
};

}  // namespace

void add_template(std::string_view text, CoverageSubject& subject) {
  std::vector<Dot> dots{Dot{}};
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open + 2)) {
    const std::size_t end = text.find("}}", open);
    if (end == std::string_view::npos) return;
    std::string_view action = trim(text.substr(open + 2, end - open - 2));
    if (action.starts_with('-')) action = trim(action.substr(1));
    const std::string_view keyword = word_at(action);
    if (keyword == "end" && dots.size() > 1) dots.pop_back();
    Dot dot = dots.back();
    add_names(action, {"$labels.", "index $labels \""}, subject.shown);
    if (dot.is == Dot::Is::alert) add_names(action, {".Labels."}, subject.shown);
    if (dot.is == Dot::Is::query) add_names(action, {".Labels."}, subject.queries[dot.query].shown);
    if (const auto query = query_of(action)) {
      subject.queries.push_back({*query, {}});
      dot = {Dot::Is::query, subject.queries.size() - 1};
      add_names(action, {"label \""}, subject.queries.back().shown);  // query "…" | first | label "x"
    } else if ((keyword == "range" || keyword == "with") && trim(action.substr(keyword.size())) != ".") {
      dot.is = Dot::Is::other;
    }
    if (keyword == "range" || keyword == "with") dots.push_back(dot);
    if (keyword == "if" || keyword == "define" || keyword == "block") dots.push_back(dots.back());
  }
}

}  // namespace finwatch::rules
