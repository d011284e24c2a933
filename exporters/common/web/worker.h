// A thread for what takes long (a password hash, a reload), one piece at a time; started by the first piece.
//
//   if (!worker.post([=] { … })) answer("busy, come back later");
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace finwatch {

class Worker {
 public:
  explicit Worker(std::size_t most_waiting) : most_waiting_(most_waiting) {}
  /// Waits for the piece that runs; those that wait are dropped.
  ~Worker();

  /// False when too many wait already, or the worker is closing. `job` must not throw.
  bool post(std::function<void()> job);

 private:
  void run();

  const std::size_t most_waiting_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::function<void()>> waiting_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace finwatch
