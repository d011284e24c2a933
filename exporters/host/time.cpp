#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kTime{MetricType::gauge, "node_time_seconds", "System time in seconds since 1970, from clock_gettime."};
constexpr MetricDesc kOffset{MetricType::gauge, "node_time_zone_offset_seconds",
                             "How far the local time of the exporter is ahead of UTC in seconds, from TZ or /etc/localtime.",
                             "time_zone"};
constexpr MetricDesc kAvailable{MetricType::info, "node_time_clocksource_available_info",
                                "Clock sources that the kernel may use, from /sys/devices/system/clocksource.", "clocksource",
                                "device"};
constexpr MetricDesc kCurrent{MetricType::info, "node_time_clocksource_current_info",
                              "Clock source that the kernel uses, from /sys/devices/system/clocksource.", "clocksource",
                              "device"};
constexpr MetricRef kMetrics[] = {kTime, kOffset, kAvailable, kCurrent};

constexpr std::string_view kDevice = "clocksource";
constexpr std::size_t kMostSources = 32;
constexpr std::size_t kLongestSource = 32;  // CS_NAME_LEN of the kernel

struct Device {
  std::string number;
  Attribute available;
  Attribute current;
};

class Time final : public Collector {
 public:
  explicit Time(const Env& env) : clock_(*env.clock) {
    const std::string folder = env.sys("devices/system/clocksource/");
    const Result<std::vector<std::string>> names = list_folder(folder);
    if (!names) return;
    for (const std::string& name : *names) {
      const bool is_device = name.starts_with(kDevice) && to_number<unsigned>(std::string_view(name).substr(kDevice.size()));
      if (!is_device) continue;
      const std::string path = folder + name;
      devices_.push_back(
          {name.substr(kDevice.size()), Attribute(path + "/available_clocksource"), Attribute(path + "/current_clocksource")});
    }
  }

  Status collect(const Scrape&, MetricSink& sink) override {
    const WallTime now = clock_.wall();
    sink.add(kTime, to_seconds(now));
    const std::time_t second = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    if (::localtime_r(&second, &local) != nullptr) sink.family(kOffset).add(local.tm_gmtoff, local.tm_zone);
    {
      auto family = sink.family(kAvailable);
      for (Device& device : devices_) write_available(family, device);
    }
    auto family = sink.family(kCurrent);
    for (Device& device : devices_)
      if (const std::string_view name = device.current.text(); is_source(name)) family.add(true, name, device.number);
    return ok();
  }

 private:
  static bool is_source(std::string_view name) {
    return !name.empty() && name.size() < kLongestSource && name.find('\n') == std::string_view::npos;
  }

  static void write_available(Family<2>& family, Device& device) {
    std::array<std::string_view, kMostSources> seen;
    std::size_t count = 0;
    for (FieldReader names(device.available.text()); !names.done() && count < seen.size();) {
      const std::string_view name = names.next();
      const auto end = seen.begin() + static_cast<std::ptrdiff_t>(count);
      if (!is_source(name) || std::find(seen.begin(), end, name) != end) continue;
      seen[count++] = name;
      family.add(true, name, device.number);
    }
  }

  const Clock& clock_;
  std::vector<Device> devices_;
};

}  // namespace

extern const CollectorInfo time_collector{
    .name = "time",
    .summary = "System time, time zone, and the clock sources of the kernel from /sys/devices/system/clocksource.",
    .metrics = kMetrics,
    .make = make_collector<Time>,
};

}  // namespace finwatch::host
