// Rule files, one an area; and for each alert its cases, with a rule file of nothing but what they read: promtool works every rule
// of a file out in every case, and would be ten times as long about the files that ship.
#include "rules/tool/compile/compile.h"
#include "rules/tool/compile/rule_text.h"
#include "rules/tool/contract/read.h"
#include "rules/tool/promql/parse.h"

namespace finwatch::rules {
namespace {

File rules_file(const Area& area, const std::vector<Rule>& rules, const Contract& contract) {
  std::string out(kMade);
  out.append("groups:\n");
  for (const Speed speed : {Speed::fast, Speed::slow, Speed::calm}) {
    std::string group;
    for (const Recording& recording : area.recordings)
      if (recording.speed == speed) group.append(recording_text(recording));
    for (const Rule& rule : rules)
      if (rule.alert->speed == speed) group.append(alert_text(rule, contract));
    if (!group.empty()) out.append(group_text(area.id, speed)).append(group);
  }
  return {"rules/" + area.id + ".rules.yml", std::move(out)};
}

// One group, since promtool takes groups in no order: what is recorded comes before what reads it.
File rules_of_one(const Rule& rule, const std::vector<Area>& areas, const Contract& contract) {
  std::string out = std::string(kMade) + "groups:\n" + group_text(rule.area->id, rule.alert->speed);
  for (const Recording* recording : recordings_behind(rule.expression, areas)) out.append(recording_text(*recording));
  return {"tests/" + rule.area->id + "/" + rule.name + ".rules.yml", out.append(alert_text(rule, contract))};
}

File tests_of_one(const Rule& rule) {
  std::string out = std::string(kMade) + tests_head(rule.name + ".rules.yml", rule.alert->speed);
  for (const AlertCase& one : rule.alert->cases) out.append(case_text(one, std::span(&rule, 1)));
  return {"tests/" + rule.area->id + "/" + rule.name + ".test.yml", std::move(out)};
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
      Result<Rule> rule = rule_of(area, alert, contract);
      if (!rule) return rule.error();
      rules.push_back(std::move(*rule));
    }
    files.push_back(rules_file(area, rules, contract));
    for (const Rule& rule : rules) {
      files.push_back(rules_of_one(rule, areas, contract));
      files.push_back(tests_of_one(rule));
    }
  }
  return files;
}

}  // namespace finwatch::rules
