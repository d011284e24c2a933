#include "notifier/engine/outbox.h"

#include <chrono>

#include "incident/case_test.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace std::chrono_literals;
using finwatch::test::a_contract;

namespace {

// An outbox, a clock, and a provider that answers what it is told to.
struct OutboxTest {
  explicit OutboxTest() {
    setup.contract = contract;
    setup.delivery.fallback = {{ChannelKind::dingtalk, {ChannelKind::sms, ChannelKind::email}},
                               {ChannelKind::sms, {ChannelKind::voice, ChannelKind::dingtalk}}};
    initialise(counters, *contract);
  }

  void page(std::int64_t incident, ChannelKind channel = ChannelKind::dingtalk, const std::string& person = "zhang.wei",
            Purpose purpose = Purpose::page) {
    Delivery message{.incident = incident, .purpose = purpose, .step = 0, .channel = channel};
    message.created = message.next = now;
    if (is_personal(channel))
      message.person = person;
    else
      message.mention = {person};
    outbox.add(std::move(message), now);
  }
  std::optional<Job> next(ChannelKind lane = ChannelKind::dingtalk) { return outbox.next(lane, now); }
  void done(const Job& job, Verdict verdict, const std::string& code = "0", std::chrono::seconds wait = 0s,
            bool maybe_twice = false, bool in_doubt = false) {
    outbox.done(job, {{verdict, code, "a word", "id-1", wait}, maybe_twice, in_doubt}, now, {counters});
  }
  /// What is on disk after a commit.
  std::map<std::int64_t, Delivery> kept() {
    Changes changes;
    outbox.collect(changes);
    for (const Delivery& delivery : changes.deliveries) disk[delivery.id] = delivery;
    for (const TimelineEntry& entry : changes.timeline) lines += (lines.empty() ? "" : " ") + entry.kind;
    return disk;
  }
  /// As after kill -9.
  void restart() {
    kept();
    std::vector<Delivery> saved;
    for (const auto& [id, delivery] : disk) saved.push_back(delivery);
    outbox.restore(saved, outbox.next_id(), {}, now);
  }

  std::shared_ptr<Contract> contract = a_contract();
  Setup setup;
  Counters counters;
  WallTime now = *parse_instant("2026-11-23T02:00:00Z");
  Outbox outbox{setup};
  std::map<std::int64_t, Delivery> disk;
  std::string lines;
};

}  // namespace

TEST_CASE("outbox: one message, one call, and it is on disk before it is sent") {
  OutboxTest test;
  test.page(1);
  const std::optional<Job> job = test.next();
  REQUIRE(job);
  CHECK(job->deliveries == std::vector<std::int64_t>{1});
  CHECK_FALSE(job->ask);
  CHECK(test.kept()[1].state == DeliveryState::sending);
  CHECK_FALSE(test.next());
  test.now += 1s;
  test.done(*job, Verdict::accepted);
  const Delivery kept = test.kept()[1];
  CHECK(kept.state == DeliveryState::delivered);
  CHECK(kept.provider_id == "id-1");
  CHECK(kept.attempts == 1);
  CHECK(test.lines == "told");
  CHECK(test.counters[{"finwatch_notifications_total", R"(channel="dingtalk",result="accepted",code="0")"}] == 1);
  CHECK(test.counters[{"finwatch_notification_delay_seconds_sum", R"(channel="dingtalk")"}] == 1);
  CHECK(test.outbox.next_due(ChannelKind::dingtalk, test.now) == WallTime::max());
}

TEST_CASE("outbox: a robot gets twenty a minute, and what is more comes as a digest") {
  OutboxTest test;
  for (int i = 1; i <= 1000; ++i) test.page(i);
  std::size_t calls = 0, told = 0, largest = 0;
  for (int second = 0; second < 60; ++second, test.now += 1s)
    while (const std::optional<Job> job = test.next()) {
      ++calls;
      told += job->deliveries.size();
      largest = std::max(largest, job->deliveries.size());
      test.done(*job, Verdict::accepted);
    }
  CHECK(calls <= 20);
  CHECK(told == 1000);
  CHECK(largest > 900);
  test.kept();
  CHECK(test.disk.size() == 1000);
  std::set<std::int64_t> calls_on_disk;
  for (const auto& [id, delivery] : test.disk) calls_on_disk.insert(delivery.carried_by == 0 ? id : delivery.carried_by);
  CHECK(calls_on_disk.size() == calls);
}

TEST_CASE("outbox: never more than the provider takes in any minute") {
  OutboxTest test;
  std::deque<WallTime> sent;
  std::int64_t incident = 0;
  for (int i = 0; i < 900; ++i, test.now += 1s) {
    if (i % 2 == 0) test.page(++incident);
    while (const std::optional<Job> job = test.next()) {
      sent.push_back(test.now);
      test.done(*job, i % 7 == 0 ? Verdict::later : Verdict::accepted);
    }
    while (!sent.empty() && sent.front() <= test.now - 60s) sent.pop_front();
    REQUIRE(sent.size() <= 20);
  }
}

TEST_CASE("outbox: no for now is tried again, later each time, then another channel tells") {
  OutboxTest test;
  test.page(1);
  std::vector<std::chrono::seconds> pauses;
  WallTime before = test.now;
  for (int i = 0; i < test.setup.delivery.attempts; ++i) {
    test.now = std::max(test.now, test.outbox.next_due(ChannelKind::dingtalk, test.now));
    pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(test.now - before));
    before = test.now;
    const std::optional<Job> job = test.next();
    REQUIRE(job);
    test.done(*job, Verdict::later, "-1");
  }
  CHECK(pauses[1] < pauses[3]);
  CHECK(pauses[3] < pauses[6]);
  CHECK(test.kept()[1].state == DeliveryState::failed);
  CHECK(test.lines == "not_told");
  const std::optional<Job> other = test.next(ChannelKind::sms);
  REQUIRE(other);
  test.done(*other, Verdict::accepted, "OK");
  CHECK(test.kept()[2].state == DeliveryState::delivered);
  CHECK(test.disk[2].person == "zhang.wei");
  CHECK(test.disk[2].fallback_of == 1);
}

TEST_CASE("outbox: no for good goes to the next channel at once, and when none is left it is never given up") {
  OutboxTest test;
  test.page(1);
  test.done(*test.next(), Verdict::refused, "310000");
  test.done(*test.next(ChannelKind::sms), Verdict::refused, "isv.AMOUNT_NOT_ENOUGH");
  const std::optional<Job> voice = test.next(ChannelKind::voice);
  REQUIRE(voice);
  test.done(*voice, Verdict::refused, "isv.OUT_OF_SERVICE");
  CHECK(test.counters[{"finwatch_notifications_dead_total", R"(channel="voice")"}] == 1);
  CHECK_FALSE(test.next(ChannelKind::voice));
  CHECK_FALSE(test.next(ChannelKind::email));
  test.now += 10min;
  const std::optional<Job> again = test.next(ChannelKind::voice);
  REQUIRE(again);
  test.done(*again, Verdict::refused, "isv.OUT_OF_SERVICE");
  CHECK(test.counters[{"finwatch_notifications_dead_total", R"(channel="voice")"}] == 1);
  test.kept();
  test.outbox.closed(1, test.now, {test.counters});
  CHECK(test.kept().rbegin()->second.state == DeliveryState::dropped);
  CHECK(test.outbox.next_due(ChannelKind::voice, test.now) == WallTime::max());
}

TEST_CASE("outbox: of several people, each has a channel in place of the one that failed") {
  OutboxTest test;
  test.page(1, ChannelKind::sms, "zhang.wei");
  test.page(1, ChannelKind::sms, "li.na");
  test.done(*test.next(ChannelKind::sms), Verdict::refused, "isv.MOBILE_NUMBER_ILLEGAL");
  test.done(*test.next(ChannelKind::sms), Verdict::refused, "isv.MOBILE_NUMBER_ILLEGAL");
  std::set<std::string> called;
  while (const std::optional<Job> job = test.next(ChannelKind::voice)) {
    called.insert(test.outbox.find(job->deliveries.front())->person);
    test.done(*job, Verdict::accepted, "OK");
  }
  CHECK(called == std::set<std::string>{"zhang.wei", "li.na"});
}

TEST_CASE("outbox: one telephone gets one text for all that is due, another its own") {
  OutboxTest test;
  for (int i = 1; i <= 5; ++i) test.page(i, ChannelKind::sms, "zhang.wei");
  test.page(6, ChannelKind::sms, "li.na");
  const std::optional<Job> first = test.next(ChannelKind::sms);
  REQUIRE(first);
  CHECK(first->deliveries.size() == 5);
  test.done(*first, Verdict::accepted);
  CHECK(test.next(ChannelKind::sms)->deliveries == std::vector<std::int64_t>{6});
}

TEST_CASE("outbox: a telephone that has had its share of the day is spared, and its owner told otherwise") {
  OutboxTest test;
  test.contract->channels.sms->most_per_day = 2;
  for (int i = 1; i <= 2; ++i) {
    test.page(i, ChannelKind::sms);
    test.done(*test.next(ChannelKind::sms), Verdict::accepted);
    test.now += 1min;
  }
  test.page(3, ChannelKind::sms);
  CHECK_FALSE(test.next(ChannelKind::sms));
  CHECK(test.kept()[3].code == "daily_share");
  REQUIRE(test.next(ChannelKind::voice));
  // Also after a restart: what was sent today is on disk.
  test.restart();
  test.page(5, ChannelKind::sms);
  CHECK_FALSE(test.next(ChannelKind::sms));
}

TEST_CASE("outbox: the provider's own word when to come again holds the whole channel") {
  OutboxTest test;
  test.page(1);
  test.page(2);
  test.done(*test.next(), Verdict::later, "130101", 600s);
  CHECK_FALSE(test.next());
  test.now += 599s;
  CHECK_FALSE(test.next());
  test.now += 1s;
  CHECK(test.next());
}

TEST_CASE("outbox: without an answer a telephone's provider is asked before it is said again") {
  OutboxTest test;
  test.page(1, ChannelKind::sms);
  test.done(*test.next(ChannelKind::sms), Verdict::unknown, "timeout");
  CHECK(test.kept()[1].state == DeliveryState::sending);
  CHECK_FALSE(test.next(ChannelKind::sms));
  test.now += 20s;
  const std::optional<Job> job = test.next(ChannelKind::sms);
  REQUIRE(job);
  CHECK(job->ask);
  test.done(*job, Verdict::accepted, "asked");
  CHECK(test.kept()[1].state == DeliveryState::delivered);
  CHECK_FALSE(test.disk[1].maybe_twice);
}

TEST_CASE("outbox: a robot that cannot be asked is told again, and the incident says so") {
  OutboxTest test;
  test.page(1);
  test.done(*test.next(), Verdict::unknown, "timeout");
  test.now += 5s;
  const std::optional<Job> job = test.next();
  REQUIRE(job);
  CHECK(job->ask);
  test.done(*job, Verdict::accepted, "0", 0s, true);
  CHECK(test.kept()[1].maybe_twice);
  CHECK(test.lines == "maybe_told_twice told");
  CHECK(test.counters[{"finwatch_notifications_maybe_twice_total", R"(channel="dingtalk")"}] == 1);
}

TEST_CASE("outbox: silence for ever is a no in the end") {
  OutboxTest test;
  test.page(1);
  for (int i = 0; i < test.setup.delivery.attempts; ++i) {
    test.now = std::max(test.now, test.outbox.next_due(ChannelKind::dingtalk, test.now));
    const std::optional<Job> job = test.next();
    REQUIRE(job);
    test.done(*job, Verdict::unknown, "timeout");
  }
  CHECK(test.kept()[1].state == DeliveryState::failed);
  CHECK(test.next(ChannelKind::sms));
}

TEST_CASE("outbox: killed while it was sent, it is asked about as one call, and queued ones go on") {
  OutboxTest test;
  for (int i = 1; i <= 3; ++i) test.page(i, ChannelKind::sms);
  REQUIRE(test.next(ChannelKind::sms)->deliveries.size() == 3);
  test.page(4);
  test.restart();
  CHECK(test.next()->deliveries == std::vector<std::int64_t>{4});
  CHECK_FALSE(test.next(ChannelKind::sms));
  test.now += 20s;
  const std::optional<Job> job = test.next(ChannelKind::sms);
  REQUIRE(job);
  CHECK(job->ask);
  CHECK(job->deliveries == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("outbox: grave news before good news") {
  OutboxTest test;
  test.contract->channels.dingtalk->most_per_minute = 20;
  test.page(1, ChannelKind::dingtalk, "zhang.wei", Purpose::resolved);
  test.page(2, ChannelKind::dingtalk, "zhang.wei", Purpose::warning);
  test.page(3);
  CHECK(test.next()->deliveries == std::vector<std::int64_t>{3});
  CHECK(test.next()->deliveries == std::vector<std::int64_t>{2});
  CHECK(test.next()->deliveries == std::vector<std::int64_t>{1});
}

TEST_CASE("outbox: everything goes to the console where the setup says so") {
  OutboxTest test;
  test.setup.delivery.instead = ChannelKind::console;
  test.page(1);
  test.page(1, ChannelKind::sms);
  CHECK_FALSE(test.next());
  std::size_t told = 0;
  while (const std::optional<Job> job = test.next(ChannelKind::console)) {
    told += job->deliveries.size();
    test.done(*job, Verdict::accepted);
  }
  CHECK(told == 2);
}

TEST_CASE("outbox: what was thrown away with a commit that failed leaves no trace in the next delivery of that number") {
  OutboxTest test;
  test.setup.delivery.fallback.erase(ChannelKind::sms);
  test.page(1);
  const std::map<std::int64_t, Delivery> committed = test.kept();
  test.page(2, ChannelKind::sms);
  test.done(*test.next(ChannelKind::sms), Verdict::refused, "isv.OUT_OF_SERVICE");  // nobody else can tell
  test.setup.delivery.fallback[ChannelKind::sms] = {ChannelKind::voice};
  test.outbox.restore({committed.at(1)}, 2, {}, test.now);
  test.page(3, ChannelKind::sms);  // the same number
  test.done(*test.next(ChannelKind::sms), Verdict::refused, "isv.OUT_OF_SERVICE");
  CHECK(test.next(ChannelKind::voice));
}

TEST_CASE("outbox: after a restart a channel that said no already is not asked again") {
  OutboxTest test;
  test.page(1);
  test.done(*test.next(), Verdict::refused, "310000");
  test.restart();
  const std::optional<Job> sms = test.next(ChannelKind::sms);
  REQUIRE(sms);
  test.setup.delivery.fallback[ChannelKind::sms] = {ChannelKind::dingtalk, ChannelKind::voice};
  test.done(*sms, Verdict::refused, "isv.OUT_OF_SERVICE");
  CHECK_FALSE(test.next());
  CHECK(test.next(ChannelKind::voice));
}

TEST_CASE("outbox: thousands that wait for one used-up telephone are told otherwise in one go") {
  OutboxTest test;
  test.contract->channels.sms->most_per_day = 1;
  test.page(1, ChannelKind::sms);
  test.done(*test.next(ChannelKind::sms), Verdict::accepted);
  for (int i = 2; i <= 5001; ++i) test.page(i, ChannelKind::sms);
  CHECK_FALSE(test.next(ChannelKind::sms));
  CHECK(test.outbox.queued(ChannelKind::sms) == 0);
  CHECK(test.outbox.queued(ChannelKind::voice) == 5000);
}

TEST_CASE("outbox: one telephone that gets too much holds no other telephone up") {
  OutboxTest test;
  test.page(1, ChannelKind::sms, "zhang.wei");
  test.done(*test.next(ChannelKind::sms), Verdict::later, "isv.BUSINESS_LIMIT_CONTROL", 60s);
  test.page(2, ChannelKind::sms, "zhang.wei");
  test.page(3, ChannelKind::sms, "li.na");
  CHECK(test.outbox.next_due(ChannelKind::sms, test.now) == test.now);
  CHECK(test.next(ChannelKind::sms)->deliveries == std::vector<std::int64_t>{3});
  CHECK_FALSE(test.next(ChannelKind::sms));
  CHECK(test.outbox.next_due(ChannelKind::sms, test.now) == test.now + 60s);
  test.now += 60s;
  CHECK(test.next(ChannelKind::sms)->deliveries == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("outbox: what waits for a channel that a reload took away is told by another") {
  OutboxTest test;
  test.page(1);
  test.page(2);
  test.done(*test.next(), Verdict::unknown, "timeout");
  test.contract->channels.dingtalk.reset();
  test.setup.delivery.fallback = {{ChannelKind::sms, {}}};
  test.outbox.replace(test.setup);
  test.outbox.abandon(ChannelKind::dingtalk, test.now, {test.counters});
  CHECK(test.outbox.lanes() == std::set<ChannelKind>{ChannelKind::sms});
  test.kept();
  CHECK(test.disk[1].state == DeliveryState::failed);
  CHECK(test.disk[2].code == "no_channel");
  const std::optional<Job> job = test.next(ChannelKind::sms);
  REQUIRE(job);
  CHECK(job->deliveries.size() == 2);
  CHECK(job->maybe_twice);  // the first may have been said
  CHECK(test.lines == "not_told not_told");
}

TEST_CASE("outbox: a delivery that everybody is told of instead goes on where it belongs after a reload") {
  OutboxTest test;
  test.setup.delivery.instead = ChannelKind::console;
  test.page(1);
  test.done(*test.next(ChannelKind::console), Verdict::unknown, "output");
  test.setup.delivery.instead.reset();
  test.outbox.replace(test.setup);
  test.outbox.abandon(ChannelKind::console, test.now, {test.counters});
  CHECK(test.next()->deliveries == std::vector<std::int64_t>{1});
}

TEST_CASE("outbox: a minute of the provider's begins when a call arrived, not when it was decided") {
  OutboxTest test;
  const auto told_slowly = [&](std::chrono::seconds under_way) {
    const std::optional<Job> job = test.next();
    REQUIRE(job);
    test.now += under_way;
    test.done(*job, Verdict::accepted);
  };
  for (int i = 1; i <= 20; ++i) test.page(i);
  for (int i = 1; i <= 20; ++i) told_slowly(i == 1 ? 3s : 0s);
  test.page(21);
  test.now += 57s;  // a minute after the first decision
  CHECK_FALSE(test.next());
  test.restart();
  CHECK_FALSE(test.next());
  test.now += 3s + 1ms;
  CHECK(test.next());
}

TEST_CASE("outbox: what is told again is within the limit too") {
  OutboxTest test;
  std::vector<Job> jobs;
  for (int i = 1; i <= 20; ++i) {
    test.page(i);
    jobs.push_back(*test.next());
  }
  for (const Job& job : jobs) test.done(job, Verdict::unknown, "timeout");
  test.now += 20s;
  CHECK_FALSE(test.next());
  const WallTime due = test.outbox.next_due(ChannelKind::dingtalk, test.now);
  CHECK(due > test.now);
  test.now = due;
  CHECK(test.next());
}

TEST_CASE("outbox: a no for now does not end the doubt about an earlier attempt") {
  OutboxTest test;
  test.page(1);
  test.done(*test.next(), Verdict::unknown, "timeout");
  test.now += 5s;
  const std::optional<Job> again = test.next();
  REQUIRE(again);
  CHECK(again->ask);
  test.done(*again, Verdict::later, "130101", 60s, false, true);
  CHECK(test.kept()[1].state == DeliveryState::sending);
  test.now += 59s;
  CHECK_FALSE(test.next());
  test.now += 2s;
  const std::optional<Job> third = test.next();
  REQUIRE(third);
  CHECK(third->ask);
}
