#include "notifier/engine/compose.h"

#include "incident/case_test.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using finwatch::test::CaseTest;
using finwatch::test::Labels;

namespace {

// What is told of alerts that fire, from the casebook through the outbox to the message.
struct ComposeTest {
  ComposeTest() {
    setup.contract = test.contract;
    setup.page.address = "https://notify.example.com";
    setup.page.key = Secret(std::string(32, 'k'));
    setup.links.runbooks = "https://docs.example.com/{lang}/{alert}?at={target}&from={instance}";
  }

  void fire(const std::string& alertname, const Labels& labels) {
    for (Delivery& message : test.fire(alertname, labels).messages) outbox.add(std::move(message), test.now);
  }
  Message next(ChannelKind lane) {
    const std::optional<Job> job = outbox.next(lane, test.now);
    REQUIRE(job);
    return compose(*job, outbox, test.casebook, setup, test.now);
  }

  CaseTest test;
  Setup setup;
  Outbox outbox{setup};
};

const Labels kDatabase{{"service", "database"}, {"severity", "severe"}, {"fault_class", "major"}, {"target", "erp/1"}};

}  // namespace

TEST_CASE("compose: a page has the facts as they stand, its people, and links for each of them") {
  ComposeTest test;
  test.fire("DatabaseDisconnected", kDatabase);
  const Message message = test.next(ChannelKind::dingtalk);
  CHECK(message.purpose == Purpose::page);
  CHECK(message.channel == ChannelKind::dingtalk);
  REQUIRE(message.facts.size() == 1);
  const IncidentFacts& facts = message.facts[0];
  CHECK(facts.title.en == "DatabaseDisconnected");
  CHECK(facts.service.zh == "财务数据库");
  CHECK(facts.severity.en == "Severe");
  CHECK(facts.deadline == test.test.now + 2h);
  CHECK(facts.deadline_clock == "first_diagnosis");
  CHECK(facts.firing == 1);
  // Nothing of an address is left open, and what alerts say cannot break out of it.
  CHECK(facts.runbook == "https://docs.example.com/zh/DatabaseDisconnected?at=erp%2F1&from=erp%2F1");
  CHECK(message.page == "https://notify.example.com/incidents");
  REQUIRE(message.to.size() == 1);
  CHECK(message.to[0].id == "zhang.wei");
  CHECK_THAT(message.to[0].link, Contains("https://notify.example.com/ack?t="));
  CHECK(message.to[0].code.size() == 6);
}

TEST_CASE("compose: without an address of the page there are neither links nor codes") {
  ComposeTest test;
  test.setup.page.address.clear();
  test.fire("DatabaseDisconnected", kDatabase);
  const Message message = test.next(ChannelKind::sms);
  CHECK(message.page.empty());
  CHECK(message.to.at(0).link.empty());
  CHECK(message.to.at(0).code.empty());
}

TEST_CASE("compose: a digest has the gravest first, each incident once, and says how many are left out") {
  ComposeTest test;
  for (int i = 0; i < 20; ++i)
    test.fire("DatabaseDisconnected", {{"target", "db" + std::to_string(i)}, {"severity", "severe"}});
  const Message message = test.next(ChannelKind::sms);
  CHECK(message.facts.size() == 15);
  CHECK(message.more == 5);
  CHECK(message.facts[0].id == 1);
  CHECK(message.reference.starts_with("D1-"));
}

TEST_CASE("compose: the reference stays the same for each attempt, and tells two journals apart") {
  Delivery delivery{.id = 17};
  delivery.created = WallTime{std::chrono::seconds{0x6928b1c0}};
  CHECK(reference_of(delivery) == "D17-6928b1c0");
  ++delivery.attempts;
  CHECK(reference_of(delivery) == "D17-6928b1c0");
  delivery.created += 1s;
  CHECK(reference_of(delivery) == "D17-6928b1c1");
}
