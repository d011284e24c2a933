// A server with one collector behind it, on a port of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "run/runner.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/web_client.h"
#include "web/server.h"

namespace finwatch::test {

inline constexpr MetricDesc kWebAnswer{MetricType::gauge, "finwatch_test_answer", "What the test wants to read, from memory."};
inline constexpr MetricRef kWebMetrics[] = {kWebAnswer};

/// Answers 42 after a pause.
class PausingCollector final : public Collector {
 public:
  static inline std::atomic<int> pause_milliseconds{0};
  explicit PausingCollector(const Env&) {}
  Status collect(const Scrape&, MetricSink& sink) override {
    std::this_thread::sleep_for(std::chrono::milliseconds{pause_milliseconds});
    sink.add(kWebAnswer, 42);
    return ok();
  }
};
inline const CollectorInfo pausing_collector{
    .name = "answer", .summary = "A number.", .metrics = kWebMetrics, .make = make_collector<PausingCollector>};

struct WebFixture {
  explicit WebFixture(WebOptions options = {}, WebHooks hooks = {}, std::chrono::milliseconds pause = {}) {
    PausingCollector::pause_milliseconds = static_cast<int>(pause.count());
    std::vector<RunnerEntry> entries;
    entries.push_back({.info = &pausing_collector, .collector = std::make_unique<PausingCollector>(env)});
    runner.replace(std::move(entries));
    if (options.listen_addresses.empty()) options.listen_addresses = {"127.0.0.1:0"};
    if (options.program.empty()) options.program = "finwatch-test";
    auto started = WebServer::start(std::move(options), std::move(hooks), runner, env);
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
    address = server->addresses()[0];
  }
  WebClient client() const { return WebClient(address); }

  TemporaryTree tree;
  Env env = tree.env();
  Runner runner{{.name_prefix = "test", .timeout = std::chrono::seconds{5}}, env};
  std::unique_ptr<WebServer> server;
  std::string address;
};

}  // namespace finwatch::test
