// Who is on duty when, as the calendar and the REST interface tell it.
//
//   for (const DutyNow& duty : duties_at(contract, now)) … duty.people, duty.until …
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "notifier/contract/contract.h"

namespace finwatch::notifier {

inline constexpr int kDaysShown = 35;

struct DutyNow {
  const Duty* duty = nullptr;
  std::vector<std::string> people;  // empty: nobody
  std::optional<WallTime> until;    // when somebody else takes over; nothing where no rota says so
};
/// Those with a rota first.
std::vector<DutyNow> duties_at(const Contract& contract, WallTime at);

/// One day of a rota: who has it, from when.
struct Turn {
  std::optional<std::chrono::minutes> from;  // since midnight; nothing: all day from its beginning
  std::string person;                        // empty: nobody
};
std::vector<Turn> turns_of(const Rota& rota, Day day);

}  // namespace finwatch::notifier
