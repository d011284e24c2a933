// The parts of slo.cpp: recordings of what was promised and what was kept, as vectors over all services.
//
// What they record, and why so: docs/guides/slo.md. Nothing here is repeated for each service but the row that says what it is.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/zone.h"
#include "core/result.h"
#include "rules/tool/alerts/alert.h"
#include "rules/tool/contract/contract.h"

namespace finwatch::rules {

struct SloRule {
  std::string name, expression;
  std::vector<std::pair<std::string, std::string>> labels;
  std::string comment;
};

struct SloRules {
  std::vector<SloRule> fast, slow, calm;
};

/// What counts in the ten minutes before a calm rule, each sample in one of them only: Prometheus before 3.0 takes both ends of a window.
inline constexpr std::string_view kTumbling = "[9m59s999ms]";

/// Has an objective that its `up` is held against?
inline bool is_measured(const Service& service) { return service.availability && service.measured_by; }

/// The rows of the services and their objectives (calm), by what each is measured (slow), whether it is up (fast).
void add_services(const Contract& contract, SloRules& rules);
/// The weight of the hour and the planned maintenance that is on (fast).
void add_calendar(const Contract& contract, const Zone& zone, SloRules& rules);
/// What failed, with its weight, and what does not count (fast); reads the two above.
void add_failures(const Contract& contract, SloRules& rules);
/// How fast the budget is spent, over seven windows (slow and calm).
void add_burn(SloRules& rules);
/// Good and total seconds by ten minutes, six hours and day, the availability of 30 and 365 days, the budget left (calm).
void add_availability(const Contract& contract, const Zone& zone, SloRules& rules);
/// Runs within the limit, and all good runs (calm).
void add_latency(const Contract& contract, const Zone& zone, SloRules& rules);

/// True of the first calm rule after each six hours, or each midnight, of the organisation's winter time.
std::string first_after_each(std::chrono::seconds period, const Zone& zone);

/// "3.0": as finwatch-workflow names the bucket.
std::string bucket_of(std::chrono::nanoseconds limit);

}  // namespace finwatch::rules
