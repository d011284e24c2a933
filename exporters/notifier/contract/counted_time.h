// The time that counts against a promise: not planned maintenance, and only business hours where the severity says so.
//
//   const CountedTime counted(contract, "voucher_entry", BusinessHoursOnly::no);
//   counted.between(began, now);              // 1 h 50 min, of which 40 min were maintenance: 1 h 10 min
//   counted.after(began, std::chrono::hours{2});    // when two hours will have counted
//
// Pure arithmetic on instants; the zone turns the contract's local times into them, so nights on which clocks change are as long
// as they are. Business hours are when the clock on the wall shows them: an hour that comes twice counts twice. Maintenance that
// ends at a time that comes twice ends at its first coming, as in the SLO rules and the report.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/zone.h"
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
  /// The first instant at which `counted` has counted since `from`, which is `from` for nothing; ten years on when that never comes.
  WallTime after(WallTime from, nanoseconds counted) const;
  /// An instant after `at` up to which nothing changes: counting begins or ends there, or a week of rest is over.
  WallTime next_change(WallTime at) const;

 private:
  bool in_hours(WallTime at) const;
  WallTime next_change_of_hours(WallTime at) const;

  Zone zone_;
  BusinessHours hours_;
  bool hours_only_;
  std::vector<Span> rests_;  // maintenance too: sorted, apart from each other
};

}  // namespace finwatch::notifier
