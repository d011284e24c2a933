#include <string>
#include <vector>

#include "host/sources/device_class.h"
#include "host/sources/firmware_text.h"
#include "host/sources/sensor_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kTemperature{MetricType::gauge, "node_thermal_zone_temp",
                                  "Temperature of the zone in degrees Celsius, from /sys/class/thermal/thermal_zone*/temp.",
                                  "type", "zone"};
constexpr MetricDesc kState{MetricType::gauge, "node_cooling_device_cur_state",
                            "How hard the device cools, from 0 to its max_state (-1: it does not say), from "
                            "/sys/class/thermal/cooling_device*/cur_state.",
                            "name", "type"};
constexpr MetricDesc kMost{MetricType::gauge, "node_cooling_device_max_state",
                           "The hardest that the device can cool, from /sys/class/thermal/cooling_device*/max_state.", "name",
                           "type"};
constexpr MetricRef kMetrics[] = {kTemperature, kState, kMost};

constexpr std::string_view kZone = "thermal_zone";
constexpr std::string_view kDevice = "cooling_device";

struct Zone {
  std::string name;
  std::string type;
  SensorFile temperature;
};

struct CoolingDevice {
  std::string name;
  std::string type;
  std::int64_t most = 0;  // fixed for as long as the device stays
  SensorFile state;
};

class ThermalZone final : public Collector {
 public:
  explicit ThermalZone(const Env& env) : class_(env, "class/thermal") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) list();
    {
      auto family = sink.family(kTemperature);
      for (Zone& zone : zones_)
        if (const auto millidegrees = zone.temperature.number<std::int64_t>(room_))
          family.add(static_cast<double>(*millidegrees) / 1000, zone.type, zone.name);
    }
    {
      auto family = sink.family(kState);
      for (CoolingDevice& device : devices_)
        if (const auto state = device.state.number<std::int64_t>(room_)) family.add(*state, device.name, device.type);
    }
    auto family = sink.family(kMost);
    for (const CoolingDevice& device : devices_) family.add(device.most, device.name, device.type);
    return ok();
  }

 private:
  void list() {
    zones_.clear();
    devices_.clear();
    for (const std::string& name : class_.names()) {
      const std::string folder = class_.path(name);
      std::string type = firmware_attribute(folder + "type");
      if (type.empty()) continue;
      if (name.starts_with(kZone)) {
        zones_.push_back({name.substr(kZone.size()), std::move(type), SensorFile(folder + "temp")});
      } else if (name.starts_with(kDevice)) {
        const auto most = to_number<std::int64_t>(firmware_attribute(folder + "max_state"));
        if (most) devices_.push_back({name.substr(kDevice.size()), std::move(type), *most, SensorFile(folder + "cur_state")});
      }
    }
  }

  DeviceClass class_;
  std::vector<Zone> zones_;
  std::vector<CoolingDevice> devices_;
  Buffer room_;
};

}  // namespace

extern const CollectorInfo thermal_zone_collector{
    .name = "thermal_zone",
    .summary = "Temperatures and cooling as the kernel regulates them, from /sys/class/thermal.",
    .metrics = kMetrics,
    .make = make_collector<ThermalZone>,
};

}  // namespace finwatch::host
