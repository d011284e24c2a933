#include <algorithm>

#include "rules/tool/compile/slo.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {
namespace {

// What was before, nobody measures any more; changes of clocks are known up to 2037.
std::vector<Zone::Offset> offsets_of(const Zone& zone) {
  using namespace std::chrono_literals;
  const auto year = [](std::chrono::year number) { return WallTime{std::chrono::sys_days{number / 1 / 1}.time_since_epoch()}; };
  return zone.offsets(year(2024y), year(2038y));
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// The clock on the wall as PromQL: it has UTC only. A change of clocks is a step that counts from its moment on.
std::string local_time(const Zone& zone) {
  std::string text = "time()";
  const auto add = [&](std::chrono::seconds length, const std::string& times) {
    if (length.count() == 0) return;
    text.append(length.count() < 0 ? " - " : " + ").append(std::to_string(std::abs(length.count()))).append(times);
  };
  const std::vector<Zone::Offset> offsets = offsets_of(zone);
  add(offsets.front().ahead, "");
  for (std::size_t i = 1; i < offsets.size(); ++i)
    add(offsets[i].ahead - offsets[i - 1].ahead, " * (time() >= bool " + std::to_string(seconds_of(offsets[i].since)) + ")");
  return text;
}

// Days that two ranges name count once.
std::vector<std::pair<int, int>> merged(std::vector<std::pair<int, int>> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<int, int>> out;
  for (const auto& range : ranges)
    if (!out.empty() && range.first <= out.back().second + 1)
      out.back().second = std::max(out.back().second, range.second);
    else
      out.push_back(range);
  return out;
}

std::string weight_of(const CloseWindow& window, const Zone& zone) {
  if (window.weight == 1 || window.days_of_month.empty()) return "vector(1)";
  std::string days;
  for (const auto& [from, to] : merged(window.days_of_month))
    days.append(days.empty() ? "" : " or ")
        .append("day_of_month(vector(" + local_time(zone) + ")) >= " + std::to_string(from) + " <= " + std::to_string(to));
  return "vector(" + std::to_string(window.weight) + ") and on () (" + days + ") or vector(1)";
}

// Ids are letters, digits, _, - and points.
std::string pattern_of(const std::vector<std::string>& ids) {
  std::string pattern;
  for (const std::string& id : ids) {
    if (!pattern.empty()) pattern.append("|");
    for (const char letter : id) pattern.append(letter == '.' ? "\\." : std::string(1, letter));
  }
  return pattern;
}

SloRule maintenance_of(const Maintenance& planned, const Zone& zone) {
  const std::string now = " and on () vector(time()) >= " + std::to_string(seconds_of(zone.instant(planned.from))) + " < " +
                          std::to_string(seconds_of(zone.instant(planned.to)));
  const std::string who = planned.services.empty()
                              ? "vector(1)"
                              : "service:finwatch_measure:count{service=~" + print_text(pattern_of(planned.services)) + "}";
  return {"service:finwatch_maintenance:active", who + now, {{"maintenance", planned.id}}, ""};
}

}  // namespace

void add_calendar(const Contract& contract, const Zone& zone, SloRules& rules) {
  rules.fast.push_back({"organisation:finwatch_close_window:weight",
                        weight_of(contract.close_window, zone),
                        {},
                        "How often an hour counts now, by the days of the month in " + contract.time_zone + "."});
  for (const Maintenance& planned : contract.maintenance) rules.fast.push_back(maintenance_of(planned, zone));
}

std::string first_after_each(std::chrono::seconds period, const Zone& zone) {
  std::chrono::seconds winter = std::chrono::seconds::max();
  for (const Zone::Offset& offset : offsets_of(zone)) winter = std::min(winter, offset.ahead);
  const std::string clock = winter.count() == 0 ? "time()"
                                                : "(time()" + std::string(winter.count() < 0 ? " - " : " + ") +
                                                      std::to_string(std::abs(winter.count())) + ")";
  return " and on () vector(" + clock + " % " + std::to_string(period.count()) + ") < 600";
}

}  // namespace finwatch::rules
