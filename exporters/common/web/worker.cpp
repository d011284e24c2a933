#include "web/worker.h"

namespace finwatch {

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  news_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Worker::post(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (closing_ || waiting_.size() >= most_waiting_) return false;
  waiting_.push_back(std::move(job));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  news_.notify_one();
  return true;
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    news_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (closing_) return;
    const std::function<void()> job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace finwatch
