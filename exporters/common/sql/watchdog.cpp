#include "sql/watchdog.h"

#include <sys/socket.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace finwatch {
namespace {

struct Kennel {
  std::mutex mutex;
  std::condition_variable changed;
  SocketWatchdog::Watch* first = nullptr;
  SteadyTime wakes = SteadyTime::max();  // when the thread looks next
  bool has_thread = false;
};

// Never destroyed: the thread is detached and lives as long as the process.
Kennel& kennel() {
  static Kennel& one = *new Kennel;
  return one;
}

}  // namespace

SocketWatchdog::Watch::Watch(int socket, SteadyTime deadline) : socket_(socket), deadline_(deadline) {
  if (socket_ < 0) return;
  Kennel& k = kennel();
  const std::lock_guard lock(k.mutex);
  next_ = k.first;
  if (next_ != nullptr) next_->previous_ = this;
  k.first = this;
  if (!k.has_thread) {
    k.has_thread = true;
    std::thread([&k] {
      std::unique_lock guard(k.mutex);
      while (true) {
        const SteadyTime now = std::chrono::steady_clock::now();
        SteadyTime soonest = SteadyTime::max();
        for (Watch* watch = k.first; watch != nullptr; watch = watch->next_) {
          if (watch->bit_) continue;
          if (watch->deadline_ <= now) {
            watch->bit_ = true;
            ::shutdown(watch->socket_, SHUT_RDWR);
          } else {
            soonest = std::min(soonest, watch->deadline_);
          }
        }
        k.wakes = soonest;
        if (soonest == SteadyTime::max())
          k.changed.wait(guard);
        else
          k.changed.wait_until(guard, soonest);
      }
    }).detach();
  } else if (deadline_ < k.wakes) {
    k.changed.notify_one();  // an earlier wake-up than planned; a later one costs nobody anything
  }
}

SocketWatchdog::Watch::~Watch() {
  if (socket_ < 0) return;
  const std::lock_guard lock(kennel().mutex);
  (previous_ != nullptr ? previous_->next_ : kennel().first) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

bool SocketWatchdog::Watch::bit() const {
  const std::lock_guard lock(kennel().mutex);
  return bit_;
}

}  // namespace finwatch
