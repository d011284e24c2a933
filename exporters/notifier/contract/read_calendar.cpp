// Business hours, and the planned maintenance of services.
#include <algorithm>

#include "core/text.h"
#include "notifier/contract/read.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kWeekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};  // as weekday_number() counts

Status read_business_hours(const Tree& section, BusinessHours& hours) {
  MapReader reader(section, "calendar.business_hours");
  const std::vector<std::string> days = reader.texts("days");
  if (days.empty())
    reader.fail("days", "calendar.business_hours.days: expected at least one of mon, tue, wed, thu, fri, sat, sun");
  hours.from = required_time_of_day(reader, "from");
  hours.to = required_time_of_day(reader, "to");
  if (hours.from >= hours.to) reader.fail("to", "calendar.business_hours.to: expected a later time than 'from'");
  if (Status status = reader.finish(); !status) return status;
  for (const std::string& day : days) {
    if (Status known = check_known(section.find("days")->where, "calendar.business_hours.days", "day", day, kWeekdays); !known)
      return known;
    hours.days[static_cast<std::size_t>(std::find(std::begin(kWeekdays), std::end(kWeekdays), day) - std::begin(kWeekdays))] =
        true;
  }
  return ok();
}

LocalTime required_moment(MapReader& reader, std::string_view key) {
  const std::string text = reader.required_text(key);
  const std::optional<LocalTime> time = parse_local_time(text);
  if (!text.empty() && !time)
    reader.fail(
        key, reader.path_of(key) + ": expected a date and a time such as 2026-12-06T22:00, found '" + valid_utf8(text) + "'");
  return time.value_or(LocalTime{});
}

Result<Maintenance> read_planned(const Tree& value, const std::string& path, const Contract& contract) {
  MapReader reader(value, path);
  Maintenance planned{.id = reader.required_text("id"),
                      .services = reader.texts("services"),
                      .from = required_moment(reader, "from"),
                      .to = required_moment(reader, "to")};
  if (planned.from >= planned.to) reader.fail("to", path + ".to: expected a later time than 'from'");
  if (Status status = reader.finish(); !status) return status.error();
  std::vector<std::string_view> known_services;
  for (const Service& service : contract.services) known_services.push_back(service.id);
  for (const std::string& service : planned.services)
    if (Status known = check_known(value.find("services")->where, path + ".services", "service", service, known_services);
        !known)
      return known.error();
  return planned;
}

}  // namespace

Status read_calendar(const Tree& section, Contract& contract) {
  MapReader reader(section, "calendar");
  const Tree* hours = reader.map("business_hours");
  const Tree* maintenance = reader.list("maintenance");
  if (Status status = reader.finish(); !status) return status;
  if (hours == nullptr) return {Errc::config, section.where.text() + ": calendar.business_hours: must be given"};
  if (Status status = read_business_hours(*hours, contract.business_hours); !status) return status;
  for (std::size_t i = 0; maintenance != nullptr && i < maintenance->items.size(); ++i) {
    Result<Maintenance> planned =
        read_planned(maintenance->items[i], "calendar.maintenance[" + std::to_string(i) + "]", contract);
    if (!planned) return planned.error();
    contract.maintenance.push_back(std::move(*planned));
  }
  return ok();
}

}  // namespace finwatch::notifier
