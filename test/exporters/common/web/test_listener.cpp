#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "web/listener.h"
#include "web_fixture.h"

using namespace finwatch;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

std::string port_of(const std::string& address) { return address.substr(address.rfind(':') + 1); }

bool has_ipv6() { return static_cast<bool>(open_listener("[::1]:0")); }

std::string failure(const std::string& address) {
  const auto listener = open_listener(address);
  return listener ? "listens" : listener.error().message;
}

}  // namespace

TEST_CASE("web: one server listens on several addresses, of every kind") {
  const TemporaryTree tree;
  const std::string unix_address = "unix:" + tree.path("web.sock");
  std::vector<std::string> asked = {"127.0.0.1:0", "localhost:0", ":0", unix_address};
  if (has_ipv6()) asked.emplace_back("[::1]:0");
  {
    const WebFixture web({.listen_addresses = asked});
    const std::vector<std::string> addresses = web.server->addresses();
    REQUIRE(addresses.size() == asked.size());
    CHECK(addresses[3] == unix_address);
    for (std::size_t i = 0; i < asked.size(); ++i)
      CHECK(WebClient(i == 2 ? "127.0.0.1:" + port_of(addresses[2]) : addresses[i]).get("/metrics").code == 200);
    if (has_ipv6()) CHECK(WebClient("[::1]:" + port_of(addresses[2])).get("/-/healthy").code == 200);
  }
  struct stat status {};
  CHECK(::stat(tree.path("web.sock").c_str(), &status) != 0);  // removed when it stopped
}

TEST_CASE("web: a socket file left by a killed process is replaced, one in use and other files are not") {
  const TemporaryTree tree;
  const std::string address = "unix:" + tree.path("web.sock");
  {
    Result<Listener> killed = open_listener(address);
    REQUIRE(killed);
    CHECK_THAT(failure(address), Contains("web.sock") && Contains("another program"));
    killed->unix_path.clear();  // as if killed: the file stays
  }
  CHECK(failure(address) == "listens");
  tree.write("plain", "precious");
  CHECK_THAT(failure("unix:" + tree.path("plain")), Contains("not a socket"));
  CHECK_THAT(failure("unix:" + tree.path("no/such/folder/x")), Contains("No such file"));
  CHECK_THAT(failure("unix:" + std::string(200, 'x')), Contains("107 bytes"));
}

TEST_CASE("web: an address that cannot be served says which, why and what next") {
  const Result<Listener> taken = open_listener("127.0.0.1:0");
  REQUIRE(taken);
  CHECK_THAT(failure(taken->address),
             Contains(taken->address) && Contains("Address already in use") && Contains("--web.listen-address"));
  CHECK_THAT(failure("192.0.2.1:0"), Contains("no such address"));
  for (const char* bad : {"", "19600", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:http", "::1:9100", "[::1]"})
    CHECK_THAT(failure(bad), Contains("listen address \"" + std::string(bad) + "\"") && Contains("write host:port"));
  CHECK_THAT(failure("no.such.host.invalid:0"), Contains("no.such.host.invalid"));
}

TEST_CASE("web: sockets are taken from systemd") {
  const std::string pid = std::to_string(::getpid());
  CHECK_THAT(take_systemd_listeners("", "").error().message, Contains(".socket unit"));
  CHECK_THAT(take_systemd_listeners("1", "1").error().message, Contains("LISTEN_PID"));
  CHECK(!take_systemd_listeners(pid, "0"));
  CHECK(!take_systemd_listeners(pid, "x"));

  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const int high = ::fcntl(socket, F_DUPFD, 200);
  ::close(socket);
  CHECK_THAT(take_systemd_listeners(pid, "1", high).error().message, Contains("not a listening stream socket"));
  REQUIRE(::listen(high, 5) == 0);  // binds a free port
  auto listeners = take_systemd_listeners(pid, "1", high);
  REQUIRE(listeners);
  CHECK((*listeners)[0].socket.get() == high);
  CHECK_THAT((*listeners)[0].address, Catch::Matchers::StartsWith("0.0.0.0:"));
  CHECK((::fcntl(high, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("web: a server without an address, or with a taken one, does not start") {
  TemporaryTree tree;
  const Env env = tree.env();
  Runner runner({}, env);
  CHECK_THAT(WebServer::start({}, {}, runner, env).error().message, Contains("--web.listen-address"));
  const Result<Listener> taken = open_listener("127.0.0.1:0");
  CHECK(!WebServer::start({.listen_addresses = {"127.0.0.1:0", taken->address}}, {}, runner, env));
}
