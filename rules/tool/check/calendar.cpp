// Does announced work fit into what the contract excuses, and do people change over when there is somebody to hand over to?
#include <algorithm>
#include <set>

#include "rules/tool/check/subject.h"

namespace finwatch::rules {
namespace {

using Span = std::pair<LocalTime, LocalTime>;

std::chrono::seconds covered(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end());
  std::chrono::seconds sum{0};
  LocalTime reached{};
  for (const auto& [from, to] : spans) {
    const LocalTime begin = std::max(from, reached);
    if (to > begin) sum += to - begin;
    reached = std::max(reached, to);
  }
  return sum;
}

// What a window has in a month; empty when it has nothing there.
Span within(const Maintenance& planned, Month month) {
  const LocalTime begin = first_day(month), end = LocalTime{last_day(month)} + std::chrono::days{1};
  return {std::max(planned.from, begin), std::min(planned.to, end)};
}

std::string month_text(Month month) { return to_text(first_day(month)).substr(0, 7); }

void check_month(const Subject& subject, Month month, Problems& problems) {
  const nanoseconds most = subject.contract.most_maintenance;
  std::set<const Maintenance*> said;
  for (const Service& service : subject.contract.services) {
    std::vector<Span> spans;
    const Maintenance* last = nullptr;
    for (const Maintenance& planned : subject.contract.maintenance) {
      const Span span = within(planned, month);
      const auto& named = planned.services;
      const bool meant = named.empty() || std::find(named.begin(), named.end(), service.id) != named.end();
      if (!meant || span.first >= span.second) continue;
      spans.push_back(span);
      if (last == nullptr || planned.from > last->from) last = &planned;
    }
    const nanoseconds sum = covered(spans);
    if (last == nullptr || sum <= most || !said.insert(last).second) continue;
    problems.error(last->where, "the maintenance " + last->id + ": in " + month_text(month) + " the work on " + service.id +
                                    " takes " + shown_length(sum) + ", and calendar.maintenance.most_per_month excuses " +
                                    shown_length(most) + ": " + shown_length(sum - most) +
                                    " count as downtime. Shorten a window, move one into another month, or agree on more");
  }
}

// The first day of the window, or of the days in it, that is one of the close window's.
std::optional<Day> close_day(const CloseWindow& close, const Maintenance& planned) {
  for (Day day = day_of(planned.from); LocalTime{day} < planned.to; day += std::chrono::days{1})
    for (const auto& [from, to] : close.days_of_month)
      if (const auto number = static_cast<int>(day_number(day)); number >= from && number <= to) return day;
  return std::nullopt;
}

void check_hand_over(const Subject& subject, Problems& problems) {
  const Hours& hours = subject.contract.business_hours.hours;
  for (const auto& [id, duty] : subject.contract.duties)
    if (!duty.rota.empty() && (duty.hand_over < hours.from || duty.hand_over > hours.to))
      problems.warning(duty.where, "duties." + id +
                                       ".hand_over: outside business hours: the one who goes cannot tell the one who "
                                       "comes. Choose an hour at which both are there");
}

}  // namespace

void check_calendar(const Subject& subject, Problems& problems) {
  std::set<std::string_view> ids;
  std::set<Month> months;
  for (const Maintenance& planned : subject.contract.maintenance) {
    if (!ids.insert(planned.id).second)
      problems.error(planned.where, "a second maintenance '" + planned.id + "'. Name it otherwise");
    if (planned.to <= subject.input.now) continue;  // it is history
    for (Day day = day_of(planned.from); LocalTime{day} < planned.to; day += std::chrono::days{1}) months.insert(month_of(day));
    if (const auto day = close_day(subject.contract.close_window, planned); day && subject.contract.close_window.weight > 1)
      problems.warning(planned.where, "the maintenance " + planned.id + ": " + to_text(*day) +
                                          " is a day of the close window, on which an hour counts " +
                                          std::to_string(subject.contract.close_window.weight) + " times. Choose another day");
  }
  for (const Month month : months) check_month(subject, month, problems);
  check_hand_over(subject, problems);
}

}  // namespace finwatch::rules
