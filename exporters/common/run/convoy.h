// Runs pieces of work one after the other on a helper thread, and drives around the one that stops.
//
//   struct Mount : Convoy::Item { void work() override { ::statvfs(…) } };
//   convoy.run(items, deadline, patience);
//   for (auto& item : items) if (item->outcome() == Convoy::Outcome::done) use(*item);
//
// run() waits for the end on the caller's thread; start() returns at once and calls arrived() on the helper thread, which
// saves two switches between threads.
//
// An item that takes longer than `patience` keeps its thread and the rest goes on with a new one; if it is done by the
// deadline it still counts. After that it is `late`; in later runs it is `busy`, is not started again and costs nothing, until
// it returns: then the next run starts it as usual. So at most one thread waits for each stuck item, however long it hangs.
//
// While an item is busy nobody but its own work() may touch what work() writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "core/clock.h"

namespace finwatch {

class Convoy {
 public:
  enum class Outcome : unsigned char { done, late, busy };

  class Item {
   public:
    virtual ~Item() = default;
    /// What happened to this item in the last run. Read by the caller of run() only.
    Outcome outcome() const { return outcome_; }

   private:
    friend class Convoy;
    virtual void work() noexcept = 0;

    Outcome outcome_ = Outcome::done;
    bool busy_ = false;    // being worked at by a thread
    bool wanted_ = false;  // part of the run that is going on
  };
  using Items = std::span<const std::shared_ptr<Item>>;

  /// Told when a run that start() began is over.
  class Arrival {
   public:
    virtual ~Arrival() = default;
    /// Called once a run, on a helper thread, when every item is done or the deadline has passed. May call start().
    virtual void arrived() noexcept = 0;
  };

  Convoy();
  ~Convoy();  // does not wait for stuck items: their threads go away when the items return
  Convoy(const Convoy&) = delete;
  Convoy& operator=(const Convoy&) = delete;

  /// Returns when every item is done, and at `deadline` at the latest. Called by one thread at a time.
  void run(Items items, SteadyTime deadline, std::chrono::nanoseconds patience);

  /// The same without waiting. False when there is nothing to do (every item is busy): then arrived() is not called.
  /// `items` and `arrival` must stay until the run is over.
  [[nodiscard]] bool start(Items items, SteadyTime deadline, std::chrono::nanoseconds patience, Arrival& arrival);

  /// Brings the deadline of one run forward, from any thread. `run` is what next_run() said before that run began; a run that
  /// has not begun yet will heed it, one that is over is left alone.
  void shorten(std::uint64_t run, SteadyTime deadline);
  std::uint64_t next_run() const;

  /// How many threads wait for an item that is stuck.
  std::size_t stuck_threads() const;

 private:
  struct Road;

  std::shared_ptr<Road> road_;
};

}  // namespace finwatch
