#include "rules/tool/report/period.h"

#include <algorithm>
#include <cstdio>

#include "core/text.h"

namespace finwatch::rules {
namespace {

using std::chrono::days;
using std::chrono::seconds;

Error wrong_period(std::string_view text) {
  return {Errc::config,
          "expected a month such as 2026-11 or a year such as 2026, found '" + valid_utf8(text.substr(0, 40)) + "'"};
}

bool in_close_window(const CloseWindow& window, Day day) {
  const auto number = static_cast<int>(day_number(day));
  return std::any_of(window.days_of_month.begin(), window.days_of_month.end(),
                     [&](const auto& range) { return range.first <= number && number <= range.second; });
}

// Calls what(day, stretch) for each day that the stretch touches.
template <class What>
void for_each_day(const Period& period, const Stretch& when, What what) {
  if (when.empty()) return;
  for (Day day = day_of(period.zone.local(when.from)); period.begin_of(day) < when.to; day += days{1}) {
    const Stretch part = common(when, {period.begin_of(day), period.begin_of(day + days{1})});
    if (!part.empty()) what(day, part);
  }
}

}  // namespace

double seconds_of(const std::vector<Stretch>& stretches) {
  double sum = 0;
  for (const Stretch& stretch : stretches) sum += stretch.seconds();
  return sum;
}

std::string month_text(Month month) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%04d-%02u", static_cast<int>(month.year()), month_number(month));
  return {text, static_cast<std::size_t>(length)};
}

Result<Period> period_of(std::string_view text, const Zone& zone, Moment now) {
  const auto year = to_number<int>(text.substr(0, 4));
  const bool whole_year = text.size() == 4;
  const auto month = whole_year ? std::optional(1U) : to_number<unsigned>(text.substr(std::min<std::size_t>(5, text.size())));
  if (!year || !month || *year < 1970 || *year > 2198 || *month < 1 || *month > 12 ||
      (!whole_year && (text.size() != 7 || text[4] != '-')))
    return wrong_period(text);
  Period period;
  period.id = text;
  period.zone = zone;
  const Month first = std::chrono::year{*year} / std::chrono::month{*month};
  for (int i = 0; i < (whole_year ? 12 : 1); ++i) period.months.push_back(first + std::chrono::months{i});
  const Day end = last_day(period.months.back()) + days{1};
  period.from = period.begin_of(first_day(first));
  period.to = period.begin_of(end);
  period.until = std::min(period.to, now);
  if (period.until <= period.from) return {Errc::config, period.id + " has not begun in " + std::string(zone.name())};
  for (Day day = first_day(first); day < end && period.begin_of(day) < period.until; day += days{1})
    period.days.push_back({day, common(period.reported(), {period.begin_of(day), period.begin_of(day + days{1})})});
  return period;
}

std::string last_month(const Zone& zone, Moment now) {
  return month_text(month_of(day_of(zone.local(now))) - std::chrono::months{1});
}

double weighted_seconds(const Contract& contract, const Period& period, const Stretch& when) {
  double sum = 0;
  for_each_day(period, when, [&](Day day, const Stretch& part) {
    sum += part.seconds() * (in_close_window(contract.close_window, day) ? contract.close_window.weight : 1);
  });
  return sum;
}

std::vector<Stretch> planned_work(const Contract& contract, const Period& period, std::string_view service,
                                  const Stretch& when) {
  std::vector<Stretch> work;
  for (const Maintenance& planned : contract.maintenance) {
    const bool concerned = planned.services.empty() ||
                           std::find(planned.services.begin(), planned.services.end(), service) != planned.services.end();
    const Stretch part = common(when, {std::chrono::floor<seconds>(period.zone.instant(planned.from)),
                                       std::chrono::floor<seconds>(period.zone.instant(planned.to))});
    if (concerned && !part.empty()) work.push_back(part);
  }
  std::sort(work.begin(), work.end(), [](const Stretch& a, const Stretch& b) { return a.from < b.from; });
  std::vector<Stretch> merged;
  for (const Stretch& part : work) {
    if (!merged.empty() && part.from <= merged.back().to)
      merged.back().to = std::max(merged.back().to, part.to);
    else
      merged.push_back(part);
  }
  return merged;
}

std::vector<Stretch> beyond_cap(const Contract& contract, const Period& period, const std::vector<Stretch>& work) {
  std::vector<Stretch> beyond;
  for (const Month month : period.months) {
    const Stretch whole{period.begin_of(first_day(month)), period.begin_of(last_day(month) + days{1})};
    seconds left = std::chrono::floor<seconds>(contract.most_maintenance);
    for (const Stretch& one : work) {
      Stretch part = common(one, whole);
      if (part.empty()) continue;
      const seconds allowed = std::min(left, part.to - part.from);
      left -= allowed;
      part.from += allowed;
      if (!part.empty()) beyond.push_back(part);
    }
  }
  return beyond;
}

}  // namespace finwatch::rules
