#include "notifier/engine/lane.h"

#include <chrono>
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

struct Heard {
  int asked = 0, sent = 0;
  bool marked = false;
};

class FakeChannel final : public Channel {
 public:
  FakeChannel(Heard& heard, Taken taken, Verdict verdict) : heard_(heard), taken_(taken), verdict_(verdict) {}
  Receipt send(const Message& message, SteadyTime) override {
    ++heard_.sent;
    heard_.marked = message.maybe_twice;
    return {.verdict = verdict_};
  }
  Taken ask(const Message&, SteadyTime) override {
    ++heard_.asked;
    return taken_;
  }

 private:
  Heard& heard_;
  const Taken taken_;
  const Verdict verdict_;
};

JobResult result_of(Heard& heard, bool ask, SteadyTime lease_ends, Taken taken = Taken::cannot_tell,
                    Verdict verdict = Verdict::accepted) {
  std::promise<JobResult> result;
  Lane lane(std::make_unique<FakeChannel>(heard, taken, verdict), 1s,
            [&](const Job&, JobResult back) { result.set_value(std::move(back)); });
  lane.start({.lane = ChannelKind::dingtalk, .deliveries = {1}, .ask = ask}, {}, lease_ends);
  return result.get_future().get();
}

}  // namespace

TEST_CASE("lane: after the lease nothing is asked and nothing sent") {
  for (const bool ask : {false, true}) {
    Heard heard;
    const JobResult result = result_of(heard, ask, std::chrono::steady_clock::now());
    CHECK(result.receipt.verdict == Verdict::later);
    CHECK(result.receipt.code == "lease");
    CHECK(result.in_doubt == ask);
    CHECK(heard.asked + heard.sent == 0);
  }
}

TEST_CASE("lane: who cannot be asked is told again with a word about it, and a no leaves the doubt") {
  Heard heard;
  const JobResult told = result_of(heard, true, SteadyTime::max());
  CHECK(told.receipt.verdict == Verdict::accepted);
  CHECK((told.maybe_twice && heard.marked && heard.asked == 1 && heard.sent == 1));
  const JobResult refused = result_of(heard, true, SteadyTime::max(), Taken::cannot_tell, Verdict::later);
  CHECK((refused.in_doubt && !refused.maybe_twice));
}

TEST_CASE("lane: who says that he has it is told no more, and who has not is told as the first time") {
  Heard heard;
  CHECK(result_of(heard, true, SteadyTime::max(), Taken::yes).receipt.code == "asked");
  CHECK(heard.sent == 0);
  const JobResult told = result_of(heard, true, SteadyTime::max(), Taken::no);
  CHECK((!told.maybe_twice && !told.in_doubt && !heard.marked && heard.sent == 1));
}

TEST_CASE("lane: a channel that throws costs its call, and is there for the next one") {
  std::promise<JobResult> first, second;
  Lane lane(std::make_unique<Broken>(), 1s, [&](const Job& job, JobResult result) {
    (job.deliveries.front() == 1 ? first : second).set_value(std::move(result));
  });
  lane.start({.lane = ChannelKind::email, .deliveries = {1}}, {}, SteadyTime::max());
  const JobResult result = first.get_future().get();
  CHECK(result.receipt.verdict == Verdict::unknown);
  CHECK(result.receipt.code == "internal");
  CHECK(lane.idle());
  lane.start({.lane = ChannelKind::email, .deliveries = {2}}, {}, SteadyTime::max());
  CHECK(second.get_future().get().receipt.verdict == Verdict::unknown);
}
