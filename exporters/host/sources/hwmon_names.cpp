#include "host/sources/hwmon_names.h"

#include <algorithm>
#include <array>

#include "core/text.h"

namespace finwatch::host {
namespace {

constexpr std::string_view kTypes[] = {"vrm",  "beep_enable", "update_interval", "in",     "cpu",      "fan",       "pwm",
                                       "temp", "curr",        "power",           "energy", "humidity", "intrusion", "freq"};

#define FINWATCH_HWMON(kind, name, what) \
  MetricDesc { MetricType::kind, "node_hwmon_" name, what ", below /sys/class/hwmon.", "chip", "sensor" }
// The first that matches a name describes it: exact names, then one pattern a unit, then the rest.
constexpr std::array kFamilies{
    FINWATCH_HWMON(gauge, "temp_celsius", "Temperature in degrees Celsius, from temp*_input"),
    FINWATCH_HWMON(gauge, "temp_max_celsius", "Temperature in degrees Celsius that is high, from temp*_max"),
    FINWATCH_HWMON(gauge, "temp_crit_celsius", "Temperature in degrees Celsius that is critical, from temp*_crit"),
    FINWATCH_HWMON(
        gauge, "temp_crit_alarm_celsius",
        "0.001 while the temperature is critical, else 0 (a flag, scaled as node_exporter does), from temp*_crit_alarm"),
    FINWATCH_HWMON(gauge, "fan_rpm", "Revolutions per minute, from fan*_input"),
    FINWATCH_HWMON(gauge, "fan_min_rpm", "Revolutions per minute below which it warns, from fan*_min"),
    FINWATCH_HWMON(gauge, "in_volts", "Voltage in volts, from in*_input"),
    FINWATCH_HWMON(gauge, "curr_amps", "Current in amperes, from curr*_input"),
    FINWATCH_HWMON(gauge, "power_watt", "Power in watts, from power*_input"),
    FINWATCH_HWMON(gauge, "power_average_watt", "Power in watts over the averaging interval, from power*_average"),
    FINWATCH_HWMON(gauge, "power_accuracy", "Accuracy of the power meter as a ratio, from power*_accuracy"),
    FINWATCH_HWMON(counter, "energy_joule_total", "Joules used, from energy*_input"),
    FINWATCH_HWMON(gauge, "humidity", "Relative humidity, in units of 1000 percent as in node_exporter, from humidity*_input"),
    FINWATCH_HWMON(gauge, "freq_freq_mhz", "Clock in MHz, its label as sensor, from freq*_input"),
    FINWATCH_HWMON(gauge, "pwm", "How hard the fan is driven, 0 to 255, from pwm*"),
    FINWATCH_HWMON(gauge, "intrusion_alarm", "1 since the case was opened, from intrusion*_alarm"),
    FINWATCH_HWMON(gauge, "beep_enabled", "Whether the chip may beep, from beep_enable"),
    FINWATCH_HWMON(gauge, "voltage_regulator_version", "Version of the voltage regulator, times ten, from vrm"),
    FINWATCH_HWMON(gauge, "update_interval_seconds", "Seconds between two measurements, from update_interval"),
    FINWATCH_HWMON(gauge, "*_beep_enabled", "Whether the sensor may beep, from *_beep"),
    FINWATCH_HWMON(gauge, "*_alarm", "1 while the sensor raises an alarm, from *_alarm"),
    FINWATCH_HWMON(gauge, "*_fault", "1 while the sensor itself is broken, from *_fault"),
    FINWATCH_HWMON(gauge, "*_celsius", "A limit or another value in degrees Celsius (a flag: 0.001 for 1), from temp*_*"),
    FINWATCH_HWMON(gauge, "*_volts", "A limit or another value in volts (a flag: 0.001 for 1), from in*_* or cpu*_vid"),
    FINWATCH_HWMON(gauge, "*_amps", "A limit or another value in amperes (a flag: 0.001 for 1), from curr*_*"),
    FINWATCH_HWMON(gauge, "*_watt", "A limit or another value in watts (a flag: 0.000001 for 1), from power*_*"),
    FINWATCH_HWMON(gauge, "*_seconds", "Averaging interval in seconds and its limits, from power*_average_interval*"),
    FINWATCH_HWMON(gauge, "*_rpm", "A limit or target in revolutions per minute, from fan*_*"),
    FINWATCH_HWMON(counter, "*_joule_total", "Another value beside the energy used, scaled as joules, from energy*_*"),
    FINWATCH_HWMON(gauge, "*", "What else the sensor tells, the number as the kernel gives it, from the file of that name"),
};
#undef FINWATCH_HWMON

constexpr auto kRefs = [] {
  std::array<MetricRef, kFamilies.size() + 2> refs{kHwmonChipNames, kHwmonSensorLabel};
  for (std::size_t i = 0; i < kFamilies.size(); ++i) refs[i + 2] = kFamilies[i];
  return refs;
}();

struct Unit {
  std::string_view suffix;
  double multiply = 1;
  double divide = 1;
};
constexpr double kMilli = 0.001;
constexpr double kMicro = 1e6;  // as a divisor: that is how node_exporter rounds

Unit unit_of_sensor(std::string_view type, std::string_view element) {
  if (element == "fault" || element == "alarm") return {};
  if (element == "beep") return {"_enabled"};
  if (type == "in" || type == "cpu") return {"_volts", kMilli};
  if (type == "temp" && element != "type") return {"_celsius", kMilli};
  if (type == "curr") return {"_amps", kMilli};
  if (type == "energy") return {"_joule_total", 1, kMicro};
  if (type == "power") {
    if (element == "accuracy") return {"", 1, kMicro};
    if (element == "average_interval" || element == "average_interval_min" || element == "average_interval_max")
      return {"_seconds", kMilli};
    return {"_watt", 1, kMicro};
  }
  if (type == "humidity") return {"", 1, kMicro};
  if (type == "fan" && (element == "input" || element == "min" || element == "max" || element == "target")) return {"_rpm"};
  if (type == "freq" && element == "input") return {"_freq_mhz", 1, kMicro};
  return {};
}

const MetricDesc<2>& description_of(std::string_view family) {
  return *std::find_if(kFamilies.begin(), kFamilies.end() - 1,
                       [&](const MetricDesc<2>& desc) { return name_matches(desc.name, family); });
}

}  // namespace

std::optional<SensorFileName> split_sensor_file(std::string_view file) {
  const std::size_t digits = std::min(file.find_first_of("0123456789"), file.size());
  SensorFileName name{.type = file.substr(0, digits)};
  if (std::find(std::begin(kTypes), std::end(kTypes), name.type) == std::end(kTypes)) return std::nullopt;
  std::string_view rest = file.substr(digits);
  if (rest.empty()) return name;
  const std::size_t end = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const auto number = to_number<unsigned>(rest.substr(0, end));
  if (!number) return std::nullopt;
  name.number = *number;
  rest.remove_prefix(end);
  if (rest.empty()) return name;
  if (rest.size() < 2 || rest.front() != '_') return std::nullopt;
  name.element = rest.substr(1);
  return name;
}

HwmonFamily hwmon_family(std::string_view type, std::string_view element, bool has_bare) {
  HwmonFamily family;
  if (type == "beep_enable") {
    family.name = "node_hwmon_beep_enabled";
  } else if (type == "vrm") {
    family.name = "node_hwmon_voltage_regulator_version";
  } else if (type == "update_interval") {
    family.name = "node_hwmon_update_interval_seconds";
    family.multiply = kMilli;
  } else {
    family.name = "node_hwmon_" + std::string(type);
    if (element == "input" && has_bare) family.name += "_input";
    if (element != "input" && !element.empty()) family.name += "_" + clean_hwmon_name(element);
    const Unit unit = unit_of_sensor(type, element);
    family.name += unit.suffix;
    family.multiply = unit.multiply;
    family.divide = unit.divide;
  }
  family.desc = &description_of(family.name);
  return family;
}

std::string clean_hwmon_name(std::string_view name) {
  std::string clean;
  while (!name.empty()) {
    const char c = name.front();
    const char lower = to_lower(c);
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == ':' || lower == '_';
    clean += fits ? lower : '_';
    // One underscore for a character of several bytes.
    std::size_t length = 1;
    while (length < name.size() && (static_cast<unsigned char>(name[length]) & 0xC0) == 0x80 && length < 4) ++length;
    name.remove_prefix(static_cast<unsigned char>(c) >= 0xC0 ? length : 1);
  }
  const std::size_t first = clean.find_first_not_of('_');
  if (first == std::string::npos) return {};
  return clean.substr(first, clean.find_last_not_of('_') - first + 1);
}

std::span<const MetricRef> hwmon_families() { return kRefs; }

}  // namespace finwatch::host
