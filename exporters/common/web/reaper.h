// Ends connections that take too long, however busily they drip: a half-open client holds a place for seconds, not for ever.
//
//   reaper.add(connection);                                  // it must send a whole request within Limits::first_request
//   connection.allow(reaper.limits().request);               // its request is being answered
//   reaper.remove(connection);
//
// One thread, asleep until the earliest deadline of any connection; with no connection it has no timer at all.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/clock.h"
#include "web/server.h"

namespace finwatch {

class Reaper {
 public:
  /// One open connection.
  class Watched {
   public:
    explicit Watched(int socket) : socket_(socket) {}
    void allow(std::chrono::milliseconds more) {
      sending_since_.store(0, std::memory_order_relaxed);
      deadline_.store(now() + std::chrono::duration_cast<SteadyTime::duration>(more).count(), std::memory_order_relaxed);
    }
    /// Its answer is on the way to the client.
    void sending() { sending_since_.store(now(), std::memory_order_relaxed); }

   private:
    friend class Reaper;
    static SteadyTime::rep now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

    const int socket_;
    std::atomic<SteadyTime::rep> deadline_{0};
    std::atomic<SteadyTime::rep> sending_since_{0};  // 0: not sending
    bool ended_ = false;
    Watched* next_ = nullptr;
    Watched* previous_ = nullptr;
  };

  explicit Reaper(WebLimits limits) : limits_(limits) {}
  ~Reaper();

  const WebLimits& limits() const { return limits_; }
  void add(Watched& connection);
  void remove(Watched& connection);
  /// There is no room left: whoever has been reading an answer for longer than `slow_reader` goes now.
  void make_room();

  template <class Visit>
  void for_each(Visit visit) {
    const std::lock_guard lock(mutex_);
    for (Watched* each = first_; each != nullptr; each = each->next_) visit(*each);
  }

 private:
  void run();
  static void end(Watched& connection);

  const WebLimits limits_;
  std::mutex mutex_;
  std::condition_variable news_;
  Watched* first_ = nullptr;
  SteadyTime::rep wakes_at_ = 0;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace finwatch
