#include "notifier/engine/lane.h"

#include <future>
#include <stdexcept>

#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace std::chrono_literals;

namespace {

class Broken final : public Channel {
 public:
  Receipt send(const Message&, SteadyTime) override { throw std::out_of_range("nowhere"); }
};

}  // namespace

TEST_CASE("lane: a channel that throws costs its call, and is there for the next one") {
  std::promise<JobResult> first, second;
  Lane lane(std::make_unique<Broken>(), 1s, [&](const Job& job, JobResult result) {
    (job.deliveries.front() == 1 ? first : second).set_value(std::move(result));
  });
  lane.start({.lane = ChannelKind::email, .deliveries = {1}}, {});
  const JobResult result = first.get_future().get();
  CHECK(result.receipt.verdict == Verdict::unknown);
  CHECK(result.receipt.code == "internal");
  CHECK(lane.idle());
  lane.start({.lane = ChannelKind::email, .deliveries = {2}}, {});
  CHECK(second.get_future().get().receipt.verdict == Verdict::unknown);
}
