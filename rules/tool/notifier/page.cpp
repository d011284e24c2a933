#include "rules/tool/notifier/page.h"

#include "rules/tool/notifier/terminal.h"
#include "rules/tool/notifier/time.h"

namespace finwatch::rules::notifier {
namespace {

std::string in(Language language, std::string_view zh, std::string_view en) { return std::string(say(language, zh, en)); }

std::string at_text(const std::optional<WallTime>& at) { return at ? local_text(*at) : "-"; }

// The state, and whose it is.
std::string state_text(const Incident& incident, Language language) {
  std::string text = state_word(incident.state, language);
  if (incident.outcome == "false_alarm") text += in(language, "（误报）", " (false alarm)");
  if (!incident.merged_into.empty()) text += in(language, "，并入 ", ", merged into ") + incident.merged_into;
  return text;
}

std::string holder(const Incident& incident) {
  return incident.assigned.empty() ? incident.acknowledged_by : incident.assigned;
}

std::string running_clocks(const Incident& incident, Language language) {
  std::string text;
  for (const ClockReading& clock : incident.clocks)
    if (!clock.stopped) text.append(text.empty() ? "" : in(language, "，", ", ")).append(clock_text(clock, language));
  return text;
}

// "Voucher entry fails (erp)"
std::string what(const Incident& incident, Language language) {
  const std::string& title = say(language, incident.title);
  return (title.empty() ? incident.alertname : title) + (incident.where.empty() ? "" : " (" + incident.where + ")");
}

void add_alerts(const std::vector<AlertLine>& alerts, Language language, std::size_t width, std::string& out) {
  if (alerts.empty()) return;
  Columns columns;
  for (const AlertLine& alert : alerts) {
    std::string labels;
    for (const auto& [name, value] : alert.labels)
      if (name != "alertname" && name != "severity")
        labels.append(labels.empty() ? "" : " ").append(name).append("=").append(value);
    columns.add({alert.firing ? in(language, "触发", "firing") : in(language, "恢复", "resolved"), alert.alertname,
                 alert.severity, at_text(alert.starts), alert.ended ? local_text(*alert.ended) : "", labels});
  }
  out.append("\n").append(say(language, "告警", "Alerts")).append("\n");
  out += columns.text({.most = width, .gives_way = 5, .indent = "  "});
}

void add_timeline(const std::vector<TimelineLine>& timeline, Language language, std::size_t width, std::string& out) {
  if (timeline.empty()) return;
  Columns columns;
  for (const TimelineLine& line : timeline)
    columns.add({at_text(line.at), state_word(line.kind, language),
                 line.actor + (line.channel.empty() || line.channel == line.actor
                                   ? ""
                                   : (line.actor.empty() ? "" : " ") + in(language, "（", "(") +
                                         channel_word(line.channel, language) + in(language, "）", ")")),
                 line.note});
  out.append("\n").append(say(language, "时间线", "Timeline")).append("\n");
  // What was said is never cut.
  out += columns.text({.most = width, .gives_way = 2, .indent = "  "});
}

void add_deliveries(const std::vector<DeliveryLine>& deliveries, Language language, std::size_t width, std::string& out) {
  if (deliveries.empty()) return;
  Columns columns;
  for (const DeliveryLine& one : deliveries)
    columns.add({one.id, channel_word(one.channel, language), purpose_word(one.purpose, language), one.person,
                 delivery_word(one.state, language),
                 in(language, "第 ", "attempt ") + std::to_string(one.attempts) + in(language, " 次", ""),
                 one.done ? local_text(*one.done) : at_text(one.created), one.code + (one.note.empty() ? "" : " " + one.note)});
  out.append("\n").append(say(language, "送达", "Deliveries")).append("\n");
  out += columns.text({.most = width, .gives_way = 7, .indent = "  "});
}

}  // namespace

std::string clock_text(const ClockReading& clock, Language language) {
  const std::string name = clock_word(clock.clock, language);
  const std::string limit = length_text(clock.limit, language);
  if (clock.is_over()) {
    const std::string over = name + in(language, "超时 ", " over by ") + length_text(clock.used - clock.limit, language);
    return clock.stopped ? over + in(language, "，时限 ", ", of ") + limit : over;
  }
  if (clock.stopped)
    return name + in(language, "用时 ", " ") + length_text(clock.used, language) + in(language, "，时限 ", " of ") + limit;
  const std::string left = length_text(clock.limit - clock.used, language);
  return name + (language == Language::zh ? "剩 " + left : " " + left + " left") +
         (clock.paused ? in(language, "（暂停）", " (paused)") : "");
}

std::string incident_table(const std::vector<Incident>& incidents, Language language, std::size_t width) {
  if (incidents.empty()) return in(language, "没有事件。\n", "No incidents.\n");
  Columns columns;
  columns.add({in(language, "编号", "NUMBER"), in(language, "状态", "STATE"), in(language, "级别", "SEVERITY"),
               in(language, "业务", "SERVICE"), in(language, "内容", "WHAT"), in(language, "时限", "CLOCKS"),
               in(language, "负责人", "WHO")});
  for (const Incident& one : incidents)
    columns.add({one.number, state_text(one, language), one.severity, one.service, what(one, language),
                 running_clocks(one, language), holder(one)});
  constexpr std::size_t kWhat = 4;
  return columns.text({.most = width, .gives_way = kWhat});
}

std::string incident_line(const Incident& incident, Language language) {
  const std::string who = holder(incident), clocks = running_clocks(incident, language);
  std::string line = incident.number + " " + state_text(incident, language);
  if (!who.empty()) line += in(language, "（", " (") + who + in(language, "）", ")");
  line += in(language, "：", ": ") + what(incident, language);
  if (!clocks.empty()) line += in(language, "；", "; ") + clocks;
  return printable(line) + "\n";
}

std::string incident_page(const IncidentFile& file, Language language, std::size_t width) {
  const Incident& one = file.incident;
  std::string out = printable(one.number + "  " + what(one, language)) + "\n";
  Columns columns;
  const auto add = [&](std::string_view zh, std::string_view en, const std::string& value) {
    if (!value.empty()) columns.add({in(language, zh, en), value});
  };
  const auto milestone = [&](std::string_view zh, std::string_view en, const std::optional<WallTime>& at,
                             const std::string& more = {}) {
    if (at) add(zh, en, local_text(*at) + (more.empty() ? "" : "  " + more));
  };
  add("状态", "state", state_text(one, language));
  add("故障类别", "class", one.fault_class);
  add("级别", "severity", one.severity);
  add("业务", "service", one.service);
  add("告警", "alert",
      one.alertname + in(language, "，触发 ", ", firing ") + std::to_string(one.firing) + in(language, " / 共 ", " of ") +
          std::to_string(one.alerts));
  for (const ClockReading& clock : one.clocks)
    add("时限", "clock",
        clock_text(clock, language) +
            (!clock.stopped && clock.deadline ? in(language, "，至 ", ", until ") + local_text(*clock.deadline) : ""));
  milestone("开始", "began", one.began);
  milestone("接报", "received", one.received);
  milestone("认领", "acknowledged", one.acknowledged, one.acknowledged_by);
  milestone("初步诊断", "diagnosed", one.diagnosed, one.diagnosis);
  milestone("恢复", "resolved", one.resolved);
  milestone("验证", "verified", one.verified);
  milestone("关闭", "closed", one.closed);
  add("分派给", "assigned to", one.assigned);
  if (one.reopened > 0) add("重新打开", "reopened", std::to_string(one.reopened) + in(language, " 次", " times"));
  out += columns.text({.indent = "  "});
  add_alerts(file.alerts, language, width, out);
  add_timeline(file.timeline, language, width, out);
  add_deliveries(file.deliveries, language, width, out);
  return out;
}

std::string on_call_page(const OnCall& on_call, Language language) {
  Columns columns;
  for (const DutyHours& duty : on_call.duties) {
    std::string people;
    for (const PersonName& person : duty.people) {
      const std::string& name = say(language, person.name);
      people.append(people.empty() ? "" : in(language, "、", ", "))
          .append(name.empty() ? person.id : name + " (" + person.id + ")");
    }
    if (people.empty()) people = in(language, "无人（排班表空缺）", "nobody: a gap of the rota");
    const std::string& name = say(language, duty.name);
    columns.add(
        {name.empty() ? duty.duty : name, people, duty.until ? in(language, "至 ", "until ") + local_text(*duty.until) : ""});
  }
  std::string out = columns.empty() ? in(language, "没有职责。\n", "No duties.\n") : columns.text({});
  if (on_call.next_gap)
    out += in(language, "下一次无人值班：", "nobody is on call from ") + local_text(*on_call.next_gap) + "\n";
  return out;
}

}  // namespace finwatch::rules::notifier
