// The document: its head, what is seen first, and how it all was measured.
#include <algorithm>

#include "rules/tool/report/writer.h"

namespace finwatch::rules {

std::string Writer::join(const std::vector<std::string>& items) const {
  std::string text;
  for (const std::string& item : items) text.append(text.empty() ? "" : say("、", ", ")).append(item);
  return text;
}

std::string Writer::class_name(const std::string& id) const {
  const auto found = contract.classes.find(id);
  return found == contract.classes.end() ? (id.empty() ? say("未分类", "without a class") : id) : say(found->second.name);
}

std::string Writer::service_name(const std::string& id) const {
  for (const Service& service : contract.services)
    if (service.id == id) return say(service.name);
  return id.empty() ? say("未指明", "none named") : id;
}

std::string Writer::clock_name(std::size_t clock) const {
  constexpr std::array<std::string_view, 3> kZh = {"响应时间", "诊断时间", "解决时间"};
  constexpr std::array<std::string_view, 3> kEn = {"Time to answer", "Time to diagnose", "Time to solve"};
  return say(kZh[clock], kEn[clock]);
}

std::optional<double> Writer::promised(const std::string& fault_class, std::size_t clock) const {
  const auto found = contract.classes.find(fault_class);
  if (found == contract.classes.end()) return std::nullopt;
  const FaultClass& known = found->second;
  const std::optional<nanoseconds> limits[] = {known.answer, known.first_diagnosis, known.solve};
  if (!limits[clock]) return std::nullopt;
  return std::chrono::duration<double>(*limits[clock]).count();
}

std::vector<Slot> slots_of(const Period& period) {
  std::vector<Slot> slots;
  if (period.is_year()) {
    for (const Month month : period.months) {
      Slot slot{.label = month_text(month)};
      const auto begins = [&](const PeriodDay& day) { return month_of(day.date) == month; };
      const auto first = std::find_if(period.days.begin(), period.days.end(), begins);
      slot.first = static_cast<std::size_t>(first - period.days.begin());
      slot.last = slot.first + static_cast<std::size_t>(std::count_if(period.days.begin(), period.days.end(), begins));
      slots.push_back(std::move(slot));
    }
    return slots;
  }
  const Month month = period.months.front();
  for (Day day = first_day(month); day <= last_day(month); day += std::chrono::days{1}) {
    const std::size_t index = slots.size(), known = period.days.size();
    slots.push_back({finwatch::to_text(day).substr(8), std::min(index, known), std::min(index + 1, known)});
  }
  return slots;
}

namespace {

Fact objective_fact(const Writer& writer) {
  std::size_t kept = 0, measured = 0;
  const ServiceFigures* worst = nullptr;
  for (const ServiceFigures& service : writer.figures.services) {
    if (!service.measured()) continue;
    ++measured;
    kept += service.kept() ? 1U : 0U;
    if (worst == nullptr || service.counted.bad() / service.budget > worst->counted.bad() / worst->budget) worst = &service;
  }
  Fact fact{.label = writer.say("达标的服务", "Services that kept their objective"),
            .value = std::to_string(kept) + " / " + std::to_string(writer.figures.services.size()),
            .note = {},
            .tone = kept < measured                         ? Tone::bad
                    : kept < writer.figures.services.size() ? Tone::faint
                                                            : Tone::good};
  if (worst != nullptr)
    fact.note = writer.say(worst->service->name) + " " + percent(worst->counted.share());
  else
    fact.note = writer.say("无可用性数据", "no availability was recorded");
  return fact;
}

Fact downtime_fact(const Writer& writer) {
  double down = 0, planned = 0;
  bool measured = false;
  for (const ServiceFigures& service : writer.figures.services) {
    down += service.all.bad(), planned += service.down_planned;
    measured = measured || service.measured();
  }
  return {.label = writer.say("停机合计", "Downtime of all services"),
          .value = measured ? writer.length(down) : "–",
          .note = planned >= 1 ? writer.say("其中计划维护 ", "of it announced work: ") + writer.length(planned) : "",
          .tone = measured ? Tone::plain : Tone::faint};
}

Fact incident_fact(const Writer& writer) {
  Fact fact{.label = writer.say("事件", "Incidents"),
            .value = "–",
            .note = writer.say("未测量", "not measured"),
            .tone = Tone::faint};
  if (!writer.figures.incidents) return fact;
  double incidents = 0, breaches = 0;
  for (const auto& [id, figures] : writer.figures.incidents->classes) {
    incidents += figures.incidents;
    for (const ClockFigures& clock : figures.clocks) breaches += clock.breaches;
  }
  fact.value = fixed(incidents, 0);
  fact.tone = breaches > 0 ? Tone::bad : Tone::good;
  fact.note = breaches > 0
                  ? writer.say("超时 " + fixed(breaches, 0) + " 次",
                               fixed(breaches, 0) + (breaches == 1 ? " promise of time broken" : " promises of time broken"))
                  : writer.say("均在时限内", "all within the promised times");
  return fact;
}

Fact close_fact(const Writer& writer) {
  std::size_t due = 0, kept = 0, unknown = 0;
  for (const CloseFigures& close : writer.figures.closes) {
    if (close.state == CloseState::not_due) continue;
    ++due;
    kept += close.state == CloseState::kept ? 1U : 0U;
    unknown += close.state == CloseState::unknown ? 1U : 0U;
  }
  return {.label = writer.say("按期结账", "Books closed in time"),
          .value = std::to_string(kept) + " / " + std::to_string(due),
          .note = unknown > 0 ? writer.say("未测量 ", "not measured: ") + std::to_string(unknown) : "",
          .tone = due == unknown          ? Tone::faint
                  : kept + unknown == due ? Tone::good
                                          : Tone::bad};
}

Fact cost_fact(const Writer& writer) {
  double sum = 0;
  bool whole = true;
  for (const CostLine& line : writer.figures.costs) sum += line.amount(), whole = whole && line.quantity;
  return {.label = writer.say("运行成本", "Cost of operation"),
          .value = money(sum) + " " + writer.contract.costs->currency,
          .note = whole ? "" : writer.say("部分项目未测量", "some of it was not measured"),
          .tone = Tone::plain};
}

}  // namespace

std::vector<Fact> write_facts(const Writer& writer) {
  std::vector<Fact> facts{objective_fact(writer), downtime_fact(writer), incident_fact(writer)};
  if (!writer.figures.closes.empty()) facts.push_back(close_fact(writer));
  if (writer.contract.costs) facts.push_back(cost_fact(writer));
  return facts;
}

Section write_method(const Writer& writer) {
  const CloseWindow& window = writer.contract.close_window;
  std::vector<std::string> days;
  for (const auto& [first, last] : window.days_of_month)
    days.push_back(first == last ? std::to_string(first) : std::to_string(first) + "–" + std::to_string(last));
  Section section{"method", writer.say("统计口径", "How this was measured"), {}};
  const auto add = [&](const std::string& zh, const std::string& en) {
    section.blocks.emplace_back(Paragraph{writer.say(zh, en)});
  };
  const std::string zone(writer.figures.period.zone.name());
  add("时间按 " + zone + " 计。可用性由每十分钟一次的记录相加得出；应在而未应答的实例计为停机。",
      "Times are those of " + zone +
          ". Availability is added up from what was recorded every ten minutes; an expected instance that does not answer is "
          "down.");
  const double cap = std::chrono::duration<double>(writer.contract.most_maintenance).count();
  add("协议口径：计划维护不计入，每月上限 " + writer.length(cap) + "，超出部分计为停机。全时段口径：一切时间都计入。",
      "By contract: announced work does not count, up to " + writer.length(cap) +
          " a month; what goes beyond counts as downtime. All hours: every second counts.");
  if (!days.empty() && window.weight > 1)
    add("结账窗口（每月 " + writer.join(days) + " 日）每分钟按 " + std::to_string(window.weight) +
            " 分钟计，因此错误预算的分钟数是加权分钟。",
        "A minute of the close window (days " + writer.join(days) + " of a month) counts for " + std::to_string(window.weight) +
            "; minutes of the error budget are minutes so weighted.");
  if (!writer.figures.period.over())
    add("统计截至 " + writer.moment(writer.figures.period.until) + "；错误预算按整个期间计，剩余部分可用到期末。",
        "Figures run up to " + writer.moment(writer.figures.period.until) +
            "; the error budget is that of the whole period, and what is left of it lasts until its end.");
  for (const std::string& warning : writer.figures.warnings)
    add("Prometheus 警告，数字可能不全：" + warning, "Prometheus warned that figures may not be whole: " + warning);
  return section;
}

Document compose(const Contract& contract, const Figures& figures, Language language) {
  const Writer writer{contract, figures, language};
  const Period& period = figures.period;
  Document document;
  document.language = language;
  document.organisation = writer.say(contract.organisation);
  document.title = writer.say("服务等级报告 ", "Service level report ") + period.id;
  document.subtitle =
      writer.moment(period.from) + " – " + writer.moment(period.until) + " (" + std::string(period.zone.name()) + ")";
  if (!period.over())
    document.subtitle += period.is_year() ? writer.say("，本年尚未结束", ", the year is not over yet")
                                          : writer.say("，本月尚未结束", ", the month is not over yet");
  document.facts = write_facts(writer);
  for (const auto part :
       {write_summary, write_days, write_outages, write_speed, write_closes, write_incidents, write_costs, write_method}) {
    Section section = part(writer);
    if (!section.blocks.empty()) document.sections.push_back(std::move(section));
  }
  return document;
}

}  // namespace finwatch::rules
