#include "workflow/flow/almanac_calendar.h"

namespace finwatch::workflow {
namespace {

class AlmanacCalendar final : public Calendar {
 public:
  explicit AlmanacCalendar(const Almanac& almanac) : zone_(almanac.zone), days_(almanac.calendar) {}

  std::optional<std::chrono::seconds> utc_offset(std::string_view zone, WallTime when) const override {
    Zone named = zone_;
    if (!zone.empty()) {
      if (const auto fixed = plain_calendar().utc_offset(zone, when)) return fixed;
      const Result<Zone> found = Zone::find(zone);
      if (!found) return std::nullopt;
      named = *found;
    }
    return named.local(when).time_since_epoch() - std::chrono::floor<std::chrono::seconds>(when).time_since_epoch();
  }
  bool is_workday(std::chrono::sys_days day) const override { return days_->is_working_day(Day{day.time_since_epoch()}); }

 private:
  Zone zone_;
  std::shared_ptr<const FinanceCalendar> days_;
};

}  // namespace

std::shared_ptr<const Calendar> make_calendar(const Almanac& almanac) { return std::make_shared<AlmanacCalendar>(almanac); }

}  // namespace finwatch::workflow
