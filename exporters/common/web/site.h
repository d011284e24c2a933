// What all connections of one server share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

#include "run/runner.h"
#include "web/guard.h"
#include "web/reaper.h"
#include "web/server.h"
#include "web/worker.h"

namespace finwatch {

struct Site {
  Site(WebOptions o, WebHooks h, Runner& r, const Env& e)
      : options(std::move(o)), hooks(std::move(h)), runner(r), env(e), reaper(options.limits) {}

  const WebOptions options;
  const WebHooks hooks;
  Runner& runner;
  const Env env;
  std::string landing;
  std::unique_ptr<Guard> guard;  // nullptr without a web-config.yml
  Reaper reaper;
  Worker reloads{8};

  std::atomic<int> metrics_in_flight{0};
  std::atomic<bool> stopping{false};  // new requests are turned away
  std::atomic<bool> cutting{false};   // nobody may be put aside any more

  void request_began() { requests_.fetch_add(1); }
  void request_ended() {
    if (requests_.fetch_sub(1) == 1 && stopping) {
      const std::lock_guard lock(mutex_);
      all_ended_.notify_all();
    }
  }
  void wait_for_requests(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    all_ended_.wait_for(lock, most, [this] { return requests_ == 0; });
  }

 private:
  std::atomic<int> requests_{0};
  std::mutex mutex_;
  std::condition_variable all_ended_;
};

}  // namespace finwatch
