// How a program that already uses prometheus-cpp serves collectors of finwatch: load averages from its Exposer.
//
//   finwatch_example_exposer [ADDRESS:PORT]        127.0.0.1:0 chooses a free port
#include <prometheus/exposer.h>
#include <signal.h>
#include <unistd.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "core/log.h"
#include "run/runner.h"
#include "run/sink_collectable.h"

namespace finwatch::host {
extern const CollectorInfo loadavg_collector;
}

namespace {

/// loadavg has no flags, so nothing is ever asked.
class NoSettings final : public finwatch::Settings {
 public:
  std::string_view text(std::string_view) const override { return {}; }
  bool boolean(std::string_view) const override { return false; }
  long long integer(std::string_view) const override { return 0; }
  std::chrono::nanoseconds duration(std::string_view) const override { return {}; }
  std::span<const std::string> list(std::string_view) const override { return {}; }
  const finwatch::Tree* section() const override { return nullptr; }
};

// Each of these has a reason: an Exposer answers slowly without nodelay, and two half-open clients stop one with two threads.
std::vector<std::string> options(const std::string& address) {
  return {"listening_ports",       address, "num_threads",        "8",    "enable_keep_alive", "yes",
          "keep_alive_timeout_ms", "5000",  "request_timeout_ms", "5000", "tcp_nodelay",       "1"};
}

}  // namespace

int main(int argc, char** argv) {
  const auto log =
      finwatch::make_log(finwatch::LogFormat::logfmt, finwatch::LogLevel::info, STDERR_FILENO, finwatch::system_clock());
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    const finwatch::Env env{.log = log.get()};
    auto loadavg = finwatch::host::loadavg_collector.make(env, NoSettings());
    if (!loadavg) throw std::runtime_error(loadavg.error().message);
    std::vector<finwatch::RunnerEntry> entries;
    entries.push_back({&finwatch::host::loadavg_collector, std::move(*loadavg)});
    finwatch::Runner runner({.timeout = std::chrono::seconds{5}}, env);
    runner.replace(std::move(entries));

    const auto bridge = std::make_shared<finwatch::SinkCollectable>(runner);
    prometheus::Exposer exposer(options(argc > 1 ? argv[1] : "127.0.0.1:0"));
    exposer.RegisterCollectable(bridge);
    log->info("listening", {{"address", "127.0.0.1:" + std::to_string(exposer.GetListeningPorts().at(0))}});
    int signal = 0;
    ::sigwait(&signals, &signal);
  } catch (const std::exception& error) {
    log->error("cannot serve", {{"error", error.what()}});
    return 1;
  }
}
