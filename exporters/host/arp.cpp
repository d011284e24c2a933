#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/links.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kEntries{MetricType::gauge, "node_arp_entries",
                              "IPv4 neighbours known to the interface, from RTM_GETNEIGH or /proc/net/arp.", "device"};
constexpr MetricRef kMetrics[] = {kEntries};
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.arp.device-include", "", "Interfaces to show, as a regular expression."},
    {FlagKind::regexp, "collector.arp.device-exclude", "", "Interfaces to leave out, as a regular expression."},
    {FlagKind::boolean, "collector.arp.netlink", "true", "Ask the kernel over netlink instead of reading /proc/net/arp."},
};

constexpr std::size_t kMostDevices = 4096;

struct Count {
  std::string device;
  std::uint64_t entries = 0;
};

class Arp final : public Collector {
 public:
  Arp(const Env& env, const Settings& settings, NameFilter filter)
      : file_(env.proc("net/arp"), ReadMode::to_end), filter_(std::move(filter)) {
    if (!env.live_proc() || !settings.boolean("collector.arp.netlink")) return;
    links_ = env.shared<Links>();
    socket_ = env.shared<RouteSocket>();
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    Status counted = links_ ? ask(scrape) : read();
    if (!counted && links_) counted = read();  // netlink may be forbidden to us
    if (!counted) return counted;
    auto family = sink.family(kEntries);
    for (const Count& count : counts_)
      if (count.entries > 0 && filter_.accepts(count.device)) family.add(count.entries, count.device);
    return ok();
  }

 private:
  void forget() {
    for (Count& count : counts_) count.entries = 0;
  }

  Status ask(const Scrape& scrape) {
    const Result<LinkTable> links = links_->read(scrape.number);
    if (!links) return links.error();
    const std::lock_guard lock(socket_->mutex);
    ndmsg question{};
    question.ndm_family = AF_INET;
    return socket_->netlink.dump(
        RTM_GETNEIGH, question, [&] { forget(); },
        [&](const NetlinkMessage& message) {
          const auto neighbour = message.head<ndmsg>();
          // What needs no address resolution is not in /proc/net/arp either.
          if (!neighbour || message.type != RTM_NEWNEIGH || neighbour->ndm_family != AF_INET) return;
          if ((neighbour->ndm_state & NUD_NOARP) != 0) return;
          if (const Link* link = find_link(**links, neighbour->ndm_ifindex)) add(link->name);
        });
  }

  // "192.0.2.1  0x1  0x2  02:fc:00:00:00:05  *  eth0" below one line of headings.
  Status read() {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    forget();
    LineReader lines(*text);
    if (!lines.next().value_or("").starts_with("IP address"))
      return {Errc::malformed, file_.path() + ": expected the heading \"IP address …\""};
    while (const auto line = lines.next()) {
      const std::string_view device = FieldReader(*line).skip(5).next();
      if (!device.empty()) add(device);
    }
    return ok();
  }

  void add(std::string_view device) {
    const auto same = [&](const Count& count) { return count.device == device; };
    const auto found = std::find_if(counts_.begin(), counts_.end(), same);
    if (found != counts_.end())
      ++found->entries;
    else if (counts_.size() < kMostDevices)
      counts_.push_back({std::string(device), 1});
  }

  KeptFile file_;
  NameFilter filter_;
  std::shared_ptr<Links> links_;
  std::shared_ptr<RouteSocket> socket_;
  std::vector<Count> counts_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  Result<NameFilter> filter =
      NameFilter::make(settings.text("collector.arp.device-include"), settings.text("collector.arp.device-exclude"));
  if (!filter) return filter.error();
  return std::unique_ptr<Collector>(std::make_unique<Arp>(env, settings, std::move(*filter)));
}

}  // namespace

extern const CollectorInfo arp_collector{
    .name = "arp",
    .summary = "IPv4 neighbours by interface, from netlink or /proc/net/arp.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
