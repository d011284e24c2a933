#include "rules/tool/import/import.h"

#include <algorithm>
#include <set>

#include "core/json_text.h"
#include "core/text.h"
#include "rules/tool/alerts/alert.h"
#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

bool is_letter(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// In units that every reader of ours takes: "1d12h", "90s".
std::string length(nanoseconds time) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  std::string out;
  for (const auto& [unit, size] : {std::pair{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}) {
    if (left / size > 0) out += std::to_string(left / size) + unit;
    left %= size;
  }
  return out.empty() ? "0s" : out;
}

Speed speed_of(nanoseconds interval) {
  if (interval <= std::chrono::minutes{1}) return Speed::fast;
  return interval <= std::chrono::minutes{5} ? Speed::slow : Speed::calm;
}

// JSON's texts are YAML's, and a comment ends with its line.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (LineReader lines(trim(text)); auto line = lines.next();) {
    const std::string piece = json_text(*line);
    out.append(out.size() > 1 ? "\\n" : "").append(piece, 1, piece.size() - 2);
  }
  return out + "\"";
}
std::string comment(std::string_view text) {
  std::string out = valid_utf8(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  std::erase(out, '\r');
  return out;
}

class Import {
 public:
  Import(const RuleFile& file, std::string area, const std::vector<std::string>& severities)
      : file_(file), area_(std::move(area)), severities_(severities) {}

  Imported take();

 private:
  void rule(const RuleGroup& group, const PrometheusRule& rule);
  void recording(const PrometheusRule& rule, Speed speed);
  void alert(const PrometheusRule& rule, Speed speed);
  std::string severity(const PrometheusRule& rule);
  Speed speed(const RuleGroup& group, const PrometheusRule& rule, const Expression& tree);
  void labels(const PrometheusRule& rule);
  void gap(const PrometheusRule& rule, std::string text) { imported_.gaps.push_back({rule.where, rule.name, std::move(text)}); }

  const RuleFile& file_;
  const std::string area_;
  const std::vector<std::string>& severities_;
  Imported imported_;
  std::string recordings_, alerts_;
  std::set<std::string> ids_;
};

Imported Import::take() {
  for (const RuleGroup& group : file_.groups)
    for (const PrometheusRule& one : group.rules) rule(group, one);
  std::string& out = imported_.text;
  out = "# Imported by finwatch import from " + comment(file_.path.substr(file_.path.rfind('/') + 1)) +
        ". Empty values are yours to fill in; finwatch check names the next one.\n";
  out += "area: " + area_ + "\nname:\n  zh: \"\"  # fill in: the name of the area in Chinese\n  en: " + json_text(area_) + "\n";
  if (!recordings_.empty()) out += "recordings:\n" + recordings_;
  out += alerts_.empty() ? "alerts: []\n" : "alerts:\n" + alerts_;
  return std::move(imported_);
}

void Import::rule(const RuleGroup& group, const PrometheusRule& rule) {
  const Result<Expression> tree = parse_expression(rule);
  if (!tree) {
    imported_.refused.push_back(tree.error());
    (rule.is_alert ? alerts_ : recordings_) +=
        "  # " + comment(rule.name) + " is left out: " + comment(tree.error().message) + "\n";
    return;
  }
  const Speed own = speed(group, rule, *tree);
  rule.is_alert ? alert(rule, own) : recording(rule, own);
}

Speed Import::speed(const RuleGroup& group, const PrometheusRule& rule, const Expression& tree) {
  const Speed asked = speed_of(group.interval);
  const std::string dear = asked == Speed::fast ? dear_form(tree) : "";
  if (dear.empty()) return asked;
  gap(rule, dear + ", too dear for every 30 s: it becomes slow; record what it reads, or write it another way");
  return Speed::slow;
}

void Import::recording(const PrometheusRule& rule, Speed speed) {
  ++imported_.recordings;
  if (std::count(rule.name.begin(), rule.name.end(), ':') != 2)
    gap(rule, "a recording is named level:metric:operations; rename it, and where it is read");
  if (!rule.labels.empty()) gap(rule, "labels of a recording are not carried over; write them with label_replace()");
  recordings_ += "  - record: " + json_text(rule.name) + "\n    expr: " + quoted(rule.expression) +
                 "\n    speed: " + std::string(to_string(speed)) + "\n";
}

std::string Import::severity(const PrometheusRule& rule) {
  const std::string* own = rule.label("severity");
  if (own != nullptr && std::find(severities_.begin(), severities_.end(), *own) != severities_.end()) return *own + "\n";
  gap(rule, own == nullptr ? "no severity" : "severity '" + valid_utf8(*own) + "' is none of the contract's");
  std::string known;
  for (const std::string& one : severities_) known.append(known.empty() ? "" : ", ").append(one);
  return "\"\"  # fill in: " + known + (own == nullptr ? "" : "; it was: " + comment(*own)) + "\n";
}

void Import::labels(const PrometheusRule& rule) {
  for (const auto& [name, value] : rule.labels) {
    if (value.find("$value") != std::string::npos || value.find(".Value") != std::string::npos)
      gap(rule, "label " + name + " holds the value of the alert, so that each change of it is a new alert; it is left out");
    else if (name != "severity")
      gap(rule, "label " + name + ": " + value + " is not carried over; area, class and severity are the labels of an alert");
  }
}

void Import::alert(const PrometheusRule& rule, Speed speed) {
  ++imported_.alerts;
  std::string id = id_of(rule.name);
  if (id != rule.name) gap(rule, "renamed to " + id);
  const std::string first = id;
  for (int i = 2; !ids_.insert(id).second; ++i) id = first + std::to_string(i);
  if (id != first) gap(rule, "a second alert of this name, called " + id);
  const std::string* title = rule.annotation("summary");
  const std::string* text = rule.annotation("description");
  if (text == nullptr) text = rule.annotation("message");
  if (title == nullptr) gap(rule, "no summary");
  if (text == nullptr) gap(rule, "no description");
  if (rule.after == nanoseconds{}) gap(rule, "no time in 'for': one lost sample pages somebody");
  if (rule.annotation("runbook_url") == nullptr && rule.annotation("runbook") == nullptr) gap(rule, "no runbook");
  if (rule.expression.find("${") != std::string::npos) gap(rule, "holds ${, which stands for a parameter in the catalogue");
  labels(rule);
  std::string& out = alerts_;
  const auto words = [&](std::string_view key, const std::string* own) {
    out.append("    ").append(key).append(":\n      zh: \"\"  # fill in: the same in Chinese\n      en: ");
    out += own != nullptr ? quoted(*own) + "\n" : json_text("") + "  # fill in\n";
  };
  out += "  - id: " + id + "\n";
  words("title", title);
  words("text", text);
  out += "    expr: " + quoted(rule.expression) + "\n";
  if (rule.after > nanoseconds{}) out += "    for: " + length(rule.after) + "\n";
  if (rule.keep_firing_for > nanoseconds{}) out += "    keep_firing_for: " + length(rule.keep_firing_for) + "\n";
  if (speed != Speed::fast) out += "    speed: " + std::string(to_string(speed)) + "\n";
  out += "    severity: " + severity(rule);
  out += "    class: \"\"  # fill in: one of the contract's classes\n";
  out += "    firing: []  # fill in: series and a moment at which it fires\n";
  out += "    silent: []  # fill in: series near the threshold at which it does not\n";
}

}  // namespace

std::string id_of(std::string_view name) {
  std::string id;
  bool begins = true;
  for (const char c : name) {
    const bool kept = is_letter(c) || is_digit(c);
    if (kept) id += begins ? to_upper(c) : c;
    begins = !kept;
  }
  return id.empty() || !is_letter(id.front()) ? "Alert" + id : id;
}

std::string dear_form(const Expression& expression) {
  for (const Selected& one : analyse_promql(expression).selected) {
    if (one.in_subquery) return "a subquery";
    if (one.range > hours{1}) return "a window of " + print_length(one.range);
    if (one.name_is_pattern) return one.name.empty() ? "a selector without a name" : "a pattern for a name";
  }
  return "";
}

Imported import_rules(const RuleFile& file, const std::string& area, const std::vector<std::string>& severities) {
  return Import(file, area, severities).take();
}

}  // namespace finwatch::rules
