#include "run/convoy.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/files.h"

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
  Arrival* arrival = nullptr;  // whom to tell, in a run that start() began
  std::uint64_t turn = 0;      // only the thread whose turn it is may begin items
  bool has_driver = false;
  bool driving = false;  // the thread in front is inside work()
  SteadyTime begun;      // when it went in
  SteadyTime deadline;
  nanoseconds patience{};
  std::uint64_t run = 0;            // how many runs have begun
  std::uint64_t shortened_run = 0;  // a run that has not begun yet, and its new deadline
  SteadyTime shortened_deadline;
  std::size_t stuck = 0;
  bool closing = false;
  Descriptor timer;  // wakes the watchman of runs that nobody waits for

  bool prepare(Items wanted, SteadyTime until, nanoseconds each);
  void keep_moving(SteadyTime now);
  SteadyTime next_look(SteadyTime now) const;
  void leave_driver();
  void send_driver(const std::shared_ptr<Road>& self);
  Arrival* finish();
  void set_timer(nanoseconds from_now) const;
  void stop_timer() const;

  static void drive(std::shared_ptr<Road> road, std::uint64_t turn);
  static void watch(std::shared_ptr<Road> road);
};

Convoy::Convoy() : road_(std::make_shared<Road>()) {}

Convoy::~Convoy() {
  const std::lock_guard lock(road_->mutex);
  road_->closing = true;
  road_->finish();
  road_->work_waits.notify_all();
  if (road_->timer) road_->set_timer(nanoseconds{1});
}

void Convoy::run(Items items, SteadyTime deadline, nanoseconds patience) {
  Road& road = *road_;
  std::unique_lock lock(road.mutex);
  if (road.prepare(items, deadline, patience)) road.send_driver(road_);
  while (road.unfinished > 0) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= road.deadline) break;
    road.keep_moving(now);
    road.send_driver(road_);
    road.news.wait_until(lock, road.next_look(now));
  }
  road.finish();
}

bool Convoy::start(Items items, SteadyTime deadline, nanoseconds patience, Arrival& arrival) {
  Road& road = *road_;
  const std::lock_guard lock(road.mutex);
  if (!road.prepare(items, deadline, patience)) return false;
  road.arrival = &arrival;
  if (!road.timer) {
    road.timer.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    std::thread(Road::watch, road_).detach();
  }
  const SteadyTime now = std::chrono::steady_clock::now();
  road.set_timer(road.next_look(now) - now);
  road.send_driver(road_);
  return true;
}

// True when there is something to do.
bool Convoy::Road::prepare(Items wanted, SteadyTime until, nanoseconds each) {
  items = wanted;
  next = 0;
  unfinished = 0;
  arrival = nullptr;
  deadline = until;
  patience = each;
  if (++run == shortened_run) deadline = std::min(deadline, shortened_deadline);
  for (const auto& item : items) {
    item->wanted_ = !item->busy_;
    item->outcome_ = item->busy_ ? Outcome::busy : Outcome::late;
    unfinished += item->wanted_ ? 1U : 0U;
  }
  if (unfinished == 0) finish();
  return unfinished > 0;
}

// The thread in front keeps the item that exceeds its patience; the next item gets another thread.
void Convoy::Road::keep_moving(SteadyTime now) {
  if (has_driver && driving && now - begun >= patience) leave_driver();
}

void Convoy::Road::leave_driver() {
  ++stuck;
  has_driver = false;
}

// When somebody has to look after the run again.
SteadyTime Convoy::Road::next_look(SteadyTime now) const {
  if (!has_driver && next >= items.size()) return deadline;  // only stuck items are left
  const SteadyTime since = has_driver && driving ? begun : now;
  return std::min(deadline, since + std::chrono::duration_cast<SteadyTime::duration>(patience));
}

void Convoy::Road::send_driver(const std::shared_ptr<Road>& self) {
  if (next >= items.size()) return;
  if (has_driver) {
    if (!driving) work_waits.notify_one();
    return;
  }
  has_driver = true;
  driving = false;
  std::thread(drive, self, ++turn).detach();
}

// The run is over, whoever is still on the way. Returns whom to tell.
Convoy::Arrival* Convoy::Road::finish() {
  if (has_driver && driving) leave_driver();
  for (const auto& item : items) item->wanted_ = false;
  items = {};
  next = 0;
  unfinished = 0;
  if (arrival != nullptr) stop_timer();
  return std::exchange(arrival, nullptr);
}

void Convoy::Road::stop_timer() const {
  const itimerspec never{};
  ::timerfd_settime(timer.get(), 0, &never, nullptr);
}

void Convoy::Road::set_timer(nanoseconds from_now) const {
  const std::int64_t nanos = std::max<std::int64_t>(from_now.count(), 1);
  itimerspec spec{};
  spec.it_value.tv_sec = nanos / 1'000'000'000;
  spec.it_value.tv_nsec = nanos % 1'000'000'000;
  ::timerfd_settime(timer.get(), 0, &spec, nullptr);
}

void Convoy::Road::drive(std::shared_ptr<Road> road, std::uint64_t turn) {
  std::unique_lock lock(road->mutex);
  const auto in_front = [&] { return road->has_driver && road->turn == turn; };
  while (true) {
    road->work_waits.wait(lock, [&] { return road->closing || !in_front() || road->next < road->items.size(); });
    if (road->closing || !in_front()) return;
    const std::shared_ptr<Item> item = road->items[road->next++];
    if (item->busy_ || !item->wanted_) continue;
    item->busy_ = true;
    road->driving = true;
    road->begun = std::chrono::steady_clock::now();
    lock.unlock();
    item->work();
    lock.lock();
    item->busy_ = false;
    const bool leading = in_front();
    if (leading)
      road->driving = false;
    else
      --road->stuck;
    if (item->wanted_) {  // the run that began it is still going on
      item->wanted_ = false;
      item->outcome_ = Outcome::done;
      if (--road->unfinished == 0) {
        road->news.notify_one();
        if (Arrival* arrival = road->arrival != nullptr ? road->finish() : nullptr) {
          lock.unlock();
          arrival->arrived();
          lock.lock();
        }
      }
    }
    if (!leading) return;
  }
}

// Sleeps until the timer says that a run takes long; a run that is over in time stops it.
// NOLINTNEXTLINE(performance-unnecessary-value-param): the thread keeps the road alive
void Convoy::Road::watch(std::shared_ptr<Road> road) {
  std::uint64_t expirations = 0;
  while (::read(road->timer.get(), &expirations, sizeof expirations) > 0 || errno == EINTR) {
    std::unique_lock lock(road->mutex);
    if (road->closing) return;
    if (road->arrival == nullptr) continue;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= road->deadline) {
      Arrival* arrival = road->finish();
      lock.unlock();
      arrival->arrived();
      continue;
    }
    road->keep_moving(now);
    road->send_driver(road);
    road->set_timer(road->next_look(now) - now);
  }
}

void Convoy::shorten(std::uint64_t run, SteadyTime deadline) {
  Road& road = *road_;
  const std::lock_guard lock(road.mutex);
  if (run == road.run) {
    road.deadline = std::min(road.deadline, deadline);
    road.news.notify_one();
    const SteadyTime now = std::chrono::steady_clock::now();
    if (road.arrival != nullptr) road.set_timer(road.next_look(now) - now);
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
