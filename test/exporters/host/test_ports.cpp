#include <arpa/inet.h>
#include <sys/socket.h>

#include "core/files.h"
#include "host/sources/sockets.h"
#include "support/catch.h"
#include "support/collector_test.h"

namespace finwatch::host {
extern const CollectorInfo ports_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::ports_collector;

namespace {

struct Listener {
  Descriptor socket;
  std::uint16_t port = 0;
};

// On a port of the loopback interface that the kernel chose.
Listener listen_somewhere(int backlog) {
  Listener listener{Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener.socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return listener;
  if (::listen(listener.socket.get(), backlog) != 0) return listener;
  ::getsockname(listener.socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  listener.port = ntohs(address.sin_port);
  return listener;
}

Descriptor connect_to(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }

}  // namespace

TEST_CASE("ports: the page of the fixture machine: a database, a web server, and a client of MySQL") {
  const Collected got =
      collect(ports_collector, fixture_host(), {{"collector.ports.local", "1521,8080"}, {"collector.ports.remote", "3306"}});
  REQUIRE(got.status);
  CHECK(compare_golden("host/ports.prom", got.page) == "");
}

TEST_CASE("ports: nothing configured is no data") {
  const Collected got = collect(ports_collector, Env{});
  REQUIRE_FALSE(got.status);
  CHECK(got.status.error().code == Errc::no_data);
}

TEST_CASE("ports: no source is no data") {
  const TemporaryTree tree;
  CHECK(collect(ports_collector, tree.env(), {{"collector.ports.local", "80"}}).status.error().code == Errc::no_data);
}

TEST_CASE("ports: what is no port is refused by name") {
  for (const char* text : {"http", "0", "65536", "-1", "80,,x"})
    CHECK_THROWS_WITH(collect(ports_collector, Env{}, {{"collector.ports.local", text}}),
                      Catch::Matchers::Contains("collector.ports.local"));
}

TEST_CASE("ports: a port nobody uses has its zeros, a port given twice is one") {
  const TemporaryTree tree;
  tree.write("proc/net/tcp", "sl local_address\n");
  const Collected got = collect(ports_collector, tree.env(), {{"collector.ports.local", "1521,1521"}});
  REQUIRE(got.status);
  CHECK(has(got, "finwatch_tcp_port_connections{port=\"1521\",side=\"local\",state=\"listen\"} 0"));
  CHECK(got.samples.find("listen_queue") == std::string::npos);
  CHECK(got.series == 12);
}

TEST_CASE("ports: the running kernel counts our own connections") {
  const Listener listener = listen_somewhere(3);
  const Listener other = listen_somewhere(3);
  REQUIRE(listener.port != 0);
  const Descriptor first = connect_to(listener.port);
  const Descriptor second = connect_to(listener.port);
  REQUIRE(second);
  const std::string port = std::to_string(listener.port);
  // Many ports, so that the kernel walks through the whole filter.
  const std::map<std::string, std::string> flags{{"collector.ports.local", "1,2,3," + port + ",4"},
                                                 {"collector.ports.remote", "5," + port + ",6"}};
  const Collected got = collect(ports_collector, Env{}, flags);
  if (!got.status) {
    WARN("skipped: no sock_diag and no /proc/net/tcp here");
    return;
  }
  CHECK(has(got, "finwatch_tcp_port_connections{port=\"" + port + "\",side=\"local\",state=\"established\"} 2"));
  CHECK(has(got, "finwatch_tcp_port_connections{port=\"" + port + "\",side=\"remote\",state=\"established\"} 2"));
  CHECK(has(got, "finwatch_tcp_port_connections{port=\"" + port + "\",side=\"local\",state=\"listen\"} 1"));
  CHECK(has(got, "finwatch_tcp_listen_queue_length{port=\"" + port + "\"} 2"));

  host::TcpSockets sockets{Env{}};
  const std::uint16_t wanted[] = {listener.port};
  int others = 0;
  REQUIRE(sockets.each(
      host::PortFilter(wanted, {}).bytes(), [](host::IpFamily) {},
      [&](host::IpFamily, const host::TcpSocket& socket) { others += socket.local_port == other.port; }));
  if (sockets.tells_limits()) {
    CHECK(has(got, "finwatch_tcp_listen_queue_limit{port=\"" + port + "\"} 3"));
    CHECK(others == 0);  // the kernel kept it back
  }
}
