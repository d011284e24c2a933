// A line a figure. The key never changes and is the same in both languages; a program reads that, a person the name beside it.
#include <algorithm>
#include <cmath>

#include "rules/tool/report/writer.h"

namespace finwatch::rules {
namespace {

// As RFC 4180 has it. A text that a spreadsheet would take for a formula gets an apostrophe in front.
std::string field(std::string_view text) {
  std::string out(!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos ? "'" : "");
  out += text;
  if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
  std::string quoted = "\"";
  for (const char c : out) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

class Lines {
 public:
  Lines(const Writer& writer, std::string& out) : writer_(writer), out_(out) {}

  /// Whose the following figures are.
  void of(std::string id, std::string name) { id_ = std::move(id), name_ = std::move(name); }
  void add(std::string_view key, std::string_view zh, std::string_view en, const std::string& value,
           std::string_view unit = "") {
    put({writer_.figures.period.id, id_, name_, std::string(key), writer_.say(zh, en)});
    out_.append(",").append(value).append(",").append(field(unit)).append("\r\n");
  }
  void add_text(std::string_view key, std::string_view zh, std::string_view en, const std::string& value) {
    put({writer_.figures.period.id, id_, name_, std::string(key), writer_.say(zh, en), value, ""});
    out_ += "\r\n";
  }
  void put(const std::vector<std::string>& fields) {
    for (std::size_t i = 0; i < fields.size(); ++i) out_.append(i == 0 ? "" : ",").append(field(fields[i]));
  }

 private:
  const Writer& writer_;
  std::string& out_;
  std::string id_, name_;
};

std::string minutes_of(double seconds) { return fixed(seconds / 60, 2); }

void add_service(const Writer& writer, Lines& lines, const ServiceFigures& service) {
  lines.of(service.service->id, writer.say(service.service->name));
  lines.add("objective", "目标", "Objective", percent_number(service.service->availability->objective / 100), "%");
  lines.add("measured", "测量覆盖", "Measured", percent_number(service.measured_share(writer.figures.period), 2), "%");
  if (!service.measured()) return;
  lines.add("kept", "达标", "Kept", service.kept() ? "1" : "0");
  lines.add("availability_counted", "可用性（协议口径）", "Availability (by contract)",
            percent_number(service.counted.share(), 4), "%");
  lines.add("availability_all", "可用性（全时段）", "Availability (all hours)", percent_number(service.all.share(), 4), "%");
  lines.add("downtime", "停机", "Downtime", minutes_of(service.all.bad()), "min");
  lines.add("downtime_planned", "计划维护期间停机", "Downtime in announced work", minutes_of(service.down_planned), "min");
  lines.add("budget", "错误预算", "Error budget", minutes_of(service.budget), "min");
  lines.add("budget_spent", "已消耗的错误预算", "Error budget spent", minutes_of(service.counted.bad()), "min");
  lines.add("budget_left", "剩余错误预算", "Error budget left", minutes_of(service.left()), "min");
  lines.add("planned", "计划维护", "Announced work", minutes_of(service.planned), "min");
  lines.add("planned_beyond_cap", "超出上限的计划维护", "Announced work beyond the cap", minutes_of(service.beyond_cap), "min");
  if (service.latency && service.latency->total > 0)
    lines.add("fast_enough", "时限内完成", "Fast enough", percent_number(service.latency->share(), 4), "%");
}

void add_class(const Writer& writer, Lines& lines, const std::string& id, const ClassFigures& figures) {
  lines.of(id, writer.class_name(id));
  lines.add("incidents", "事件", "Incidents", fixed(figures.incidents, 0));
  lines.add("incidents_closed", "已关闭的事件", "Incidents closed", fixed(figures.closed, 0));
  lines.add("incidents_reopened", "重新打开的事件", "Incidents reopened", fixed(figures.reopened, 0));
  if (figures.closed > 0)
    lines.add("first_time_fixes", "首次解决率", "First-time fixes",
              percent_number(std::max(0.0, figures.closed - figures.reopened) / figures.closed, 2), "%");
  for (std::size_t i = 0; i < kClocks.size(); ++i) {
    const ClockFigures& clock = figures.clocks[i];
    const std::string key(kClocks[i]), name = writer.clock_name(i);
    if (clock.count > 0)
      lines.add(key + "_mean", name + "（平均）", name + " (mean)", minutes_of(clock.sum / clock.count), "min");
    if (writer.promised(id, i)) lines.add(key + "_breaches", name + "（超时）", name + " (broken)", fixed(clock.breaches, 0));
  }
}

}  // namespace

std::string to_csv(const Contract& contract, const Figures& figures, Language language) {
  const Writer writer{contract, figures, language};
  std::string out = "\xef\xbb\xbf";
  Lines lines(writer, out);
  lines.put(language == Language::zh ? std::vector<std::string>{"期间", "编号", "名称", "键", "指标", "数值", "单位"}
                                     : std::vector<std::string>{"period", "id", "name", "key", "figure", "value", "unit"});
  out += "\r\n";
  for (const ServiceFigures& service : figures.services) add_service(writer, lines, service);
  for (const CloseFigures& close : figures.closes) {
    lines.of(close.service->id, writer.say(close.service->name) + " " + month_text(close.books));
    lines.add_text("close_due", "结账期限", "Books due", writer.moment(close.due));
    if (close.closed) lines.add_text("close_closed", "全部结账于", "All closed at", writer.moment(*close.closed));
    if (close.state == CloseState::kept || close.state == CloseState::late || close.state == CloseState::still_open)
      lines.add("close_kept", "按期结账", "Closed in time", close.state == CloseState::kept ? "1" : "0");
  }
  if (figures.incidents)
    for (const auto& [id, of_class] : figures.incidents->classes) add_class(writer, lines, id, of_class);
  for (const Firing& firing : figures.firings) {
    lines.of(firing.alert, firing.service.empty() ? firing.alert : writer.service_name(firing.service));
    lines.add("fired", "告警触发", "Alert fired", fixed(firing.episodes, 0));
  }
  double sum = 0;
  for (const CostLine& line : figures.costs) {
    lines.of("costs", writer.say(line.name));
    if (line.quantity) lines.add("cost", "成本", "Cost", fixed(line.amount(), 2), contract.costs->currency);
    sum += line.amount();
  }
  if (!figures.costs.empty()) {
    lines.of("costs", writer.say("合计", "Together"));
    lines.add("cost_total", "成本合计", "Cost in all", fixed(sum, 2), contract.costs->currency);
  }
  return out;
}

}  // namespace finwatch::rules
