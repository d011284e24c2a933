#include "notifier/desk/rota_days.h"

#include <algorithm>

namespace finwatch::notifier {

std::vector<DutyNow> duties_at(const Contract& contract, WallTime at) {
  std::vector<DutyNow> duties;
  for (const auto& [id, duty] : contract.duties) {
    DutyNow now{.duty = &duty, .people = contract.on_duty(id, at), .until = {}};
    if (duty.rota)
      if (const auto change = duty.rota->next_change(contract.zone.local(at))) now.until = contract.zone.instant(*change);
    duties.push_back(std::move(now));
  }
  std::stable_partition(duties.begin(), duties.end(), [](const DutyNow& each) { return each.duty->rota.has_value(); });
  return duties;
}

std::vector<Turn> turns_of(const Rota& rota, Day day) {
  const LocalTime midnight(day), next = midnight + std::chrono::days{1};
  std::vector<Turn> turns;
  for (auto change = rota.next_change(midnight - std::chrono::seconds{1}); change && *change < next;
       change = rota.next_change(*change))
    turns.push_back({std::chrono::floor<std::chrono::minutes>(*change - midnight), rota.on_duty(*change).value_or("")});
  if (turns.empty()) turns.push_back({std::nullopt, rota.on_duty(midnight).value_or("")});
  return turns;
}

}  // namespace finwatch::notifier
