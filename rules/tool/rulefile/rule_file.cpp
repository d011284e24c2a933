#include "rules/tool/rulefile/rule_file.h"

#include <algorithm>
#include <filesystem>

#include "conf/yaml.h"
#include "core/files.h"
#include "core/text.h"
#include "rules/tool/promql/parse.h"

namespace finwatch::rules {
namespace {

constexpr YamlOptions kLarge{.substitute_environment = false, .most_bytes = std::size_t{256} << 20, .most_values = 20'000'000};

Error wrong(const Tree& at, const std::string& message) { return {Errc::config, at.where.text() + ": " + message}; }

Status take_length(const Tree& rule, std::string_view key, std::chrono::nanoseconds& out) {
  const Tree* value = rule.find(key);
  if (value == nullptr || value->kind == Tree::Kind::null) return ok();
  if (value->kind == Tree::Kind::scalar && parse_length(value->scalar, out)) return ok();
  return wrong(*value, std::string(key) + ": expected a length of time such as 5m, found " + shown(*value));
}

Status take_pairs(const Tree& rule, std::string_view key, Pairs& out) {
  const Tree* map = rule.find(key);
  if (map == nullptr || map->kind == Tree::Kind::null) return ok();
  if (map->kind != Tree::Kind::map) return wrong(*map, std::string(key) + ": expected a map, found " + shown(*map));
  for (std::size_t i = 0; i < map->keys.size(); ++i) out.emplace_back(map->keys[i], map->items[i].scalar);
  return ok();
}

Result<PrometheusRule> read_rule(const Tree& value) {
  const Tree* alert = value.find("alert");
  const Tree* name = alert != nullptr ? alert : value.find("record");
  const Tree* expression = value.find("expr");
  if (name == nullptr || name->scalar.empty()) return wrong(value, "expected a rule with 'alert' or 'record'");
  if (expression == nullptr || trim(expression->scalar).empty()) return wrong(value, name->scalar + ": expr must be given");
  PrometheusRule rule;
  rule.is_alert = alert != nullptr;
  rule.name = name->scalar;
  rule.expression = expression->scalar;
  rule.where = value.where;
  rule.expression_where = expression->where;
  rule.waits = value.find("for") != nullptr;
  if (Status taken = take_length(value, "for", rule.after); !taken) return taken.error();
  if (Status taken = take_length(value, "keep_firing_for", rule.keep_firing_for); !taken) return taken.error();
  if (Status taken = take_pairs(value, "labels", rule.labels); !taken) return taken.error();
  if (Status taken = take_pairs(value, "annotations", rule.annotations); !taken) return taken.error();
  return rule;
}

Result<RuleGroup> read_group(const Tree& value) {
  RuleGroup group;
  group.where = value.where;
  if (const Tree* name = value.find("name")) group.name = name->scalar;
  if (Status taken = take_length(value, "interval", group.interval); !taken) return taken.error();
  for (const Tree& item : value.find("rules")->items) {
    Result<PrometheusRule> rule = read_rule(item);
    if (!rule) return rule.error();
    group.rules.push_back(std::move(*rule));
  }
  return group;
}

// A list of maps with rules, which are maps with an expression. (Charts have `groups` and `rules` of other kinds.)
bool are_groups(const Tree& list) {
  return !list.items.empty() && std::all_of(list.items.begin(), list.items.end(), [](const Tree& group) {
    const Tree* rules = group.find("rules");
    if (rules == nullptr || (rules->kind != Tree::Kind::list && rules->kind != Tree::Kind::null)) return false;
    return std::all_of(rules->items.begin(), rules->items.end(), [](const Tree& rule) {
      return rule.find("expr") != nullptr || rule.find("alert") != nullptr || rule.find("record") != nullptr;
    });
  });
}

Status find_groups(const Tree& tree, std::vector<RuleGroup>& groups, bool& found) {
  if (const Tree* list = tree.find("groups"); list != nullptr && list->kind == Tree::Kind::list) {
    if (list->items.empty()) found = true;  // a file that was emptied is a rule file yet
    if (are_groups(*list)) {
      found = true;
      for (const Tree& item : list->items) {
        Result<RuleGroup> group = read_group(item);
        if (!group) return group.error();
        groups.push_back(std::move(*group));
      }
      return ok();
    }
  }
  for (const Tree& item : tree.items)
    if (Status status = find_groups(item, groups, found); !status) return status;
  return ok();
}

// The documents of a file, each with empty lines before it, so that its places are those of the file.
std::vector<std::string> documents(std::string_view text) {
  std::vector<std::string> all(1);
  std::size_t number = 0;
  for (LineReader lines(text); auto line = lines.next();) {
    if (*line == "---" || line->starts_with("--- ") || *line == "---\r") {
      all.emplace_back(number, '\n');
      all.back() += '\n';  // for the mark itself
    } else {
      all.back().append(*line) += '\n';
    }
    ++number;
  }
  std::erase_if(all, [](const std::string& one) { return trim(one).empty(); });
  return all;
}

}  // namespace

bool parse_length(std::string_view text, std::chrono::nanoseconds& out) {
  constexpr std::pair<std::string_view, long long> kUnits[] = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}, {"y", 31'536'000'000}};
  long long sum = 0;
  if (text.empty()) return false;
  if (text == "0") text = {};
  while (!text.empty()) {
    const std::size_t digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) return false;
    const auto number = to_number<long long>(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789"));
    const auto known = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& one) { return one.first == unit; });
    if (!number || *number > 1'000'000'000 || known == std::end(kUnits)) return false;
    text.remove_prefix(unit.size());
    sum += *number * known->second;
    if (sum > 9'000'000'000'000) return false;  // 285 years
  }
  out = std::chrono::milliseconds(sum);
  return true;
}

const std::string* PrometheusRule::annotation(std::string_view wanted) const {
  for (const auto& [key, value] : annotations)
    if (key == wanted) return &value;
  return nullptr;
}

const std::string* PrometheusRule::label(std::string_view wanted) const {
  for (const auto& [key, value] : labels)
    if (key == wanted) return &value;
  return nullptr;
}

Result<RuleFile> read_rule_file(std::string_view text, const std::string& path) {
  RuleFile file;
  file.path = path;
  bool found = false;
  for (const std::string& document : documents(text)) {
    const Result<Tree> tree = parse_yaml(document, path, kLarge);
    if (!tree) return tree.error();
    if (Status status = find_groups(*tree, file.groups, found); !status) return status.error();
  }
  if (!found) return {Errc::config, path + ": no groups of rules in it; expected groups: [{name: …, rules: […]}]"};
  return file;
}

Result<RuleFile> load_rule_file(const std::string& path) {
  const Result<std::string> text = read_file(path, kLarge.most_bytes);
  if (!text) return text.error();
  return read_rule_file(*text, path);
}

Result<std::vector<std::string>> rule_files(const std::string& path) {
  std::error_code failed;
  if (!std::filesystem::is_directory(path, failed)) return std::vector<std::string>{path};
  std::vector<std::string> files;
  for (std::filesystem::recursive_directory_iterator at(path, failed), end; !failed && at != end; at.increment(failed))
    if (at->is_regular_file(failed) && (at->path().extension() == ".yml" || at->path().extension() == ".yaml"))
      files.push_back(at->path().string());
  if (failed) return {Errc::unavailable, path + ": " + failed.message()};
  if (files.empty()) return {Errc::config, path + ": no rule file (*.yml, *.yaml) in it"};
  std::sort(files.begin(), files.end());
  return files;
}

Result<Expression> parse_expression(const PrometheusRule& rule) {
  Result<Expression> tree = parse_promql(rule.expression);
  if (tree) return tree;
  return Error{Errc::config, rule.expression_where.text() + ": the expression of " + rule.name + ": " + tree.error().message};
}

}  // namespace finwatch::rules
