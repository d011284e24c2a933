#include "notifier/incident/overview.h"

#include <algorithm>
#include <string_view>

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostDeadlines = 50;

}  // namespace

Overview overview(const Casebook& casebook, const Contract& contract, WallTime now) {
  using Group = std::pair<std::string_view, std::string_view>;
  std::map<Group, Overview::States> groups;
  std::map<std::string_view, WallTime> oldest;
  for (const auto& [id, incident] : casebook.incidents()) {
    if (!incident.is_open()) continue;
    const std::string_view fault_class = known_class(contract, incident.fault_class);
    ++groups[{fault_class, known_service(contract, incident.service)}][static_cast<std::size_t>(incident.state)];
    if (incident.state >= State::resolved) continue;
    const auto [place, fresh] = oldest.try_emplace(fault_class, incident.began);
    if (!fresh) place->second = std::min(place->second, incident.began);
  }
  Overview open;
  for (const auto& [of, states] : groups) open.groups[{std::string(of.first), std::string(of.second)}] = states;
  for (const auto& [fault_class, began] : oldest) open.oldest.emplace(fault_class, began);
  open.clocks = casebook.nearest_clocks(now, kMostDeadlines);
  return open;
}

}  // namespace finwatch::notifier
