#include "rules/tool/compile/compile.h"

#include "core/json_text.h"
#include "rules/tool/contract/read.h"
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
std::vector<std::pair<std::string, std::string>> labels_of(const Area& area, const Alert& alert) {
  return {{"area", area.id}, {"fault_class", alert.fault_class}, {"severity", alert.severity}};
}

struct Rule {
  const Alert* alert;
  std::string expression;
};

void write_alert(std::string& out, const Area& area, const Rule& rule, const Contract& contract) {
  const Alert& alert = *rule.alert;
  if (!alert.awaits.empty()) out.append("      # It keeps silent until there is ").append(alert.awaits).append(".\n");
  out.append("      - alert: ").append(alert.id).append("\n");
  line(out, "        ", "expr", rule.expression);
  if (alert.after > nanoseconds{}) out.append("        for: ").append(duration(alert.after)).append("\n");
  if (alert.keep_firing_for > nanoseconds{})
    out.append("        keep_firing_for: ").append(duration(alert.keep_firing_for)).append("\n");
  out.append("        labels:\n");
  for (const auto& [name, value] : labels_of(area, alert)) line(out, "          ", name, value);
  out.append("        annotations:\n");
  for (const std::string& language : contract.languages) {
    // The first language is what tools that know nothing of languages show.
    const std::string tail = &language == &contract.languages.front() ? "" : "_" + language;
    line(out, "          ", "summary" + tail, in(alert.title, language));
    line(out, "          ", "description" + tail, in(alert.text, language));
  }
  line(out, "          ", "runbook", alert.id);
}

File rules_file(const Area& area, const std::vector<Rule>& rules, const Contract& contract) {
  std::string out(kMade);
  out.append("groups:\n");
  for (const Speed speed : {Speed::fast, Speed::slow, Speed::calm}) {
    std::string group;
    for (const Recording& recording : area.recordings) {
      if (recording.speed != speed) continue;
      group.append("      - record: ").append(recording.name).append("\n");
      line(group, "        ", "expr", recording.expression);
    }
    for (const Rule& rule : rules)
      if (rule.alert->speed == speed) write_alert(group, area, rule, contract);
    if (group.empty()) continue;
    out.append("  - name: finwatch-").append(area.id).append("-").append(to_string(speed)).append("\n    interval: ");
    out.append(duration(interval_of(speed))).append("\n    rules:\n").append(group);
  }
  return {"rules/" + area.id + ".rules.yml", std::move(out)};
}

void write_case(std::string& out, const Area& area, const Alert& alert, const AlertCase& one) {
  line(out, "  - ", "name",
       alert.id + ": " + (one.firing.empty() ? "silent" : "firing") + " (line " + std::to_string(one.where.line) + ")");
  out.append("    interval: 1m\n    input_series:\n");
  for (const auto& [series, values] : one.series) {
    line(out, "      - ", "series", series);
    line(out, "        ", "values", values);
  }
  out.append("    promql_expr_test:\n");
  line(out, "      - ", "expr", "ALERTS{alertname=\"" + alert.id + "\",alertstate=\"firing\"}");
  out.append("        eval_time: ").append(duration(one.at)).append("\n");
  if (!one.firing.empty()) out.append("        exp_samples:\n");
  for (const auto& labels : one.firing) {
    std::string sample = "ALERTS{alertname=" + json_text(alert.id) + ",alertstate=\"firing\"";
    for (const auto& [name, value] : labels) sample.append(",").append(name).append("=").append(json_text(value));
    for (const auto& [name, value] : labels_of(area, alert))
      sample.append(",").append(name).append("=").append(json_text(value));
    line(out, "          - ", "labels", sample + "}");
    out.append("            value: 1\n");
  }
}

File tests_file(const Area& area) {
  std::string out = std::string(kMade) + "rule_files: [" + json_text("../rules/" + area.id + ".rules.yml") +
                    "]\nevaluation_interval: 30s\ntests:\n";
  for (const Alert& alert : area.alerts)
    for (const AlertCase& one : alert.cases) write_case(out, area, alert, one);
  return {"tests/" + area.id + ".test.yml", std::move(out)};
}

// One that changes nothing would be taken for one that does.
Status check_thresholds(const std::vector<Area>& areas, const Contract& contract) {
  std::map<std::string, const Alert*> alerts;
  for (const Area& area : areas)
    for (const Alert& alert : area.alerts) alerts.emplace(alert.id, &alert);
  for (const auto& [id, thresholds] : contract.thresholds) {
    if (Status known = check_known(thresholds.where, "thresholds", "alert", id, alerts); !known) return known;
    for (const auto& [name, value] : thresholds.values)
      if (Status known = check_known(thresholds.where, "thresholds." + id, "parameter", name, alerts.at(id)->parameters);
          !known)
        return known;
  }
  return ok();
}

Result<Rule> rule_of(const Alert& alert, const Contract& contract) {
  if (Status known = check_known(alert.where, alert.id + ".severity", "severity", alert.severity, contract.severities); !known)
    return known.error();
  if (Status known = check_known(alert.where, alert.id + ".class", "class", alert.fault_class, contract.classes); !known)
    return known.error();
  Result<std::string> expression = expression_of(alert, contract);
  if (!expression) return expression.error();
  if (const Result<Expression> tree = parse_promql(*expression); !tree)
    return Error{Errc::config, alert.expression_where.text() + ": the expression of " + alert.id + ": " + tree.error().message};
  return Rule{&alert, std::move(*expression)};
}

}  // namespace

Result<std::vector<File>> compile_alerts(const Contract& contract, const std::vector<Area>& areas) {
  if (Status known = check_thresholds(areas, contract); !known) return known.error();
  std::vector<File> files;
  for (const Area& area : areas) {
    std::vector<Rule> rules;
    for (const Recording& recording : area.recordings)
      if (const Result<Expression> tree = parse_promql(recording.expression); !tree)
        return Error{Errc::config,
                     recording.expression_where.text() + ": the expression of " + recording.name + ": " + tree.error().message};
    for (const Alert& alert : area.alerts) {
      Result<Rule> rule = rule_of(alert, contract);
      if (!rule) return rule.error();
      rules.push_back(std::move(*rule));
    }
    files.push_back(rules_file(area, rules, contract));
    files.push_back(tests_file(area));
  }
  return files;
}

}  // namespace finwatch::rules
