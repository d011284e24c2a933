// Alerts, their thresholds and the recordings.
#include "rules/tool/diff/changes.h"
#include "rules/tool/promql/parse.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

struct Placed {
  const Area* area;
  const Alert* alert;
};

std::map<std::string, Placed> alerts_of(const Side& side) {
  std::map<std::string, Placed> alerts;
  for (const Area& area : side.areas)
    for (const Alert& alert : area.alerts) alerts.emplace(alert.id, Placed{&area, &alert});
  return alerts;
}

// In one form, however it was written.
std::string one_form(const std::string& expression) {
  const Result<Expression> tree = parse_promql(expression);
  return tree ? print_promql(*tree) : expression;
}

std::string filled(const Side& side, const Alert& alert) {
  return one_form(expression_of(alert, side.contract).value_or(alert.expression));
}

std::map<std::string, double> thresholds_of(const Side& side, const Alert& alert) {
  std::map<std::string, double> values = alert.parameters;
  if (const auto own = side.contract.thresholds.find(alert.id); own != side.contract.thresholds.end())
    for (const auto& [name, value] : own->second.values) values[name] = value;
  return values;
}

void compare_thresholds(const Side& before, const Side& after, const Alert& old, const Alert& now, Changes& changes) {
  const std::map<std::string, double> a = thresholds_of(before, old), b = thresholds_of(after, now);
  for (const auto& [name, value] : b)
    if (const auto was = a.find(name); was != a.end())
      changes.value(Words{"告警 ", "alert "} + both(now.id) + Words{" 的阈值 ", ", threshold "} + both(name),
                    print_number(was->second), print_number(value));
}

// The expressions with the same numbers in them, so that a threshold is not told twice.
bool same_expression(const Side& after, const Alert& old, const Alert& now) {
  Alert with_new_numbers = old;
  with_new_numbers.parameters = thresholds_of(after, now);
  for (const auto& [name, value] : old.parameters) with_new_numbers.parameters.emplace(name, value);
  return filled(after, with_new_numbers) == filled(after, now);
}

std::string inhibits_text(const Alert& alert) {
  std::vector<std::string> texts;
  for (const Inhibition& one : alert.inhibits)
    texts.push_back((one.area.empty() ? joined(one.alerts) : "area " + one.area) + " [" + joined(one.same) + "]");
  std::string out;
  for (const std::string& text : texts) out.append(out.empty() ? "" : "; ").append(text);
  return out;
}

Words yes_no(bool value) { return value ? Words{"是", "yes"} : Words{"否", "no"}; }

void compare_alert(const Side& before, const Side& after, const Placed& a, const Placed& b, Changes& changes) {
  const Alert &old = *a.alert, &now = *b.alert;
  const Words what = Words{"告警 ", "alert "} + both(now.id);
  compare_thresholds(before, after, old, now, changes);
  if (!same_expression(after, old, now))
    changes.value(what + Words{" 的表达式", ", expression"}, filled(before, old), filled(after, now));
  changes.value(what + Words{" 的领域", ", area"}, a.area->id, b.area->id);
  changes.value(what + Words{" 的级别", ", severity"}, old.severity, now.severity);
  changes.value(what + Words{" 的类别", ", class"}, old.fault_class, now.fault_class);
  changes.value(what + Words{" 的持续时间（for）", ", for"}, length_text(old.after), length_text(now.after));
  changes.value(what + Words{" 的保持时间（keep_firing_for）", ", keep_firing_for"}, length_text(old.keep_firing_for),
                length_text(now.keep_firing_for));
  changes.value(what + Words{" 的计算频率", ", speed"}, std::string(to_string(old.speed)), std::string(to_string(now.speed)));
  changes.value(what + Words{" 的标题", ", title"}, old.title, now.title);
  if (old.text.zh != now.text.zh || old.text.en != now.text.en)
    changes.say(what + Words{" 的说明文字有改动", ", text: written anew"});
  changes.value(what + Words{" 抑制的对象", ", inhibits"}, inhibits_text(old), inhibits_text(now));
  changes.value(what + Words{" 是否心跳", ", heartbeat"}, yes_no(old.heartbeat), yes_no(now.heartbeat));
  changes.value(what + Words{" 等待的程序", ", awaits"}, old.awaits, now.awaits);
  changes.value(what + Words{" 允许单次拨测触发的理由", ", why one lost probe may page"}, old.lost_probe, now.lost_probe);
  changes.value(what + Words{" 的测试用例数", ", cases"}, std::to_string(old.cases.size()), std::to_string(now.cases.size()));
}

void compare_recordings(const Side& before, const Side& after, Changes& changes) {
  changes.section({"预计算规则", "Recordings"});
  const auto recordings_of = [](const Side& side) {
    std::map<std::string, const Recording*> recordings;
    for (const Area& area : side.areas)
      for (const Recording& one : area.recordings) recordings.emplace(one.name, &one);
    return recordings;
  };
  const auto name = [](const std::string& id, const Recording* one) { return both(id + " = " + one_form(one->expression)); };
  changes.members(
      recordings_of(before), recordings_of(after), name,
      [&](const std::string& id, const Recording* old, const Recording* now) {
        changes.value(both(id) + Words{" 的表达式", ", expression"}, one_form(old->expression), one_form(now->expression));
        changes.value(both(id) + Words{" 的计算频率", ", speed"}, std::string(to_string(old->speed)),
                      std::string(to_string(now->speed)));
      });
}

}  // namespace

void compare_alerts(const Side& before, const Side& after, Changes& changes) {
  changes.section({"告警", "Alerts"});
  const auto name = [](const Side& side) {
    return [&side](const std::string& id, const Placed& one) {
      const Alert& alert = *one.alert;
      return Words{"告警 " + id + "（" + alert.severity + "，" + alert.fault_class + "）：",
                   "alert " + id + " (" + alert.severity + ", " + alert.fault_class + "): "} +
             both(filled(side, alert));
    };
  };
  const std::map<std::string, Placed> a = alerts_of(before), b = alerts_of(after);
  for (const auto& [id, one] : a)
    if (!b.contains(id)) changes.removed(name(before)(id, one));
  for (const auto& [id, one] : b)
    if (const auto old = a.find(id); old == a.end())
      changes.added(name(after)(id, one));
    else
      compare_alert(before, after, old->second, one, changes);
  compare_recordings(before, after, changes);
}

}  // namespace finwatch::rules
