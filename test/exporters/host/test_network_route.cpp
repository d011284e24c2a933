#include "core/text.h"
#include "host/sources/addresses.h"
#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo network_route_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::network_route_collector;

TEST_CASE("network_route: a fixture tree has no routes to ask for") {
  const Collected got = collect(network_route_collector, fixture_host());
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("network_route: the running kernel answers, and each route is one sample") {
  const Collected got = collect(network_route_collector, Env{});
  if (!got.status) {
    WARN("skipped: no netlink here");
    return;
  }
  std::string last;
  LineReader lines(got.samples);
  while (const auto line = lines.next()) {
    CHECK(*line != last);
    last = *line;
  }
}

TEST_CASE("network_route: addresses as people write them, and how far they reach") {
  using host::ip_scope;
  using host::write_ip;
  using namespace std::string_view_literals;
  char room[64];
  CHECK(write_ip("\xc0\0\2\1"sv, room) == "192.0.2.1");
  CHECK(write_ip("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"sv, room) == "2001:db8::1");
  CHECK(write_ip("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1"sv, room) == "192.0.2.1");
  CHECK(write_ip("\xc0\0\2"sv, room).empty());
  CHECK(ip_scope("\x7f\0\0\1"sv) == "link-local");
  CHECK(ip_scope("\xa9\xfe\0\1"sv) == "link-local");
  CHECK(ip_scope("\xc0\0\2\1"sv) == "global");
  CHECK(ip_scope("\xef\0\0\1"sv).empty());
  CHECK(ip_scope("\xff\xff\xff\xff"sv).empty());
  CHECK(ip_scope("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"sv) == "link-local");
  CHECK(ip_scope("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1"sv) == "link-local");
  CHECK(ip_scope("\xff\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\1"sv) == "interface-local");
  CHECK(ip_scope("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"sv) == "global");
  CHECK(ip_scope("x"sv).empty());
}
