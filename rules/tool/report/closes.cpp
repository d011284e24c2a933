// Whether the books were closed by the day that the contract promises.
#include <algorithm>
#include <set>

#include "rules/tool/report/gather.h"

namespace finwatch::rules {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr seconds kStep{600};

struct WorkingDays {
  std::set<Day> worked, off;  // as the calendar of finwatch-workflow said
};

// At noon of each day: what the calendar says then.
Result<WorkingDays> ask_working_days(const Gathering& gathering) {
  const Period& period = gathering.period;
  WorkingDays found;
  const Moment first = period.from + std::chrono::hours{12};
  if (first > period.until) return found;
  const Result<std::vector<Series>> answer =
      gathering.prometheus.over("max(finwatch_working_day)", first, period.until, std::chrono::hours{24});
  if (!answer) return answer.error();
  for (const Series& series : *answer)
    for (const Point& point : series.points) {
      const Day day = day_of(period.zone.local(Moment{seconds{static_cast<long long>(point.at)}}));
      (point.value > 0 ? found.worked : found.off).insert(day);
    }
  return found;
}

// The nth working day of a month. A day that the calendar did not tell about is one from Monday to Friday, and then that is said.
std::optional<Day> nth_working_day(const WorkingDays& calendar, Month month, int wanted, bool& all_known) {
  all_known = true;
  for (Day day = first_day(month); day <= last_day(month); day += days{1}) {
    const bool known = calendar.worked.contains(day) || calendar.off.contains(day);
    const bool worked = known ? calendar.worked.contains(day) : weekday_number(day) % 6 != 0;
    all_known = all_known && known;
    if (worked && --wanted == 0) return day;
  }
  return std::nullopt;
}

std::string selector(const CloseDeadline& deadline, std::string_view metric, std::string_view more) {
  return std::string(metric) + "{book=\"" + escaped_label(deadline.book) + "\",check=\"close_progress\"" + std::string(more) +
         "}";
}

// While a period that has ended is open, the check tells how long there is to its deadline; when none is, it tells nothing.
std::string open_periods(const CloseDeadline& deadline) {
  return "count(" + selector(deadline, "finwatch_integrity_time_seconds", ",value=\"deadline\"") + ")";
}

Status ask_state(const Gathering& gathering, const CloseDeadline& deadline, CloseFigures& close) {
  const Period& period = gathering.period;
  const Moment month_begin = period.begin_of(first_day(close.books + std::chrono::months{1}));
  const Moment month_end = std::min(period.until, period.begin_of(first_day(close.books + std::chrono::months{2})));
  const bool due = close.due <= period.until;
  const Moment judged = due ? close.due : period.until;
  const Result<std::vector<Sample>> checked =
      gathering.prometheus.at("max(" + selector(deadline, "finwatch_integrity_check_success", "") + ")", judged);
  if (!checked) return checked.error();
  const Result<std::vector<Series>> open = gathering.prometheus.over(open_periods(deadline), month_begin, month_end, kStep);
  if (!open) return open.error();
  const bool measured = !checked->empty() && checked->front().value > 0;
  std::optional<Moment> last_open;
  if (!open->empty() && !open->front().points.empty())
    last_open = Moment{seconds{static_cast<long long>(open->front().points.back().at)}};
  const bool still_open = last_open && *last_open + kStep > month_end;
  if (last_open && !still_open) close.closed = *last_open + kStep;
  if (!due) {
    close.state = measured && last_open && !still_open ? CloseState::kept : CloseState::not_due;
  } else if (!measured) {
    close.state = CloseState::unknown;
  } else if (!last_open || *last_open < close.due) {
    close.state = CloseState::kept;
  } else {
    close.state = still_open ? CloseState::still_open : CloseState::late;
  }
  if (close.state == CloseState::unknown) close.closed.reset();
  return ok();
}

}  // namespace

Status gather_closes(const Gathering& gathering, Figures& figures) {
  std::optional<WorkingDays> calendar;
  for (const Service& service : gathering.contract.services) {
    if (!service.closed_by) continue;
    if (!calendar) {
      Result<WorkingDays> asked = ask_working_days(gathering);
      if (!asked) return asked.error();
      calendar = std::move(*asked);
    }
    for (const Month month : gathering.period.months) {
      if (gathering.period.begin_of(first_day(month)) >= gathering.period.until) break;
      CloseFigures close{.service = &service, .books = month - std::chrono::months{1}};
      const auto day = nth_working_day(*calendar, month, service.closed_by->working_day, close.days_off_known);
      if (!day) continue;  // a month with so few working days has no deadline
      close.due = std::chrono::floor<seconds>(gathering.period.zone.instant(*day + service.closed_by->time));
      if (Status status = ask_state(gathering, *service.closed_by, close); !status) return status;
      figures.closes.push_back(close);
    }
  }
  return ok();
}

}  // namespace finwatch::rules
