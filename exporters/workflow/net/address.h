// A peer's address: an IP address with a port, as the system's calls want it and as a person reads it.
//
//   std::optional<Address> address = Address::parse("192.0.2.7", 443);
//   ::connect(socket, address->data(), address->size());
//   address->text()          // "192.0.2.7:443", "[2001:db8::7]:443"
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace finwatch::workflow {

/// Which addresses of a name are called. The plain ones allow no other family; the others fall back.
enum class IpFamily : unsigned char { any, ipv4, ipv6, prefer_ipv4, prefer_ipv6 };

class Address {
 public:
  Address() = default;
  /// Nothing when `ip` (brackets allowed) is no address.
  static std::optional<Address> parse(std::string_view ip, std::uint16_t port);
  static Address from(const sockaddr& address);

  int family() const { return storage_.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const;
  std::string ip() const;  // without brackets
  std::string text() const;
  std::uint16_t port() const;
  void set_port(std::uint16_t port);

 private:
  sockaddr_storage storage_{};
};

/// Those that `family` allows, the preferred family first.
std::vector<Address> ordered(std::vector<Address> all, IpFamily family);

/// "erp.example:443", "[::1]:53" or, with a default port, "erp.example" taken apart; nothing when it is neither.
struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};
std::optional<HostPort> split_host_port(std::string_view text, std::uint16_t default_port = 0);

}  // namespace finwatch::workflow
