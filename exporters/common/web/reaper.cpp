#include "web/reaper.h"

#include <sys/socket.h>

#include <algorithm>

namespace finwatch {

Reaper::~Reaper() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  news_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Reaper::add(Watched& connection) {
  connection.allow(limits_.first_request);
  const std::lock_guard lock(mutex_);
  connection.next_ = first_;
  if (first_ != nullptr) first_->previous_ = &connection;
  first_ = &connection;
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  if (connection.next_ == nullptr || connection.deadline_.load(std::memory_order_relaxed) < wakes_at_) news_.notify_one();
}

void Reaper::remove(Watched& connection) {
  const std::lock_guard lock(mutex_);
  if (connection.next_ != nullptr) connection.next_->previous_ = connection.previous_;
  (connection.previous_ != nullptr ? connection.previous_->next_ : first_) = connection.next_;
}

// The descriptor is still this connection's own: it is removed from the list before its socket is closed.
void Reaper::end(Watched& connection) {
  connection.ended_ = true;
  ::shutdown(connection.socket_, SHUT_RDWR);
}

void Reaper::make_room() {
  const auto patience = std::chrono::duration_cast<SteadyTime::duration>(limits_.slow_reader).count();
  const SteadyTime::rep now = Watched::now();
  for_each([&](Watched& each) {
    const SteadyTime::rep since = each.sending_since_.load(std::memory_order_relaxed);
    if (!each.ended_ && since != 0 && now - since >= patience) end(each);
  });
}

void Reaper::run() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (first_ == nullptr) {
      news_.wait(lock);
      continue;
    }
    const SteadyTime::rep now = Watched::now();
    SteadyTime::rep earliest = now + std::chrono::duration_cast<SteadyTime::duration>(limits_.request).count();
    for (Watched* each = first_; each != nullptr; each = each->next_) {
      const SteadyTime::rep deadline = each->deadline_.load(std::memory_order_relaxed);
      if (deadline > now)
        earliest = std::min(earliest, deadline);
      else if (!each->ended_)
        end(*each);
    }
    wakes_at_ = earliest;
    news_.wait_until(lock, SteadyTime{SteadyTime::duration{earliest}});
  }
}

}  // namespace finwatch
