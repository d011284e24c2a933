// What a program tells systemd: readiness, reloads, stopping, and that it is alive.
#include "service.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "core/files.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/web_client.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

namespace {

/// systemd's end: a datagram socket at a path, or in the abstract space ("@name").
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }
  /// The next message; "" when none comes.
  std::string next(int milliseconds = 10'000) const {
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, milliseconds) != 1) return {};
    char text[512];
    const ssize_t length = ::recv(socket_.get(), text, sizeof text, 0);
    return {text, length > 0 ? static_cast<std::size_t>(length) : 0};
  }
  /// The next one that is not a sign of life.
  std::string next_news() const {
    std::string text = next();
    while (text == "WATCHDOG=1") text = next();
    return text;
  }

 private:
  Descriptor socket_;
};

/// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace

TEST_CASE("service: messages reach a socket at a path and one in the abstract space") {
  const TemporaryTree tree;
  for (const std::string& name : {tree.path("notify"), "@finwatch-test-" + std::to_string(::getpid())}) {
    const NotifySocket systemd(name);
    const Variable variable("NOTIFY_SOCKET", name);
    const Service service;
    service.notify("READY=1");
    CHECK(systemd.next() == "READY=1");
    service.notify_reloading();
    const std::string reloading = systemd.next();
    CHECK_THAT(reloading, StartsWith("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(reloading.find_first_not_of("0123456789", 27) == std::string::npos);
  }
}

TEST_CASE("service: outside systemd, or when it has gone, nothing happens") {
  ::unsetenv("NOTIFY_SOCKET");
  Service().notify("READY=1");
  CHECK(Service().watchdog_interval() == 0us);
  for (const std::string& odd :
       {std::string("/nonexistent/notify"), std::string("@"), std::string("x"), std::string(300, 'x')}) {
    const Variable variable("NOTIFY_SOCKET", odd);
    CHECK_NOTHROW(Service().notify("READY=1"));
  }
}

TEST_CASE("service: the watchdog's interval is half of what was asked, and only for this process") {
  const Variable interval("WATCHDOG_USEC", "3000000");
  CHECK(Service().watchdog_interval() == 1500ms);
  {
    const Variable mine("WATCHDOG_PID", std::to_string(::getpid()));
    CHECK(Service().watchdog_interval() == 1500ms);
  }
  {
    const Variable other("WATCHDOG_PID", "1");
    CHECK(Service().watchdog_interval() == 0us);
  }
  for (const char* odd : {"", "0", "-5", "soon"}) {
    const Variable wrong("WATCHDOG_USEC", odd);
    CHECK(Service().watchdog_interval() == 0us);
  }
}

TEST_CASE("service: finwatch-host says when it is ready, reloads, lives and stops") {
  const TemporaryTree tree;
  const NotifySocket systemd(tree.path("notify"));
  RunningProgram host("finwatch-host",
                      {"--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", "--collector.loadavg"},
                      {.environment = {{"NOTIFY_SOCKET", tree.path("notify")}, {"WATCHDOG_USEC", "40000"}}});
  CHECK(systemd.next_news() == "READY=1");
  CHECK(WebClient(host.address()).get("/-/ready").code == 200);  // ready means the port is open
  for (int beat = 0; beat < 3; ++beat) CHECK(systemd.next() == "WATCHDOG=1");
  host.signal(SIGHUP);
  CHECK_THAT(systemd.next_news(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(systemd.next_news() == "READY=1");
  CHECK(WebClient(host.address()).request("POST", "/-/reload").code == 200);
  CHECK_THAT(systemd.next_news(), StartsWith("RELOADING=1"));
  CHECK(systemd.next_news() == "READY=1");
  host.signal(SIGTERM);
  CHECK(systemd.next_news() == "STOPPING=1");
  CHECK(host.wait() == 0);
}
