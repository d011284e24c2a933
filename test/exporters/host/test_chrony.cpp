#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "core/files.h"
#include "core/text.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/page_check.h"
#include "support/test_folder.h"

namespace finwatch::host {
extern const CollectorInfo chrony_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::host::chrony_collector;

namespace {

constexpr std::uint16_t kCountSources = 14;
constexpr std::uint16_t kSource = 15;
constexpr std::uint16_t kTracking = 33;
constexpr std::uint16_t kActivity = 44;

std::string wire(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = bytes; i-- > 0;) text += static_cast<char>(value >> 8 * i);
  return text;
}
std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t length) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < length; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
std::string reply(std::uint16_t command, std::uint16_t kind, std::uint16_t status, std::string_view data) {
  return wire(0x06020000, 4) + wire(command, 2) + wire(kind, 2) + wire(status, 2) + std::string(6, '\0') + wire(0, 4) +
         std::string(8, '\0') + std::string(data);
}
std::string ipv4(std::uint32_t address) { return wire(address, 4) + std::string(12, '\0') + wire(1, 2) + wire(0, 2); }
std::string source(const std::string& name, std::uint16_t state, std::uint16_t mode, std::uint16_t reached, std::uint32_t age) {
  return reply(kSource, 3, 0,
               name + wire(6, 2) + wire(2, 2) + wire(state, 2) + wire(mode, 2) + wire(0, 2) + wire(reached, 2) + wire(age, 4) +
                   std::string(12, '\0'));
}

/// What a real chronyd 4.3 answered, by name.
std::map<std::string, std::string> recorded() {
  std::map<std::string, std::string> replies;
  const std::string text = fixture_text("chrony/replies.hex");
  for (LineReader lines(text); const auto line = lines.next();) {
    FieldReader fields(*line);
    std::string& bytes = replies[std::string(fields.next())];
    for (std::string_view digits = fields.next(); digits.size() >= 2; digits.remove_prefix(2))
      bytes += static_cast<char>(to_number<std::uint8_t>(digits.substr(0, 2), 16).value());
  }
  return replies;
}

/// A chronyd of this process. Without a handler of its own it answers what was recorded.
class FakeChrony {
 public:
  /// What to send for a request; the sequence number is put into what begins like a reply.
  using Handler = std::function<std::vector<std::string>(std::uint16_t command, std::uint32_t index, const std::string& usual)>;

  explicit FakeChrony(Handler handler = {}, std::uint16_t port = 0) : handler_(std::move(handler)) {
    socket_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.sin_port = htons(port);
    socklen_t length = sizeof address_;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address_), length) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &length) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  explicit FakeChrony(const std::string& path) : path_(path) {
    socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    path.copy(own.sun_path, path.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&own), sizeof own) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeChrony() {
    stopping_ = true;
    ::shutdown(socket_.get(), SHUT_RDWR);  // wakes a reader of a Unix socket, and with an error also one of UDP
    thread_.join();
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  std::uint16_t port() const { return ntohs(address_.sin_port); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  int requests() const { return requests_; }

 private:
  void serve() {
    char request[1024];
    while (!stopping_) {
      sockaddr_storage from{};
      socklen_t from_length = sizeof from;
      const ssize_t length =
          ::recvfrom(socket_.get(), request, sizeof request, 0, reinterpret_cast<sockaddr*>(&from), &from_length);
      if (length < 104) continue;  // chronyd does not answer what is shorter than its answer
      ++requests_;
      const std::string_view bytes(request, static_cast<std::size_t>(length));
      const auto command = static_cast<std::uint16_t>(number(bytes, 4, 2));
      for (std::string answer : answers(command, number(bytes, 20, 4))) {
        if (answer.size() >= 20 && number(answer, 16, 4) != kKeepSequence) answer.replace(16, 4, bytes.substr(8, 4));
        ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), from_length);
      }
    }
  }
  std::vector<std::string> answers(std::uint16_t command, std::uint32_t index) const {
    static const std::map<std::string, std::string> replies = recorded();
    const std::string name = command == kTracking   ? "tracking"
                             : command == kActivity ? "activity"
                             : command == kSource   ? "source" + std::to_string(std::min(index, 3U))
                                                    : "n_sources";
    const std::string& usual = replies.at(name);
    return handler_ ? handler_(command, index, usual) : std::vector{usual};
  }

 public:
  static constexpr std::uint32_t kKeepSequence = 0xdeadbeef;

 private:
  Handler handler_;
  std::string path_;
  sockaddr_in address_{};
  Descriptor socket_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> requests_{0};
  std::thread thread_;
};

Collected ask(const FakeChrony& server, const std::string& timeout = "10s") {
  return collect(chrony_collector, Env{},
                 {{"collector.chrony.address", server.address()}, {"collector.chrony.timeout", timeout}});
}
std::string failure(FakeChrony::Handler handler, const std::string& timeout = "10s") {
  const FakeChrony server(std::move(handler));
  const Collected got = ask(server, timeout);
  return got.status ? "none" : std::string(to_string(got.status.error().code));
}
bool has(const Collected& got, const std::string& line) { return got.samples.find(line + "\n") != std::string::npos; }

/// Changes the answer to one command.
FakeChrony::Handler instead(std::uint16_t command,
                            const std::function<std::vector<std::string>(std::uint32_t index, std::string usual)>& change) {
  return [=](std::uint16_t asked, std::uint32_t index, const std::string& usual) {
    return asked == command ? change(index, usual) : std::vector{usual};
  };
}

}  // namespace

TEST_CASE("chrony: what a real chronyd answered") {
  const FakeChrony server;
  const Collected got = ask(server);
  REQUIRE(got.status);
  CHECK(compare_golden("host/chrony.prom", got.page) == "");
  CHECK(server.requests() == 6);
}

TEST_CASE("chrony: where nobody listens there is no data") {
  std::uint16_t port = 0;
  { port = FakeChrony().port(); }
  const TemporaryTree tree;
  for (const std::string& address : {"127.0.0.1:" + std::to_string(port), std::string("unix:/run/chrony/chronyd.sock")}) {
    const Collected got =
        collect(chrony_collector, tree.env(), {{"collector.chrony.address", address}, {"collector.chrony.timeout", "10s"}});
    REQUIRE_FALSE(got.status);
    CHECK(to_string(got.status.error().code) == "no_data");
  }
}

TEST_CASE("chrony: an address that is none is refused at the start") {
  for (const char* address : {"", "323", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "localhost:323",
                              "::1:323", "[::1:323", "unix:"}) {
    CAPTURE(address);
    const FakeSettings settings(chrony_collector, {{"collector.chrony.address", address}});
    const MadeCollector made = chrony_collector.make(Env{}, settings);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Errc::config);
    CHECK(made.error().message.starts_with("collector.chrony.address: expected an address such as"));
  }
  const FakeSettings settings(chrony_collector, {{"collector.chrony.address", "[::1]:323"}});
  CHECK(chrony_collector.make(Env{}, settings));
}

TEST_CASE("chrony: silence ends at the deadline") {
  CHECK(failure(instead(kTracking, [](auto, auto) { return std::vector<std::string>(); }), "20ms") == "timeout");
  CHECK(failure(instead(kSource, [](auto, auto) { return std::vector<std::string>(); }), "20ms") == "timeout");
  const FakeChrony silent(instead(kTracking, [](auto, auto) { return std::vector<std::string>(); }));
  KeptCollector collector(chrony_collector, Env{},
                          {{"collector.chrony.address", silent.address()}, {"collector.chrony.timeout", "1h"}});
  CHECK(collector.collect(std::chrono::milliseconds{20}).status.error().code == Errc::timeout);
  CHECK(collector.collect(std::chrono::milliseconds{0}).status.error().code == Errc::timeout);
}

TEST_CASE("chrony: answers to something else are passed over") {
  const FakeChrony server([](std::uint16_t, std::uint32_t, const std::string& usual) {
    std::string other_sequence = usual;
    other_sequence.replace(16, 4, wire(FakeChrony::kKeepSequence, 4));
    std::string other_command = usual;
    other_command.replace(4, 2, wire(7, 2));
    std::string a_request = usual;
    a_request[1] = 1;
    return std::vector{std::string(), std::string("x"), other_sequence, other_command, a_request, usual};
  });
  const Collected got = ask(server);
  CHECK(got.status);
  CHECK(compare_golden("host/chrony.prom", got.page) == "");
  CHECK(failure(instead(kTracking,
                        [](auto, std::string usual) {
                          usual.replace(16, 4, wire(FakeChrony::kKeepSequence, 4));
                          return std::vector{usual};
                        }),
                "20ms") == "timeout");
}

TEST_CASE("chrony: answers that are wrong") {
  const auto cut = [](std::size_t length) {
    return [=](std::uint32_t, const std::string& usual) { return std::vector{usual.substr(0, length)}; };
  };
  CHECK(failure(instead(kTracking, cut(103))) == "malformed");
  CHECK(failure(instead(kTracking, cut(28))) == "malformed");
  CHECK(failure(instead(kTracking, cut(27)), "20ms") == "timeout");
  CHECK(failure(instead(kSource, cut(75))) == "malformed");
  CHECK(failure(instead(kActivity, cut(47))) == "malformed");
  CHECK(failure(instead(kCountSources, cut(31))) == "malformed");
  CHECK(failure(instead(kTracking, [](auto, std::string usual) {
          usual[0] = 7;
          return std::vector{usual};
        })) == "malformed");
  CHECK(failure(instead(kTracking, [](auto, std::string usual) { return std::vector{usual.replace(6, 2, wire(6, 2))}; })) ==
        "malformed");
  for (const auto& [status, reason] : std::map<int, std::string>{{1, "unavailable"},
                                                                 {2, "permission"},
                                                                 {6, "permission"},
                                                                 {10, "permission"},
                                                                 {18, "malformed"},
                                                                 {19, "unavailable"},
                                                                 {65535, "unavailable"}})
    CHECK(failure(instead(kTracking, [code = static_cast<std::uint16_t>(status)](auto, auto) {
            return std::vector{reply(kTracking, 1, code, "")};
          })) == reason);
}

TEST_CASE("chrony: commands that are not open are left out") {
  const FakeChrony server([](std::uint16_t command, std::uint32_t, const std::string& usual) {
    return std::vector{command == kTracking ? usual : reply(command, 1, 2, "")};
  });
  const Collected got = ask(server);
  CHECK(got.status);
  CHECK(has(got, "finwatch_chrony_stratum 11"));
  CHECK(got.samples.find("finwatch_chrony_source") == std::string::npos);
}

TEST_CASE("chrony: not synchronised") {
  const FakeChrony server(instead(kTracking, [](auto, auto) {
    return std::vector{
        reply(kTracking, 5, 0, std::string(20, '\0') + std::string(4, '\0') + wire(0, 2) + wire(3, 2) + std::string(48, '\0'))};
  }));
  const Collected got = ask(server);
  REQUIRE(got.status);
  CHECK(has(got, "finwatch_chrony_leap_status{status=\"normal\"} 0"));
  CHECK(has(got, "finwatch_chrony_leap_status{status=\"unsynchronised\"} 1"));
  for (const char* unknown : {"stratum ", "reference_info", "last_update", "root_delay", "last_offset"}) {
    CAPTURE(unknown);
    CHECK(got.samples.find("finwatch_chrony_" + std::string(unknown)) == std::string::npos);
  }
}

TEST_CASE("chrony: sources of every kind") {
  const std::string clock = wire(0x50505330, 4) + std::string(16, '\0');                     // PPS0
  const std::string unnamed = wire(7, 4) + std::string(12, '\0') + wire(3, 2) + wire(0, 2);  // no address yet
  const std::string v6 = wire(0x20010db8, 4) + std::string(11, '\0') + wire(1, 1) + wire(2, 2) + wire(0, 2);
  const std::vector<std::string> all = {source(clock, 0, 2, 0xff, 3),
                                        source(unnamed, 1, 0, 0, 0xffffffff),
                                        source(v6, 2, 1, 0x0f, 9),
                                        source(ipv4(0x0a000001), 3, 0, 0x1ff, 9),
                                        source(ipv4(0x0a000002), 4, 0, 1, 9),
                                        source(ipv4(0x0a000003), 5, 0, 1, 9),
                                        source(ipv4(0x0a000004), 99, 0, 1, 9),
                                        source(ipv4(0x0a000001), 0, 0, 1, 9),
                                        source(std::string(20, '\0'), 0, 0, 1, 9),
                                        reply(kSource, 1, 4, "")};
  const FakeChrony server([&](std::uint16_t command, std::uint32_t index, const std::string& usual) {
    if (command == kCountSources) return std::vector{reply(kCountSources, 2, 0, wire(0xffffffff, 4))};
    return std::vector{command == kSource ? all[std::min<std::size_t>(index, all.size() - 1)] : usual};
  });
  const Collected got = ask(server);
  REQUIRE(got.status);
  CHECK(check_page(got.page).first_duplicate == "");
  const auto is = [&](const std::string& name, const std::string& state) {
    return has(got, "finwatch_chrony_source_state{source=\"" + name + "\",state=\"" + state + "\"} 1");
  };
  CHECK(is("PPS0", "selected"));
  CHECK(is("ID#7", "unusable"));
  CHECK(is("2001:db8::1", "falseticker"));
  CHECK(is("10.0.0.1", "variable"));
  CHECK(is("10.0.0.2", "combined"));
  CHECK(is("10.0.0.3", "not_combined"));
  CHECK(is("10.0.0.4", "unusable"));
  CHECK(has(got, "finwatch_chrony_source_reachability_ratio{source=\"2001:db8::1\"} 0.5"));
  CHECK(has(got, "finwatch_chrony_source_reachability_ratio{source=\"10.0.0.1\"} 1"));
  CHECK(has(got, "finwatch_chrony_source_reachability_ratio{source=\"ID#7\"} 0"));
  CHECK(got.samples.find("age_seconds{source=\"ID#7\"}") == std::string::npos);
  CHECK(server.requests() == 3 + 64);
}

TEST_CASE("chrony: whatever the bytes, the page is sound") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const FakeChrony server([&](std::uint16_t, std::uint32_t, std::string usual) {
    for (std::size_t at = 28; at < usual.size(); ++at)
      if (random() % 3 == 0) usual[at] = static_cast<char>(random());
    return std::vector{usual};
  });
  for (int round = 0; round < 50; ++round) {
    const Collected got = ask(server);
    const CheckedPage page = check_page(got.page);
    CHECK(page.problem == "");
    CHECK(page.first_duplicate == "");
  }
}

TEST_CASE("chrony: a chronyd that was started anew is found again") {
  auto server = std::make_unique<FakeChrony>();
  const std::uint16_t port = server->port();
  KeptCollector collector(chrony_collector, Env{},
                          {{"collector.chrony.address", server->address()}, {"collector.chrony.timeout", "10s"}});
  CHECK(collector.collect().status);
  server.reset();
  CHECK(collector.collect().status.error().code == Errc::no_data);
  server = std::make_unique<FakeChrony>(FakeChrony::Handler(), port);
  CHECK(collector.collect().status);
}

TEST_CASE("chrony: over a Unix socket, leaving nothing behind") {
  const TemporaryTree tree;
  const std::string path = tree.path("root/chronyd.sock");
  auto server = std::make_unique<FakeChrony>(path);
  {
    KeptCollector collector(chrony_collector, tree.env(),
                            {{"collector.chrony.address", "unix:/chronyd.sock"}, {"collector.chrony.timeout", "10s"}});
    const Collected got = collector.collect();
    REQUIRE(got.status);
    CHECK(compare_golden("host/chrony.prom", got.page) == "");
    server.reset();
    CHECK(collector.collect().status.error().code == Errc::no_data);
    server = std::make_unique<FakeChrony>(path);
    CHECK(collector.collect().status);
    CHECK(list_folder(tree.path("root"))->size() == 2);
  }
  CHECK(*list_folder(tree.path("root")) == std::vector<std::string>{"chronyd.sock"});
}

namespace {

/// The machine's own, or the one that install-deps.sh unpacked for the tests.
std::string chronyd() {
  const std::string unpacked = test_folder("../build/debian/bin/chronyd");
  return ::access(unpacked.c_str(), X_OK) == 0 ? unpacked : "/usr/sbin/chronyd";
}

/// A real chronyd with a folder of its own, that leaves the clock alone and is its own reference at stratum 10.
class RealChrony {
 public:
  RealChrony() {
    const std::string config = tree_.path("chrony.conf");
    tree_.write("chrony.conf", "port 0\ncmdport " + std::to_string(port_) + "\nbindcmdaddress 127.0.0.1\nbindcmdaddress " +
                                   tree_.path("run/chronyd.sock") + "\npidfile " + tree_.path("pid") +
                                   "\nlocal stratum 10\nserver 127.0.0.1 port " + std::to_string(port_) +
                                   "\nserver 127.0.0.2 offline\nuser root\ndriftfile " + tree_.path("drift") + "\n");
    tree_.write("drift", "12.5 0.1\n");
    tree_.write("run/.keep", "");
    ::chmod(tree_.path("run").c_str(), 0700);
    const std::string program = chronyd();
    child_ = ::fork();
    if (child_ != 0) return;
    // In the child: only what may be called after fork.
    ::close(STDERR_FILENO);
    ::execl(program.c_str(), "chronyd", "-x", "-d", "-f", config.c_str(), nullptr);
    ::_exit(127);
  }
  ~RealChrony() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  static std::string socket() { return "unix:/run/chronyd.sock"; }
  Env env() const {
    Env env;
    env.rootfs = tree_.path();
    return env;
  }
  bool ended() const { return ::waitpid(child_, nullptr, WNOHANG) != 0; }

 private:
  TemporaryTree tree_;
  std::uint16_t port_ = FakeChrony().port();  // free a moment ago
  pid_t child_ = -1;
};

/// Collects until the daemon is up, or gives in.
Collected collect_when_up(const RealChrony& chrony, const std::string& address) {
  Collected got;
  for (int attempt = 0; attempt < 200; ++attempt) {
    got = collect(chrony_collector, chrony.env(), {{"collector.chrony.address", address}, {"collector.chrony.timeout", "10s"}});
    if (got.status && has(got, "finwatch_chrony_leap_status{status=\"normal\"} 1")) return got;
    ::usleep(50'000);
  }
  return got;
}

}  // namespace

TEST_CASE("chrony: a real chronyd") {
  if (::access(chronyd().c_str(), X_OK) != 0) {
    WARN("skipped: no chronyd here: deploy/install-deps.sh --test");
    return;
  }
  if (::geteuid() != 0) {
    WARN("skipped: chronyd starts as root only");
    return;
  }
  const RealChrony chrony;
  for (const std::string& address : {chrony.address(), RealChrony::socket()}) {
    const Collected got = collect_when_up(chrony, address);
    CAPTURE(address, got.samples);
    REQUIRE(got.status);
    CHECK(check_page(got.page).problem == "");
    CHECK(has(got, "finwatch_chrony_stratum 10"));
    CHECK(has(got, "finwatch_chrony_reference_info{address=\"\",id=\"7F7F0101\"} 1"));
    CHECK(got.samples.find("finwatch_chrony_frequency_ratio 1.25") != std::string::npos);  // e-05, from the drift file
    CHECK(has(got, "finwatch_chrony_sources{state=\"offline\"} 1"));
    CHECK(has(got, "finwatch_chrony_sources{state=\"online\"} 1"));
    CHECK(has(got, "finwatch_chrony_source_reachability_ratio{source=\"127.0.0.1\"} 0"));
    CHECK(has(got, "finwatch_chrony_source_state{source=\"127.0.0.2\",state=\"unusable\"} 1"));
  }
}
