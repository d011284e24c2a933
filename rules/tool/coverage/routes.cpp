#include <algorithm>

#include "conf/yaml.h"
#include "core/text.h"
#include "rules/tool/coverage/asked.h"

namespace finwatch::rules {
namespace {

bool is_label_letter(char c) { return c == '_' || (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }

// label="value", label=~value, and several of them with commas, in braces or without: as Alertmanager reads them.
Status add_matchers(const Tree& item, const std::string& name, std::vector<Wish>& wishes) {
  std::string_view rest = trim(item.scalar);
  const auto refused = [&]() -> Status {
    return {Errc::config, item.where.text() + ": expected a matcher such as severity=\"severe\", found " + shown(item)};
  };
  if (rest.starts_with('{') && rest.ends_with('}')) rest = trim(rest.substr(1, rest.size() - 2));
  while (!rest.empty()) {
    std::string label, value;
    if (rest.front() == '"') {
      const std::size_t end = rest.find('"', 1);
      if (end == std::string_view::npos) return refused();
      label = rest.substr(1, end - 1);
      rest = trim(rest.substr(end + 1));
    } else {
      const std::size_t end =
          static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_label_letter) - rest.begin());
      label = rest.substr(0, end);
      rest = trim(rest.substr(end));
    }
    const std::string_view op = rest.substr(0, rest.find_first_not_of("=!~"));
    if (label.empty() || (op != "=" && op != "!=" && op != "=~" && op != "!~")) return refused();
    rest = trim(rest.substr(op.size()));
    if (rest.starts_with('"')) {
      std::size_t i = 1;
      for (; i < rest.size() && rest[i] != '"'; ++i) value += rest[i] == '\\' && i + 1 < rest.size() ? rest[++i] : rest[i];
      if (i == rest.size()) return refused();
      rest = trim(rest.substr(i + 1));
    } else {
      const std::size_t end = std::min(rest.find(','), rest.size());
      value = trim(rest.substr(0, end));
      rest = rest.substr(end);
    }
    // {label=""} asks for alerts without it.
    if (!(op == "=" && value.empty())) wishes.push_back({name, item.where, label, op == "=" ? value : ""});
    if (rest.empty()) break;
    if (rest.front() != ',') return refused();
    rest = trim(rest.substr(1));
  }
  return ok();
}

Status add_matching(const Tree& map, const std::string& prefix, const std::string& name, std::vector<Wish>& wishes) {
  if (const Tree* list = map.find(prefix + "matchers")) {
    if (list->kind == Tree::Kind::scalar) return add_matchers(*list, name, wishes);
    for (const Tree& item : list->items)
      if (Status added = add_matchers(item, name, wishes); !added) return added;
  }
  for (const std::string_view key : {"match", "match_re"})
    if (const Tree* pairs = map.find(prefix + std::string(key)))
      for (std::size_t i = 0; i < pairs->keys.size(); ++i)
        wishes.push_back({name, pairs->key_where[i], pairs->keys[i], key == "match" ? pairs->items[i].scalar : ""});
  return ok();
}

void add_labels(const Tree& map, std::string_view key, const std::string& name, std::vector<Wish>& wishes) {
  if (const Tree* list = map.find(key))
    for (const Tree& label : list->items)
      if (label.scalar != "...") wishes.push_back({name, label.where, label.scalar, ""});
}

Status add_route(const Tree& route, const std::string& name, std::vector<Wish>& wishes) {
  if (Status added = add_matching(route, "", name, wishes); !added) return added;
  add_labels(route, "group_by", name, wishes);
  const Tree* below = route.find("routes");
  for (std::size_t i = 0; below != nullptr && i < below->items.size(); ++i)
    if (Status added = add_route(below->items[i], name + ".routes[" + std::to_string(i) + "]", wishes); !added) return added;
  return ok();
}

}  // namespace

Status add_routes(const Tree& file, std::vector<Wish>& wishes) {
  const Tree* route = file.find("route");
  if (route == nullptr) return {Errc::config, file.where.text() + ": expected an alertmanager.yml, with a route"};
  if (Status added = add_route(*route, "route", wishes); !added) return added;
  const Tree* rules = file.find("inhibit_rules");
  for (std::size_t i = 0; rules != nullptr && i < rules->items.size(); ++i) {
    const Tree& rule = rules->items[i];
    const std::string name = "inhibit_rules[" + std::to_string(i) + "]";
    for (const char* prefix : {"source_", "target_"})
      if (Status added = add_matching(rule, prefix, name, wishes); !added) return added;
    add_labels(rule, "equal", name, wishes);
  }
  return ok();
}

}  // namespace finwatch::rules
