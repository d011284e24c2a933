#include "core/device_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "support/catch.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace std::chrono_literals;
using finwatch::test::TemporaryTree;

namespace {

bool can_hear_the_kernel() { return DeviceWatch(Env{}).hears_the_kernel(); }

}  // namespace

TEST_CASE("device watch: within one scrape the answer stays the same") {
  DeviceWatch watch(Env{});
  const std::uint64_t first = watch.generation(7);
  CHECK(first != 0);
  for (int i = 0; i < 5; ++i) CHECK(watch.generation(7) == first);
}

TEST_CASE("device watch: over a tree of files it moves at every scrape") {
  const TemporaryTree tree;
  DeviceWatch watch(tree.env());
  CHECK_FALSE(watch.hears_the_kernel());
  std::uint64_t last = watch.generation(1);
  for (std::uint64_t scrape = 2; scrape < 6; ++scrape) {
    CHECK(watch.generation(scrape) > last);
    last = watch.generation(scrape);
  }
}

TEST_CASE("device watch: it rests while nothing is announced, and moves once a minute all the same") {
  if (!can_hear_the_kernel()) {
    WARN("skipped: no uevent socket here");
    return;
  }
  ManualClock clock;
  DeviceWatch watch(Env{.clock = &clock});
  watch.generation(1);
  // Something may really be plugged in while this runs; three quiet scrapes in a row are enough.
  int quiet = 0;
  std::uint64_t scrape = 2;
  std::uint64_t last = watch.generation(scrape++);
  for (; quiet < 3 && scrape < 500; ++scrape) {
    const std::uint64_t now = watch.generation(scrape);
    quiet = now == last ? quiet + 1 : 0;
    last = now;
  }
  CHECK(quiet == 3);
  clock.advance(61s);
  CHECK(watch.generation(scrape) > last);
}

TEST_CASE("device watch: an announcement of the kernel moves it") {
  DeviceWatch watch(Env{});
  const Descriptor uevent(::open("/sys/class/net/lo/uevent", O_WRONLY | O_CLOEXEC));
  if (!watch.hears_the_kernel() || !uevent) {
    WARN("skipped: needs root, a uevent socket and a writable /sys");
    return;
  }
  std::uint64_t scrape = 1;
  const std::uint64_t before = watch.generation(scrape);
  REQUIRE(::write(uevent.get(), "change", 6) == 6);  // asks the kernel to announce a device as changed
  for (int turn = 0; turn < 200 && watch.generation(scrape) == before; ++turn, ++scrape) std::this_thread::sleep_for(5ms);
  CHECK(watch.generation(scrape) > before);
}
