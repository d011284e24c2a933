#include "host/sources/addresses.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <charconv>

namespace finwatch::host {
namespace {

constexpr std::string_view kMappedPrefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

std::string_view scope4(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (byte(0) == 127 || (byte(0) == 169 && byte(1) == 254)) return "link-local";
  if (byte(0) == 224 && byte(1) == 0 && byte(2) == 0) return "link-local";
  const bool multicast = byte(0) >= 224 && byte(0) < 240;
  const bool nobody = bytes == std::string_view("\0\0\0\0", 4) || bytes == "\xff\xff\xff\xff";
  return multicast || nobody ? "" : "global";
}

std::string_view scope6(std::string_view bytes) {
  constexpr std::string_view kNobody{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16};
  constexpr std::string_view kLoopback{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes == kLoopback) return "link-local";
  if (byte(0) == 0xfe && (byte(1) & 0xc0) == 0x80) return "link-local";
  if (byte(0) == 0xff) {
    if ((byte(1) & 0x0f) == 2) return "link-local";
    return (byte(1) & 0x0f) == 1 ? "interface-local" : "";
  }
  return bytes == kNobody ? "" : "global";
}

}  // namespace

std::string_view write_ip(std::string_view bytes, char (&room)[64]) {
  // An IPv4 address in IPv6 clothes is shown as what it is.
  if (bytes.size() == 16 && bytes.starts_with(kMappedPrefix)) bytes.remove_prefix(kMappedPrefix.size());
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  const char* text = ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), room, sizeof room);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string_view ip_scope(std::string_view bytes) {
  if (bytes.size() == 16 && bytes.starts_with(kMappedPrefix)) bytes.remove_prefix(kMappedPrefix.size());
  if (bytes.size() == 4) return scope4(bytes);
  return bytes.size() == 16 ? scope6(bytes) : std::string_view();
}

Status Addresses::write(const Scrape& scrape, MetricSink& sink) {
  const Result<LinkTable> links = links_->read(scrape.number);
  if (!links) return links.error();
  {
    const std::lock_guard lock(socket_->mutex);
    const Status status = socket_->netlink.dump(
        RTM_GETADDR, ifaddrmsg{}, [&] { addresses_.clear(); },
        [&](const NetlinkMessage& message) {
          const auto head = message.head<ifaddrmsg>();
          if (!head || message.type != RTM_NEWADDR) return;
          std::string_view bytes;
          for (AttributeReader attributes(message.tail<ifaddrmsg>()); const auto attribute = attributes.next();)
            // On a point-to-point interface IFA_ADDRESS is the other end.
            if (attribute->type == IFA_LOCAL || (attribute->type == IFA_ADDRESS && bytes.empty())) bytes = attribute->bytes;
          if (bytes.size() != (head->ifa_family == AF_INET ? 4U : 16U)) return;
          Address address{static_cast<int>(head->ifa_index), head->ifa_family, head->ifa_prefixlen, {}};
          std::copy(bytes.begin(), bytes.end(), address.bytes);
          addresses_.push_back(address);
        });
    if (!status) return status;
  }
  auto family = sink.family(kAddressInfo);
  for (const Address& address : addresses_) {
    const Link* const link = find_link(**links, address.interface);
    if (link == nullptr) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(address.bytes), address.family == AF_INET ? 4 : 16);
    char room[64];
    char mask[4];
    const std::string_view mask_text(
        mask, static_cast<std::size_t>(std::to_chars(mask, mask + sizeof mask, address.prefix).ptr - mask));
    family.add(1, write_ip(bytes, room), link->name, mask_text, ip_scope(bytes));
  }
  return ok();
}

}  // namespace finwatch::host
