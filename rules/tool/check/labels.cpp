// Labels are what an alert is known by, and its title is what people know it by: neither may change while the fault lasts.
#include <algorithm>

#include "core/text.h"
#include "rules/tool/check/subject.h"
#include "rules/tool/promql/functions.h"

namespace finwatch::rules {
namespace {

// What every alert of ours carries beside the labels of its expression.
constexpr std::string_view kOwnLabels[] = {"alertname", "area", "fault_class", "severity"};

bool is_label_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// What stands behind `sign` in the templates of a text: $labels.job and $labels.target for "$labels.".
std::vector<std::string_view> names_behind(std::string_view text, std::string_view sign) {
  std::vector<std::string_view> names;
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open + 2)) {
    const std::size_t close = std::min(text.find("}}", open), text.size());
    const std::string_view inside = text.substr(open, close - open);
    for (std::size_t at = inside.find(sign); at != std::string_view::npos; at = inside.find(sign, at + 1)) {
      const std::string_view rest = inside.substr(at + sign.size());
      const auto end = std::find_if_not(rest.begin(), rest.end(), is_label_letter);
      names.push_back(rest.substr(0, static_cast<std::size_t>(end - rest.begin())));
    }
  }
  return names;
}

// {{ $value | humanize }} shows it; {{ if gt $value 0.0 }} only chooses between words.
bool shows_value(std::string_view text) {
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open + 2)) {
    const std::size_t close = std::min(text.find("}}", open), text.size());
    std::string_view inside = text.substr(open + 2, close - open - 2);
    if (inside.starts_with('-')) inside.remove_prefix(1);
    inside = trim(inside);
    const bool chooses = inside.starts_with("if ") || inside.starts_with("else if ") || inside.starts_with("with ");
    if (!chooses && (inside.find("$value") != std::string_view::npos || inside.find(".Value") != std::string_view::npos))
      return true;
  }
  return false;
}

void check_texts(const CheckedRule& rule, Problems& problems) {
  const Alert& alert = *rule.alert;
  const std::pair<std::string_view, const std::string&> texts[] = {
      {"title.zh", alert.title.zh}, {"title.en", alert.title.en}, {"text.zh", alert.text.zh}, {"text.en", alert.text.en}};
  for (const auto& [key, text] : texts) {
    if (key.starts_with("title") && shows_value(text))
      problems.warning(alert.where,
                       alert.id + "." + std::string(key) +
                           ": shows $value, so the title changes with every notification. Put the value into the text");
    for (const std::string_view label : names_behind(text, "$labels.")) {
      const bool own = std::find(std::begin(kOwnLabels), std::end(kOwnLabels), label) != std::end(kOwnLabels);
      if (!own && !rule.analysis.result.may_carry(label))
        problems.error(alert.where,
                       alert.id + "." + std::string(key) + ": $labels." + std::string(label) +
                           " is empty: the expression leaves no label of that name. Keep it (by, on), or name another");
    }
  }
}

}  // namespace

void check_labels(const Subject& subject, Problems& problems) {
  for (const CheckedRule& rule : subject.rules) {
    walk(rule.tree, [&](const Expression& node) {
      const auto* aggregation = node.as<Aggregation>();
      if (aggregation == nullptr || aggregation->aggregate->name != "count_values") return;
      const auto* label = bare(node.parts.front()).as<Text>();
      if (label != nullptr && !rule.analysis.result.may_carry(label->value)) return;
      problems.error(rule.where(), rule.name() +
                                       ": count_values() puts a value into a label: with every change of it the alert is " +
                                       "another one, and its clock begins anew. Aggregate the label away, or count otherwise");
    });
    if (rule.alert != nullptr) check_texts(rule, problems);
  }
}

}  // namespace finwatch::rules
