// What the report says about incidents, and about what all of it cost.
#include <algorithm>
#include <cmath>

#include "rules/tool/report/plot.h"
#include "rules/tool/report/writer.h"

namespace finwatch::rules {
namespace {

constexpr std::size_t kMostFirings = 20;  // shown

std::string count(double number) { return fixed(number, 0); }

// Of those that were closed, the share that never had to be opened again.
Cell first_time_fixes(const ClassFigures& figures) {
  if (figures.closed <= 0) return {"–", Tone::faint};
  return {percent(std::max(0.0, figures.closed - figures.reopened) / figures.closed, 1)};
}

Table table_classes(const Writer& writer, const Incidents& incidents) {
  Table table{.caption = writer.say("事件数", "Incidents"),
              .heads = {writer.say("类别", "Class"), writer.say("事件", "Incidents"), writer.say("已关闭", "Closed"),
                        writer.say("重新打开", "Reopened"), writer.say("首次解决率", "First-time fixes")},
              .rows = {}};
  ClassFigures all;
  for (const auto& [id, figures] : incidents.classes) {
    table.rows.push_back({{writer.class_name(id)},
                          {count(figures.incidents)},
                          {count(figures.closed)},
                          {count(figures.reopened)},
                          first_time_fixes(figures)});
    all.incidents += figures.incidents, all.closed += figures.closed, all.reopened += figures.reopened;
  }
  table.rows.push_back(
      {{writer.say("合计", "All")}, {count(all.incidents)}, {count(all.closed)}, {count(all.reopened)}, first_time_fixes(all)});
  return table;
}

Table table_clocks(const Writer& writer, const Incidents& incidents) {
  Table table{.caption = writer.say("响应、诊断、解决", "Answered, diagnosed, solved"),
              .heads = {writer.say("类别", "Class"), writer.say("时钟", "Clock"), writer.say("承诺", "Promised"),
                        writer.say("次数", "Times"), writer.say("平均", "Mean"), writer.say("时限内", "Within"),
                        writer.say("超时", "Broken")},
              .words = 2,
              .rows = {}};
  for (const auto& [id, figures] : incidents.classes)
    for (std::size_t i = 0; i < kClocks.size(); ++i) {
      const ClockFigures& clock = figures.clocks[i];
      const auto promised = writer.promised(id, i);
      if (clock.count <= 0 && !promised) continue;
      std::vector<Cell> row{{writer.class_name(id)}, {writer.clock_name(i)}};
      row.push_back(promised ? Cell{writer.length(*promised)} : Cell{"–", Tone::faint});
      row.push_back({count(clock.count)});
      row.push_back(clock.count > 0 ? Cell{writer.length(clock.sum / clock.count)} : Cell{"–", Tone::faint});
      const auto within = promised ? clock.within(*promised) : std::nullopt;
      row.push_back(within && clock.count > 0
                        ? Cell{percent(*within / clock.count, 1), *within < clock.count ? Tone::bad : Tone::plain}
                        : Cell{"–", Tone::faint});
      row.push_back(promised ? Cell{count(clock.breaches), clock.breaches > 0 ? Tone::bad : Tone::plain}
                             : Cell{"–", Tone::faint});
      table.rows.push_back(std::move(row));
    }
  return table;
}

// How many incidents fell between each limit and the one before it.
std::vector<Distribution::Bar> bars_of(const Writer& writer, const ClockFigures& clock, std::optional<double> promised) {
  std::vector<Distribution::Bar> bars;
  double below = 0, last = 0;
  for (const auto& [limit, incidents] : clock.buckets) {
    const bool endless = std::isinf(limit);
    bars.push_back({endless ? "> " + writer.length(last) : "≤ " + writer.length(limit), std::max(0.0, incidents - below),
                    promised && limit > *promised ? Tone::bad : Tone::good});
    below = incidents;
    if (!endless) last = limit;
  }
  return bars;
}

void add_distribution(const Writer& writer, const std::string& id, const ClockFigures& clock, Section& section) {
  if (clock.count <= 0 || clock.buckets.empty()) return;
  const auto promised = writer.promised(id, 0);
  const std::string name = writer.class_name(id) + writer.say("：响应时间分布", ": times to answer");
  Distribution distribution{
      .words = {"answer-" + id, name,
                writer.say("各响应时间区间内的事件数；超出承诺的区间另色。",
                           "Incidents by the time until somebody answered; later than promised in another colour.")},
      .bars = bars_of(writer, clock, promised),
      .axis = writer.say("事件", "incidents")};
  Table table{.caption = name,
              .heads = {writer.say("响应时间", "Time to answer"), writer.say("事件", "Incidents")},
              .rows = {},
              .folded = true};
  for (const auto& bar : distribution.bars)
    table.rows.push_back({{bar.label}, {count(bar.count), bar.tone == Tone::bad && bar.count > 0 ? Tone::bad : Tone::plain}});
  section.blocks.emplace_back(draw(distribution));
  section.blocks.emplace_back(std::move(table));
}

// "12 messages", "1 month", "0.65 h"
std::string quantity_text(const Writer& writer, const CostLine& line) {
  std::string unit = writer.say(line.unit);
  if (*line.quantity == 1 && unit.ends_with('s')) unit.pop_back();
  return fixed(*line.quantity, line.unit.en == "h" ? 2 : 0) + " " + unit;
}

Table table_services(const Writer& writer, const Incidents& incidents) {
  Table table{.caption = writer.say("按服务", "By service"),
              .heads = {writer.say("服务", "Service"), writer.say("事件", "Incidents")},
              .rows = {}};
  for (const auto& [id, number] : incidents.services) table.rows.push_back({{writer.service_name(id)}, {count(number)}});
  return table;
}

void write_firings(const Writer& writer, Section& section) {
  section.blocks.emplace_back(Paragraph{writer.say(
      "未测量：finwatch-notifier 未运行，因此没有事件，也没有响应、诊断、解决时间。下表只是告警触发的次数。",
      "Not measured: finwatch-notifier is not running, so there are no incidents and no times to answer, diagnose or solve. "
      "The table below only counts how often alerts fired.")});
  const std::vector<Firing>& firings = writer.figures.firings;
  if (firings.empty()) {
    section.blocks.emplace_back(Paragraph{writer.say("没有告警触发的记录。", "No alert was recorded as firing.")});
    return;
  }
  std::map<std::pair<std::string, std::string>, double> kinds;
  for (const Firing& firing : firings) kinds[{firing.fault_class, firing.severity}] += firing.episodes;
  Table by_kind{.caption = writer.say("告警触发（按类别）", "Alerts by class and severity"),
                .heads = {writer.say("类别", "Class"), writer.say("级别", "Severity"), writer.say("次数", "Times")},
                .words = 2,
                .rows = {}};
  for (const auto& [kind, number] : kinds) {
    const auto known = writer.contract.severities.find(kind.second);
    by_kind.rows.push_back({{writer.class_name(kind.first)},
                            {known == writer.contract.severities.end() ? kind.second : writer.say(known->second.name)},
                            {count(number)}});
  }
  section.blocks.emplace_back(std::move(by_kind));
  Table table{.caption = writer.say("告警触发最多者", "Alerts that fired most"),
              .heads = {writer.say("告警", "Alert"), writer.say("服务", "Service"), writer.say("次数", "Times"),
                        writer.say("合计时长", "Together"), writer.say("最长", "Longest")},
              .words = 2,
              .rows = {}};
  for (std::size_t i = 0; i < std::min(firings.size(), kMostFirings); ++i)
    table.rows.push_back({{firings[i].alert},
                          {firings[i].service.empty() ? "–" : writer.service_name(firings[i].service)},
                          {count(firings[i].episodes)},
                          {writer.length(firings[i].seconds)},
                          {writer.length(firings[i].longest)}});
  section.blocks.emplace_back(std::move(table));
  if (firings.size() > kMostFirings)
    section.blocks.emplace_back(
        Paragraph{writer.say("另有 " + std::to_string(firings.size() - kMostFirings) + " 种告警触发过。",
                             std::to_string(firings.size() - kMostFirings) + " other alerts fired too.")});
}

}  // namespace

Section write_incidents(const Writer& writer) {
  Section section{"incidents", writer.say("事件", "Incidents"), {}};
  if (!writer.figures.incidents) {
    write_firings(writer, section);
    return section;
  }
  const Incidents& incidents = *writer.figures.incidents;
  section.blocks.emplace_back(table_classes(writer, incidents));
  section.blocks.emplace_back(table_clocks(writer, incidents));
  for (const auto& [id, figures] : incidents.classes) add_distribution(writer, id, figures.clocks[0], section);
  if (!incidents.services.empty()) section.blocks.emplace_back(table_services(writer, incidents));
  return section;
}

Section write_costs(const Writer& writer) {
  Section section{"costs", writer.say("运行成本", "Cost of operation"), {}};
  if (!writer.contract.costs) return section;
  const std::string& currency = writer.contract.costs->currency;
  Table table{.caption = section.heading,
              .heads = {writer.say("项目", "Item"), writer.say("数量", "Quantity"),
                        writer.say("单价（", "Price (") + currency + writer.say("）", ")"),
                        writer.say("金额（", "Amount (") + currency + writer.say("）", ")")},
              .rows = {}};
  double sum = 0;
  bool whole = true;
  for (const CostLine& line : writer.figures.costs) {
    std::vector<Cell> row{{writer.say(line.name)}};
    row.push_back(line.quantity ? Cell{quantity_text(writer, line)} : Cell{writer.say("未测量", "not measured"), Tone::faint});
    row.push_back({line.price < 1 ? fixed(line.price, 4) : money(line.price)});
    row.push_back(line.quantity ? Cell{money(line.amount())} : Cell{"–", Tone::faint});
    sum += line.amount();
    whole = whole && line.quantity;
    table.rows.push_back(std::move(row));
  }
  table.rows.push_back({{writer.say("合计", "Together")}, {""}, {""}, {money(sum)}});
  section.blocks.emplace_back(std::move(table));
  section.blocks.emplace_back(Paragraph{writer.say(
      "金额 = 数量 × 单价，单价取自协议 "
      "costs。停机取计划维护以外的全部停机；工时为事件从认领到解决的时间之和；短信与电话为服务商接收的条数。",
      "Amount = quantity × price; prices are those of the contract's costs. Downtime is all of it outside announced work; work "
      "is "
      "the time from answering an incident to solving it, added up; messages are those that the provider took over.")});
  if (!whole)
    section.blocks.emplace_back(
        Paragraph{writer.say("未测量的项目不在合计中：finwatch-notifier 未运行，或可用性没有记录。",
                             "What was not measured is not in the sum: finwatch-notifier is not running, or no "
                             "availability was recorded.")});
  return section;
}

}  // namespace finwatch::rules
