// How files below /sys/class/hwmon become families, after the kernel's naming (Documentation/hwmon/sysfs-interface.rst) and
// node_exporter's.
//
//   const auto file = split_sensor_file("temp1_crit_alarm");                     // temp, 1, crit_alarm
//   const HwmonFamily family = hwmon_family(file->type, file->element, bare);    // node_hwmon_temp_crit_alarm_celsius, /1000
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/metric.h"

namespace finwatch::host {

struct SensorFileName {
  std::string_view type;     // temp
  unsigned number = 0;       // 1; 0 when the name has none
  std::string_view element;  // crit_alarm; empty for pwm1
};

/// Nothing for the name of a file that is no sensor's.
std::optional<SensorFileName> split_sensor_file(std::string_view file);

struct HwmonFamily {
  std::string name;
  const MetricDesc<2>* desc = nullptr;  // its labels: chip, sensor
  double multiply = 1;                  // the value is text × multiply ÷ divide: each exact where the other is 1
  double divide = 1;
};

/// `has_bare`: the sensor has a file without an element too (pwm1, in0), so that its input is not the bare name.
HwmonFamily hwmon_family(std::string_view type, std::string_view element, bool has_bare);

/// Lower case; whatever is no letter, digit, colon or underscore becomes an underscore; none at the ends.
std::string clean_hwmon_name(std::string_view name);

inline constexpr MetricDesc kHwmonChipNames{MetricType::gauge, "node_hwmon_chip_names",
                                            "The name that the driver gives the chip, value is always 1, from name below "
                                            "/sys/class/hwmon.",
                                            "chip", "chip_name"};
inline constexpr MetricDesc kHwmonSensorLabel{
    MetricType::gauge,
    "node_hwmon_sensor_label",
    "What the sensor measures, value is always 1, from *_label below /sys/class/hwmon.",
    "chip",
    "label",
    "sensor"};

/// Every family there may be, the exact ones before the patterns.
std::span<const MetricRef> hwmon_families();

}  // namespace finwatch::host
