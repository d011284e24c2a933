#include "core/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <initializer_list>
#include <string>

#include "support/catch.h"

using namespace finwatch;

namespace {

std::string attribute(std::uint16_t type, std::string_view bytes) {
  const nlattr header{static_cast<std::uint16_t>(sizeof header + bytes.size()), type};
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  out += bytes;
  out.resize((out.size() + 3) & ~std::size_t{3});
  return out;
}

}  // namespace

TEST_CASE("netlink: attributes are read one by one, without their flags") {
  const std::uint32_t mtu = 1500;
  const std::string bytes = attribute(IFLA_IFNAME, std::string_view("eth0\0", 5)) +
                            attribute(IFLA_MTU | NLA_F_NESTED, {reinterpret_cast<const char*>(&mtu), sizeof mtu}) +
                            attribute(IFLA_CARRIER, "\1");
  AttributeReader reader(bytes);
  const auto name = reader.next();
  REQUIRE(name);
  CHECK(name->text() == "eth0");
  const auto number = reader.next();
  REQUIRE(number);
  CHECK(number->type == IFLA_MTU);
  CHECK(number->number<std::uint32_t>() == mtu);
  CHECK_FALSE(number->number<std::uint64_t>());  // it is not that long
  CHECK(reader.next()->number<std::uint8_t>() == 1);
  CHECK_FALSE(reader.next());
}

TEST_CASE("netlink: a length that cannot be right ends the reading, wherever the bytes are cut") {
  const std::string whole = attribute(IFLA_IFNAME, "eth0") + attribute(IFLA_IFALIAS, "an alias");
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const std::string bytes = whole.substr(0, cut);
    int count = 0;
    for (AttributeReader reader(bytes); reader.next();) ++count;
    CHECK(count <= 2);
  }
  for (const std::uint16_t length : std::initializer_list<std::uint16_t>{0, 1, 3, 5000}) {
    std::string bytes = whole;
    bytes.replace(0, 2, reinterpret_cast<const char*>(&length), 2);
    CHECK_FALSE(AttributeReader(bytes).next());
  }
}

TEST_CASE("netlink: messages are read one by one, and a datagram that was cut is broken") {
  const auto message = [](std::uint16_t type, std::string_view bytes) {
    const nlmsghdr header{static_cast<std::uint32_t>(sizeof(nlmsghdr) + bytes.size()), type, NLM_F_MULTI, 7, 0};
    std::string out(reinterpret_cast<const char*>(&header), sizeof header);
    out += bytes;
    out.resize((out.size() + 3) & ~std::size_t{3});
    return out;
  };
  const std::string whole = message(RTM_NEWLINK, "first") + message(NLMSG_DONE, "");
  MessageReader reader(whole);
  const auto first = reader.next();
  REQUIRE(first);
  CHECK(first->type == RTM_NEWLINK);
  CHECK(first->bytes == "first");
  CHECK(first->sequence == 7);
  CHECK(first->flags == NLM_F_MULTI);
  CHECK(reader.next()->type == NLMSG_DONE);
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.broken());
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    MessageReader piece(std::string_view(whole).substr(0, cut));
    while (piece.next()) continue;
    // The first message fills 24 bytes; the three that only align it may be missing.
    CHECK(piece.broken() == (cut < 21 || cut > 24));
  }
}

TEST_CASE("netlink: what stands behind a head is empty when the message is too short for it") {
  const NetlinkMessage message{RTM_NEWLINK, "short"};
  CHECK_FALSE(message.head<ifinfomsg>());
  CHECK(message.tail<ifinfomsg>().empty());
}

TEST_CASE("netlink: a dump of the running kernel, twice over one socket") {
  Netlink netlink(NETLINK_ROUTE);
  for (int round = 0; round < 2; ++round) {
    int links = 0;
    int begun = 0;
    const Status status = netlink.dump(
        RTM_GETLINK, ifinfomsg{}, [&] { links = 0, ++begun; },
        [&](const NetlinkMessage& message) { links += message.head<ifinfomsg>() && message.type == RTM_NEWLINK; });
    if (!status) {
      WARN("skipped: netlink is not to be had here");
      return;
    }
    CHECK(begun >= 1);
    CHECK(links >= 1);  // at least the loopback interface
  }
}

TEST_CASE("netlink: a question that the kernel refuses is an error, and the next one is answered") {
  Netlink netlink(NETLINK_ROUTE);
  const auto ask = [&](std::uint16_t type) {
    return netlink.dump(
        type, ifinfomsg{}, [] {}, [](const NetlinkMessage&) {});
  };
  if (!ask(RTM_GETLINK)) {
    WARN("skipped: netlink is not to be had here");
    return;
  }
  CHECK_FALSE(ask(0x7fff));
  CHECK(ask(RTM_GETLINK));
}

TEST_CASE("netlink: a protocol that does not exist is no data") {
  Netlink netlink(31);
  const Status status = netlink.dump(
      RTM_GETLINK, ifinfomsg{}, [] {}, [](const NetlinkMessage&) {});
  REQUIRE_FALSE(status);
  CHECK((status.error().code == Errc::no_data || status.error().code == Errc::permission));
}

TEST_CASE("netlink: a kernel that does not answer costs the timeout, not the scrape") {
  // Nothing answers on the protocol that is left to user space.
  Netlink netlink(NETLINK_USERSOCK, std::chrono::milliseconds{20});
  const Status status = netlink.dump(
      RTM_GETLINK, ifinfomsg{}, [] {}, [](const NetlinkMessage&) {});
  REQUIRE_FALSE(status);
  CHECK(status.error().code != Errc::no_data);
}
