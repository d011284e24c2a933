#include "rules/tool/compile/rule_text.h"

#include <algorithm>

#include "core/json_text.h"
#include "rules/tool/contract/read.h"
#include "rules/tool/promql/analyse.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

std::string duration(nanoseconds time) { return print_length(std::chrono::duration_cast<std::chrono::milliseconds>(time)); }

// JSON's texts are YAML's.
void line(std::string& out, std::string_view indent, std::string_view key, std::string_view value) {
  out.append(indent).append(key).append(": ").append(json_text(value)).append("\n");
}

const std::string& in(const Words& words, std::string_view language) { return language == "zh" ? words.zh : words.en; }

// Those of a rule, which come to the labels of its series.
std::vector<std::pair<std::string, std::string>> labels_of(const Rule& rule) {
  return {{"area", rule.area->id}, {"fault_class", rule.alert->fault_class}, {"severity", rule.alert->severity}};
}

const Recording* find_recording(std::string_view name, const std::vector<Area>& areas) {
  for (const Area& area : areas)
    for (const Recording& recording : area.recordings)
      if (recording.name == name) return &recording;
  return nullptr;
}

void add_behind(const std::string& expression, const std::vector<Area>& areas, std::vector<const Recording*>& found) {
  const Result<Expression> tree = parse_promql(expression);
  if (!tree) return;
  for (const Selected& one : analyse_promql(*tree).selected) {
    const Recording* recording = find_recording(one.name, areas);
    if (recording == nullptr || std::find(found.begin(), found.end(), recording) != found.end()) continue;
    if (recording->expression != expression) add_behind(recording->expression, areas, found);  // one may read its own past
    if (std::find(found.begin(), found.end(), recording) == found.end()) found.push_back(recording);
  }
}

}  // namespace

Result<Rule> rule_of(const Area& area, const Alert& alert, const Contract& contract) {
  if (Status known = check_known(alert.where, alert.id + ".severity", "severity", alert.severity, contract.severities); !known)
    return known.error();
  if (Status known = check_known(alert.where, alert.id + ".class", "class", alert.fault_class, contract.classes); !known)
    return known.error();
  Result<std::string> expression = expression_of(alert, contract);
  if (!expression) return expression.error();
  if (const Result<Expression> tree = parse_promql(*expression); !tree)
    return Error{Errc::config, alert.expression_where.text() + ": the expression of " + alert.id + ": " + tree.error().message};
  return Rule{&area, &alert, alert.id, std::move(*expression), alert.after};
}

std::string group_text(std::string_view area, Speed speed) {
  std::string out = "  - name: finwatch-";
  out.append(area).append("-").append(to_string(speed));
  return out.append("\n    interval: ").append(duration(interval_of(speed))).append("\n    rules:\n");
}

std::string recording_text(const Recording& recording) {
  std::string out = "      - record: " + recording.name + "\n";
  line(out, "        ", "expr", recording.expression);
  return out;
}

std::string alert_text(const Rule& rule, const Contract& contract) {
  const Alert& alert = *rule.alert;
  std::string out;
  if (!alert.awaits.empty()) out.append("      # It keeps silent until there is ").append(alert.awaits).append(".\n");
  out.append("      - alert: ").append(rule.name).append("\n");
  line(out, "        ", "expr", rule.expression);
  if (rule.after > nanoseconds{}) out.append("        for: ").append(duration(rule.after)).append("\n");
  if (alert.keep_firing_for > nanoseconds{})
    out.append("        keep_firing_for: ").append(duration(alert.keep_firing_for)).append("\n");
  out.append("        labels:\n");
  for (const auto& [name, value] : labels_of(rule)) line(out, "          ", name, value);
  out.append("        annotations:\n");
  for (const std::string& language : contract.languages) {
    // The first language is what tools that know nothing of languages show.
    const std::string tail = &language == &contract.languages.front() ? "" : "_" + language;
    line(out, "          ", "summary" + tail, in(alert.title, language));
    line(out, "          ", "description" + tail, in(alert.text, language));
  }
  line(out, "          ", "runbook", alert.id);
  return out;
}

std::vector<const Recording*> recordings_behind(const std::string& expression, const std::vector<Area>& areas) {
  std::vector<const Recording*> found;
  add_behind(expression, areas, found);
  return found;
}

std::string tests_head(std::string_view rules_file, Speed speed) {
  return "rule_files: [" + json_text(rules_file) + "]\nevaluation_interval: " + duration(interval_of(speed)) + "\ntests:\n";
}

std::string case_text(const AlertCase& one, std::span<const Rule> rules) {
  const Alert& alert = *rules.front().alert;
  std::string out;
  line(out, "  - ", "name",
       alert.id + ": " + (one.firing.empty() ? "silent" : "firing") + " (line " + std::to_string(one.where.line) + ")");
  out.append("    interval: ").append(duration(one.every)).append("\n    input_series:\n");
  for (const auto& [series, values] : one.series) {
    line(out, "      - ", "series", series);
    line(out, "        ", "values", values);
  }
  out.append("    promql_expr_test:\n");
  // Between two evaluations an alert stays what it was, but its series ends after five minutes: it is looked at when it is worked out.
  const nanoseconds seen = one.at - one.at % interval_of(alert.speed);
  for (const Rule& rule : rules) {
    const std::string series = "ALERTS{alertname=" + json_text(rule.name) + ",alertstate=\"firing\"";
    line(out, "      - ", "expr",
         series + "} # line " + std::to_string(one.where.line));  // all that promtool 2.42 says of a case
    out.append("        eval_time: ").append(duration(seen)).append("\n");
    if (!one.firing.empty()) out.append("        exp_samples:\n");
    for (const auto& labels : one.firing) {
      std::string sample = series;
      for (const auto& [name, value] : labels) sample.append(",").append(name).append("=").append(json_text(value));
      for (const auto& [name, value] : labels_of(rule)) sample.append(",").append(name).append("=").append(json_text(value));
      line(out, "          - ", "labels", sample + "}");
      out.append("            value: 1\n");
    }
  }
  return out;
}

}  // namespace finwatch::rules
