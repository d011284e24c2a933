// A scrape in steady state allocates nothing: counted here, for every collector and for the runner, on this very machine.
//
// A number that has to move is moved here, with its reason, in the commit that moves it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <mutex>

#include "budget/counting.h"
#include "host/collectors.h"
#include "run/runner.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/many_cpus.h"

namespace finwatch::host {
extern const CollectorInfo chrony_collector;
extern const CollectorInfo textfile_collector;
}  // namespace finwatch::host

using namespace finwatch;
using test::allocations_in;

namespace {

constexpr int kWarmUp = 5;

struct Now final : Runner::Waiter {
  std::mutex mutex;
  std::condition_variable ready;
  bool done = false;
  void page_ready(PageRef) noexcept override {
    const std::lock_guard lock(mutex);
    done = true;
    ready.notify_one();
  }
};

}  // namespace

TEST_CASE("budget: no collector allocates in steady state") {
  for (const CollectorInfo* info : host::collectors()) {
    const Env env;
    test::FakeSettings settings(*info);
    MadeCollector made = info->make(env, settings);
    if (!made) continue;
    MetricSink sink;
    Scrape scrape;
    Errc code = Errc::internal;
    const auto run = [&] {
      sink.clear();
      scrape.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
      ++scrape.number;
      const Status status = (*made)->collect(scrape, sink);
      code = status ? Errc::no_data : status.error().code;
    };
    for (int i = 0; i < kWarmUp; ++i) run();
    const std::uint64_t counted = allocations_in(run);
    CAPTURE(info->name, to_string(code));
    // sd-bus makes an object of each message.
    if (info->name == "systemd" && sink.series() > 0) continue;
    // A collector that fails may build the sentence that says why.
    if (code == Errc::no_data) CHECK(counted == 0);
  }
}

TEST_CASE("budget: textfiles that did not change are neither parsed nor allocated for") {
  const test::TemporaryTree tree;
  tree.write("a/x.prom", "# TYPE x histogram\nx_bucket{le=\"1\"} 1\nx_count 2\ny{a=\"b\"} 1\n");
  tree.write("a/malformed.prom", "x\n");
  tree.write("b/y.prom", "y 1\nnode_load1 0\n");
  ManualClock clock(std::chrono::system_clock::now());
  clock.advance(std::chrono::hours{1});  // long after the files were written
  test::KeptCollector collector(host::textfile_collector, tree.env(&clock),
                                {{"collector.textfile.directory", tree.path("[ab]") + "," + tree.path("nowhere")}});
  MetricSink sink;
  const auto run = [&] {
    sink.clear();
    (void)collector.get().collect({}, sink);
  };
  for (int i = 0; i < kWarmUp; ++i) run();
  CHECK(allocations_in(run) == 0);
  CHECK(sink.series() == 11);
}

namespace {

/// A chronyd with one source in a process of its own, where it allocates on its own account.
class OtherChrony {
 public:
  OtherChrony() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof own;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&own), length) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) == 0);
    port_ = ntohs(own.sin_port);
    child_ = ::fork();
    if (child_ == 0) serve(socket);
    ::close(socket);
  }
  ~OtherChrony() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  [[noreturn]] static void serve(int socket) {
    while (true) {
      char request[512] = {};
      char answer[104] = {6, 2};
      sockaddr_in from{};
      socklen_t length = sizeof from;
      if (::recvfrom(socket, request, sizeof request, 0, reinterpret_cast<sockaddr*>(&from), &length) < 0) ::_exit(1);
      const char command = request[5];
      answer[5] = command;
      answer[7] = static_cast<char>(command == 33 ? 5 : command == 44 ? 12 : command == 15 ? 3 : 2);
      std::memcpy(answer + 16, request + 8, 4);             // the sequence number
      answer[31] = 1;                                       // one source, or the last byte of an identifier
      if (command == 15) answer[28] = 127, answer[45] = 1;  // 127.0.0.1
      ::sendto(socket, answer, sizeof answer, 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  std::uint16_t port_ = 0;
  pid_t child_ = -1;
};

}  // namespace

TEST_CASE("budget: asking chronyd allocates nothing") {
  const OtherChrony chrony;
  test::KeptCollector collector(host::chrony_collector, Env{},
                                {{"collector.chrony.address", chrony.address()}, {"collector.chrony.timeout", "10s"}});
  MetricSink sink;
  bool well = false;
  const auto run = [&] {
    sink.clear();
    well = static_cast<bool>(
        collector.get().collect({.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10}}, sink));
  };
  for (int i = 0; i < kWarmUp; ++i) run();
  CHECK(allocations_in(run) == 0);
  CHECK(well);
  CHECK(sink.samples().find("finwatch_chrony_source_stratum{source=\"127.0.0.1\"}") != std::string_view::npos);
}

TEST_CASE("budget: the runner allocates nothing between the request and the page, compressed or not") {
  const Env env;
  Runner runner({.name_prefix = "node"}, env);
  std::vector<RunnerEntry> entries;
  for (const CollectorInfo* info : host::collectors()) {
    if (info->by_default == ByDefault::off) continue;
    test::FakeSettings settings(*info);
    MadeCollector made = info->make(env, settings);
    REQUIRE(made);
    entries.push_back({info, std::move(*made), false});
  }
  runner.replace(std::move(entries));
  const auto scrape = [&](PageShape shape) {
    Now now;
    runner.scrape({.selection = {}, .deadline = runner.deadline(0), .shape = shape}, now);
    std::unique_lock lock(now.mutex);
    now.ready.wait(lock, [&] { return now.done; });
  };
  const PageShape text{};
  const PageShape packed{Format::open_metrics, Encoding::gzip};
  for (int i = 0; i < kWarmUp; ++i) {
    scrape(text);
    scrape(packed);
  }
  CHECK(allocations_in([&] { scrape(text); }) == 0);
  CHECK(allocations_in([&] { scrape(packed); }) == 0);
}

TEST_CASE("budget: a machine with 256 CPUs costs no allocation either") {
  const test::TemporaryTree tree;
  test::write_many_cpus(tree, 256);
  const Env env = tree.env();
  for (const CollectorInfo* info : host::collectors()) {
    const std::string_view name = info->name;
    if (name != "cpu" && name != "cpufreq" && name != "interrupts" && name != "schedstat" && name != "softirqs" &&
        name != "stat")
      continue;
    std::map<std::string, std::string> flags;
    if (name == "cpu") flags = {{"collector.cpu.info.flags-include", "."}, {"collector.cpu.info.bugs-include", "."}};
    test::FakeSettings settings(*info, flags);
    MadeCollector made = info->make(env, settings);
    REQUIRE(made);
    MetricSink sink;
    Scrape scrape;
    bool good = true;
    const auto run = [&] {
      sink.clear();
      scrape.deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
      ++scrape.number;
      good = good && (*made)->collect(scrape, sink);
    };
    for (int i = 0; i < kWarmUp; ++i) run();
    CAPTURE(name);
    CHECK(allocations_in(run) == 0);
    CHECK(good);
    if (name != "stat") CHECK(sink.series() >= 3 * 256);
  }
}
