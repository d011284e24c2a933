#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "conf/pattern.h"
#include "host/sources/device_class.h"
#include "host/sources/firmware_text.h"
#include "host/sources/sensor_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

// A number about a power supply: its file below /sys/class/power_supply/<name>, its family, and how many of the file's units
// make one of the family's.
struct Fact {
  std::string_view file;
  int divisor;
  MetricDesc<1> desc;
};
#define FINWATCH_FACT(file, divisor, name, what)                                                                        \
  Fact {                                                                                                                \
    file, divisor, MetricDesc { MetricType::gauge, "node_power_supply_" name, what ", from " file ".", "power_supply" } \
  }
constexpr std::array kFacts{
    FINWATCH_FACT("authentic", 1, "authentic", "Whether the battery is the maker's own"),
    FINWATCH_FACT("calibrate", 1, "calibrate", "Whether the battery is being calibrated"),
    FINWATCH_FACT("capacity", 1, "capacity", "Charge in percent of full"),
    FINWATCH_FACT("capacity_alert_max", 1, "capacity_alert_max", "Charge in percent above which it warns"),
    FINWATCH_FACT("capacity_alert_min", 1, "capacity_alert_min", "Charge in percent below which it warns"),
    FINWATCH_FACT("charge_now", 1'000'000, "charge_ampere", "Charge in ampere hours"),
    FINWATCH_FACT("charge_control_limit", 1'000'000, "charge_control_limit", "Greatest charging current in amperes, as set"),
    FINWATCH_FACT("charge_control_limit_max", 1'000'000, "charge_control_limit_max",
                  "Greatest charging current in amperes that may be set"),
    FINWATCH_FACT("charge_counter", 1'000'000, "charge_counter",
                  "Charge in ampere hours that went in or out since some moment"),
    FINWATCH_FACT("charge_empty", 1'000'000, "charge_empty", "Charge in ampere hours when last empty"),
    FINWATCH_FACT("charge_empty_design", 1'000'000, "charge_empty_design", "Charge in ampere hours when empty, by design"),
    FINWATCH_FACT("charge_full", 1'000'000, "charge_full", "Charge in ampere hours when last full"),
    FINWATCH_FACT("charge_full_design", 1'000'000, "charge_full_design", "Charge in ampere hours when full, by design"),
    FINWATCH_FACT("charge_term_current", 1'000'000, "charge_term_current", "Current in amperes at which charging ends"),
    FINWATCH_FACT("constant_charge_current", 1'000'000, "constant_charge_current", "Charging current in amperes, as set"),
    FINWATCH_FACT("constant_charge_current_max", 1'000'000, "constant_charge_current_max",
                  "Greatest charging current in amperes"),
    FINWATCH_FACT("constant_charge_voltage", 1'000'000, "constant_charge_voltage", "Charging voltage in volts, as set"),
    FINWATCH_FACT("constant_charge_voltage_max", 1'000'000, "constant_charge_voltage_max",
                  "Greatest charging voltage in volts"),
    FINWATCH_FACT("current_now", 1'000'000, "current_ampere", "Current in amperes, negative while it discharges"),
    FINWATCH_FACT("current_boot", 1'000'000, "current_boot", "Current in amperes when the machine started"),
    FINWATCH_FACT("current_max", 1'000'000, "current_max", "Greatest current in amperes"),
    FINWATCH_FACT("cycle_count", 1, "cyclecount", "Times the battery was charged and discharged"),
    FINWATCH_FACT("energy_empty", 1'000'000, "energy_empty", "Energy in watt hours when last empty"),
    FINWATCH_FACT("energy_empty_design", 1'000'000, "energy_empty_design", "Energy in watt hours when empty, by design"),
    FINWATCH_FACT("energy_full", 1'000'000, "energy_full", "Energy in watt hours when last full"),
    FINWATCH_FACT("energy_full_design", 1'000'000, "energy_full_design", "Energy in watt hours when full, by design"),
    FINWATCH_FACT("energy_now", 1'000'000, "energy_watthour", "Energy in watt hours"),
    FINWATCH_FACT("input_current_limit", 1'000'000, "input_current_limit", "Greatest current in amperes that it draws"),
    FINWATCH_FACT("online", 1, "online", "Whether it supplies power (0 no, 1 yes, 2 yes and of a kind that can be set)"),
    FINWATCH_FACT("power_now", 1'000'000, "power_watt", "Power in watts"),
    FINWATCH_FACT("precharge_current", 1'000'000, "precharge_current", "Current in amperes while an empty battery is woken"),
    FINWATCH_FACT("present", 1, "present", "Whether the battery is there"),
    FINWATCH_FACT("temp_alert_max", 10, "temp_alert_max_celsius", "Temperature in degrees Celsius above which it warns"),
    FINWATCH_FACT("temp_alert_min", 10, "temp_alert_min_celsius", "Temperature in degrees Celsius below which it warns"),
    FINWATCH_FACT("temp_ambient", 10, "temp_ambient_celsius", "Temperature around it in degrees Celsius"),
    FINWATCH_FACT("temp_ambient_max", 10, "temp_ambient_max_celsius",
                  "Temperature around it in degrees Celsius above which it warns"),
    FINWATCH_FACT("temp_ambient_min", 10, "temp_ambient_min_celsius",
                  "Temperature around it in degrees Celsius below which it warns"),
    FINWATCH_FACT("temp", 10, "temp_celsius", "Temperature in degrees Celsius"),
    FINWATCH_FACT("temp_max", 10, "temp_max_celsius", "Highest temperature in degrees Celsius at which it works"),
    FINWATCH_FACT("temp_min", 10, "temp_min_celsius", "Lowest temperature in degrees Celsius at which it works"),
    FINWATCH_FACT("time_to_empty_now", 1, "time_to_empty_seconds", "Seconds until the battery is empty"),
    FINWATCH_FACT("time_to_full_now", 1, "time_to_full_seconds", "Seconds until the battery is full"),
    FINWATCH_FACT("voltage_boot", 1'000'000, "voltage_boot", "Voltage in volts when the machine started"),
    FINWATCH_FACT("voltage_max", 1'000'000, "voltage_max", "Highest voltage in volts"),
    FINWATCH_FACT("voltage_max_design", 1'000'000, "voltage_max_design", "Highest voltage in volts, by design"),
    FINWATCH_FACT("voltage_min", 1'000'000, "voltage_min", "Lowest voltage in volts"),
    FINWATCH_FACT("voltage_min_design", 1'000'000, "voltage_min_design", "Lowest voltage in volts, by design"),
    FINWATCH_FACT("voltage_ocv", 1'000'000, "voltage_ocv", "Voltage in volts without load"),
    FINWATCH_FACT("voltage_now", 1'000'000, "voltage_volt", "Voltage in volts"),
};
#undef FINWATCH_FACT

constexpr MetricDesc kInfo{
    MetricType::info,
    "node_power_supply_info",
    "What is not a number about the power supply, value is always 1, from /sys/class/power_supply; a label "
    "is absent where it says nothing.",
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "power_supply",
    "scope",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type"};
constexpr std::size_t kLabels = kInfo.labels.size();
// These a maker wrote once; the others change while the machine runs.
constexpr std::string_view kFixed[] = {"manufacturer", "model_name", "scope", "serial_number", "technology", "type"};

constexpr auto kMetrics = [] {
  std::array<MetricRef, kFacts.size() + 1> all{kInfo};
  for (std::size_t i = 0; i < kFacts.size(); ++i) all[i + 1] = kFacts[i].desc;
  return all;
}();

constexpr std::string_view kIgnored = "collector.powersupply.ignored-supplies";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, kIgnored, "^$", "Power supplies to leave out, as a regular expression."},
};

struct Supply {
  std::string name;
  std::array<std::optional<SensorFile>, kFacts.size()> numbers;
  std::array<std::string, kLabels> fixed;
  std::array<std::optional<SensorFile>, kLabels> changing;

  Supply(std::string its_name, const std::string& folder) : name(std::move(its_name)) {
    const auto files = list_folder(folder);
    const auto has = [&](std::string_view file) { return files && std::binary_search(files->begin(), files->end(), file); };
    for (std::size_t i = 0; i < kFacts.size(); ++i)
      if (has(kFacts[i].file)) numbers[i].emplace(folder + std::string(kFacts[i].file));
    for (std::size_t i = 0; i < kLabels; ++i) {
      const std::string_view label = kInfo.labels[i];
      if (label == "power_supply" || !has(label)) continue;
      const std::string path = folder + std::string(label);
      if (std::find(std::begin(kFixed), std::end(kFixed), label) != std::end(kFixed))
        fixed[i] = firmware_attribute(path);
      else
        changing[i].emplace(path);
    }
  }
  std::string_view text(std::size_t label, Buffer& room) {
    if (kInfo.labels[label] == "power_supply") return name;
    return changing[label] ? changing[label]->text(room) : std::string_view(fixed[label]);
  }
};

class PowerSupplyClass final : public Collector {
 public:
  PowerSupplyClass(const Env& env, Pattern ignored) : class_(env, "class/power_supply"), ignored_(std::move(ignored)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) {
      supplies_.clear();
      for (const std::string& name : class_.names())
        if (!ignored_.matches(name)) supplies_.emplace_back(name, class_.path(name));
    }
    write_info(sink);
    for (std::size_t i = 0; i < kFacts.size(); ++i) {
      auto family = sink.family(kFacts[i].desc);
      for (Supply& supply : supplies_) {
        if (!supply.numbers[i]) continue;
        const auto value = supply.numbers[i]->number<std::int64_t>(room_);
        if (value) family.add(static_cast<double>(*value) / kFacts[i].divisor, supply.name);
      }
    }
    return ok();
  }

 private:
  void write_info(MetricSink& sink) {
    if (supplies_.empty()) return;
    sink.open_family(kInfo.type, kInfo.name, kInfo.help);
    for (Supply& supply : supplies_) {
      std::array<LabelPair, kLabels> labels;
      std::size_t count = 0;
      for (std::size_t i = 0; i < kLabels; ++i)
        if (const std::string_view text = supply.text(i, texts_[i]); !text.empty()) labels[count++] = {kInfo.labels[i], text};
      sink.add_sample("", std::span(labels.data(), count), 1);
    }
  }

  DeviceClass class_;
  Pattern ignored_;
  std::vector<Supply> supplies_;
  Buffer room_;
  std::array<Buffer, kLabels> texts_;
};

MadeCollector make_powersupplyclass(const Env& env, const Settings& settings) {
  auto ignored = Pattern::compile(settings.text(kIgnored));
  if (!ignored) return ignored.error();
  return std::unique_ptr<Collector>(std::make_unique<PowerSupplyClass>(env, std::move(*ignored)));
}

}  // namespace

extern const CollectorInfo powersupplyclass_collector{
    .name = "powersupplyclass",
    .summary = "Batteries, mains and UPS: charge, energy, voltage, health, from /sys/class/power_supply.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make_powersupplyclass,
};

}  // namespace finwatch::host
