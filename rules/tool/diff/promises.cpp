// Organisation, calendar, classes and services.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "rules/tool/diff/changes.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

std::string clock(minutes time) {
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(time.count() / 60), static_cast<int>(time.count() % 60));
  return text;
}

std::string moment_text(LocalTime time) {
  return to_text(day_of(time)) + " " + clock(std::chrono::duration_cast<minutes>(time - day_of(time)));
}

std::string release(const Release& one) { return std::to_string(one.major) + "." + std::to_string(one.minor); }

std::string days_text(const BusinessHours& hours) {
  std::vector<std::string> days;
  for (std::size_t i = 0; i < kWeekdays.size(); ++i)
    if (hours.days[i]) days.emplace_back(kWeekdays[i]);
  return joined(days) + " " + clock(hours.hours.from) + "–" + clock(hours.hours.to);
}

std::string close_text(const CloseWindow& close) {
  std::vector<std::string> days;
  for (const auto& [from, to] : close.days_of_month)
    days.push_back(from == to ? std::to_string(from) : std::to_string(from) + "-" + std::to_string(to));
  return days.empty() ? "" : joined(days) + " × " + std::to_string(close.weight);
}

Words window_text(const Maintenance& one) {
  const std::string span = moment_text(one.from) + " – " + moment_text(one.to) + ", ";
  if (one.services.empty()) return {span + "全部服务", span + "all services"};
  return both(span + joined(one.services));
}

void compare_organisation(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"组织", "Organisation"});
  changes.value({"名称", "name"}, a.organisation, b.organisation);
  changes.value({"时区", "time zone"}, a.time_zone, b.time_zone);
  changes.value({"语言", "languages"}, joined(a.languages), joined(b.languages));
  changes.value({"目标版本 Prometheus", "made for Prometheus"}, release(a.targets.prometheus), release(b.targets.prometheus));
  changes.value({"目标版本 Alertmanager", "made for Alertmanager"}, release(a.targets.alertmanager),
                release(b.targets.alertmanager));
  changes.value({"目标版本 Grafana", "made for Grafana"}, release(a.targets.grafana), release(b.targets.grafana));
}

void compare_calendar(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"日历", "Calendar"});
  changes.value({"工作时间", "business hours"}, days_text(a.business_hours), days_text(b.business_hours));
  changes.value({"结账窗口", "close window"}, close_text(a.close_window), close_text(b.close_window));
  changes.value({"每月计划维护上限", "planned maintenance a month, at most"}, length_text(a.most_maintenance),
                length_text(b.most_maintenance));
  std::map<std::string, const Maintenance*> before, after;
  for (const Maintenance& one : a.maintenance) before.emplace(one.id, &one);
  for (const Maintenance& one : b.maintenance) after.emplace(one.id, &one);
  const auto name = [](const std::string& id, const Maintenance* one) {
    return Words{"计划维护 ", "planned maintenance "} + both(id) + Words{"：", ": "} + window_text(*one);
  };
  changes.members(before, after, name, [&](const std::string& id, const Maintenance* old, const Maintenance* now) {
    changes.value(Words{"计划维护 ", "planned maintenance "} + both(id), window_text(*old), window_text(*now));
  });
}

std::string promise(const std::optional<nanoseconds>& time) { return time ? length_text(*time) : ""; }

void compare_classes(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"故障类别", "Classes"});
  const auto name = [](const std::string& id, const FaultClass&) { return Words{"类别 ", "class "} + both(id); };
  changes.members(a.classes, b.classes, name, [&](const std::string& id, const FaultClass& old, const FaultClass& now) {
    const Words what = Words{"类别 ", "class "} + both(id);
    changes.value(what + Words{" 的名称", ", name"}, old.name, now.name);
    changes.value(what + Words{" 的响应时间", ", time to answer"}, promise(old.answer), promise(now.answer));
    changes.value(what + Words{" 的诊断时间", ", time to first diagnosis"}, promise(old.first_diagnosis),
                  promise(now.first_diagnosis));
    changes.value(what + Words{" 的解决时间", ", time to solve"}, promise(old.solve), promise(now.solve));
  });
}

// What 99.9 % leaves of thirty days: 43.2 min.
Words budget(double objective) {
  const double minutes_a_month = 30 * 24 * 60 * (100 - objective) / 100;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", minutes_a_month < 10 ? 2 : 1, minutes_a_month);
  return {std::string(text) + " 分钟", std::string(text) + " min"};
}

Words measure_text(const std::optional<Measure>& measure) {
  if (!measure) return {};
  if (const auto* flow = std::get_if<ByFlow>(&*measure)) return Words{"流程 ", "flow "} + both(flow->flow);
  if (const auto* database = std::get_if<ByDatabase>(&*measure)) return Words{"数据库 ", "database "} + both(database->target);
  const auto& targets = std::get<ByTargets>(*measure);
  return Words{"任务 ", "job "} + both(targets.job + " (" + joined(targets.instances) + ")");
}

void compare_objectives(const Words& what, const Service& old, const Service& now, Changes& changes) {
  if (old.availability && now.availability && old.availability->objective != now.availability->objective) {
    const double a = old.availability->objective, b = now.availability->objective;
    changes.say(what + Words{" 的可用性目标由 ", ", availability: from "} + both(print_number(a) + " %") +
                Words{" 改为 ", " to "} + both(print_number(b) + " %") +
                Words{"，30 天的错误预算由 ", ": the budget of 30 days goes from "} + budget(a) + Words{" 变为 ", " to "} +
                budget(b));
  } else if (old.availability.has_value() != now.availability.has_value()) {
    changes.value(what + Words{" 的可用性目标", ", availability"},
                  old.availability ? print_number(old.availability->objective) + " %" : "",
                  now.availability ? print_number(now.availability->objective) + " %" : "");
  }
  if (old.availability && now.availability)
    changes.value(what + Words{" 最少失败次数", ", fewest failures that page"},
                  std::to_string(old.availability->fewest_failures), std::to_string(now.availability->fewest_failures));
  const auto latency = [](const std::optional<Latency>& one) {
    return one ? print_number(one->objective) + " % ≤ " + length_text(one->within) : "";
  };
  changes.value(what + Words{" 的时延目标", ", latency"}, latency(old.latency), latency(now.latency));
  const auto close = [](const std::optional<CloseDeadline>& one) {
    if (!one) return Words{};
    const std::string day = std::to_string(one->working_day), time = clock(one->time);
    return Words{"账簿 " + one->book + " 第 " + day + " 个工作日 " + time,
                 "book " + one->book + ", working day " + day + ", " + time};
  };
  changes.value(what + Words{" 的结账期限", ", close deadline"}, close(old.closed_by), close(now.closed_by));
}

Words service_text(const Service& service) {
  Words text = Words{"服务 ", "service "} + both(service.id) + Words{"（" + service.name.zh, " (" + service.name.en} +
               Words{"，类别 " + service.fault_class, ", class " + service.fault_class};
  if (service.availability)
    text = text + Words{"，可用性 ", ", availability "} + both(print_number(service.availability->objective) + " %");
  return text + Words{"）", ")"};
}

void compare_services(const Contract& a, const Contract& b, Changes& changes) {
  changes.section({"服务", "Services"});
  std::map<std::string, const Service*> before, after;
  for (const Service& one : a.services) before.emplace(one.id, &one);
  for (const Service& one : b.services) after.emplace(one.id, &one);
  const auto name = [](const std::string&, const Service* one) { return service_text(*one); };
  changes.members(before, after, name, [&](const std::string& id, const Service* old, const Service* now) {
    const Words what = Words{"服务 ", "service "} + both(id);
    changes.value(what + Words{" 的名称", ", name"}, old->name, now->name);
    changes.value(what + Words{" 的类别", ", class"}, old->fault_class, now->fault_class);
    changes.value(what + Words{" 的度量依据", ", measured by"}, measure_text(old->measured_by), measure_text(now->measured_by));
    compare_objectives(what, *old, *now, changes);
  });
}

}  // namespace

void compare_promises(const Contract& before, const Contract& after, Changes& changes) {
  compare_organisation(before, after, changes);
  compare_calendar(before, after, changes);
  compare_classes(before, after, changes);
  compare_services(before, after, changes);
}

}  // namespace finwatch::rules
