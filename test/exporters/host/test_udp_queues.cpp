#include <arpa/inet.h>
#include <sys/socket.h>

#include "core/files.h"
#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo udp_queues_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::udp_queues_collector;

TEST_CASE("udp_queues: the page of the fixture machine") {
  const Collected got = collect(udp_queues_collector, fixture_host());
  REQUIRE(got.status);
  CHECK(compare_golden("host/udp_queues.prom", got.page) == "");
}

TEST_CASE("udp_queues: no source is no data") {
  const TemporaryTree tree;
  const Collected got = collect(udp_queues_collector, tree.env());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("udp_queues: without IPv6 there are two samples; a broken line is passed over") {
  const TemporaryTree tree;
  tree.write("proc/net/udp",
             "sl local_address rem_address st tx_queue rx_queue\n"
             "1: 0100007F:0143 00000000:0000 07 00000001:00000010 x\n2: broken\n3: a b c d:e:f\n");
  CHECK(collect(udp_queues_collector, tree.env()).samples ==
        "node_udp_queues{queue=\"tx\",ip=\"v4\"} 1\nnode_udp_queues{queue=\"rx\",ip=\"v4\"} 16\n");
}

TEST_CASE("udp_queues: a file without its heading is malformed") {
  const TemporaryTree tree;
  tree.write("proc/net/udp", "\xff\xff\xff");
  CHECK(collect(udp_queues_collector, tree.env()).status.error().code == Errc::malformed);
}

TEST_CASE("udp_queues: the running kernel says the same over netlink and in its files") {
  // A datagram that nobody reads, to ourselves.
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  REQUIRE(::sendto(socket.get(), "unread", 6, 0, reinterpret_cast<sockaddr*>(&address), size) == 6);

  Env files;
  files.procfs = "/proc/";  // the same tree under another name: not taken for the kernel's own
  const Collected netlink = collect(udp_queues_collector, Env{});
  const Collected text = collect(udp_queues_collector, files);
  if (!netlink.status || !text.status) {
    WARN("skipped: no sock_diag and no /proc/net/udp here");
    return;
  }
  CHECK(netlink.series == text.series);
  CHECK(netlink.samples.find("{queue=\"rx\",ip=\"v4\"} 0\n") == std::string::npos);
  CHECK(text.samples.find("{queue=\"rx\",ip=\"v4\"} 0\n") == std::string::npos);
}
