#include "workflow/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/text.h"

namespace finwatch::workflow {

std::optional<Address> Address::parse(std::string_view ip, std::uint16_t port) {
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  const std::string text(ip);
  Address address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    std::memcpy(&address.storage_, &four, sizeof four);
  } else if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    std::memcpy(&address.storage_, &six, sizeof six);
  } else {
    return std::nullopt;
  }
  address.set_port(port);
  return address;
}

Address Address::from(const sockaddr& address) {
  Address made;
  std::memcpy(&made.storage_, &address, address.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
  return made;
}

socklen_t Address::size() const { return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }

// Both families keep the port in the same place.
static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));

std::uint16_t Address::port() const {
  in_port_t port = 0;
  std::memcpy(&port, reinterpret_cast<const char*>(&storage_) + offsetof(sockaddr_in, sin_port), sizeof port);
  return ntohs(port);
}

void Address::set_port(std::uint16_t port) {
  const in_port_t value = htons(port);
  std::memcpy(reinterpret_cast<char*>(&storage_) + offsetof(sockaddr_in, sin_port), &value, sizeof value);
}

std::string Address::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::size_t place = family() == AF_INET ? offsetof(sockaddr_in, sin_addr) : offsetof(sockaddr_in6, sin6_addr);
  if (family() == AF_UNSPEC) return {};
  ::inet_ntop(family(), reinterpret_cast<const char*>(&storage_) + place, text.data(), text.size());
  return text.data();
}

std::string Address::text() const {
  const std::string port_text = std::to_string(port());
  return family() == AF_INET6 ? "[" + ip() + "]:" + port_text : ip() + ":" + port_text;
}

std::vector<Address> ordered(std::vector<Address> all, IpFamily family) {
  const auto is_six = [](const Address& address) { return address.family() == AF_INET6; };
  if (family == IpFamily::ipv4) std::erase_if(all, is_six);
  if (family == IpFamily::ipv6) std::erase_if(all, [&](const Address& address) { return !is_six(address); });
  if (family == IpFamily::prefer_ipv6) std::stable_partition(all.begin(), all.end(), is_six);
  if (family == IpFamily::prefer_ipv4)
    std::stable_partition(all.begin(), all.end(), [&](const Address& address) { return !is_six(address); });
  return all;
}

std::optional<HostPort> split_host_port(std::string_view text, std::uint16_t default_port) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return std::nullopt;
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos && text.find(':') == colon) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (host.empty()) return std::nullopt;
  if (port.empty()) {
    if (default_port == 0) return std::nullopt;
    return HostPort{std::string(host), default_port};
  }
  const std::optional<std::uint16_t> number = to_number<std::uint16_t>(port.substr(1));
  if (!number || *number == 0) return std::nullopt;
  return HostPort{std::string(host), *number};
}

}  // namespace finwatch::workflow
