#include <algorithm>

#include "core/text.h"
#include "rules/tool/coverage/asked.h"

namespace finwatch::rules {
namespace {

std::string text_at(const Tree& map, std::string_view key) {
  const Tree* value = map.find(key);
  return value != nullptr && value->kind == Tree::Kind::scalar ? value->scalar : "";
}

bool is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }

// A query to another kind of database is none of ours.
bool asks_prometheus(const Tree& target, const Tree& around) {
  for (const Tree* tree : {&target, &around})
    if (const Tree* source = tree->find("datasource")) {
      const std::string type = text_at(*source, "type");
      if (!type.empty()) return type == "prometheus";
    }
  return true;
}

// The labels of a legend: {{instance}}.
std::vector<std::string> labels_of_legend(std::string_view legend) {
  std::vector<std::string> labels;
  for (std::size_t open = legend.find("{{"); open != std::string_view::npos; open = legend.find("{{", open + 2)) {
    const std::string_view label = trim(legend.substr(open + 2, legend.find("}}", open) - open - 2));
    if (!label.empty() && label != "__name__" && std::all_of(label.begin(), label.end(), is_word)) labels.emplace_back(label);
  }
  return labels;
}

void add_query(const std::string& name, const Tree& query, std::string_view text, std::string_view legend,
               std::vector<CoverageSubject>& subjects) {
  if (trim(text).empty()) return;
  CoverageSubject subject;
  subject.kind = SubjectKind::panel;
  subject.name = name;
  subject.where = query.where;
  subject.expression = with_variables(text);
  subject.shown = labels_of_legend(legend);
  subjects.push_back(std::move(subject));
}

void add_panels(const std::string& dashboard, const Tree* panels, std::vector<CoverageSubject>& subjects) {
  if (panels == nullptr) return;
  for (const Tree& panel : panels->items) {
    const std::string name = dashboard + " / " + text_at(panel, "title");
    if (const Tree* targets = panel.find("targets"))
      for (const Tree& target : targets->items)
        if (const Tree* query = target.find("expr"); query != nullptr && asks_prometheus(target, panel))
          add_query(name, *query, query->scalar, text_at(target, "legendFormat"), subjects);
    add_panels(dashboard, panel.find("panels"), subjects);  // of a row that is folded
  }
}

// label_values(metric, label), label_values(label), query_result(query), metrics(pattern).
void add_variable(const std::string& dashboard, const Tree& variable, std::vector<CoverageSubject>& subjects) {
  const Tree* query = variable.find("query");
  if (query == nullptr || text_at(variable, "type") != "query" || !asks_prometheus(variable, variable)) return;
  if (const Tree* inner = query->find("query")) query = inner;
  std::string_view text = trim(query->scalar);
  const std::string name = dashboard + " / $" + text_at(variable, "name");
  if (!text.ends_with(')')) return;
  text.remove_suffix(1);
  if (text.starts_with("query_result(")) return add_query(name, *query, text.substr(13), "", subjects);
  const std::size_t comma = text.rfind(',');
  if (!text.starts_with("label_values(") || comma == std::string_view::npos) return;
  const std::string legend = "{{" + std::string(trim(text.substr(comma + 1))) + "}}";
  add_query(name, *query, text.substr(13, comma - 13), legend, subjects);
}

const Tree* list_of(const Tree& dashboard, std::string_view part) {
  const Tree* map = dashboard.find(part);
  return map == nullptr ? nullptr : map->find("list");
}

// sum by (job, $more): labels stand in the last brackets.
bool in_grouping(std::string_view before) {
  const std::size_t open = before.find_last_of("()");
  if (open == std::string_view::npos || before[open] != '(') return false;
  before = trim(before.substr(0, open));
  for (const std::string_view word : {"by", "without", "on", "ignoring", "group_left", "group_right"})
    if (before.ends_with(word) && (before.size() == word.size() || !is_word(before[before.size() - word.size() - 1])))
      return true;
  return false;
}

// What stands for a variable: a time in brackets and as an offset, any text in quotes, a number elsewhere.
std::string_view filling(std::string_view name, bool in_quotes, bool as_time, bool as_label) {
  if (name.starts_with("__") && (name.ends_with("_s") || name.ends_with("_ms"))) return in_quotes || !as_time ? "300" : "5m";
  if (in_quotes) return ".*";
  if (as_time || name.starts_with("__")) return "5m";
  return as_label ? "job" : "1";
}

}  // namespace

std::string with_variables(std::string_view query) {
  std::string out;
  char quote = '\0';
  int brackets = 0;
  for (std::size_t i = 0; i < query.size();) {
    const std::string_view rest = query.substr(i);
    const bool is_brace = rest.starts_with("${"),
               is_square = rest.starts_with("[[") && rest.find("]]") != std::string_view::npos;
    std::string_view name;
    std::size_t length = 0;
    if (is_brace || is_square) {
      length = rest.find(is_brace ? "}" : "]]");
      if (length != std::string_view::npos) {
        name = rest.substr(2, length - 2);
        length += is_brace ? 1 : 2;
      }
    } else if (rest.starts_with('$')) {
      std::size_t end = 1;
      while (end < rest.size() && is_word(rest[end])) ++end;
      name = rest.substr(1, end - 1);
      length = end;
    }
    name = name.substr(0, std::min(name.find(':'), name.find('.')));
    if (!name.empty() && std::all_of(name.begin(), name.end(), is_word)) {
      const bool as_time = brackets > 0 || trim(out).ends_with("offset");
      out += filling(name, quote != '\0', as_time, in_grouping(out));
      i += length;
      continue;
    }
    const char c = query[i++];
    out += c;
    if (quote != '\0') {
      if (c == '\\' && quote != '`' && i < query.size()) out += query[i++];
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '[' || c == ']') {
      brackets += c == '[' ? 1 : -1;
    }
  }
  return out;
}

Status add_dashboard(const Tree& file, std::vector<CoverageSubject>& subjects) {
  const Tree* inner = file.find("dashboard");  // as Grafana's interface wraps it
  const Tree& dashboard = inner != nullptr && inner->kind == Tree::Kind::map ? *inner : file;
  const Tree* panels = dashboard.find("panels");
  const Tree* rows = dashboard.find("rows");  // before Grafana 5
  if (panels == nullptr && rows == nullptr)
    return {Errc::config, file.where.text() + ": expected a dashboard of Grafana, with panels"};
  const std::string title = text_at(dashboard, "title");
  add_panels(title, panels, subjects);
  add_panels(title, rows, subjects);
  if (const Tree* variables = list_of(dashboard, "templating"))
    for (const Tree& variable : variables->items) add_variable(title, variable, subjects);
  if (const Tree* annotations = list_of(dashboard, "annotations"))
    for (const Tree& annotation : annotations->items)
      if (const Tree* query = annotation.find("expr"); query != nullptr && asks_prometheus(annotation, annotation))
        add_query(title + " / " + text_at(annotation, "name"), *query, query->scalar, text_at(annotation, "titleFormat"),
                  subjects);
  return ok();
}

}  // namespace finwatch::rules
