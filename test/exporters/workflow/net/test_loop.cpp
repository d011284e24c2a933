#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "support/catch.h"
#include "workflow/net/loop.h"

using namespace finwatch;
using namespace finwatch::workflow;

namespace {

// Two ends of a pipe that goes both ways.
struct Pair {
  Pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0); }
  ~Pair() {
    for (const int end : ends) ::close(end);
  }
  void say() const { REQUIRE(::write(ends[1], "x", 1) == 1); }

  std::array<int, 2> ends{};
};

std::unique_ptr<Loop> make_loop(const Clock& clock) { return std::move(*Loop::make(clock)); }

Loop* signalled = nullptr;

}  // namespace

TEST_CASE("loop: timers fire in the order of their times, whenever they were started") {
  ManualClock clock;
  const auto loop = make_loop(clock);
  std::vector<int> fired;
  std::vector<std::unique_ptr<Timer>> timers;
  for (const int ms : {50, 10, 40, 20, 30}) {
    timers.push_back(std::make_unique<Timer>(*loop));
    timers.back()->start(clock.steady() + std::chrono::milliseconds{ms}, [&fired, ms] { fired.push_back(ms); });
  }
  timers[2]->cancel();
  timers[1]->start(clock.steady() + std::chrono::milliseconds{45}, [&] { fired.push_back(45); });
  loop->run_once(clock.steady());
  CHECK(fired.empty());
  clock.advance(std::chrono::milliseconds{30});
  loop->run_once(clock.steady());
  CHECK(fired == std::vector<int>{20, 30});
  clock.advance(std::chrono::milliseconds{30});
  loop->run_once(clock.steady());
  CHECK(fired == std::vector<int>{20, 30, 45, 50});
  CHECK(loop->timers() == 0);
}

TEST_CASE("loop: the last of a long wait is waited for apart, as the kernel may be late by a thousandth of it") {
  ManualClock clock;  // which stands still: what run_once has waited is what it asked for
  const auto loop = make_loop(clock);
  bool fired = false;
  Timer timer(*loop);
  timer.start(clock.steady() + std::chrono::milliseconds{1024}, [&] { fired = true; });
  const auto begun = std::chrono::steady_clock::now();
  loop->run_once(SteadyTime::max());
  CHECK_FALSE(fired);
  CHECK(std::chrono::steady_clock::now() - begun >= std::chrono::milliseconds{1022});
}

TEST_CASE("loop: ten thousand timers that come and go leave nothing behind and keep their order") {
  ManualClock clock;
  const auto loop = make_loop(clock);
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<int> fired;
  unsigned random = 12'345;
  for (int i = 0; i < 10'000; ++i) {
    random = random * 1'103'515'245 + 12'345;
    const int ms = static_cast<int>(random >> 16 & 1'023) + 1;
    timers.push_back(std::make_unique<Timer>(*loop));
    timers.back()->start(clock.steady() + std::chrono::milliseconds{ms}, [&fired, ms] { fired.push_back(ms); });
  }
  for (std::size_t i = 0; i < timers.size(); i += 2) timers[i].reset();
  CHECK(loop->timers() == 5'000);
  clock.advance(std::chrono::seconds{2});
  loop->run_once(clock.steady());
  CHECK(fired.size() == 5'000);
  CHECK(std::is_sorted(fired.begin(), fired.end()));
}

TEST_CASE("loop: a timer may destroy itself and others from its callback") {
  ManualClock clock;
  const auto loop = make_loop(clock);
  auto first = std::make_unique<Timer>(*loop);
  auto second = std::make_unique<Timer>(*loop);
  int fired = 0;
  first->start(clock.steady(), [&] {
    first.reset();
    second.reset();
    ++fired;
  });
  second->start(clock.steady() + std::chrono::nanoseconds{1}, [&] { ++fired; });
  clock.advance(std::chrono::seconds{1});
  loop->run_once(clock.steady());
  CHECK(fired == 1);
}

TEST_CASE("loop: an event for a watch that went in the same round, or for an older one with its number, reaches nobody") {
  const SystemClock clock;
  const auto loop = make_loop(clock);
  Pair one;
  Pair two;
  std::unique_ptr<Watch> watches[2];
  int called = 0;
  const auto make = [&](std::size_t which, int descriptor) {
    watches[which] = std::make_unique<Watch>(*loop, descriptor, Watch::kRead, [&, which, descriptor](unsigned events) {
      CHECK(events == Watch::kRead);
      ++called;
      watches[0].reset();  // itself, and the other one that is ready too
      watches[1].reset();
      // A new one on the same number as the one that goes unheard.
      watches[which] = std::make_unique<Watch>(*loop, descriptor, Watch::kWrite, [&](unsigned) { ++called; });
    });
  };
  make(0, one.ends[0]);
  make(1, two.ends[0]);
  one.say();
  two.say();
  loop->run_once(loop->now());
  CHECK(called == 1);
  CHECK(loop->watches() == 1);
}

TEST_CASE("loop: what other threads post runs on its thread, and stop ends it") {
  const SystemClock clock;
  const auto loop = make_loop(clock);
  int count = 0;
  std::thread other([&] {
    for (int i = 0; i < 1'000; ++i) loop->post([&] { ++count; });
    loop->post([&] {
      loop->post([&] { ++count; });  // from the loop itself: after this one
      loop->stop();
    });
  });
  loop->run();
  other.join();
  loop->run_once(loop->now());
  CHECK(count == 1'001);
}

TEST_CASE("loop: a signal handler may stop it") {
  const SystemClock clock;
  const auto loop = make_loop(clock);
  signalled = loop.get();
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { signalled->stop(); };
  ::sigaction(SIGUSR1, &action, &before);
  Timer timer(*loop);
  timer.start(loop->now(), [] { ::raise(SIGUSR1); });
  loop->run();
  ::sigaction(SIGUSR1, &before, nullptr);
  CHECK(!timer.running());
}
