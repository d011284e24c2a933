#include <algorithm>

#include "core/text.h"
#include "rules/tool/contract/read.h"

namespace finwatch::rules {
namespace {

Status read_business_hours(const Tree& value, BusinessHours& hours) {
  MapReader reader(value, "calendar.business_hours");
  if (reader.has("days")) {
    hours.days.fill(false);
    if (reader.texts("days").empty()) reader.fail("days", reader.path_of("days") + ": expected at least one day");
    for (const std::string& day : reader.texts("days")) {
      if (Status known = check_known(value.find("days")->where, reader.path_of("days"), "day", day, kWeekdays); !known)
        return known;
      hours.days[static_cast<std::size_t>(std::find(kWeekdays.begin(), kWeekdays.end(), day) - kWeekdays.begin())] = true;
    }
  }
  hours.hours = read_hours(reader, hours.hours);
  return reader.finish();
}

// "26-31" or "1".
std::optional<std::pair<int, int>> parse_days(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = to_number<unsigned>(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : to_number<unsigned>(text.substr(dash + 1));
  if (!first || !last || *first < 1 || *last > 31 || *first > *last) return std::nullopt;
  return std::pair{static_cast<int>(*first), static_cast<int>(*last)};
}

Status read_close_window(const Tree& value, CloseWindow& window) {
  MapReader reader(value, "calendar.close_window");
  for (const std::string& text : reader.texts("days_of_month")) {
    if (const auto days = parse_days(text))
      window.days_of_month.push_back(*days);
    else
      reader.fail("days_of_month", reader.path_of("days_of_month") + R"(: expected days of a month such as "26-31", found ')" +
                                       valid_utf8(text) + "'");
  }
  window.weight = static_cast<int>(reader.integer("weight", 1, 1, 100));
  return reader.finish();
}

Result<Maintenance> read_planned(const Tree& value, const std::string& path) {
  MapReader reader(value, path);
  Maintenance planned{
      .id = reader.required_text("id"), .services = reader.texts("services"), .from = {}, .to = {}, .where = value.where};
  for (auto [key, moment] : {std::pair{"from", &planned.from}, std::pair{"to", &planned.to}}) {
    const std::string text = reader.required_text(key);
    if (const auto time = parse_local_time(text))
      *moment = *time;
    else
      reader.fail(
          key, reader.path_of(key) + ": expected a date and a time such as 2026-12-06T22:00, found '" + valid_utf8(text) + "'");
  }
  if (planned.from >= planned.to) reader.fail("to", reader.path_of("to") + ": expected a later time than 'from'");
  if (Status status = reader.finish(); !status) return status.error();
  return planned;
}

Status read_maintenance(const Tree& value, Contract& contract) {
  MapReader reader(value, "calendar.maintenance");
  contract.most_maintenance = reader.duration("most_per_month", nanoseconds{});
  const Tree* planned = reader.list("planned");
  if (Status status = reader.finish(); !status) return status;
  return read_each(planned, reader.path_of("planned"), contract.maintenance, read_planned);
}

}  // namespace

Status read_calendar(const Tree& calendar, Contract& contract) {
  MapReader reader(calendar, "calendar");
  const Tree* business = reader.map("business_hours");
  const Tree* close = reader.map("close_window");
  const Tree* maintenance = reader.map("maintenance");
  if (Status status = reader.finish(); !status) return status;
  if (business != nullptr)
    if (Status status = read_business_hours(*business, contract.business_hours); !status) return status;
  if (close != nullptr)
    if (Status status = read_close_window(*close, contract.close_window); !status) return status;
  return maintenance == nullptr ? ok() : read_maintenance(*maintenance, contract);
}

}  // namespace finwatch::rules
