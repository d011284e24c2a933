#include "workflow/net/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace finwatch::workflow {
namespace {

constexpr std::uint64_t kWakeup = std::numeric_limits<std::uint64_t>::max();

std::uint32_t to_epoll(unsigned events) {
  return ((events & Watch::kRead) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
         ((events & Watch::kWrite) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

unsigned from_epoll(std::uint32_t events) {
  return ((events & EPOLLIN) != 0 ? Watch::kRead : 0U) | ((events & EPOLLOUT) != 0 ? Watch::kWrite : 0U) |
         ((events & (EPOLLERR | EPOLLHUP)) != 0 ? Watch::kError : 0U);
}

}  // namespace

void Timer::start(SteadyTime when, Callback callback) {
  when_ = when;
  callback_ = std::move(callback);
  if (place_ == kNowhere) {
    loop_.heap_.push_back(this);
    loop_.rise(loop_.heap_.size() - 1, this);
    return;
  }
  const std::size_t place = place_;
  loop_.rise(place, this);
  loop_.sink(place_, this);
}

void Timer::cancel() {
  if (place_ == kNowhere) return;
  loop_.remove(*this);
  callback_ = nullptr;
}

Watch::Watch(Loop& loop, int descriptor, unsigned events, Callback callback)
    : loop_(loop), descriptor_(descriptor), events_(events), callback_(std::move(callback)) {
  const auto place = static_cast<std::size_t>(descriptor);
  if (loop_.slots_.size() <= place) loop_.slots_.resize(place + 1);
  Loop::Slot& slot = loop_.slots_[place];
  slot.watch = this;
  generation_ = ++slot.generation;
  ++loop_.watches_;
  epoll_event event{.events = to_epoll(events), .data = {.u64 = (std::uint64_t{generation_} << 32) | place}};
  ::epoll_ctl(loop_.epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

Watch::~Watch() {
  Loop::Slot& slot = loop_.slots_[static_cast<std::size_t>(descriptor_)];
  slot.watch = nullptr;
  ++slot.generation;
  --loop_.watches_;
  epoll_event event{};
  ::epoll_ctl(loop_.epoll_, EPOLL_CTL_DEL, descriptor_, &event);
}

void Watch::change(unsigned events) {
  if (events == events_) return;
  events_ = events;
  epoll_event event{.events = to_epoll(events),
                    .data = {.u64 = (std::uint64_t{generation_} << 32) | static_cast<std::uint32_t>(descriptor_)}};
  ::epoll_ctl(loop_.epoll_, EPOLL_CTL_MOD, descriptor_, &event);
}

const Clock& Loop::machine_clock() {
  static const SystemClock clock;
  return clock;
}

Result<std::unique_ptr<Loop>> Loop::make(const Clock& clock) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return error_from_errno(errno, "epoll_create1");
  const int wakeup = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWakeup}};
  if (wakeup < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) != 0) {
    const int number = errno;
    ::close(epoll);
    if (wakeup >= 0) ::close(wakeup);
    return error_from_errno(number, "eventfd");
  }
  return std::unique_ptr<Loop>(new Loop(clock, epoll, wakeup));
}

Loop::Loop(const Clock& clock, int epoll, int wakeup) : clock_(clock), epoll_(epoll), wakeup_(wakeup) {}

Loop::~Loop() {
  ::close(epoll_);
  ::close(wakeup_);
}

void Loop::run() {
  while (!stopped_.load()) run_once(SteadyTime::max());
  stopped_.store(false);
  run_posted();
}

void Loop::run_once(SteadyTime until) {
  thread_.store(std::this_thread::get_id());
  std::array<epoll_event, 256> events;  // epoll_wait fills it
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_milliseconds(until));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    dispatch(event.data.u64, event.events);
  }
  run_timers();
  run_posted();
}

void Loop::stop() {
  stopped_.store(true);
  wake();
}

void Loop::post(std::function<void()> task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first && thread_.load() != std::this_thread::get_id()) wake();  // the loop itself looks before it waits
}

void Loop::wake() const {
  const std::uint64_t one = 1;
  const auto saved = errno;  // a signal handler must leave it alone
  [[maybe_unused]] const ssize_t written = ::write(wakeup_, &one, sizeof one);
  errno = saved;
}

void Loop::dispatch(std::uint64_t key, std::uint32_t events) {
  if (key == kWakeup) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wakeup_, &count, sizeof count);
    return;
  }
  const Slot& slot = slots_[static_cast<std::uint32_t>(key)];
  if (slot.watch == nullptr || slot.generation != key >> 32) return;
  const Watch::Callback callback = slot.watch->callback_;  // the watch may go while it is called
  callback(from_epoll(events));
}

void Loop::run_posted() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
  }
  for (const std::function<void()>& task : running_) task();
  running_.clear();
}

void Loop::run_timers() {
  const SteadyTime time = now();
  while (!heap_.empty() && heap_.front()->when_ <= time) {
    Timer& timer = *heap_.front();
    remove(timer);
    const Timer::Callback callback = std::move(timer.callback_);
    callback();
  }
}

int Loop::wait_milliseconds(SteadyTime until) {
  {
    const std::lock_guard lock(mutex_);
    if (!posted_.empty()) return 0;
  }
  if (!heap_.empty()) until = std::min(until, heap_.front()->when_);
  if (until == SteadyTime::max()) return -1;
  const SteadyTime time = now();
  if (until <= time) return 0;
  // Rounded up: a timer that is called before its time would be waited for again without rest.
  std::int64_t left = std::chrono::ceil<std::chrono::milliseconds>(until - time).count();
  // The kernel may be late by a thousandth of the wait (60 ms in a minute), so the last of a long one is waited for apart.
  left -= left / 512;
  return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

void Loop::settle(std::size_t place, Timer* timer) {
  heap_[place] = timer;
  timer->place_ = place;
}

void Loop::rise(std::size_t place, Timer* timer) {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (heap_[parent]->when_ <= timer->when_) break;
    settle(place, heap_[parent]);
    place = parent;
  }
  settle(place, timer);
}

void Loop::sink(std::size_t place, Timer* timer) {
  while (true) {
    std::size_t child = place * 2 + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->when_ < heap_[child]->when_) ++child;
    if (timer->when_ <= heap_[child]->when_) break;
    settle(place, heap_[child]);
    place = child;
  }
  settle(place, timer);
}

void Loop::remove(Timer& timer) {
  const std::size_t place = timer.place_;
  Timer* last = heap_.back();
  heap_.pop_back();
  timer.place_ = Timer::kNowhere;
  if (last == &timer) return;
  rise(place, last);
  sink(last->place_, last);
}

}  // namespace finwatch::workflow
