// One thread that waits for many sockets and timers at once.
//
//   Result<std::unique_ptr<Loop>> loop = Loop::make();
//   Timer timer(**loop);
//   timer.start((*loop)->now() + std::chrono::seconds{3}, [] { … });   // its destructor cancels
//   Watch watch(**loop, socket, Watch::kRead, [](unsigned events) { … });
//   (*loop)->run();                                                    // until stop(), from a signal handler too
//
// Everything but post() and stop() belongs to the thread that runs it. A callback may destroy any timer or watch, its own too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace finwatch::workflow {

class Loop;

/// Calls once, at a time. Starting it again moves it; thousands cost a few steps each.
class Timer {
 public:
  using Callback = std::function<void()>;

  explicit Timer(Loop& loop) : loop_(loop) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(SteadyTime when, Callback callback);
  void cancel();
  bool running() const { return place_ != kNowhere; }

 private:
  friend class Loop;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  Loop& loop_;
  SteadyTime when_{};
  Callback callback_;
  std::size_t place_ = kNowhere;  // in the loop's heap
};

/// Calls whenever a descriptor is ready. The descriptor stays the caller's, and must outlive its watch.
class Watch {
 public:
  static constexpr unsigned kRead = 1;
  static constexpr unsigned kWrite = 2;
  static constexpr unsigned kError = 4;  // reported always: hung up or broken
  using Callback = std::function<void(unsigned events)>;

  Watch(Loop& loop, int descriptor, unsigned events, Callback callback);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void change(unsigned events);
  int descriptor() const { return descriptor_; }

 private:
  friend class Loop;

  Loop& loop_;
  int descriptor_;
  unsigned events_;
  std::uint32_t generation_ = 0;
  Callback callback_;
};

class Loop {
 public:
  static Result<std::unique_ptr<Loop>> make(const Clock& clock = machine_clock());
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Until stop(). What was posted before is done first.
  void run();
  /// One round: waits at most until `until`, serves what is ready.
  void run_once(SteadyTime until);
  /// From any thread, and from a signal handler.
  void stop();
  /// From any thread: runs `task` on the loop's thread, after the callback that runs now.
  void post(std::function<void()> task);

  SteadyTime now() const { return clock_.steady(); }
  WallTime wall_now() const { return clock_.wall(); }
  std::size_t timers() const { return heap_.size(); }
  std::size_t watches() const { return watches_; }

 private:
  friend class Timer;
  friend class Watch;
  struct Slot {
    Watch* watch = nullptr;
    std::uint32_t generation = 0;  // tells an event of a closed descriptor from one of the next with its number
  };

  Loop(const Clock& clock, int epoll, int wakeup);
  static const Clock& machine_clock();
  void settle(std::size_t place, Timer* timer);
  void rise(std::size_t place, Timer* timer);
  void sink(std::size_t place, Timer* timer);
  void remove(Timer& timer);
  void run_timers();
  void run_posted();
  void dispatch(std::uint64_t key, std::uint32_t events);
  int wait_milliseconds(SteadyTime until);
  void wake() const;

  const Clock& clock_;
  const int epoll_;
  const int wakeup_;  // an eventfd
  std::vector<Timer*> heap_;
  std::vector<Slot> slots_;  // by descriptor
  std::size_t watches_ = 0;
  std::atomic<bool> stopped_{false};
  std::atomic<std::thread::id> thread_{};  // that runs it
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  std::vector<std::function<void()>> running_;
};

}  // namespace finwatch::workflow
