#include "run/convoy.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace finwatch {

using std::chrono::nanoseconds;

// What the caller and the helper threads share. It outlives the Convoy for as long as a stuck item keeps its thread.
struct Convoy::Road {
  mutable std::mutex mutex;
  std::condition_variable work_waits;  // for the thread in front
  std::condition_variable news;        // for the caller of run()
  Items items;                         // of the run that is going on
  std::size_t next = 0;                // the first item that nobody has begun
  std::size_t unfinished = 0;
  std::uint64_t turn = 0;              // only the thread whose turn it is may begin items
  bool has_driver = false;
  bool driving = false;                // the thread in front is inside work()
  SteadyTime begun;                    // when it went in
  SteadyTime deadline;
  std::uint64_t run = 0;               // how many runs have begun
  std::uint64_t shortened_run = 0;     // a run that has not begun yet, and its new deadline
  SteadyTime shortened_deadline;
  std::size_t stuck = 0;
  bool closing = false;
};

Convoy::Convoy() : road_(std::make_shared<Road>()) {}

Convoy::~Convoy() {
  const std::lock_guard lock(road_->mutex);
  road_->closing = true;
  road_->items = {};
  road_->next = 0;
  road_->work_waits.notify_all();
}

void Convoy::run(Items items, SteadyTime deadline, nanoseconds patience) {
  Road& road = *road_;
  std::unique_lock lock(road.mutex);
  road.items = items;
  road.next = 0;
  road.unfinished = 0;
  road.deadline = deadline;
  if (++road.run == road.shortened_run) road.deadline = std::min(deadline, road.shortened_deadline);
  for (const auto& item : items) {
    item->wanted_ = !item->busy_;
    item->outcome_ = item->busy_ ? Outcome::busy : Outcome::late;
    road.unfinished += item->wanted_ ? 1U : 0U;
  }
  const auto send_driver = [&] {
    road.has_driver = true;
    road.driving = false;
    std::thread(drive, road_, ++road.turn).detach();
  };
  if (road.unfinished > 0) {
    if (road.has_driver)
      road.work_waits.notify_one();
    else
      send_driver();
  }
  while (road.unfinished > 0) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= road.deadline) break;
    if (road.has_driver && road.driving && now - road.begun >= patience) {
      ++road.stuck;  // it keeps its thread; the next item gets another one
      road.has_driver = false;
    }
    if (!road.has_driver && road.next < road.items.size()) send_driver();
    SteadyTime until = road.deadline;
    if (road.has_driver)
      until = std::min(until, (road.driving ? road.begun : now) + std::chrono::duration_cast<SteadyTime::duration>(patience));
    road.news.wait_until(lock, until);
  }
  if (road.has_driver && road.driving) {
    ++road.stuck;
    road.has_driver = false;
  }
  for (const auto& item : items) item->wanted_ = false;
  road.items = {};
  road.next = 0;
}

void Convoy::drive(std::shared_ptr<Road> road, std::uint64_t turn) {
  std::unique_lock lock(road->mutex);
  const auto in_front = [&] { return road->has_driver && road->turn == turn; };
  while (true) {
    road->work_waits.wait(lock, [&] { return road->closing || !in_front() || road->next < road->items.size(); });
    if (road->closing || !in_front()) return;
    const std::shared_ptr<Item> item = road->items[road->next++];
    if (item->busy_) continue;
    item->busy_ = true;
    road->driving = true;
    road->begun = std::chrono::steady_clock::now();
    lock.unlock();
    item->work();
    lock.lock();
    item->busy_ = false;
    if (item->wanted_) {  // the run that began it is still waiting
      item->wanted_ = false;
      item->outcome_ = Outcome::done;
      if (--road->unfinished == 0) road->news.notify_one();
    }
    if (!in_front()) {
      --road->stuck;
      return;
    }
    road->driving = false;
  }
}

void Convoy::shorten(std::uint64_t run, SteadyTime deadline) {
  Road& road = *road_;
  const std::lock_guard lock(road.mutex);
  if (run == road.run) {
    road.deadline = std::min(road.deadline, deadline);
    road.news.notify_one();
  } else if (run > road.run) {
    road.shortened_deadline = run == road.shortened_run ? std::min(road.shortened_deadline, deadline) : deadline;
    road.shortened_run = run;
  }
}

std::uint64_t Convoy::next_run() const {
  const std::lock_guard lock(road_->mutex);
  return road_->run + 1;
}

std::size_t Convoy::stuck_threads() const {
  const std::lock_guard lock(road_->mutex);
  return road_->stuck;
}

}  // namespace finwatch
