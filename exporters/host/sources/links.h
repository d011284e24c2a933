// The network interfaces of the running kernel, asked for once a scrape (RTM_GETLINK) however many collectors need them.
//
//   const std::shared_ptr<Links> links_ = env.shared<Links>();
//   const Result<LinkTable> links = links_->read(scrape.number);
//   for (const Link& link : **links) …
//
// Only for a live machine: over a fixture tree the files are the source.
#pragma once

#include <linux/if_link.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/environment.h"
#include "core/netlink.h"

namespace finwatch::host {

/// The one socket for questions about routes, links, addresses and neighbours. Hold the mutex while asking.
struct RouteSocket {
  explicit RouteSocket(const Env&) {}
  std::mutex mutex;
  Netlink netlink{NETLINK_ROUTE};
};

struct Link {
  int index = 0;
  int peer = 0;  // iflink: the interface below, or its own index
  unsigned flags = 0;
  unsigned type = 0;  // ARPHRD_*
  unsigned mtu = 0;
  unsigned queue_length = 0;
  unsigned group = 0;
  unsigned operstate = 0;
  unsigned link_mode = 0;
  unsigned promiscuity = 0;
  std::optional<unsigned> all_multicast;  // kernels before 6.0 do not tell
  bool carrier = false;
  std::optional<std::uint32_t> carrier_changes;
  std::optional<std::uint32_t> carrier_ups;
  std::optional<std::uint32_t> carrier_downs;
  std::optional<rtnl_link_stats64> statistics;
  std::string name;
  std::string alias;
  std::string address;  // as sysfs writes it: 02:fc:00:00:00:01
  std::string broadcast;

  bool up() const;  // by the administrator's will
};

using LinkTable = std::shared_ptr<const std::vector<Link>>;

class Links {
 public:
  explicit Links(const Env& env) : socket_(env.shared<RouteSocket>()) {}

  /// All interfaces of this network namespace; within one scrape the same table.
  Result<LinkTable> read(std::uint64_t scrape);

 private:
  Status refill(std::vector<Link>& links);

  const std::shared_ptr<RouteSocket> socket_;
  std::mutex mutex_;
  std::uint64_t scrape_ = 0;
  Result<LinkTable> current_{Errc::no_data};
  std::shared_ptr<std::vector<Link>> table_;
};

/// Reads one RTM_NEWLINK message into `link`, reusing its strings; false when it has no name.
bool parse_link(const NetlinkMessage& message, Link& link);

/// The interface with this index, nullptr when it is gone.
const Link* find_link(const std::vector<Link>& links, int index);

}  // namespace finwatch::host
