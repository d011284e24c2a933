// What the report says about availability: the verdicts, the days, the outages, the speed and the closing of the books.
#include <algorithm>

#include "rules/tool/report/plot.h"
#include "rules/tool/report/writer.h"

namespace finwatch::rules {
namespace {

constexpr double kMinute = 60;
constexpr double kWholly = 0.999;  // measured; a restart of Prometheus is no gap worth a word

Cell minutes_cell(double seconds, Tone tone = Tone::plain) { return {fixed(seconds / kMinute, 1), tone}; }

Cell verdict(const Writer& writer, const ServiceFigures& service) {
  if (!service.measured()) return {writer.say("无数据", "No data"), Tone::faint};
  const bool over = writer.figures.period.over();
  if (!service.kept()) return {writer.say("未达标", "Not kept"), Tone::bad};
  return {over ? writer.say("达标", "Kept") : writer.say("目前达标", "Kept so far"), Tone::good};
}

std::vector<Cell> summary_row(const Writer& writer, const ServiceFigures& service) {
  std::vector<Cell> row{
      {writer.say(service.service->name)}, verdict(writer, service), {percent(service.service->availability->objective / 100)}};
  if (!service.measured()) return row;
  const Tone tone = service.kept() ? Tone::plain : Tone::bad;
  const double share = service.measured_share(writer.figures.period);
  row.push_back({percent(service.counted.share()), tone});
  row.push_back({percent(service.all.share())});
  row.push_back(minutes_cell(service.all.bad()));
  row.push_back(minutes_cell(service.budget));
  row.push_back(minutes_cell(service.counted.bad()));
  row.push_back(minutes_cell(service.left(), tone));
  row.push_back({percent(share, 1), share < kWholly ? Tone::bad : Tone::faint});
  return row;
}

std::optional<double> slot_share(const ServiceFigures& service, const Slot& slot) {
  Tally tally;
  for (std::size_t i = slot.first; i < slot.last; ++i) tally += service.days[i].counted;
  if (tally.total <= 0) return std::nullopt;
  return tally.share();
}

std::size_t label_every(const Period& period) { return period.is_year() ? 1 : 2; }

std::vector<std::string> labels_of(const std::vector<Slot>& slots) {
  std::vector<std::string> labels;
  for (const Slot& slot : slots) labels.push_back(slot.label);
  return labels;
}

Plot plot_days(const Writer& writer, const ServiceFigures& service, const std::vector<Slot>& slots) {
  const std::string name = writer.say(service.service->name);
  const double objective = service.service->availability->objective / 100;
  HangingBars bars{.words = {"days-" + service.service->id, name + writer.say("：可用性", ": availability"),
                             writer.say("柱从 100% 向下延伸到当期可用性；虚线为目标 ",
                                        "Bars hang from 100% down to the availability; "
                                        "the dashed line is the objective, ") +
                                 percent(objective)},
                   .slots = labels_of(slots),
                   .label_every = label_every(writer.figures.period),
                   .shares = {},
                   .objective = objective,
                   .objective_label = writer.say("目标 ", "objective ") + percent(objective)};
  for (const Slot& slot : slots)
    if (slot.first < slot.last) bars.shares.push_back(slot_share(service, slot));
  return draw(bars);
}

Plot plot_budget(const Writer& writer, const std::vector<Slot>& slots) {
  BurnDown burn{.words = {"budget", writer.say("剩余错误预算", "Error budget left"),
                          writer.say("各服务剩余的错误预算，期初为 100%，低于 0 为透支。",
                                     "What is left of each service's error budget: 100% at the beginning, below 0 overdrawn.")},
                .slots = labels_of(slots),
                .label_every = label_every(writer.figures.period),
                .curves = {},
                .even_label = writer.say("匀速消耗", "spent evenly")};
  for (const ServiceFigures& service : writer.figures.services) {
    if (!service.measured()) continue;
    Curve curve{writer.say(service.service->name), {1.0}};
    double spent = 0;
    for (const Slot& slot : slots) {
      if (slot.first == slot.last) break;
      for (std::size_t i = slot.first; i < slot.last; ++i) spent += service.days[i].counted.bad();
      curve.values.push_back(1 - spent / service.budget);
    }
    burn.curves.push_back(std::move(curve));
  }
  return draw(burn);
}

Table table_days(const Writer& writer, const std::vector<Slot>& slots) {
  const bool year = writer.figures.period.is_year();
  Table table{.caption = year ? writer.say("每月可用性（协议口径，%）", "Availability by month (by contract, %)")
                              : writer.say("每日可用性（协议口径，%）", "Availability by day (by contract, %)"),
              .heads = {year ? writer.say("月", "Month") : writer.say("日", "Day")},
              .rows = {},
              .folded = true};
  for (const ServiceFigures& service : writer.figures.services) table.heads.push_back(writer.say(service.service->name));
  for (const Slot& slot : slots) {
    if (slot.first == slot.last) continue;
    std::vector<Cell> row{{slot.label}};
    for (const ServiceFigures& service : writer.figures.services) {
      const auto share = slot_share(service, slot);
      const bool broken = share && *share < service.service->availability->objective / 100;
      row.push_back(share ? Cell{percent_number(*share), broken ? Tone::bad : Tone::plain} : Cell{"–", Tone::faint});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Cell close_verdict(const Writer& writer, CloseState state) {
  switch (state) {
    case CloseState::kept: return {writer.say("按期", "In time"), Tone::good};
    case CloseState::late: return {writer.say("逾期", "Late"), Tone::bad};
    case CloseState::still_open: return {writer.say("逾期，仍未结账", "Late and still open"), Tone::bad};
    case CloseState::not_due: return {writer.say("未到期", "Not due yet")};
    case CloseState::unknown: break;
  }
  return {writer.say("未测量", "Not measured"), Tone::faint};
}

}  // namespace

Section write_summary(const Writer& writer) {
  Section section{"summary", writer.say("可用性与错误预算", "Availability and error budget"), {}};
  if (writer.figures.services.empty()) {
    section.blocks.emplace_back(Paragraph{writer.say("协议未承诺任何可用性。", "The contract promises no availability.")});
    return section;
  }
  Table table{.caption = section.heading,
              .heads = {writer.say("服务", "Service"), writer.say("结论", "Verdict"), writer.say("目标", "Objective"),
                        writer.say("可用性（协议口径）", "Availability (by contract)"),
                        writer.say("可用性（全时段）", "Availability (all hours)"), writer.say("停机（分钟）", "Down (min)"),
                        writer.say("错误预算（分钟）", "Error budget (min)"), writer.say("已消耗（分钟）", "Spent (min)"),
                        writer.say("剩余（分钟）", "Left (min)"), writer.say("测量覆盖", "Measured")},
              .words = 2,
              .rows = {}};
  bool gaps = false;
  for (const ServiceFigures& service : writer.figures.services) {
    table.rows.push_back(summary_row(writer, service));
    table.rows.back().resize(table.heads.size(), {"–", Tone::faint});
    gaps = gaps || service.measured_share(writer.figures.period) < kWholly;
  }
  section.blocks.emplace_back(std::move(table));
  if (gaps)
    section.blocks.emplace_back(Paragraph{writer.say(
        "“测量覆盖”低于 100% 的时间没有记录（例如 Prometheus 当时尚未安装或停止），不计为正常，也不计为停机。",
        "Where less than 100% was measured there is no record (Prometheus was not there yet, or stood still); that time counts "
        "neither as good nor as downtime.")});
  Table work{
      .caption = writer.say("计划维护", "Announced work"),
      .heads = {writer.say("服务", "Service"), writer.say("计划（小时）", "Announced (h)"),
                writer.say("超出上限（小时）", "Beyond the cap (h)"), writer.say("其间停机（分钟）", "Down meanwhile (min)")},
      .rows = {}};
  for (const ServiceFigures& service : writer.figures.services)
    if (service.planned > 0)
      work.rows.push_back({{writer.say(service.service->name)},
                           {fixed(service.planned / 3600, 2)},
                           {fixed(service.beyond_cap / 3600, 2), service.beyond_cap > 0 ? Tone::bad : Tone::plain},
                           minutes_cell(service.down_planned)});
  if (!work.rows.empty()) section.blocks.emplace_back(std::move(work));
  return section;
}

Section write_days(const Writer& writer) {
  Section section{
      "days", writer.figures.period.is_year() ? writer.say("逐月", "Month by month") : writer.say("逐日", "Day by day"), {}};
  const bool measured = std::any_of(writer.figures.services.begin(), writer.figures.services.end(),
                                    [](const ServiceFigures& service) { return service.measured(); });
  if (!measured) return section;
  const std::vector<Slot> slots = slots_of(writer.figures.period);
  for (const ServiceFigures& service : writer.figures.services)
    if (service.measured()) section.blocks.emplace_back(plot_days(writer, service, slots));
  section.blocks.emplace_back(plot_budget(writer, slots));
  section.blocks.emplace_back(table_days(writer, slots));
  return section;
}

Section write_outages(const Writer& writer) {
  Section section{"outages", writer.say("最长的停机", "Longest outages"), {}};
  if (writer.figures.services.empty()) return section;
  const Figures& figures = writer.figures;
  if (figures.outages.empty()) {
    const bool lost = std::any_of(figures.services.begin(), figures.services.end(),
                                  [](const ServiceFigures& service) { return service.all.bad() >= 1; });
    section.blocks.emplace_back(Paragraph{
        lost ? writer.say(
                   "有停机，但没有记录其起止（缺少 service:finwatch_up:min）。",
                   "There was downtime, but its beginnings and ends were not recorded (service:finwatch_up:min is missing).")
             : writer.say("没有停机记录。", "No outage was recorded.")});
    return section;
  }
  Table table{.caption = section.heading,
              .heads = {writer.say("服务", "Service"), writer.say("开始", "From"), writer.say("结束", "To"),
                        writer.say("时长", "Length"), writer.say("其中计划维护", "Of it announced")},
              .words = 3,
              .rows = {}};
  for (const Outage& outage : figures.outages)
    table.rows.push_back({{writer.say(outage.service->name)},
                          {writer.moment(outage.when.from)},
                          {outage.lasts ? writer.say("仍在停机", "still down") : writer.moment(outage.when.to),
                           outage.lasts ? Tone::bad : Tone::plain},
                          {writer.length(outage.when.seconds())},
                          {outage.planned > 0 ? writer.length(outage.planned) : "–", Tone::faint}});
  section.blocks.emplace_back(std::move(table));
  if (figures.outages_seen > static_cast<double>(figures.outages.size()))
    section.blocks.emplace_back(Paragraph{writer.say(
        "共 " + fixed(figures.outages_seen, 0) + " 次，列出最长的 " + std::to_string(figures.outages.size()) + " 次。",
        fixed(figures.outages_seen, 0) + " in all; the " + std::to_string(figures.outages.size()) + " longest are shown.")});
  return section;
}

Section write_speed(const Writer& writer) {
  Section section{"speed", writer.say("速度", "Speed"), {}};
  Table table{.caption = section.heading,
              .heads = {writer.say("服务", "Service"), writer.say("结论", "Verdict"), writer.say("承诺时限", "Promised within"),
                        writer.say("目标", "Objective"), writer.say("实际", "Reached"), writer.say("次数", "Runs")},
              .words = 2,
              .rows = {}};
  for (const ServiceFigures& service : writer.figures.services) {
    if (!service.service->latency) continue;
    const Latency& promise = *service.service->latency;
    const double objective = promise.objective / 100;
    std::vector<Cell> row{{writer.say(service.service->name)}};
    const bool measured = service.latency && service.latency->total > 0;
    const bool kept = measured && service.latency->share() >= objective - 1e-12;
    row.push_back(
        measured ? Cell{kept ? writer.say("达标", "Kept") : writer.say("未达标", "Not kept"), kept ? Tone::good : Tone::bad}
                 : Cell{writer.say("未测量", "Not measured"), Tone::faint});
    row.push_back({fixed(std::chrono::duration<double>(promise.within).count(), 1) + writer.say(" 秒", " s")});
    row.push_back({percent(objective, 1)});
    row.push_back(measured ? Cell{percent(service.latency->share(), 2)} : Cell{"–", Tone::faint});
    row.push_back(measured ? Cell{fixed(service.latency->total, 0)} : Cell{"–", Tone::faint});
    table.rows.push_back(std::move(row));
  }
  if (!table.rows.empty()) section.blocks.emplace_back(std::move(table));
  return section;
}

Section write_closes(const Writer& writer) {
  Section section{"closes", writer.say("结账期限", "Closing of the books"), {}};
  Table table{.caption = section.heading,
              .heads = {writer.say("服务", "Service"), writer.say("账簿", "Book"), writer.say("会计期间", "Period"),
                        writer.say("期限", "Due"), writer.say("全部结账于", "All closed at"), writer.say("结论", "Verdict")},
              .words = 6,
              .rows = {}};
  bool guessed = false;
  for (const CloseFigures& close : writer.figures.closes) {
    guessed = guessed || !close.days_off_known;
    table.rows.push_back({{writer.say(close.service->name)},
                          {close.service->closed_by->book},
                          {month_text(close.books)},
                          {writer.moment(close.due)},
                          close.closed ? Cell{writer.moment(*close.closed)} : Cell{"–", Tone::faint},
                          close_verdict(writer, close.state)});
  }
  if (table.rows.empty()) return section;
  section.blocks.emplace_back(std::move(table));
  section.blocks.emplace_back(
      Paragraph{writer.say("期限到时仍有已结束的期间未结账，即为逾期。",
                           "Late means that, when it was due, a period that had ended was still open.")});
  if (guessed)
    section.blocks.emplace_back(
        Paragraph{writer.say("部分日期没有工作日历数据（finwatch_working_day），该处按周一至周五计算期限。",
                             "For some days the calendar's working days are not recorded (finwatch_working_day); there Monday "
                             "to Friday were taken.")});
  return section;
}

}  // namespace finwatch::rules
