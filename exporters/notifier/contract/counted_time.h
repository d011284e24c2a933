// The time that counts against a promise: not planned maintenance, and only business hours where the severity says so.
//
//   const CountedTime counted(contract, "voucher_entry", BusinessHoursOnly::no);
//   counted.between(began, now);              // 1 h 50 min, of which 40 min were maintenance: 1 h 10 min
//   counted.after(began, std::chrono::hours{2});    // when two hours will have counted
//
// Pure arithmetic on instants; the zone turns the contract's local times into them, so nights on which clocks change are as long
// as they are.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/zone.h"
#include "core/flag.h"
#include "notifier/contract/contract.h"

namespace finwatch::notifier {

enum class BusinessHoursOnly : bool { no, yes };

/// From, up to and without to.
struct Span {
  WallTime from, to;
  bool operator==(const Span&) const = default;
};

class CountedTime {
 public:
  /// `service` may be empty: then only maintenance of everything pauses. `rests`: spans that do not count besides, sorted or not.
  CountedTime(const Contract& contract, std::string_view service, BusinessHoursOnly hours, std::vector<Span> rests = {});

  bool counts(WallTime at) const;
  nanoseconds between(WallTime from, WallTime to) const;
  /// The first instant at which `counted` has counted since `from`; ten years on when that never comes.
  WallTime after(WallTime from, nanoseconds counted) const;

 private:
  /// The next instant after `at` at which counting begins or ends.
  WallTime next_change(WallTime at) const;

  Zone zone_;
  BusinessHours hours_;
  bool hours_only_;
  std::vector<Span> rests_;  // sorted, apart from each other
};

}  // namespace finwatch::notifier
