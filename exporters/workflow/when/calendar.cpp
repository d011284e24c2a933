#include "workflow/when/calendar.h"

#include <algorithm>

#include "conf/yaml.h"

namespace finwatch::workflow {

using std::chrono::days;

namespace {

constexpr int kLongestHoliday = 31;  // days; a longer one is a slip of the pen
constexpr days kSearch{731};

}  // namespace

// Reads one file into a copy of the calendar, so that a bad file changes nothing.
class CalendarReader {
 public:
  explicit CalendarReader(const FinanceCalendar& before) : calendar_(before) {}

  Result<FinanceCalendar> read(const Tree& file) {
    MapReader reader(file, "");
    read_weekend(reader);
    const Tree* years = reader.list("years");
    if (years == nullptr || years->items.empty()) reader.fail("years", "years: must list at least one year");
    for (std::size_t i = 0; years != nullptr && i < years->items.size(); ++i)
      if (Status status = read_year(years->items[i], "years[" + std::to_string(i + 1) + "]"); !status) return status.error();
    if (Status status = reader.finish(); !status) return status.error();
    if (Status status = check_years(file); !status) return status.error();
    return std::move(calendar_);
  }

 private:
  void read_weekend(MapReader& reader) {
    const std::vector<std::string> names = reader.texts("weekend");
    if (!reader.has("weekend")) return;
    calendar_.weekend_ = 0;
    for (const std::string& name : names) {
      if (const auto weekday = parse_weekday(name))
        calendar_.weekend_ |= 1U << *weekday;
      else
        reader.fail("weekend", "weekend: expected days such as Sat, Sun, found \"" + name + "\"");
    }
    if (calendar_.weekend_ == 0b1111111) reader.fail("weekend", "weekend: no day is left to work");
  }

  Status read_year(const Tree& tree, const std::string& path) {
    MapReader reader(tree, path);
    reader.text("source");  // for the reader of the file: where the days were published
    year_ = static_cast<int>(reader.integer("year", 0, 1970, 2199));
    if (year_ == 0)
      reader.fail("year", path + ".year: must be given");
    else
      calendar_.years_[year_] = true;
    if (const Tree* holidays = reader.list("holidays"))
      for (std::size_t i = 0; i < holidays->items.size(); ++i)
        if (Status status = read_holiday(holidays->items[i], path + ".holidays[" + std::to_string(i + 1) + "]"); !status)
          return status;
    if (const Tree* worked = reader.list("working_days"))
      for (const Tree& item : worked->items) read_working_day(reader, item, path + ".working_days");
    return reader.finish();
  }

  Status read_holiday(const Tree& tree, const std::string& path) {
    MapReader reader(tree, path);
    const auto from = read_day(reader, "from", path);
    const auto to = reader.has("to") ? read_day(reader, "to", path) : from;
    HolidayName name;
    if (const Tree* names = reader.child("name"); names != nullptr && names->kind == Tree::Kind::scalar) {
      name = {names->scalar, names->scalar};
    } else if (names != nullptr) {
      MapReader both(*names, path + ".name");
      name = {both.text("zh"), both.text("en")};
      if (Status status = both.finish(); !status) return status;
    }
    if (Status status = reader.finish(); !status || !from || !to) return status;
    if (*to < *from || (*to - *from).count() >= kLongestHoliday)
      reader.fail("to", path + ".to: expected a day up to " + std::to_string(kLongestHoliday) + " days from 'from', found " +
                            to_text(*to));
    else
      for (Day day = *from; day <= *to; day += days{1}) put(reader, *tree.find("from"), path, day, {false, name});
    return reader.finish();
  }

  std::optional<Day> read_day(MapReader& reader, std::string_view key, const std::string& path) {
    const std::string text = reader.required_text(key);
    if (text.empty()) return std::nullopt;
    return day_of_year(reader, *reader.child(key), path + "." + std::string(key));
  }

  // New Year's holiday may begin in the old year, and a day off in January may be worked for in December.
  std::optional<Day> day_of_year(MapReader& reader, const Tree& at, const std::string& path) const {
    const auto day = at.kind == Tree::Kind::scalar ? parse_day(at.scalar) : std::nullopt;
    if (!day) {
      reader.fail(at, path + ": expected a day such as 2026-10-01" +
                          (at.kind == Tree::Kind::scalar ? ", found \"" + at.shown() + "\"" : ""));
      return std::nullopt;
    }
    const Month first = std::chrono::year{year_} / std::chrono::January - std::chrono::months{1};
    if (year_ != 0 && (month_of(*day) < first || month_of(*day) > first + std::chrono::months{13})) {
      reader.fail(at, path + ": " + to_text(*day) + " stands in the year " + std::to_string(year_) + "; is the year right?");
      return std::nullopt;
    }
    return day;
  }

  void read_working_day(MapReader& reader, const Tree& at, const std::string& path) {
    const auto day = day_of_year(reader, at, path);
    if (!day) return;
    // A day that is worked anyway is nearly always a mistyped one.
    if (!seen_.contains(*day) && calendar_.is_working_day(*day)) {
      reader.fail(at, path + ": " + to_text(*day) + " is a " + std::string(weekday_name(weekday_number(*day))) +
                          " and worked anyway; is the day right?");
      return;
    }
    put(reader, at, path, *day, {true, {}});
  }

  void put(MapReader& reader, const Tree& at, const std::string& path, Day day, FinanceCalendar::Exception exception) {
    if (const auto seen = seen_.find(day); seen != seen_.end()) {
      reader.fail(
          at, path + ": " + to_text(day) + " stands at line " + std::to_string(seen->second) + " already; remove one of them");
      return;
    }
    seen_[day] = at.where.line;
    calendar_.exceptions_[day] = std::move(exception);
  }

  // A year left out would silently be one without holidays.
  Status check_years(const Tree& file) const {
    int expected = calendar_.years_.empty() ? 0 : calendar_.years_.begin()->first;
    for (const auto& [year, listed] : calendar_.years_) {
      if (year != expected)
        return {Errc::config, file.where.text() + ": the years " + std::to_string(expected - 1) + " and " +
                                  std::to_string(year) + " are listed, but not " + std::to_string(expected) + "; add it"};
      ++expected;
    }
    return ok();
  }

  FinanceCalendar calendar_;
  std::map<Day, int> seen_;  // in this file, with its line
  int year_ = 0;
};

Status FinanceCalendar::load(const std::string& path) {
  const Result<Tree> file = load_yaml(path);
  return file ? add(*file) : file.error();
}

Status FinanceCalendar::add(const Tree& file) {
  Result<FinanceCalendar> with = CalendarReader(*this).read(file);
  if (!with) return with.error();
  *this = std::move(*with);
  return ok();
}

bool FinanceCalendar::is_working_day(Day day) const {
  const auto exception = exceptions_.find(day);
  return exception != exceptions_.end() ? exception->second.worked : (weekend_ >> weekday_number(day) & 1U) == 0;
}

const HolidayName* FinanceCalendar::holiday(Day day) const {
  const auto exception = exceptions_.find(day);
  return exception == exceptions_.end() || exception->second.worked ? nullptr : &exception->second.name;
}

std::optional<Day> FinanceCalendar::nth_working_day(Month month, int n) const {
  const Day first = first_day(month);
  const Day last = last_day(month);
  for (Day day = n > 0 ? first : last; day >= first && day <= last; day += days{n > 0 ? 1 : -1})
    if (is_working_day(day) && (n > 0 ? --n : ++n) == 0) return day;
  return std::nullopt;
}

std::optional<Day> FinanceCalendar::next_working_day(Day day) const {
  for (Day next = day + days{1}; next <= day + kSearch; next += days{1})
    if (is_working_day(next)) return next;
  return std::nullopt;
}

std::optional<Day> FinanceCalendar::previous_working_day(Day day) const {
  for (Day before = day - days{1}; before >= day - kSearch; before -= days{1})
    if (is_working_day(before)) return before;
  return std::nullopt;
}

int FinanceCalendar::working_days(Day from, Day to) const {
  int count = 0;
  for (Day day = from; day < to; day += days{1}) count += is_working_day(day) ? 1 : 0;
  return count;
}

std::optional<Day> FinanceCalendar::known_until() const {
  if (years_.empty()) return std::nullopt;
  return Day{std::chrono::year{years_.rbegin()->first} / std::chrono::December / 31};
}

}  // namespace finwatch::workflow
