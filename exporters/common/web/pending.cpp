#include "web/pending.h"

#include <microhttpd.h>

namespace finwatch {

void Pending::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  done_ = false;
  allowed_ = false;
}

bool Pending::ready_or_park(MHD_Connection* connection, const std::atomic<bool>& closing) {
  const std::lock_guard lock(mutex_);
  if (done_) return true;
  if (closing) {
    open_ = false;
    cut_ = true;
    return true;
  }
  parked_ = connection;
  MHD_suspend_connection(connection);
  return false;
}

void Pending::cut() {
  const std::lock_guard lock(mutex_);
  if (parked_ == nullptr) return;
  open_ = false;
  cut_ = true;
  MHD_resume_connection(std::exchange(parked_, nullptr));
}

template <class Store>
void Pending::finish(Store store) noexcept {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  store();
  open_ = false;
  done_ = true;
  if (parked_ != nullptr) MHD_resume_connection(std::exchange(parked_, nullptr));
}

void Pending::page_ready(PageRef page) noexcept {
  const std::shared_ptr<Pending> self = std::move(self_);
  finish([&] { page_ = std::move(page); });
}

void Pending::receive(WebAnswer answer) noexcept {
  finish([&] { answer_ = std::move(answer); });
}

void Pending::checked(bool allowed) noexcept {
  finish([&] { allowed_ = allowed; });
}

}  // namespace finwatch
