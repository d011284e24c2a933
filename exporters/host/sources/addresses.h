// The IP addresses of the running kernel's interfaces, as families: RTM_GETADDR.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/sources/links.h"
#include "run/collector.h"

namespace finwatch::host {

inline constexpr MetricDesc kAddressInfo{MetricType::info,
                                         "node_network_address_info",
                                         "IP addresses of the interface, value is always 1, from RTM_GETADDR.",
                                         "address",
                                         "device",
                                         "netmask",
                                         "scope"};

class Addresses {
 public:
  explicit Addresses(const Env& env) : links_(env.shared<Links>()), socket_(env.shared<RouteSocket>()) {}
  /// Writes kAddressInfo for every address of every interface.
  Status write(const Scrape& scrape, MetricSink& sink);

 private:
  struct Address {
    int interface = 0;
    unsigned char family = 0;
    unsigned char prefix = 0;
    unsigned char bytes[16]{};
  };

  std::shared_ptr<Links> links_;
  std::shared_ptr<RouteSocket> socket_;
  std::vector<Address> addresses_;
};

/// An address of 4 or 16 bytes as text in `room`; empty for any other length.
std::string_view write_ip(std::string_view bytes, char (&room)[64]);

/// "link-local", "interface-local", "global" or nothing, for an address of 4 or 16 bytes.
std::string_view ip_scope(std::string_view bytes);

}  // namespace finwatch::host
