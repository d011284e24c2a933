#include "fake_figures.h"

namespace finwatch::notifier {
extern const NotifierCollector incidents_collector;

using Catch::Matchers::Contains;

TEST_CASE("incidents: those that are open, by class, service and state, with a 0 where there is none") {
  FakeFigures fake;
  fake.open(1, "ordinary", 2h).service = "reports";
  Incident& answered = fake.open(2, "ordinary", 3h);
  answered.service = "reports";
  answered.state = State::acknowledged;
  Incident& solved = fake.open(3, "major", 5h);
  solved.state = State::resolved;
  const std::string page = fake.samples(incidents_collector);
  const std::string open = lines_of(page, "finwatch_incidents{");
  CHECK(std::count(open.begin(), open.end(), '\n') == 5 * 7);  // no class; two classes with and without the one service
  CHECK(lines_of(open, "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\"") ==
        "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\",state=\"received\"} 1\n"
        "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\",state=\"classified\"} 0\n"
        "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\",state=\"assigned\"} 0\n"
        "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\",state=\"acknowledged\"} 1\n"
        "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\",state=\"diagnosed\"} 0\n"
        "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\",state=\"resolved\"} 0\n"
        "finwatch_incidents{fault_class=\"ordinary\",service=\"reports\",state=\"verified\"} 0\n");
  CHECK_THAT(open, Contains("finwatch_incidents{fault_class=\"major\",service=\"\",state=\"resolved\"} 1\n"));
  // 3 h ago; the major one is solved.
  CHECK(lines_of(page, "finwatch_incidents_oldest") ==
        "finwatch_incidents_oldest_timestamp_seconds{fault_class=\"ordinary\"} 1699989200\n");
}

TEST_CASE("incidents: what the contract does not know makes no label of its own") {
  FakeFigures fake;
  for (int i = 0; i < 1000; ++i) {
    Incident& incident = fake.open(i, "class " + std::to_string(i), 1h);
    incident.service = "service " + std::to_string(i);
  }
  Incident& closed = fake.open(1000, "ordinary", 1h);
  closed.state = State::closed;  // one that may be reopened yet
  closed.closed = fake.now;
  const std::string open = lines_of(fake.samples(incidents_collector), "finwatch_incidents{");
  CHECK(std::count(open.begin(), open.end(), '\n') == 5 * 7);
  CHECK_THAT(open, Contains("finwatch_incidents{fault_class=\"\",service=\"\",state=\"received\"} 1000\n"));
  CHECK_THAT(open, !Contains("closed"));
}

TEST_CASE("incidents: what was opened, closed and received, from the journal's counters") {
  FakeFigures fake;
  fake.contract.services.clear();
  fake.contract.classes.erase("major");
  initialise(fake.figures.counters, fake.contract);
  count(fake.figures.counters, counted::kOpened, "ordinary", "", "light");
  count(fake.figures.counters, counted::kIncidents, "ordinary", "", to_string(Outcome::false_alarm));
  count(fake.figures.counters, counted::kReopened, "ordinary");
  count(fake.figures.counters, counted::kWebhooks, to_string(WebhookResult::accepted));
  const std::string page = fake.samples(incidents_collector);
  CHECK(lines_of(page, "finwatch_incidents_") ==
        "finwatch_incidents_total{fault_class=\"\",service=\"\",outcome=\"false_alarm\"} 0\n"
        "finwatch_incidents_total{fault_class=\"\",service=\"\",outcome=\"merged\"} 0\n"
        "finwatch_incidents_total{fault_class=\"\",service=\"\",outcome=\"solved\"} 0\n"
        "finwatch_incidents_total{fault_class=\"ordinary\",service=\"\",outcome=\"false_alarm\"} 1\n"
        "finwatch_incidents_total{fault_class=\"ordinary\",service=\"\",outcome=\"merged\"} 0\n"
        "finwatch_incidents_total{fault_class=\"ordinary\",service=\"\",outcome=\"solved\"} 0\n"
        "finwatch_incidents_opened_total{fault_class=\"\",service=\"\",severity=\"light\"} 0\n"
        "finwatch_incidents_opened_total{fault_class=\"ordinary\",service=\"\",severity=\"light\"} 1\n"
        "finwatch_incidents_reopened_total{fault_class=\"ordinary\"} 1\n"
        "finwatch_incidents_fixed_first_time_total{fault_class=\"ordinary\"} 0\n");
  CHECK(lines_of(page, "finwatch_alerts_received_total{status=\"resolved\"") ==
        "finwatch_alerts_received_total{status=\"resolved\",result=\"cleared\"} 0\n"
        "finwatch_alerts_received_total{status=\"resolved\",result=\"heartbeat\"} 0\n"
        "finwatch_alerts_received_total{status=\"resolved\",result=\"repeated\"} 0\n"
        "finwatch_alerts_received_total{status=\"resolved\",result=\"unheard\"} 0\n");
  CHECK_THAT(page, Contains("finwatch_webhook_requests_total{result=\"accepted\"} 1\n"));
  fake.figures.leads = false;
  CHECK(fake.samples(incidents_collector).empty());
}

}  // namespace finwatch::notifier
