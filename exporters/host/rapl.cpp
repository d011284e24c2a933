#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "host/sources/device_class.h"
#include "host/sources/firmware_text.h"
#include "host/sources/sensor_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kJoules{
    MetricType::counter,
    "node_rapl_joules_total",
    "Joules used by the zone, from /sys/class/powercap/*/energy_uj; starts again at its max_energy_range_uj.",
    "index",
    "path",
    "rapl_zone"};
constexpr MetricDesc kZoneJoules{MetricType::counter, "node_rapl_*_joules_total",
                                 "Joules used by the zone that the name tells (package, core, dram), from "
                                 "/sys/class/powercap/*/energy_uj; starts again at its max_energy_range_uj.",
                                 "index", "path"};
constexpr MetricRef kMetrics[] = {kJoules, kZoneJoules};

constexpr std::string_view kZoneLabel = "collector.rapl.enable-zone-label";
constexpr FlagSpec kFlags[] = {
    {FlagKind::boolean, kZoneLabel, "false",
     "One family node_rapl_joules_total with the zone as a label, instead of a family a zone."},
};

struct Zone {
  std::string name;    // package
  std::string index;   // of those with the same name
  std::string path;    // of its folder
  std::string family;  // node_rapl_package_joules_total
  SensorFile energy;   // microjoules
  bool refused = false;
};

std::string family_name(std::string_view zone) {
  std::string name = "node_rapl_";
  for (const char c : zone) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += fits ? c : '_';
  }
  return name + "_joules_total";
}

class Rapl final : public Collector {
 public:
  Rapl(const Env& env, const Settings& settings) : class_(env, "class/powercap"), zone_label_(settings.boolean(kZoneLabel)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) list();
    if (zone_label_) {
      auto family = sink.family(kJoules);
      each(zones_.begin(), zones_.end(),
           [&](const Zone& zone, double joules) { family.add(joules, zone.index, zone.path, zone.name); });
    } else {
      for (auto zone = zones_.begin(); zone != zones_.end();) {
        const auto end = std::find_if(zone, zones_.end(), [&](const Zone& other) { return other.family != zone->family; });
        auto family = sink.family(kZoneJoules, zone->family);
        each(zone, end, [&](const Zone& one, double joules) { family.add(joules, one.index, one.path); });
        zone = end;
      }
    }
    // An exporter without privileges is the ordinary case, not a broken one.
    if (!zones_.empty() && std::all_of(zones_.begin(), zones_.end(), [](const Zone& zone) { return zone.refused; }))
      return {Errc::no_data, zones_.front().energy.path() + ": only root may read it, or who has CAP_DAC_READ_SEARCH"};
    return ok();
  }

 private:
  using Place = std::vector<Zone>::iterator;

  template <class Use>
  void each(Place zone, Place end, Use use) {
    for (; zone != end; ++zone) {
      if (zone->refused) continue;  // asked again only when the zones are listed anew
      const int error = zone->energy.read(room_);
      zone->refused = error == EACCES || error == EPERM;
      const auto microjoules = error == 0 ? to_number<std::uint64_t>(attribute_text(room_)) : std::nullopt;
      if (microjoules) use(*zone, static_cast<double>(*microjoules) / 1e6);
    }
  }

  void list() {
    zones_.clear();
    std::map<std::string, int, std::less<>> used;
    for (const std::string& entry : class_.names()) {
      const std::string path = class_.path(entry);
      const std::string full_name = firmware_attribute(path + "name");
      if (full_name.empty()) continue;  // intel-rapl itself: not a zone but what groups them
      // package-0 says which it is; several that are called dram are counted.
      std::string name = full_name;
      std::optional<int> index;
      const std::size_t dash = full_name.find('-');
      if (dash != std::string::npos && full_name.find('-', dash + 1) == std::string::npos)
        index = to_number<int>(std::string_view(full_name).substr(dash + 1));
      if (index) name.resize(dash);
      int& count = used[name];
      if (!index) index = count;
      if (*index < std::numeric_limits<int>::max()) count = *index + 1;
      zones_.push_back(
          {name, std::to_string(*index), path.substr(0, path.size() - 1), family_name(name), SensorFile(path + "energy_uj")});
    }
    std::stable_sort(zones_.begin(), zones_.end(), [](const Zone& a, const Zone& b) { return a.family < b.family; });
  }

  DeviceClass class_;
  const bool zone_label_;
  std::vector<Zone> zones_;
  Buffer room_;
};

}  // namespace

extern const CollectorInfo rapl_collector{
    .name = "rapl",
    .summary = "Energy used by processors and memory, from /sys/class/powercap.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make_collector<Rapl>,
};

}  // namespace finwatch::host
