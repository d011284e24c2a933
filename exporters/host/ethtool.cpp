#include <linux/ethtool.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "conf/pattern.h"
#include "core/device_watch.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/ethtool.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kField{MetricType::unknown, "node_ethtool_*",
                            "One counter of the card's driver, as ethtool -S shows it, from SIOCETHTOOL.", "device"};
constexpr MetricDesc kInfo{MetricType::info,
                           "node_ethtool_info",
                           "Driver and firmware of the network card, value is always 1, from SIOCETHTOOL.",
                           "bus_info",
                           "device",
                           "driver",
                           "expansion_rom_version",
                           "firmware_version",
                           "version"};
constexpr MetricDesc kPort{MetricType::info, "node_network_supported_port_info",
                           "Kinds of ports the card has, value is always 1, from SIOCETHTOOL.", "device", "type"};
constexpr MetricDesc kAutonegotiate{MetricType::gauge, "node_network_autonegotiate",
                                    "Whether speed and duplex are negotiated, from SIOCETHTOOL.", "device"};

// What a card can do, and what it offers the other end: the same families twice.
struct Abilities {
  MetricDesc<3> speed;
  MetricDesc<1> autonegotiate;
  MetricDesc<1> pause;
  MetricDesc<1> asymmetric_pause;
  std::uint32_t ethtool_cmd::*bits;
};
constexpr Abilities kSupported{
    {MetricType::gauge, "node_network_supported_speed_bytes", "Speeds the card supports in bytes a second, from SIOCETHTOOL.",
     "device", "duplex", "mode"},
    {MetricType::gauge, "node_network_autonegotiate_supported", "Whether the card can negotiate, from SIOCETHTOOL.", "device"},
    {MetricType::gauge, "node_network_pause_supported", "Whether the card knows pause frames, from SIOCETHTOOL.", "device"},
    {MetricType::gauge, "node_network_asymmetricpause_supported",
     "Whether the card knows asymmetric pause frames, from SIOCETHTOOL.", "device"},
    &ethtool_cmd::supported};
constexpr Abilities kAdvertised{
    {MetricType::gauge, "node_network_advertised_speed_bytes", "Speeds the card offers in bytes a second, from SIOCETHTOOL.",
     "device", "duplex", "mode"},
    {MetricType::gauge, "node_network_autonegotiate_advertised", "Whether the card offers to negotiate, from SIOCETHTOOL.",
     "device"},
    {MetricType::gauge, "node_network_pause_advertised", "Whether the card offers pause frames, from SIOCETHTOOL.", "device"},
    {MetricType::gauge, "node_network_asymmetricpause_advertised",
     "Whether the card offers asymmetric pause frames, from SIOCETHTOOL.", "device"},
    &ethtool_cmd::advertising};
// The exact names stand before the one with a star, which would match them too.
constexpr MetricRef kMetrics[] = {kInfo,
                                  kPort,
                                  kAutonegotiate,
                                  kSupported.speed,
                                  kSupported.autonegotiate,
                                  kSupported.pause,
                                  kSupported.asymmetric_pause,
                                  kAdvertised.speed,
                                  kAdvertised.autonegotiate,
                                  kAdvertised.pause,
                                  kAdvertised.asymmetric_pause,
                                  kField};

constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.ethtool.device-include", "", "Interfaces to show, as a regular expression."},
    {FlagKind::regexp, "collector.ethtool.device-exclude", "", "Interfaces to leave out, as a regular expression."},
    {FlagKind::regexp, "collector.ethtool.metrics-include", ".*",
     "Counters to show, as a regular expression over their names."},
};

// The link modes that fit the 32 bits of this old call; newer ones are not in it.
struct Mode {
  unsigned bit;
  unsigned megabits;
  std::string_view duplex;
  std::string_view name;
};
constexpr Mode kModes[] = {{0, 10, "half", "10baseT"},
                           {1, 10, "full", "10baseT"},
                           {2, 100, "half", "100baseT"},
                           {3, 100, "full", "100baseT"},
                           {4, 1000, "half", "1000baseT"},
                           {5, 1000, "full", "1000baseT"},
                           {12, 10000, "full", "10000baseT"},
                           {17, 1000, "full", "1000baseKX"},
                           {18, 10000, "full", "10000baseKX4"},
                           {19, 10000, "full", "10000baseKR"},
                           {20, 10000, "full", "10000baseR_FEC"},
                           {21, 20000, "full", "20000baseMLD2"},
                           {22, 20000, "full", "20000baseKR2"},
                           {23, 40000, "full", "40000baseKR4"},
                           {24, 40000, "full", "40000baseCR4"},
                           {25, 40000, "full", "40000baseSR4"},
                           {26, 40000, "full", "40000baseLR4"},
                           {27, 56000, "full", "56000baseKR4"},
                           {28, 56000, "full", "56000baseCR4"},
                           {29, 56000, "full", "56000baseSR4"},
                           {30, 56000, "full", "56000baseLR4"},
                           {31, 25000, "full", "25000baseCR"}};
struct PortKind {
  unsigned bit;
  std::string_view name;
};
constexpr PortKind kPorts[] = {{7, "TP"}, {8, "AUI"}, {9, "MII"}, {10, "FIBRE"}, {11, "BNC"}, {16, "Backplane"}};
constexpr unsigned kAutonegotiateBit = 6;
constexpr unsigned kPauseBit = 13;
constexpr unsigned kAsymmetricPauseBit = 14;

constexpr bool has(std::uint32_t bits, unsigned bit) { return (bits >> bit & 1U) != 0; }

constexpr std::size_t kMostStatistics = 16384;
// The driver may have grown between two calls, and the kernel writes what it has.
constexpr std::size_t kSpare = 1024;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

/// Runs of other characters, with the underscores around them, become one underscore.
std::string sanitize(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (is_word(text[i])) {
      out += text[i++];
      continue;
    }
    while (out.ends_with('_')) out.pop_back();
    while (i < text.size() && !is_word(text[i])) ++i;
    while (i < text.size() && text[i] == '_') ++i;
    out += '_';
  }
  return out;
}

/// `from` as a word between underscores becomes `to`. Two in a row share an underscore: the second one stays.
std::string replace_word(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = text[i] == '_' ? i + 1 : i;
    const std::size_t end = at + from.size();
    const bool starts = i == 0 || text[i] == '_';
    if (starts && text.substr(std::min(at, text.size())).starts_with(from) && (end == text.size() || text[end] == '_')) {
      out.append(text.substr(i, at - i)).append(to);
      if (end < text.size()) out += '_';
      i = end + 1;
    } else {
      out += text[i++];
    }
  }
  return out;
}

/// The family of a counter: node_exporter's name for it, empty when there is none.
std::string family_name(std::string_view sanitized) {
  constexpr std::string_view kPrefix = "node_ethtool_";
  // Seven common ones end in _total, untyped all the same.
  constexpr std::array<std::array<std::string_view, 2>, 7> kTotals{{{"rx_bytes", "received_bytes_total"},
                                                                    {"rx_dropped", "received_dropped_total"},
                                                                    {"rx_errors", "received_errors_total"},
                                                                    {"rx_packets", "received_packets_total"},
                                                                    {"tx_bytes", "transmitted_bytes_total"},
                                                                    {"tx_errors", "transmitted_errors_total"},
                                                                    {"tx_packets", "transmitted_packets_total"}}};
  for (const auto& [name, total] : kTotals)
    if (name == sanitized) return std::string(kPrefix).append(total);
  std::string name = lower_case(sanitized);
  name.erase(0, std::min(name.find_first_not_of('_'), name.size()));
  name = replace_word(replace_word(name, "rx", "received"), "tx", "transmitted");
  if (name.empty() || name == "info") return {};
  return std::string(kPrefix).append(name);
}

struct Device {
  std::string name;
  bool has_driver = false;
  bool has_link = false;
  ethtool_drvinfo driver{};
  ethtool_cmd link{};
  std::vector<std::uint64_t> statistics;  // as the kernel fills it: ethtool_stats, then the numbers
  std::size_t count = 0;                  // of the numbers now
  std::size_t planned = 0;                // of the numbers when their names were read

  std::uint64_t value(std::size_t i) const { return statistics[i + 1]; }
};
static_assert(sizeof(ethtool_stats) == sizeof(std::uint64_t));

/// A family and where its samples are.
struct Plan {
  std::string name;
  std::size_t device = 0;
  std::size_t statistic = 0;
};

class EthtoolStatistics final : public Collector {
 public:
  EthtoolStatistics(const Env& env, NameFilter filter, Pattern wanted)
      : folder_(env.sys("class/net")),
        watch_(env.shared<DeviceWatch>()),
        ethtool_(env.shared<Ethtool>()),
        filter_(std::move(filter)),
        wanted_(std::move(wanted)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (!ethtool_->available()) return {Errc::no_data, "cards are asked through the running kernel only"};
    const std::uint64_t generation = watch_->generation(scrape.number);
    if (generation != listed_) {
      if (const Status listed = list_devices(); !listed) return listed;
      listed_ = generation;
    }
    bool planned = true;
    for (Device& device : devices_) {
      ask(device);
      planned = planned && device.count == device.planned;
    }
    if (!planned) make_plans();
    write_links(sink);
    write_info(sink);
    write_statistics(sink);
    return ok();
  }

 private:
  Status list_devices() {
    const Result<std::vector<std::string>> names = list_folder(folder_);
    if (!names) return names.error();
    devices_.clear();
    plans_.clear();
    for (const std::string& name : *names)
      if (name != "bonding_masters" && filter_.accepts(name)) devices_.emplace_back().name = name;
    return ok();
  }

  // A card that cannot answer a question has no samples of it.
  void ask(Device& device) {
    device.link = {};
    device.link.cmd = ETHTOOL_GSET;
    device.has_link = ethtool_->ask(device.name, &device.link) == 0;
    device.driver = {};
    device.driver.cmd = ETHTOOL_GDRVINFO;
    device.has_driver = ethtool_->ask(device.name, &device.driver) == 0;
    device.count = device.has_driver ? std::min<std::size_t>(device.driver.n_stats, kMostStatistics) : 0;
    if (device.count == 0) return;
    device.statistics.assign(device.count + 1 + kSpare, 0);
    ethtool_stats head{};
    head.cmd = ETHTOOL_GSTATS;
    head.n_stats = static_cast<std::uint32_t>(device.count);
    std::memcpy(device.statistics.data(), &head, sizeof head);
    if (ethtool_->ask(device.name, device.statistics.data()) != 0) device.count = 0;
  }

  void make_plans() {
    plans_.clear();
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      devices_[i].planned = devices_[i].count;
      if (devices_[i].count > 0) plan_device(i);
    }
    std::sort(plans_.begin(), plans_.end(),
              [](const Plan& a, const Plan& b) { return a.name != b.name ? a.name < b.name : a.device < b.device; });
  }

  void plan_device(std::size_t index) {
    const Device& device = devices_[index];
    std::vector<char> answer(sizeof(ethtool_gstrings) + (device.count + kSpare) * ETH_GSTRING_LEN);
    ethtool_gstrings head{};
    head.cmd = ETHTOOL_GSTRINGS;
    head.string_set = ETH_SS_STATS;
    head.len = static_cast<std::uint32_t>(device.count);
    std::memcpy(answer.data(), &head, sizeof head);
    if (ethtool_->ask(device.name, answer.data()) != 0) return;
    std::vector<Plan> plans;
    for (std::size_t i = 0; i < device.count; ++i) {
      const std::string_view name(answer.data() + sizeof head + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
      const std::string sanitized = sanitize(name.substr(0, name.find('\0')));
      std::string family = wanted_.matches(sanitized) ? family_name(sanitized) : std::string();
      if (!family.empty()) plans.push_back({std::move(family), index, i});
    }
    // Two counters that end up with the same name would be one series: neither is shown.
    std::sort(plans.begin(), plans.end(), [](const Plan& a, const Plan& b) { return a.name < b.name; });
    for (std::size_t i = 0; i < plans.size();) {
      std::size_t end = i + 1;
      while (end < plans.size() && plans[end].name == plans[i].name) ++end;
      if (end == i + 1) plans_.push_back(std::move(plans[i]));
      i = end;
    }
  }

  void write_links(MetricSink& sink) const {
    for (const Abilities* abilities : {&kSupported, &kAdvertised}) {
      auto speed = sink.family(abilities->speed);
      for (const Device& device : devices_)
        for (const Mode& mode : kModes)
          if (device.has_link && has(device.link.*abilities->bits, mode.bit))
            speed.add(mode.megabits * 125'000ULL, device.name, mode.duplex, mode.name);
      write_bit(sink, abilities->autonegotiate, *abilities, kAutonegotiateBit);
      write_bit(sink, abilities->pause, *abilities, kPauseBit);
      write_bit(sink, abilities->asymmetric_pause, *abilities, kAsymmetricPauseBit);
    }
    auto ports = sink.family(kPort);
    for (const Device& device : devices_)
      for (const PortKind& port : kPorts)
        if (device.has_link && has(device.link.supported, port.bit)) ports.add(1, device.name, port.name);
    auto autonegotiate = sink.family(kAutonegotiate);
    for (const Device& device : devices_)
      if (device.has_link) autonegotiate.add(unsigned{device.link.autoneg}, device.name);
  }

  void write_bit(MetricSink& sink, const MetricDesc<1>& desc, const Abilities& abilities, unsigned bit) const {
    auto family = sink.family(desc);
    for (const Device& device : devices_)
      if (device.has_link) family.add(has(device.link.*abilities.bits, bit), device.name);
  }

  void write_info(MetricSink& sink) const {
    const auto text = [](const auto& field) {
      const std::string_view whole(field, sizeof field);
      return whole.substr(0, whole.find('\0'));
    };
    auto info = sink.family(kInfo);
    for (const Device& device : devices_) {
      const ethtool_drvinfo& d = device.driver;
      if (device.has_driver)
        info.add(1, text(d.bus_info), device.name, text(d.driver), text(d.erom_version), text(d.fw_version), text(d.version));
    }
  }

  void write_statistics(MetricSink& sink) const {
    for (std::size_t i = 0; i < plans_.size();) {
      const std::size_t first = i;
      auto family = sink.family(kField, plans_[first].name);
      for (; i < plans_.size() && plans_[i].name == plans_[first].name; ++i) {
        const Device& device = devices_[plans_[i].device];
        if (plans_[i].statistic < device.count) family.add(device.value(plans_[i].statistic), device.name);
      }
    }
  }

  std::string folder_;
  std::shared_ptr<DeviceWatch> watch_;
  std::shared_ptr<Ethtool> ethtool_;
  NameFilter filter_;
  Pattern wanted_;
  std::uint64_t listed_ = 0;
  std::vector<Device> devices_;
  std::vector<Plan> plans_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  Result<NameFilter> filter =
      NameFilter::make(settings.text("collector.ethtool.device-include"), settings.text("collector.ethtool.device-exclude"));
  if (!filter) return filter.error();
  Result<Pattern> wanted = Pattern::compile(settings.text("collector.ethtool.metrics-include"));
  if (!wanted) return wanted.error();
  return std::unique_ptr<Collector>(std::make_unique<EthtoolStatistics>(env, std::move(*filter), std::move(*wanted)));
}

}  // namespace

extern const CollectorInfo ethtool_collector{
    .name = "ethtool",
    .summary = "Counters, driver and abilities of network cards, from SIOCETHTOOL.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
