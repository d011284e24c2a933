#include "run/convoy.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "support/catch.h"

using namespace finwatch;
using namespace std::chrono_literals;
using Outcome = Convoy::Outcome;

namespace {

// Counts how often it ran; a closed gate holds it.
class Stop final : public Convoy::Item {
 public:
  std::atomic<int> runs{0};
  std::atomic<int> inside{0};

  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }

 private:
  void work() noexcept override {
    std::unique_lock lock(mutex_);
    ++inside;
    opened_.wait(lock, [&] { return open_; });
    --inside;
    ++runs;
  }

  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = true;
};

struct Stops {
  std::vector<std::shared_ptr<Stop>> stops;
  std::vector<std::shared_ptr<Convoy::Item>> items;
  explicit Stops(int count) {
    for (int i = 0; i < count; ++i) {
      stops.push_back(std::make_shared<Stop>());
      items.push_back(stops.back());
    }
  }
  ~Stops() {
    for (const auto& stop : stops) stop->open();
  }
  Stop& operator[](std::size_t i) { return *stops[i]; }
};

SteadyTime in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

template <class Condition>
bool eventually(Condition condition) {
  for (const SteadyTime end = in(10s); std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(1ms))
    if (condition()) return true;
  return false;
}

}  // namespace

TEST_CASE("convoy: every item runs once, in order, on one thread") {
  Convoy convoy;
  Stops stops(5);
  for (int run = 1; run <= 3; ++run) {
    convoy.run(stops.items, in(10s), 5s);
    for (const auto& stop : stops.stops) {
      CHECK(stop->outcome() == Outcome::done);
      CHECK(stop->runs == run);
    }
  }
  CHECK(convoy.stuck_threads() == 0);
}

TEST_CASE("convoy: a run without items returns at once") {
  Convoy convoy;
  convoy.run({}, in(10s), 5s);
  CHECK(convoy.stuck_threads() == 0);
}

TEST_CASE("convoy: a stuck item costs itself only, and is not started twice") {
  Convoy convoy;
  Stops stops(4);
  stops[1].close();
  convoy.run(stops.items, in(150ms), 20ms);
  CHECK(stops[0].outcome() == Outcome::done);
  CHECK(stops[1].outcome() == Outcome::late);
  CHECK(stops[2].outcome() == Outcome::done);
  CHECK(stops[3].outcome() == Outcome::done);
  CHECK(convoy.stuck_threads() == 1);

  for (int run = 0; run < 50; ++run) convoy.run(stops.items, in(10s), 5s);
  CHECK(stops[1].outcome() == Outcome::busy);
  CHECK(stops[1].inside == 1);
  CHECK(stops[3].runs == 51);
  CHECK(convoy.stuck_threads() == 1);

  stops[1].open();
  REQUIRE(eventually([&] { return convoy.stuck_threads() == 0; }));
  convoy.run(stops.items, in(10s), 5s);
  CHECK(stops[1].outcome() == Outcome::done);
  CHECK(stops[1].runs == 2);
}

TEST_CASE("convoy: two stuck items hold one thread each") {
  Convoy convoy;
  Stops stops(5);
  stops[0].close();
  stops[3].close();
  convoy.run(stops.items, in(200ms), 10ms);
  CHECK(stops[0].outcome() == Outcome::late);
  CHECK(stops[3].outcome() == Outcome::late);
  CHECK(stops[4].outcome() == Outcome::done);
  CHECK(convoy.stuck_threads() == 2);
}

TEST_CASE("convoy: what is slow and done by the deadline counts") {
  Convoy convoy;
  Stops stops(3);
  stops[0].close();
  std::thread opener([&] {
    std::this_thread::sleep_for(100ms);
    stops[0].open();
  });
  convoy.run(stops.items, in(20s), 10ms);
  opener.join();
  CHECK(stops[0].outcome() == Outcome::done);
  CHECK(stops[2].outcome() == Outcome::done);
}

TEST_CASE("convoy: an item stuck at the end of the road is left behind at the deadline") {
  Convoy convoy;
  Stops stops(2);
  stops[1].close();
  convoy.run(stops.items, in(50ms), 10s);
  CHECK(stops[1].outcome() == Outcome::late);
  stops[1].open();
  REQUIRE(eventually([&] { return convoy.stuck_threads() == 0; }));
  convoy.run(stops.items, in(10s), 10s);
  CHECK(stops[0].runs == 2);
  CHECK(stops[1].runs == 2);
}

TEST_CASE("convoy: a deadline can be brought forward, before and during a run") {
  Convoy convoy;
  Stops stops(1);
  stops[0].close();
  SECTION("before") {
    convoy.shorten(convoy.next_run(), in(0ms));
    convoy.run(stops.items, in(1h), 1h);
    CHECK(stops[0].outcome() == Outcome::late);
  }
  SECTION("during") {
    const std::uint64_t run = convoy.next_run();
    std::thread hurry([&] {
      eventually([&] { return stops[0].inside == 1; });
      convoy.shorten(run, SteadyTime{});
    });
    convoy.run(stops.items, in(1h), 1h);
    hurry.join();
    CHECK(stops[0].outcome() == Outcome::late);
  }
  SECTION("after: the next run is not shortened") {
    stops[0].open();
    const std::uint64_t run = convoy.next_run();
    convoy.run(stops.items, in(10s), 1s);
    convoy.shorten(run, SteadyTime{});
    convoy.run(stops.items, in(10s), 1s);
    CHECK(stops[0].outcome() == Outcome::done);
  }
}

TEST_CASE("convoy: a run that nobody waits for tells when it is over, once") {
  struct Bell final : Convoy::Arrival {
    std::atomic<int> rung{0};
    void arrived() noexcept override { ++rung; }
  } bell;
  Stops stops(3);
  Convoy convoy;
  REQUIRE(convoy.start(stops.items, in(10s), 5s, bell));
  REQUIRE(eventually([&] { return bell.rung == 1; }));
  CHECK(stops[2].outcome() == Outcome::done);

  stops[1].close();
  REQUIRE(convoy.start(stops.items, in(100ms), 10ms, bell));
  REQUIRE(eventually([&] { return bell.rung == 2; }));
  CHECK(stops[1].outcome() == Outcome::late);
  CHECK(stops[2].outcome() == Outcome::done);
  CHECK(convoy.stuck_threads() == 1);

  CHECK_FALSE(convoy.start(Convoy::Items(stops.items).subspan(1, 1), in(10s), 5s, bell));  // it is busy: nothing to do
  CHECK(stops[1].outcome() == Outcome::busy);
  stops[1].open();
  REQUIRE(eventually([&] { return convoy.stuck_threads() == 0; }));
  REQUIRE(convoy.start(stops.items, in(10s), 5s, bell));
  REQUIRE(eventually([&] { return bell.rung == 3; }));
  CHECK(stops[1].outcome() == Outcome::done);
}

TEST_CASE("convoy: it goes away while an item is stuck, and the item may still return") {
  auto stops = std::make_unique<Stops>(2);
  {
    Convoy convoy;
    (*stops)[0].close();
    convoy.run(stops->items, in(20ms), 5ms);
  }
  (*stops)[0].open();
  CHECK(eventually([&] { return (*stops)[0].runs == 1; }));
}
