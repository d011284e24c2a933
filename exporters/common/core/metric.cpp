#include "core/metric.h"

namespace finwatch {

std::string_view to_string(MetricType type) {
  switch (type) {
    case MetricType::counter: return "counter";
    case MetricType::gauge: return "gauge";
    case MetricType::unknown: return "unknown";
    case MetricType::info: return "info";
    case MetricType::stateset: return "stateset";
    case MetricType::histogram: return "histogram";
    case MetricType::summary: return "summary";
  }
  return "unknown";
}

std::string_view unit_of(std::string_view name) {
  if (name.ends_with("_total")) name.remove_suffix(6);
  constexpr std::string_view kUnits[] = {"seconds", "bytes", "ratio", "celsius", "volts", "amperes",
                                         "joules",  "watts", "hertz", "meters",  "grams"};
  for (const std::string_view unit : kUnits)
    if (name.size() > unit.size() && name.ends_with(unit) && name[name.size() - unit.size() - 1] == '_') return unit;
  return {};
}

}  // namespace finwatch
