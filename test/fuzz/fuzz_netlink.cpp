// What the kernel says over netlink: datagrams, messages, attributes in attributes, and links.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <string>

#include "core/netlink.h"
#include "core/text.h"
#include "fuzz/fuzz.h"
#include "host/sources/addresses.h"
#include "host/sources/links.h"

using namespace finwatch;
using fuzz::require;

namespace {

constexpr int kDeepest = 8;

void attributes(std::string_view bytes, int depth) {
  std::size_t count = 0;
  for (AttributeReader reader(bytes); const auto attribute = reader.next();) {
    require(attribute->bytes.size() <= bytes.size(), "an attribute is no longer than what it stands in");
    require(++count <= bytes.size() / 4, "every attribute takes its header");
    attribute->number<std::uint64_t>();
    require(attribute->text().find('\0') == std::string_view::npos, "text ends at the first zero");
    char room[64];
    require(host::write_ip(attribute->bytes, room).size() < sizeof room, "an address has room");
    host::ip_scope(attribute->bytes);
    if (depth < kDeepest) attributes(attribute->bytes, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view datagram(reinterpret_cast<const char*>(data), size);
  host::Link link;  // kept between messages, as the collectors keep it
  MessageReader messages(datagram);
  while (const auto message = messages.next()) {
    attributes(message->bytes, 0);
    attributes(message->tail<ifinfomsg>(), 0);
    if (host::parse_link(*message, link)) require(!link.name.empty(), "a link has a name");
  }
  require(!messages.broken() || !datagram.empty(), "nothing is not broken");
  return 0;
}
