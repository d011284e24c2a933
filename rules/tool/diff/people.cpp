// Severities, policies, people, duties and rotas: who will be told otherwise than before.
#include <algorithm>
#include <set>

#include "rules/tool/contract/rota.h"
#include "rules/tool/diff/changes.h"

namespace finwatch::rules {
namespace {

std::string clock(minutes time) {
  const auto two = [](long number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(time.count() / 60) + ":" + two(time.count() % 60);
}

std::string channels_text(const std::vector<Channel>& by) {
  std::vector<std::string> names;
  for (const Channel channel : by) names.emplace_back(to_string(channel));
  std::sort(names.begin(), names.end());
  return joined(names);
}

Words step_text(const EscalationStep& step) {
  const std::string after = length_text(step.after), by = channels_text(step.by);
  return {after + (step.unless_acknowledged ? " 后仍未认领，通知 " : " 后通知 ") + step.tell + "（" + by + "）",
          "after " + after + (step.unless_acknowledged ? ", unless acknowledged, tell " : " tell ") + step.tell + " by " + by};
}

// Steps that are alike but for their time were moved; those at the same time that tell the same duty were changed.
void compare_steps(const std::string& policy, const std::vector<EscalationStep>& before,
                   const std::vector<EscalationStep>& after, Changes& changes) {
  const Words what = Words{"策略 ", "policy "} + both(policy) + Words{"：", ": "};
  std::vector<const EscalationStep*> old, now;
  for (const EscalationStep& step : before) old.push_back(&step);
  for (const EscalationStep& step : after) now.push_back(&step);
  const auto pair_up = [&](const auto& same, const auto& say) {
    for (const EscalationStep*& one : old) {
      const auto other =
          std::find_if(now.begin(), now.end(), [&](const auto* step) { return step != nullptr && same(*one, *step); });
      if (other == now.end()) continue;
      say(*one, **other);
      one = *other = nullptr;
    }
    std::erase(old, nullptr);
    std::erase(now, nullptr);
  };
  const auto alike = [](const EscalationStep& a, const EscalationStep& b) {
    return a.tell == b.tell && a.unless_acknowledged == b.unless_acknowledged && channels_text(a.by) == channels_text(b.by);
  };
  pair_up([&](const auto& a, const auto& b) { return a.after == b.after && alike(a, b); }, [](const auto&, const auto&) {});
  pair_up(alike, [&](const auto& a, const auto& b) {
    changes.say(what +
                Words{"通知 " + a.tell + "（" + channels_text(a.by) + "）的时间由 ",
                      "telling " + a.tell + " by " + channels_text(a.by) + " moves from "} +
                both(length_text(a.after)) + Words{" 改为 ", " to "} + both(length_text(b.after)));
  });
  pair_up([](const auto& a, const auto& b) { return a.after == b.after; },
          [&](const auto& a, const auto& b) {
            changes.value(what + Words{"步骤", "a step"}, step_text(a), step_text(b));
          });
  for (const EscalationStep* step : old) changes.say(what + Words{"删除步骤：", "a step less: "} + step_text(*step));
  for (const EscalationStep* step : now) changes.say(what + Words{"新增步骤：", "a step more: "} + step_text(*step));
}

void compare_severities(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"级别", "Severities"});
  const auto name = [](const std::string& id, const Severity& one) {
    return Words{"级别 ", "severity "} + both(id) + Words{"（策略 " + one.policy + "）", " (policy " + one.policy + ")"};
  };
  changes.members(a.severities, b.severities, name, [&](const std::string& id, const Severity& old, const Severity& now) {
    const Words what = Words{"级别 ", "severity "} + both(id);
    const auto when = [](const Severity& one) {
      return one.business_hours_only ? Words{"仅工作时间", "business hours"} : Words{"全天", "always"};
    };
    changes.value(what + Words{" 的名称", ", name"}, old.name, now.name);
    changes.value(what + Words{" 的策略", ", policy"}, old.policy, now.policy);
    changes.value(what + Words{" 的通知时段", ", when somebody is told"}, when(old), when(now));
  });
}

void compare_policies(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"升级策略", "Policies"});
  const auto name = [](const std::string& id, const std::vector<EscalationStep>& steps) {
    Words text = Words{"策略 ", "policy "} + both(id) + Words{"：", ": "};
    for (const EscalationStep& step : steps)
      text = text + (&step == &steps.front() ? Words{} : Words{"；", "; "}) + step_text(step);
    return text;
  };
  changes.members(a.policies, b.policies, name,
                  [&](const std::string& id, const auto& old, const auto& now) { compare_steps(id, old, now, changes); });
}

void compare_persons(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"人员", "People"});
  const auto name = [](const std::string& id, const Person& one) { return both(id + " (") + one.name + both(")"); };
  changes.members(a.people, b.people, name, [&](const std::string& id, const Person& old, const Person& now) {
    changes.value(both(id) + Words{" 的姓名", ", name"}, old.name, now.name);
    changes.value(both(id) + Words{" 的电子邮件", ", e-mail"}, old.email, now.email);
    changes.value(both(id) + Words{" 的电话", ", telephone"}, old.phone, now.phone);
    changes.value(both(id) + Words{" 的钉钉", ", DingTalk"}, old.dingtalk, now.dingtalk);
    changes.value(both(id) + Words{" 的企业微信", ", WeCom"}, old.wecom, now.wecom);
    changes.value(both(id) + Words{" 的飞书", ", Feishu"}, old.feishu, now.feishu);
  });
}

void compare_members(const std::string& duty, const std::vector<std::string>& before, const std::vector<std::string>& after,
                     Changes& changes) {
  std::vector<std::string> gone, come;
  for (const std::string& one : before)
    if (std::find(after.begin(), after.end(), one) == after.end()) gone.push_back(one);
  for (const std::string& one : after)
    if (std::find(before.begin(), before.end(), one) == before.end()) come.push_back(one);
  const Words what = Words{"职责 ", "duty "} + both(duty) + Words{"：", ": "};
  if (!gone.empty() && !come.empty())
    changes.say(what + both(joined(come)) + Words{" 接替 ", " in place of "} + both(joined(gone)));
  else if (!gone.empty())
    changes.say(what + Words{"不再包括 ", "no more "} + both(joined(gone)));
  else if (!come.empty())
    changes.say(what + Words{"加入 ", "now also "} + both(joined(come)));
}

// The times at which one of the two changes, and from each to the next who is on duty.
void compare_rotas(const Duty& old_duty, const Duty& new_duty, Changes& changes) {
  const Result<Rota> before = load_rota(old_duty), after = load_rota(new_duty);
  if (!before || !after) return;  // `compile` has said so, where a rota is needed
  std::set<LocalTime> times;
  for (const Rota* rota : {&*before, &*after})
    for (const Rota::Line& line : rota->lines()) times.insert(line.from);
  const auto shown = [](LocalTime time) {
    return to_text(day_of(time)) + " " + clock(std::chrono::duration_cast<minutes>(time - day_of(time)));
  };
  for (auto at = times.begin(); at != times.end();) {
    const auto begin = at;
    const std::string old = before->on_duty(*begin).value_or(""), now = after->on_duty(*begin).value_or("");
    while (at != times.end() && before->on_duty(*at).value_or("") == old && after->on_duty(*at).value_or("") == now) ++at;
    const Words until = at == times.end() ? Words{" 起", " on"} : Words{" 至 ", " to "} + both(shown(*at));
    changes.value(Words{"职责 ", "duty "} + both(new_duty.id) + Words{"，", ", from "} + both(shown(*begin)) + until, old, now);
  }
}

void compare_duties(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"职责与排班", "Duties and rotas"});
  const auto name = [](const std::string& id, const Duty& one) {
    return Words{"职责 ", "duty "} + both(id) + both(" (" + (one.rota.empty() ? joined(one.people) : one.rota) + ")");
  };
  changes.members(a.duties, b.duties, name, [&](const std::string& id, const Duty& old, const Duty& now) {
    const Words what = Words{"职责 ", "duty "} + both(id);
    changes.value(what + Words{" 的名称", ", name"}, old.name, now.name);
    changes.value(what + Words{" 的排班表", ", rota"}, old.rota, now.rota);
    if (!old.rota.empty() && !now.rota.empty()) {
      changes.value(what + Words{" 的交接班时间", ", hand-over"}, clock(old.hand_over), clock(now.hand_over));
      compare_rotas(old, now, changes);
    }
    compare_members(id, old.people, now.people, changes);
  });
}

}  // namespace

void compare_people(const Contract& before, const Contract& after, Changes& changes) {
  compare_severities(before, after, changes);
  compare_policies(before, after, changes);
  compare_persons(before, after, changes);
  compare_duties(before, after, changes);
}

}  // namespace finwatch::rules
