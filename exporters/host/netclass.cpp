#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/links.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

// A number about an interface: its file below /sys/class/net/<device> and its family.
struct Fact {
  std::string_view file;
  MetricDesc<1> desc;
};
#define FINWATCH_FACT(file, kind, name, what)                                                                           \
  Fact {                                                                                                                \
    file, MetricDesc { MetricType::kind, "node_network_" name, what ", from RTM_GETLINK or /sys/class/net.", "device" } \
  }
constexpr std::array kFacts{
    FINWATCH_FACT("addr_assign_type", gauge, "address_assign_type",
                  "Where the address comes from (0 the card, 1 random, 2 another interface, 3 an operator)"),
    FINWATCH_FACT("carrier", gauge, "carrier",
                  "Whether there is a carrier (a cable with a live other end); absent while the interface is down"),
    FINWATCH_FACT("carrier_changes", counter, "carrier_changes_total", "Times the carrier came or went"),
    FINWATCH_FACT("carrier_up_count", counter, "carrier_up_changes_total", "Times the carrier came"),
    FINWATCH_FACT("carrier_down_count", counter, "carrier_down_changes_total", "Times the carrier went"),
    FINWATCH_FACT("dev_id", gauge, "device_id", "Number that tells apart interfaces which share a card"),
    FINWATCH_FACT("dormant", gauge, "dormant",
                  "Whether the interface waits for something outside, for example 802.1X; absent while it is down"),
    FINWATCH_FACT("flags", gauge, "flags",
                  "Flags of the interface as one number (1 up, 2 broadcast, 8 loopback, 256 promiscuous, 4096 multicast)"),
    FINWATCH_FACT("ifindex", gauge, "iface_id", "Number of the interface"),
    FINWATCH_FACT("iflink", gauge, "iface_link", "Number of the interface below it, its own when there is none"),
    FINWATCH_FACT("link_mode", gauge, "iface_link_mode", "How the interface comes up (0 by itself, 1 dormant first)"),
    FINWATCH_FACT("mtu", gauge, "mtu_bytes", "Largest packet in bytes"),
    FINWATCH_FACT("name_assign_type", gauge, "name_assign_type",
                  "Who named the interface (1 the kernel, 2 the kernel predictably, 3 user space, 4 renamed)"),
    FINWATCH_FACT("netdev_group", gauge, "net_dev_group", "Group of the interface"),
    FINWATCH_FACT("type", gauge, "protocol_type",
                  "Kind of hardware by its ARP number (1 Ethernet, 32 InfiniBand, 772 loopback)"),
    FINWATCH_FACT("speed", gauge, "speed_bytes", "Speed of the link in bytes a second, -125000 when the card does not know it"),
    FINWATCH_FACT("tx_queue_len", gauge, "transmit_queue_length", "Packets that may wait to be sent"),
};
#undef FINWATCH_FACT

constexpr std::size_t fact(std::string_view file) {
  std::size_t i = 0;
  while (kFacts[i].file != file) ++i;
  return i;
}

constexpr MetricDesc kUp{MetricType::gauge, "node_network_up",
                         "Whether the interface works (operstate is up), from RTM_GETLINK or /sys/class/net.", "device"};
constexpr MetricDesc kInfo{MetricType::info,
                           "node_network_info",
                           "What is not a number about the interface, value is always 1, from RTM_GETLINK and /sys/class/net.",
                           "address",
                           "adminstate",
                           "broadcast",
                           "device",
                           "duplex",
                           "ifalias",
                           "operstate"};

constexpr auto kMetrics = [] {
  std::array<MetricRef, kFacts.size() + 2> refs;
  refs[0] = kUp;
  refs[1] = kInfo;
  for (std::size_t i = 0; i < kFacts.size(); ++i) refs[i + 2] = kFacts[i].desc;
  return refs;
}();

constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.netclass.ignored-devices", "^$", "Interfaces to leave out, as a regular expression."},
    {FlagKind::boolean, "collector.netclass.ignore-invalid-speed", "false",
     "Leave the speed out where the card does not know it, instead of -125000."},
    {FlagKind::boolean, "collector.netclass.netlink", "false",
     "Accepted for node_exporter's sake: netlink is asked in any case where that is possible."},
};

struct Interface {
  std::string name;
  std::string address;
  std::string broadcast;
  std::string duplex;
  std::string alias;
  std::string operstate;
  std::array<std::optional<std::int64_t>, kFacts.size()> facts{};

  std::optional<std::int64_t>& operator[](std::size_t i) { return facts[i]; }
};

/// Reads the small files of one interface after the other into the same room.
class AttributeFolder {
 public:
  explicit AttributeFolder(std::string folder) : path_(std::move(folder)), folder_(path_.size()) {}

  void enter(std::string_view device) {
    path_.resize(folder_);
    path_.append("/").append(device).append("/");
    device_ = path_.size();
  }
  /// Without the newline; empty when there is none, or when the kernel has nothing to say (EINVAL while an interface is down).
  std::string_view text(std::string_view file) {
    path_.resize(device_);
    path_ += file;
    const Descriptor opened(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened) return {};
    const ssize_t length = ::read(opened.get(), room_, sizeof room_);
    return length <= 0 ? std::string_view() : trim({room_, static_cast<std::size_t>(length)});
  }
  std::optional<std::int64_t> number(std::string_view file) {
    const std::string_view value = text(file);
    if (value.starts_with("0x")) return to_number<std::int64_t>(value.substr(2), 16);
    return to_number<std::int64_t>(value);
  }

 private:
  std::string path_;
  std::size_t folder_;
  std::size_t device_ = 0;
  char room_[4096];
};

std::string_view operstate_name(unsigned state) {
  constexpr std::string_view kNames[] = {"unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"};
  return state < std::size(kNames) ? kNames[state] : "unknown";
}

// The flags as sysfs shows them: what the kernel works out for each question (running, dormant) is not in them, and whether
// the card really hears everything is.
std::int64_t stored_flags(const Link& link) {
  constexpr unsigned kWorkedOut = IFF_PROMISC | IFF_ALLMULTI | IFF_RUNNING | 0x10000 /* LOWER_UP */ | 0x20000 /* DORMANT */;
  unsigned flags = link.flags & ~kWorkedOut;
  if (link.promiscuity > 0) flags |= IFF_PROMISC;
  if (link.all_multicast ? *link.all_multicast > 0 : (link.flags & IFF_ALLMULTI) != 0) flags |= IFF_ALLMULTI;
  return flags;
}

class NetClass final : public Collector {
 public:
  NetClass(const Env& env, const Settings& settings, NameFilter filter)
      : clock_(*env.clock),
        path_(env.sys("class/net")),
        folder_(path_),
        filter_(std::move(filter)),
        hide_unknown_speed_(settings.boolean("collector.netclass.ignore-invalid-speed")) {
    if (env.live_sys()) links_ = env.shared<Links>();
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<LinkTable> links = links_ ? links_->read(scrape.number) : Result<LinkTable>(Errc::no_data);
    if (links) {
      take(**links);
    } else if (const Status read = read_files(); !read) {  // a fixture tree, or netlink is forbidden
      return read;
    }
    write(sink);
    return ok();
  }

 private:
  Status read_files() {
    const Result<std::vector<std::string>> names = list_folder(path_);
    if (!names) return names.error();
    interfaces_.clear();
    for (const std::string& name : *names) {
      if (name == "bonding_masters" || !filter_.accepts(name)) continue;
      folder_.enter(name);
      Interface& interface = interfaces_.emplace_back();
      interface.name = name;
      for (std::size_t i = 0; i < kFacts.size(); ++i) interface[i] = folder_.number(kFacts[i].file);
      interface.address = folder_.text("address");
      interface.broadcast = folder_.text("broadcast");
      interface.duplex = folder_.text("duplex");
      interface.alias = folder_.text("ifalias");
      interface.operstate = folder_.text("operstate");
    }
    seen_.clear();
    return ok();
  }

  // What netlink says, each time; what only sysfs says, when it may have changed.
  void take(const std::vector<Link>& links) {
    std::size_t count = 0;
    const SteadyTime now = clock_.steady();
    const bool all = seen_.empty() || now - refreshed_ >= kLongestTrust;
    if (all) refreshed_ = now;
    for (const Link& link : links) {
      if (!filter_.accepts(link.name)) continue;
      if (seen_.size() == count) seen_.emplace_back();
      if (interfaces_.size() == count) interfaces_.emplace_back();
      Interface& interface = interfaces_[count];
      const bool changed = remember(link, seen_[count]);
      copy(link, interface);
      if (all || changed) ask_files(interface);
      ++count;
    }
    seen_.resize(count);
    interfaces_.resize(count);
  }

  static void copy(const Link& link, Interface& interface) {
    interface.name = link.name;
    interface.address = link.address;
    interface.broadcast = link.broadcast;
    interface.alias = trim(link.alias);
    interface.operstate = operstate_name(link.operstate);
    const bool up = link.up();  // the kernel says nothing of carrier and dormancy of an interface that is down
    interface[fact("carrier")] = up ? std::optional<std::int64_t>(link.carrier) : std::nullopt;
    interface[fact("dormant")] = up ? std::optional<std::int64_t>((link.flags & 0x20000) != 0) : std::nullopt;
    interface[fact("carrier_changes")] = link.carrier_changes;
    interface[fact("carrier_up_count")] = link.carrier_ups;
    interface[fact("carrier_down_count")] = link.carrier_downs;
    interface[fact("flags")] = stored_flags(link);
    interface[fact("ifindex")] = link.index;
    interface[fact("iflink")] = link.peer;
    interface[fact("link_mode")] = link.link_mode;
    interface[fact("mtu")] = link.mtu;
    interface[fact("netdev_group")] = link.group;
    interface[fact("type")] = link.type;
    interface[fact("tx_queue_len")] = link.queue_length;
  }

  void ask_files(Interface& interface) {
    folder_.enter(interface.name);
    for (const std::size_t i : {fact("addr_assign_type"), fact("dev_id"), fact("name_assign_type"), fact("speed")})
      interface[i] = folder_.number(kFacts[i].file);
    interface.duplex = folder_.text("duplex");
  }

  /// What must have changed before the files say something new.
  struct Seen {
    int index = 0;
    unsigned flags = 0;
    unsigned operstate = 0;
    std::uint32_t carrier_changes = 0;
    std::string name;
    std::string address;
  };
  static bool remember(const Link& link, Seen& seen) {
    const std::uint32_t changes = link.carrier_changes.value_or(0);
    if (seen.index == link.index && seen.flags == link.flags && seen.operstate == link.operstate &&
        seen.carrier_changes == changes && seen.name == link.name && seen.address == link.address)
      return false;
    seen = {link.index, link.flags, link.operstate, changes, link.name, link.address};
    return true;
  }

  void write(MetricSink& sink) {
    auto up = sink.family(kUp);
    for (const Interface& interface : interfaces_) up.add(interface.operstate == "up", interface.name);
    auto info = sink.family(kInfo);
    for (const Interface& i : interfaces_)
      info.add(1, i.address, admin_state(i), i.broadcast, i.name, i.duplex, i.alias, i.operstate);
    for (std::size_t f = 0; f < kFacts.size(); ++f) {
      const bool speed = f == fact("speed");
      auto family = sink.family(kFacts[f].desc);
      for (const Interface& interface : interfaces_) {
        const std::optional<std::int64_t>& value = interface.facts[f];
        if (!value || (speed && *value < 0 && hide_unknown_speed_)) continue;
        family.add(speed ? *value * 125'000 : *value, interface.name);  // megabits to bytes
      }
    }
  }

  static std::string_view admin_state(const Interface& interface) {
    const std::optional<std::int64_t>& flags = interface.facts[fact("flags")];
    if (!flags) return "unknown";
    return (*flags & IFF_UP) != 0 ? "up" : "down";
  }

  // A bond's speed follows its slaves without a sign of it on the bond itself.
  static constexpr std::chrono::seconds kLongestTrust{60};

  const Clock& clock_;
  std::string path_;
  AttributeFolder folder_;
  NameFilter filter_;
  bool hide_unknown_speed_;
  std::shared_ptr<Links> links_;
  std::vector<Interface> interfaces_;
  std::vector<Seen> seen_;  // one for each interface, while netlink is the source
  SteadyTime refreshed_{};
};

MadeCollector make(const Env& env, const Settings& settings) {
  Result<NameFilter> filter = NameFilter::make("", settings.text("collector.netclass.ignored-devices"));
  if (!filter) return filter.error();
  return std::unique_ptr<Collector>(std::make_unique<NetClass>(env, settings, std::move(*filter)));
}

}  // namespace

extern const CollectorInfo netclass_collector{
    .name = "netclass",
    .summary = "State, speed and addresses of the network interfaces, from netlink and /sys/class/net.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
