// One answer that is not ready yet: the connection is put aside, and whoever has the answer brings it back.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "run/runner.h"
#include "web/server.h"

struct MHD_Connection;

namespace finwatch {

class WebReply::Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void receive(WebAnswer answer) noexcept = 0;
};

/// Belongs to one connection and serves its requests one after the other. Whoever owes an answer holds a reference, so a
/// connection that had to be cut short leaves it behind without harm.
class Pending final : public Runner::Waiter, public WebReply::Receiver, public std::enable_shared_from_this<Pending> {
 public:
  /// Before the work is given away.
  void open();
  /// Puts the connection aside, unless the answer is there already (true) or the server is closing (`closing`, true).
  bool ready_or_park(MHD_Connection* connection, const std::atomic<bool>& closing);
  /// Takes the connection away from the work: what comes later is dropped.
  void cut();

  void hold_for_page() { self_ = shared_from_this(); }  // until page_ready
  void page_ready(PageRef page) noexcept override;
  void receive(WebAnswer answer) noexcept override;
  void checked(bool allowed) noexcept;

  // Read by the connection's own thread after it was brought back.
  bool was_cut() const { return cut_; }
  PageRef take_page() { return std::move(page_); }
  WebAnswer take_answer() { return std::move(answer_); }
  bool allowed() const { return allowed_; }

 private:
  template <class Store>
  void finish(Store store) noexcept;

  std::mutex mutex_;
  MHD_Connection* parked_ = nullptr;
  bool open_ = false;
  bool done_ = false;
  bool cut_ = false;
  bool allowed_ = false;
  PageRef page_;
  WebAnswer answer_;
  std::shared_ptr<Pending> self_;
};

}  // namespace finwatch
