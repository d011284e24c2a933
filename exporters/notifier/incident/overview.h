// What is open, in numbers: what the metrics show of it, in one pass and without a copy of any incident.
//
//   const Overview open = overview(casebook, contract, now);
//   open.groups.at({"major", "database"})[static_cast<std::size_t>(State::acknowledged)];      // 3
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "notifier/incident/casebook.h"

namespace finwatch::notifier {

struct Overview {
  using States = std::array<int, kStateNames.size() - 1>;        // all but closed
  std::map<std::pair<std::string, std::string>, States> groups;  // by class and service, empty where the contract has none such
  std::map<std::string, WallTime> oldest;                        // by class: when the oldest began that is not solved
  std::vector<RunningClock> clocks;                              // the 50 whose deadlines are nearest to now, the nearest first
};

Overview overview(const Casebook& casebook, const Contract& contract, WallTime now);

}  // namespace finwatch::notifier
