// What the period cost, by the prices of the contract. A quantity that nobody measured stays away, and so does its line's amount.
#include <algorithm>

#include "rules/tool/report/gather.h"

namespace finwatch::rules {
namespace {

constexpr double kHour = 3600;

// From the answer to the solution, all incidents together.
double hours_of_work(const Incidents& incidents) {
  double seconds = 0;
  for (const auto& [name, figures] : incidents.classes) seconds += figures.clocks[2].sum - figures.clocks[0].sum;
  return std::max(0.0, seconds) / kHour;
}

std::optional<double> messages_of(const std::optional<Incidents>& incidents, const std::string& channel) {
  if (!incidents) return std::nullopt;
  const auto found = incidents->messages.find(channel);
  return found == incidents->messages.end() ? 0 : found->second;
}

}  // namespace

void reckon_costs(const Gathering& gathering, Figures& figures) {
  if (!gathering.contract.costs) return;
  const Costs& costs = *gathering.contract.costs;
  const Words hours{"小时", "h"}, messages{"条", "messages"}, calls{"通", "calls"}, months{"个月", "months"};
  std::vector<CostLine>& lines = figures.costs;
  for (const ServiceFigures& service : figures.services) {
    const auto price = costs.hour_of_downtime.find(service.service->id);
    if (price == costs.hour_of_downtime.end()) continue;
    const Words& name = service.service->name;
    lines.push_back({{"计划外停机：" + name.zh, "Unplanned downtime: " + name.en},
                     service.measured() ? std::optional(service.down_unplanned() / kHour) : std::nullopt,
                     hours,
                     price->second});
  }
  if (costs.hour_of_work)
    lines.push_back({{"处理事件的工时", "Work on incidents"},
                     figures.incidents ? std::optional(hours_of_work(*figures.incidents)) : std::nullopt,
                     hours,
                     *costs.hour_of_work});
  if (costs.sms) lines.push_back({{"短信", "SMS"}, messages_of(figures.incidents, "sms"), messages, *costs.sms});
  if (costs.voice) lines.push_back({{"语音电话", "Voice calls"}, messages_of(figures.incidents, "voice"), calls, *costs.voice});
  const auto begun = std::count_if(gathering.period.months.begin(), gathering.period.months.end(), [&](Month month) {
    return gathering.period.begin_of(first_day(month)) < gathering.period.until;
  });
  for (const MonthlyCost& monthly : costs.monthly)
    lines.push_back({monthly.name, static_cast<double>(begun), months, monthly.amount});
}

}  // namespace finwatch::rules
