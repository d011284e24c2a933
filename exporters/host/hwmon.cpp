#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "conf/pattern.h"
#include "host/sources/device_class.h"
#include "host/sources/firmware_text.h"
#include "host/sources/hwmon_names.h"
#include "host/sources/sensor_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr std::string_view kChipInclude = "collector.hwmon.chip-include";
constexpr std::string_view kChipExclude = "collector.hwmon.chip-exclude";
constexpr std::string_view kSensorInclude = "collector.hwmon.sensor-include";
constexpr std::string_view kSensorExclude = "collector.hwmon.sensor-exclude";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, kChipInclude, "", "Chips to show, as a regular expression on the label chip."},
    {FlagKind::regexp, kChipExclude, "", "Chips to leave out, as a regular expression on the label chip."},
    {FlagKind::regexp, kSensorInclude, "",
     "Sensors to show, as a regular expression on chip;sensor (platform_coretemp_0;temp3)."},
    {FlagKind::regexp, kSensorExclude, "", "Sensors to leave out, as a regular expression on chip;sensor."},
};

/// How many files stay open: a machine with more sensors opens the rest at every scrape instead of using up descriptors.
constexpr std::size_t kMostOpen = 256;

struct Chip {
  std::string folder;       // ends in a slash
  std::string entry;        // hwmon3: not stable from boot to boot
  std::string base;         // what the device link or the driver calls it
  std::string driver_name;  // the file `name`, cleaned
  std::string name;         // the label: base, told apart from others of that base
};

struct SensorLabel {
  std::string chip, label, sensor;
};

struct Reading {
  std::string family;
  std::string chip;
  std::string sensor;
  const MetricDesc<2>* desc;
  double multiply, divide;
  bool is_switch;  // beep_enable: 1 or anything else
  SensorFile file;

  auto place() const { return std::tie(family, chip, sensor); }
};

/// platform_coretemp_0 for /sys/devices/platform/coretemp.0; empty when there is no device.
std::string name_of_device(const std::string& folder) {
  const std::unique_ptr<char, decltype(&std::free)> path(::realpath((folder + "device").c_str(), nullptr), &std::free);
  if (!path) return {};
  const std::string_view whole = path.get();
  const std::size_t slash = whole.rfind('/');
  const std::string device = clean_hwmon_name(base_name(whole));
  const std::string bus = slash == 0 ? std::string() : clean_hwmon_name(base_name(whole.substr(0, slash)));
  return bus.empty() || device.empty() ? device : bus + "_" + device;
}

/// One sensor's files by element, those of the chip's device in place of its own. The folder before each.
using Elements = std::map<std::string, std::string>;
struct SensorKey {
  std::string type;
  unsigned number;
  auto operator<=>(const SensorKey&) const = default;
};
using Sensors = std::map<SensorKey, Elements>;

void find_sensors(const std::string& folder, Sensors& sensors) {
  const auto files = list_folder(folder);
  if (!files) return;
  for (const std::string& file : *files)
    if (const auto name = split_sensor_file(file); name && is_file(folder + file))
      sensors[{std::string(name->type), name->number}][std::string(name->element)] = folder + file;
}

class Hwmon final : public Collector {
 public:
  Hwmon(const Env& env, NameFilter chips, NameFilter sensors)
      : class_(env, "class/hwmon"), chip_filter_(std::move(chips)), sensor_filter_(std::move(sensors)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) list();
    {
      auto family = sink.family(kHwmonChipNames);
      for (const Chip& chip : chips_)
        if (!chip.driver_name.empty()) family.add(1, chip.name, chip.driver_name);
    }
    {
      auto family = sink.family(kHwmonSensorLabel);
      for (const SensorLabel& one : labels_) family.add(1, one.chip, one.label, one.sensor);
    }
    for (auto first = readings_.begin(); first != readings_.end();) {
      auto family = sink.family(*first->desc, first->family);
      auto reading = first;
      for (; reading != readings_.end() && reading->family == first->family; ++reading)
        if (const auto value = measure(*reading)) family.add(*value, reading->chip, reading->sensor);
      first = reading;
    }
    return ok();
  }

 private:
  std::optional<double> measure(Reading& reading) {
    const std::string_view text = reading.file.text(room_);
    if (text.empty()) return std::nullopt;
    if (reading.is_switch) return text == "1" ? 1 : 0;
    const auto number = to_number<double>(text);
    if (!number) return std::nullopt;
    return *number * reading.multiply / reading.divide;
  }

  void list() {
    labels_.clear();
    readings_.clear();
    find_chips();
    for (const Chip& chip : chips_) {
      Sensors sensors;
      find_sensors(chip.folder, sensors);
      find_sensors(chip.folder + "device/", sensors);
      for (const auto& [key, elements] : sensors) take_sensor(chip, key, elements);
    }
    std::stable_sort(readings_.begin(), readings_.end(),
                     [](const Reading& a, const Reading& b) { return a.place() < b.place(); });
    const auto end = std::unique(readings_.begin(), readings_.end(),
                                 [](const Reading& a, const Reading& b) { return a.place() == b.place(); });
    readings_.erase(end, readings_.end());
  }

  void find_chips() {
    chips_.clear();
    std::map<std::string, int> same_base;
    std::map<std::pair<std::string, std::string>, int> same_name;
    for (const std::string& entry : class_.names()) {
      Chip chip{.folder = class_.path(entry), .entry = clean_hwmon_name(entry), .base = {}, .driver_name = {}, .name = {}};
      if (!list_folder(chip.folder)) continue;  // a link that leads nowhere
      chip.base = name_of_device(chip.folder);
      chip.driver_name = clean_hwmon_name(firmware_attribute(chip.folder + "name"));
      if (chip.base.empty()) chip.base = chip.driver_name.empty() ? chip.entry : chip.driver_name;
      if (chip.base.empty()) continue;
      ++same_base[chip.base];
      ++same_name[{chip.base, chip.driver_name}];
      chips_.push_back(std::move(chip));
    }
    std::set<std::string> taken;
    for (Chip& chip : chips_) {
      chip.name = chip.base;
      const bool by_name = !chip.driver_name.empty() && same_name[{chip.base, chip.driver_name}] == 1;
      if (same_base[chip.base] > 1) chip.name += "_" + (by_name ? chip.driver_name : chip.entry);
      if (!taken.insert(chip.name).second) chip.name += "_" + chip.entry;
    }
    std::erase_if(chips_, [this](const Chip& chip) { return !chip_filter_.accepts(chip.name); });
  }

  void take_sensor(const Chip& chip, const SensorKey& key, const Elements& elements) {
    const std::string sensor = key.type + std::to_string(key.number);
    if (!sensor_filter_.accepts(chip.name + ";" + sensor)) return;
    std::string label;
    if (const auto file = elements.find("label"); file != elements.end()) {
      label = firmware_attribute(file->second);
      labels_.push_back({chip.name, label, sensor});
    }
    const bool whole_chip = key.type == "beep_enable" || key.type == "vrm" || key.type == "update_interval";
    for (const auto& [element, path] : elements) {
      if (element == "label" || (whole_chip && !element.empty())) continue;
      // Several clocks of one graphics card are known by their labels only.
      const bool clock = key.type == "freq" && element == "input";
      if (clock && label.empty()) continue;
      HwmonFamily family = hwmon_family(key.type, element, elements.contains(""));
      readings_.push_back({.family = std::move(family.name),
                           .chip = chip.name,
                           .sensor = clock ? clean_hwmon_name(label) : sensor,
                           .desc = family.desc,
                           .multiply = family.multiply,
                           .divide = family.divide,
                           .is_switch = key.type == "beep_enable",
                           .file = SensorFile(path, readings_.size() < kMostOpen ? KeepOpen::yes : KeepOpen::no)});
    }
  }

  DeviceClass class_;
  NameFilter chip_filter_;
  NameFilter sensor_filter_;
  std::vector<Chip> chips_;
  std::vector<SensorLabel> labels_;
  std::vector<Reading> readings_;
  Buffer room_;
};

MadeCollector make_hwmon(const Env& env, const Settings& settings) {
  auto chips = NameFilter::make(settings.text(kChipInclude), settings.text(kChipExclude));
  if (!chips) return chips.error();
  auto sensors = NameFilter::make(settings.text(kSensorInclude), settings.text(kSensorExclude));
  if (!sensors) return sensors.error();
  return std::unique_ptr<Collector>(std::make_unique<Hwmon>(env, *std::move(chips), *std::move(sensors)));
}

}  // namespace

extern const CollectorInfo hwmon_collector{
    .name = "hwmon",
    .summary = "Temperatures, fans, voltages, currents and power that sensor chips measure, from /sys/class/hwmon.",
    .metrics = hwmon_families(),
    .flags = kFlags,
    .make = make_hwmon,
};

}  // namespace finwatch::host
