#include "workflow/when/period.h"

namespace finwatch::workflow {

Period PeriodRule::period_of(Day day) const {
  const std::chrono::months shift{first_day > 1 ? 1 : 0};
  const Month named =
      month_of(day) + (first_day > 1 && day_number(day) >= first_day ? std::chrono::months{1} : std::chrono::months{0});
  const int number = (static_cast<int>(month_number(named)) - 1) / length + 1;
  const Month begin = named.year() / std::chrono::month{static_cast<unsigned>((number - 1) * length + 1)} - shift;
  const Month next = begin + std::chrono::months{length};
  return {.first = Day{begin / std::chrono::day{first_day}},
          .last = Day{next / std::chrono::day{first_day}} - std::chrono::days{1},
          .year = static_cast<int>(named.year()),
          .number = number};
}

}  // namespace finwatch::workflow
