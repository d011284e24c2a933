// Contracts and instants as the tests of the clocks need them.
#pragma once

#include <string_view>

#include "notifier/contract/counted_time.h"
#include "support/catch.h"

namespace finwatch::notifier {

inline Zone zone_of(std::string_view name) {
  const Result<Zone> zone = Zone::find(name);
  if (!zone) FAIL(zone.error().message);
  return *zone;
}

inline LocalTime local_of(std::string_view text) {
  const std::optional<LocalTime> time = parse_local_time(text);
  if (!time) FAIL("no local time: " << text);
  return *time;
}

/// By the clock on the wall there.
inline WallTime at(const Contract& contract, std::string_view text, Zone::Coming which = Zone::Coming::first) {
  return contract.zone.instant(local_of(text), which);
}

/// Monday to Friday, 08:00 to 20:00, and no maintenance.
inline Contract contract_in(std::string_view zone) {
  Contract contract;
  contract.zone = zone_of(zone);
  contract.business_hours = {
      .days = {false, true, true, true, true, true, false}, .from = std::chrono::hours{8}, .to = std::chrono::hours{20}};
  return contract;
}

inline Maintenance planned(std::string_view from, std::string_view to, std::vector<std::string> services = {}) {
  return {.id = "planned", .services = std::move(services), .from = local_of(from), .to = local_of(to)};
}

}  // namespace finwatch::notifier
