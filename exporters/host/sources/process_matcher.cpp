#include "host/sources/process_matcher.h"

#include <algorithm>

#include "core/files.h"
#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr std::size_t kLongestComm = 15;
constexpr std::string_view kNameWords = "{{.Comm}}, {{.ExeBase}}, {{.ExeFull}} or {{.Matches.name}}";

Error wrong(const Position& where, std::string_view what) { return {Errc::config, where.text() + ": " + std::string(what)}; }

Result<std::vector<std::string>> texts(const Tree& tree, std::string_view key) {
  if (tree.kind == Tree::Kind::scalar) return std::vector<std::string>{tree.scalar};
  if (tree.kind != Tree::Kind::list || tree.items.empty())
    return wrong(tree.where, std::string(key) + ": expected a list of texts");
  std::vector<std::string> found;
  for (const Tree& item : tree.items) {
    if (item.kind != Tree::Kind::scalar || item.scalar.empty())
      return wrong(item.where, std::string(key) + ": expected a text that is not empty");
    found.push_back(item.scalar);
  }
  return found;
}

// The words of a command line joined by blanks, as a person would type them.
std::string joined(std::string_view cmdline) {
  while (cmdline.ends_with('\0')) cmdline.remove_suffix(1);
  std::string text(cmdline);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

}  // namespace

Result<ProcessMatcher> ProcessMatcher::make(const Tree& groups) {
  if (groups.kind != Tree::Kind::list) return wrong(groups.where, "groups: expected a list of rules");
  ProcessMatcher matcher;
  for (const Tree& item : groups.items) {
    Result<Rule> rule = parse_rule(item);
    if (!rule) return rule.error();
    matcher.rules_.push_back(std::move(*rule));
  }
  return matcher;
}

Result<ProcessMatcher::Rule> ProcessMatcher::parse_rule(const Tree& tree) {
  if (tree.kind != Tree::Kind::map) return wrong(tree.where, "expected a rule with name, comm, exe or cmdline");
  Rule rule;
  std::string_view name = "{{.ExeBase}}";
  Position name_where = tree.where;
  for (std::size_t i = 0; i < tree.keys.size(); ++i) {
    const std::string& key = tree.keys[i];
    const Tree& value = tree.items[i];
    if (key == "name") {
      if (value.kind != Tree::Kind::scalar || value.scalar.empty())
        return wrong(value.where, "name: expected a text that is not empty");
      name = value.scalar;
      name_where = value.where;
      continue;
    }
    if (key != "comm" && key != "exe" && key != "cmdline")
      return wrong(tree.key_where[i], "'" + key + "' is unknown here; expected name, comm, exe or cmdline");
    const auto values = texts(value, key);
    if (!values) return values.error();
    for (const std::string& text : *values) {
      if (key == "comm") rule.comms.insert(text.substr(0, kLongestComm));
      if (key == "exe") rule.exes.insert(text);
      if (key != "cmdline") continue;
      Result<Pattern> pattern = Pattern::compile(text);
      if (!pattern) return wrong(value.where, "cmdline: " + pattern.error().message);
      rule.cmdlines.push_back(std::move(*pattern));
    }
  }
  if (rule.comms.empty() && rule.exes.empty() && rule.cmdlines.empty())
    return wrong(tree.where, "expected at least one of comm, exe and cmdline");
  auto parts = parse_name(name, rule);
  if (!parts) return wrong(name_where, "name: " + parts.error().message);
  rule.name = std::move(*parts);
  return rule;
}

Result<std::vector<ProcessMatcher::NamePart>> ProcessMatcher::parse_name(std::string_view text, const Rule& rule) {
  using Kind = NamePart::Kind;
  std::vector<NamePart> parts;
  while (!text.empty()) {
    const std::size_t open = text.find("{{");
    if (open != 0) parts.push_back({Kind::text, std::string(text.substr(0, open))});
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return {Errc::config, "'{{' without '}}'"};
    const std::string_view word = trim(text.substr(open + 2, close - open - 2));
    text.remove_prefix(close + 2);
    constexpr std::string_view kMatches = ".Matches.";
    if (word == ".Comm")
      parts.push_back({Kind::comm, {}});
    else if (word == ".ExeBase")
      parts.push_back({Kind::exe_base, {}});
    else if (word == ".ExeFull")
      parts.push_back({Kind::exe_full, {}});
    else if (word.starts_with(kMatches)) {
      const std::string match(word.substr(kMatches.size()));
      const bool known = std::any_of(rule.cmdlines.begin(), rule.cmdlines.end(), [&](const Pattern& pattern) {
        const auto names = pattern.group_names();
        return std::find(names.begin(), names.end(), match) != names.end();
      });
      if (!known) return {Errc::config, "no expression of cmdline has a group (?P<" + match + ">…)"};
      parts.push_back({Kind::match, match});
    } else
      return {Errc::config, "'{{" + std::string(word) + "}}' is unknown; expected " + std::string(kNameWords)};
  }
  return parts;
}

bool ProcessMatcher::may_match(std::string_view comm) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return rule.comms.empty() || rule.comms.contains(comm); });
}

std::optional<std::string> ProcessMatcher::group_of(std::string_view comm, std::string_view cmdline) const {
  const std::string_view exe_full = cmdline.empty() ? comm : cmdline.substr(0, cmdline.find('\0'));
  const std::string_view exe_base = base_name(exe_full);
  const std::string text = joined(cmdline);
  for (const Rule& rule : rules_) {
    if (!rule.comms.empty() && !rule.comms.contains(comm)) continue;
    if (!rule.exes.empty() && (cmdline.empty() || (!rule.exes.contains(exe_full) && !rule.exes.contains(exe_base)))) continue;
    std::vector<std::pair<std::string, std::string>> matches;
    const bool all = std::all_of(rule.cmdlines.begin(), rule.cmdlines.end(), [&](const Pattern& pattern) {
      const auto captured = pattern.capture(text);
      if (!captured) return false;
      const auto names = pattern.group_names();
      for (std::size_t i = 0; i < names.size(); ++i) matches.emplace_back(names[i], (*captured)[i]);
      return true;
    });
    if (!all) continue;
    std::string name;
    for (const NamePart& part : rule.name) {
      switch (part.kind) {
        case NamePart::Kind::text: name += part.text; break;
        case NamePart::Kind::comm: name += comm; break;
        case NamePart::Kind::exe_base: name += exe_base; break;
        case NamePart::Kind::exe_full: name += exe_full; break;
        case NamePart::Kind::match:
          for (auto match = matches.rbegin(); match != matches.rend(); ++match)
            if (match->first == part.text) {
              name += match->second;
              break;
            }
          break;
      }
    }
    return valid_utf8(name);
  }
  return std::nullopt;
}

std::vector<std::string> ProcessMatcher::fixed_names() const {
  std::vector<std::string> names;
  for (const Rule& rule : rules_)
    if (rule.name.size() == 1 && rule.name[0].kind == NamePart::Kind::text) names.push_back(rule.name[0].text);
  return names;
}

}  // namespace finwatch::host
