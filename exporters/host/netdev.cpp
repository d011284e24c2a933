#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/addresses.h"
#include "host/sources/links.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

using Statistics = rtnl_link_stats64;

// One family of interface counters and how it is made from the kernel's.
struct Counter {
  MetricDesc<1> desc;
  std::uint64_t (*value)(const Statistics&);
};

#define FINWATCH_NETDEV(name, what, sum)                                                                                   \
  Counter {                                                                                                                \
    MetricDesc{MetricType::counter, "node_network_" name "_total", what ", from RTM_GETLINK or /proc/net/dev.", "device"}, \
        [](const Statistics& s) -> std::uint64_t { return sum; }                                                           \
  }

// Shown always, and under the same name in both sets.
constexpr std::array kCommon{
    FINWATCH_NETDEV("receive_bytes", "Bytes received", s.rx_bytes),
    FINWATCH_NETDEV("receive_packets", "Packets received", s.rx_packets),
    FINWATCH_NETDEV("receive_compressed", "Compressed packets received", s.rx_compressed),
    FINWATCH_NETDEV("transmit_bytes", "Bytes sent", s.tx_bytes),
    FINWATCH_NETDEV("transmit_packets", "Packets sent", s.tx_packets),
    FINWATCH_NETDEV("transmit_compressed", "Compressed packets sent", s.tx_compressed),
};
// The sums that the kernel itself makes for /proc/net/dev.
constexpr std::array kSums{
    FINWATCH_NETDEV("receive_errs", "Received packets with an error", s.rx_errors),
    FINWATCH_NETDEV("receive_drop", "Received packets dropped or missed", s.rx_dropped + s.rx_missed_errors),
    FINWATCH_NETDEV("receive_fifo", "Received packets lost to a full queue of the card", s.rx_fifo_errors),
    FINWATCH_NETDEV("receive_frame", "Received packets with a wrong length, checksum or frame",
                    s.rx_frame_errors + s.rx_length_errors + s.rx_over_errors + s.rx_crc_errors),
    FINWATCH_NETDEV("receive_multicast", "Multicast packets received", s.multicast),
    FINWATCH_NETDEV("transmit_errs", "Packets that could not be sent", s.tx_errors),
    FINWATCH_NETDEV("transmit_drop", "Packets dropped before they were sent", s.tx_dropped),
    FINWATCH_NETDEV("transmit_fifo", "Packets lost to an empty queue of the card", s.tx_fifo_errors),
    FINWATCH_NETDEV("transmit_colls", "Collisions", s.collisions),
    FINWATCH_NETDEV("transmit_carrier", "Packets lost because the carrier was lost, the sending aborted or late",
                    s.tx_carrier_errors + s.tx_aborted_errors + s.tx_heartbeat_errors + s.tx_window_errors),
};
// Only netlink has it.
constexpr std::array kNoHandler{
    FINWATCH_NETDEV("receive_nohandler", "Received packets that nobody wanted, for example on an idle slave of a bond",
                    s.rx_nohandler),
};
// The kernel's counters one by one: --collector.netdev.enable-detailed-metrics.
constexpr std::array kDetails{
    FINWATCH_NETDEV("receive_errors", "Received packets with an error", s.rx_errors),
    FINWATCH_NETDEV("receive_dropped", "Received packets dropped", s.rx_dropped),
    FINWATCH_NETDEV("receive_fifo_errors", "Received packets lost to a full queue of the card", s.rx_fifo_errors),
    FINWATCH_NETDEV("receive_frame_errors", "Received packets with a wrong frame", s.rx_frame_errors),
    FINWATCH_NETDEV("receive_length_errors", "Received packets with a wrong length", s.rx_length_errors),
    FINWATCH_NETDEV("receive_over_errors", "Received packets too large for the ring", s.rx_over_errors),
    FINWATCH_NETDEV("receive_crc_errors", "Received packets with a wrong checksum", s.rx_crc_errors),
    FINWATCH_NETDEV("receive_missed_errors", "Packets the card missed", s.rx_missed_errors),
    FINWATCH_NETDEV("multicast", "Multicast packets received", s.multicast),
    FINWATCH_NETDEV("transmit_errors", "Packets that could not be sent", s.tx_errors),
    FINWATCH_NETDEV("transmit_dropped", "Packets dropped before they were sent", s.tx_dropped),
    FINWATCH_NETDEV("transmit_fifo_errors", "Packets lost to an empty queue of the card", s.tx_fifo_errors),
    FINWATCH_NETDEV("collisions", "Collisions", s.collisions),
    FINWATCH_NETDEV("transmit_carrier_errors", "Packets lost because the carrier was lost", s.tx_carrier_errors),
    FINWATCH_NETDEV("transmit_aborted_errors", "Packets whose sending was aborted", s.tx_aborted_errors),
    FINWATCH_NETDEV("transmit_heartbeat_errors", "Packets lost to heartbeat errors", s.tx_heartbeat_errors),
    FINWATCH_NETDEV("transmit_window_errors", "Packets lost to late collisions", s.tx_window_errors),
};
// What /proc/net/dev has under the kernel's own names: already summed.
constexpr std::array kFileDetails{
    FINWATCH_NETDEV("receive_errors", "Received packets with an error", s.rx_errors),
    FINWATCH_NETDEV("receive_dropped", "Received packets dropped", s.rx_dropped),
    FINWATCH_NETDEV("receive_fifo", "Received packets lost to a full queue of the card", s.rx_fifo_errors),
    FINWATCH_NETDEV("receive_frame", "Received packets with a wrong length, checksum or frame", s.rx_frame_errors),
    FINWATCH_NETDEV("receive_multicast", "Multicast packets received", s.multicast),
    FINWATCH_NETDEV("transmit_errors", "Packets that could not be sent", s.tx_errors),
    FINWATCH_NETDEV("transmit_dropped", "Packets dropped before they were sent", s.tx_dropped),
    FINWATCH_NETDEV("transmit_fifo", "Packets lost to an empty queue of the card", s.tx_fifo_errors),
    FINWATCH_NETDEV("transmit_colls", "Collisions", s.collisions),
    FINWATCH_NETDEV("transmit_carrier", "Packets lost because the carrier was lost, the sending aborted or late",
                    s.tx_carrier_errors),
};
#undef FINWATCH_NETDEV

constexpr auto kMetrics = [] {
  std::array<MetricRef, kCommon.size() + kSums.size() + kNoHandler.size() + kDetails.size() + 1> refs;
  std::size_t at = 0;
  const auto put = [&](const auto& counters) {
    for (const Counter& counter : counters) refs[at++] = counter.desc;
  };
  put(kCommon);
  put(kSums);
  put(kNoHandler);
  put(kDetails);
  refs[at] = kAddressInfo;
  return refs;
}();

constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.netdev.device-include", "", "Interfaces to show, as a regular expression."},
    {FlagKind::regexp, "collector.netdev.device-exclude", "", "Interfaces to leave out, as a regular expression."},
    {FlagKind::boolean, "collector.netdev.address-info", "false", "Show the IP addresses of every interface."},
    {FlagKind::boolean, "collector.netdev.enable-detailed-metrics", "false",
     "Show the kernel's counters one by one, under other names, instead of the sums of /proc/net/dev."},
    {FlagKind::boolean, "collector.netdev.netlink", "true", "Ask the kernel over netlink instead of reading /proc/net/dev."},
    {FlagKind::boolean, "collector.netdev.label-ifalias", "false", "Add the interface's alias as the label ifalias."},
};

struct Device {
  std::string_view name;
  std::string_view alias;
  Statistics statistics{};
};

class NetworkDevices final : public Collector {
 public:
  NetworkDevices(const Env& env, const Settings& settings, NameFilter filter)
      : file_(env.proc("net/dev"), ReadMode::to_end),
        net_(env.sys("class/net")),
        filter_(std::move(filter)),
        detailed_(settings.boolean("collector.netdev.enable-detailed-metrics")),
        with_alias_(settings.boolean("collector.netdev.label-ifalias")) {
    if (!env.live_proc()) return;
    if (settings.boolean("collector.netdev.netlink") || with_alias_) links_ = env.shared<Links>();
    from_file_ = !settings.boolean("collector.netdev.netlink");
    if (settings.boolean("collector.netdev.address-info")) addresses_ = std::make_unique<Addresses>(env);
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    devices_.clear();
    LinkTable links;
    if (links_)
      if (const Result<LinkTable> read = links_->read(scrape.number)) links = *read;
    const bool from_file = from_file_ || !links;  // netlink may be forbidden to us
    if (from_file) {
      if (const Status parsed = read_net_dev(); !parsed) return parsed;
    } else {
      for (const Link& link : *links)
        if (link.statistics && filter_.accepts(link.name)) devices_.push_back({link.name, link.alias, *link.statistics});
    }
    if (from_file && with_alias_) find_aliases(links.get());
    write(kCommon, sink);
    if (!detailed_) write(kSums, sink);
    if (detailed_ && from_file) write(kFileDetails, sink);
    if (detailed_ && !from_file) write(kDetails, sink);
    if (!from_file) write(kNoHandler, sink);
    return addresses_ ? addresses_->write(scrape, sink) : ok();
  }

 private:
  // Two lines of headings, then "  eth0: 8 numbers for receiving, 8 for sending".
  Status read_net_dev() {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    LineReader lines(*text);
    const bool headed = lines.next().value_or("").find('|') != std::string_view::npos &&
                        lines.next().value_or("").find("bytes") != std::string_view::npos;
    if (!headed) return {Errc::malformed, file_.path() + ": expected two lines of headings"};
    while (const auto line = lines.next()) parse(*line);
    const auto by_name = [](const Device& a, const Device& b) { return a.name < b.name; };
    const auto same = [](const Device& a, const Device& b) { return a.name == b.name; };
    std::sort(devices_.begin(), devices_.end(), by_name);
    devices_.erase(std::unique(devices_.begin(), devices_.end(), same), devices_.end());
    return ok();
  }

  void parse(std::string_view line) {
    const std::size_t colon = line.rfind(':');  // an alias like eth0:1 has two
    if (colon == std::string_view::npos) return;
    Device device{.name = trim(line.substr(0, colon)), .alias = {}};
    Statistics& s = device.statistics;
    FieldReader fields(line.substr(colon + 1));
    for (auto* field : {&s.rx_bytes, &s.rx_packets, &s.rx_errors, &s.rx_dropped, &s.rx_fifo_errors, &s.rx_frame_errors,
                        &s.rx_compressed, &s.multicast, &s.tx_bytes, &s.tx_packets, &s.tx_errors, &s.tx_dropped,
                        &s.tx_fifo_errors, &s.collisions, &s.tx_carrier_errors, &s.tx_compressed}) {
      const auto value = fields.next_number<std::uint64_t>();
      if (!value) return;  // the other interfaces may be right
      *field = *value;
    }
    if (!device.name.empty() && filter_.accepts(device.name)) devices_.push_back(device);
  }

  // The file does not have them: the kernel or, over a fixture tree, sysfs does.
  void find_aliases(const std::vector<Link>* links) {
    aliases_.clear();
    aliases_.reserve(devices_.size());
    for (Device& device : devices_) {
      std::string& alias = aliases_.emplace_back();
      if (links == nullptr) alias = read_attribute(net_ + "/" + std::string(device.name) + "/ifalias");
      if (links != nullptr)
        for (const Link& link : *links)
          if (link.name == device.name) alias = link.alias;
      device.alias = alias;
    }
  }

  template <std::size_t N>
  void write(const std::array<Counter, N>& counters, MetricSink& sink) {
    for (const Counter& counter : counters) {
      if (with_alias_) {
        write_with_alias(counter, sink);
        continue;
      }
      auto family = sink.family(counter.desc);
      for (const Device& device : devices_) family.add(counter.value(device.statistics), device.name);
    }
  }

  // One label more than the description has: the runtime door.
  void write_with_alias(const Counter& counter, MetricSink& sink) {
    if (devices_.empty()) return;
    sink.open_family(counter.desc.type, counter.desc.name, counter.desc.help);
    for (const Device& device : devices_) {
      const LabelPair labels[] = {{"device", device.name}, {"ifalias", trim(device.alias)}};
      sink.add_sample({}, labels, static_cast<double>(counter.value(device.statistics)));
    }
  }

  KeptFile file_;
  std::string net_;
  NameFilter filter_;
  bool detailed_;
  bool with_alias_;
  bool from_file_ = true;
  std::shared_ptr<Links> links_;
  std::unique_ptr<Addresses> addresses_;
  std::vector<Device> devices_;
  std::vector<std::string> aliases_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  Result<NameFilter> filter =
      NameFilter::make(settings.text("collector.netdev.device-include"), settings.text("collector.netdev.device-exclude"));
  if (!filter) return filter.error();
  return std::unique_ptr<Collector>(std::make_unique<NetworkDevices>(env, settings, std::move(*filter)));
}

}  // namespace

extern const CollectorInfo netdev_collector{
    .name = "netdev",
    .summary = "Bytes, packets and errors of the network interfaces, from netlink or /proc/net/dev.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
