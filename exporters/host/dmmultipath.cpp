#include <vector>

#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/device_class.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInfo{MetricType::info,
                           "node_dmmultipath_device_info",
                           "The multipath device, from /sys/block/dm-*/dm.",
                           "device",
                           "sysfs_name",
                           "uuid"};
constexpr MetricDesc kActive{MetricType::gauge, "node_dmmultipath_device_active",
                             "1 when the device is in use, 0 when it is suspended, from dm/suspended.", "device", "sysfs_name"};
constexpr MetricDesc kSize{MetricType::gauge, "node_dmmultipath_device_size_bytes",
                           "Size in bytes, from size (sectors of 512 bytes).", "device", "sysfs_name"};
constexpr MetricDesc kPaths{MetricType::gauge, "node_dmmultipath_device_paths", "Paths to the storage, from slaves.", "device",
                            "sysfs_name"};
constexpr MetricDesc kPathsActive{MetricType::gauge, "node_dmmultipath_device_paths_active",
                                  "Paths whose device is running (SCSI) or live (NVMe), from slaves/*/device/state.", "device",
                                  "sysfs_name"};
constexpr MetricDesc kPathsFailed{MetricType::gauge, "node_dmmultipath_device_paths_failed",
                                  "Paths whose device is in any other state, from slaves/*/device/state.", "device",
                                  "sysfs_name"};
constexpr MetricDesc kPathState{MetricType::gauge,
                                "node_dmmultipath_path_state",
                                "1 for the state each path's device is in, from slaves/*/device/state.",
                                "device",
                                "path",
                                "state"};
constexpr MetricRef kMetrics[] = {kInfo, kActive, kSize, kPaths, kPathsActive, kPathsFailed, kPathState};

struct Path {
  std::string name;
  Attribute state;
  std::string now;  // as read in this scrape
};

struct Device {
  std::string name;
  std::string sysfs_name;
  std::string uuid;
  Attribute suspended;
  Attribute sectors;
  std::vector<Path> paths;
  std::uint64_t active_paths = 0;
};

class Multipath final : public Collector {
 public:
  explicit Multipath(const Env& env) : blocks_(env, "block") {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = blocks_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) list();
    if (devices_.empty()) return Errc::no_data;
    for (Device& device : devices_) {
      device.active_paths = 0;
      for (Path& path : device.paths) {
        const std::string_view state = path.state.text();
        path.now = state.empty() ? "unknown" : state;
        if (path.now == "running" || path.now == "live") ++device.active_paths;
      }
    }
    write(sink);
    return ok();
  }

 private:
  void list() {
    devices_.clear();
    for (const std::string& name : blocks_.names()) {
      if (!name.starts_with("dm-")) continue;
      const std::string folder = blocks_.path(name);
      std::string uuid = read_attribute(folder + "dm/uuid");
      if (!uuid.starts_with("mpath-")) continue;
      Device device{.name = read_attribute(folder + "dm/name"),
                    .sysfs_name = name,
                    .uuid = std::move(uuid),
                    .suspended = Attribute(folder + "dm/suspended"),
                    .sectors = Attribute(folder + "size"),
                    .paths = {}};
      if (device.name.empty()) device.name = name;
      if (const auto slaves = list_folder(folder + "slaves"))
        for (const std::string& slave : *slaves)
          device.paths.push_back({slave, Attribute(blocks_.path(slave) + "device/state"), {}});
      devices_.push_back(std::move(device));
    }
  }

  void write(MetricSink& sink) {
    {
      auto family = sink.family(kInfo);
      for (const Device& device : devices_) family.add(1, device.name, device.sysfs_name, device.uuid);
    }
    const auto each = [&](const MetricDesc<2>& desc, auto value) {
      auto family = sink.family(desc);
      for (Device& device : devices_)
        if (const std::optional<std::uint64_t> number = value(device)) family.add(*number, device.name, device.sysfs_name);
    };
    each(kActive, [](Device& device) -> std::optional<std::uint64_t> {
      const auto suspended = device.suspended.number();
      if (!suspended) return std::nullopt;
      return *suspended == 0 ? 1 : 0;
    });
    each(kSize, [](Device& device) -> std::optional<std::uint64_t> {
      const auto sectors = device.sectors.number();
      if (!sectors) return std::nullopt;
      return *sectors * 512;
    });
    each(kPaths, [](const Device& device) { return std::optional<std::uint64_t>(device.paths.size()); });
    each(kPathsActive, [](const Device& device) { return std::optional<std::uint64_t>(device.active_paths); });
    each(kPathsFailed,
         [](const Device& device) { return std::optional<std::uint64_t>(device.paths.size() - device.active_paths); });
    auto family = sink.family(kPathState);
    for (const Device& device : devices_)
      for (const Path& path : device.paths) family.add(1, device.name, path.name, path.now);
  }

  DeviceClass blocks_;
  std::vector<Device> devices_;
};

}  // namespace

extern const CollectorInfo dmmultipath_collector{
    .name = "dmmultipath",
    .summary = "Paths of multipath devices and whether they work, from /sys/block/dm-*.",
    .metrics = kMetrics,
    .make = make_collector<Multipath>,
};

}  // namespace finwatch::host
