#include "notifier/incident/counters.h"

#include "notifier/channel/channel.h"
#include "support/catch.h"

namespace finwatch::notifier {
namespace {

using namespace std::chrono_literals;

// The outbox turns a verdict into a result by its place.
static_assert(static_cast<int>(Verdict::accepted) == static_cast<int>(NotificationResult::accepted));
static_assert(static_cast<int>(Verdict::later) == static_cast<int>(NotificationResult::later));
static_assert(static_cast<int>(Verdict::refused) == static_cast<int>(NotificationResult::refused));
static_assert(static_cast<int>(Verdict::unknown) == static_cast<int>(NotificationResult::unknown));

constexpr std::array<std::string_view, 2> kNames = {"a", "b"};

std::vector<std::string> round_trip(std::string_view a, std::string_view b) {
  return label_values(label_text(kNames, std::array<std::string_view, 2>{a, b}), kNames);
}

Contract small_contract() {
  Contract contract;
  contract.classes["ordinary"] = {.id = "ordinary", .name = {}, .answer = 30min, .first_diagnosis = {}, .solve = 100min};
  contract.severities["light"] = {.id = "light", .name = {}, .policy = {}};
  contract.services.push_back({.id = "reports", .name = {}, .fault_class = "ordinary"});
  contract.channels.sms.emplace();
  return contract;
}

double value(const Counters& counters, std::string_view family, std::string_view labels) {
  const auto found = counters.find({std::string(family), std::string(labels)});
  return found == counters.end() ? -1 : found->second;
}

}  // namespace

TEST_CASE("incident: labels of a counter come back as they were") {
  CHECK(label_text(kNames, std::array<std::string_view, 2>{"1", "2"}) == R"(a="1",b="2")");
  for (const std::string_view hostile : {"", "plain", "凭证录入", R"(")", R"(\)", R"(\")", R"(\\n)", "\n", "a\nb\\", R"(",b=")",
                                         R"(1",b="2)", ",", "=", "\t\r", "{}"}) {
    CAPTURE(hostile);
    CHECK(round_trip(hostile, "x") == std::vector<std::string>{std::string(hostile), "x"});
    CHECK(round_trip("x", hostile) == std::vector<std::string>{"x", std::string(hostile)});
  }
  CHECK(label_text(kNames, std::array<std::string_view, 2>{"\"\\\n", ""}) == R"(a="\"\\\n",b="")");
}

TEST_CASE("incident: labels that no database would keep are mended once, and then stay") {
  using namespace std::string_view_literals;
  for (const std::string_view broken : {"\xff\xfe"sv, "a\0b"sv, "\xe5\x87"sv, "\xed\xa0\x80"sv}) {
    const std::vector<std::string> mended = round_trip(broken, "");
    REQUIRE(mended.size() == 2);
    CHECK(mended[0].find("\xEF\xBF\xBD") != std::string::npos);
    CHECK(mended[0].find('\0') == std::string::npos);
    CHECK(round_trip(mended[0], "") == mended);
  }
}

TEST_CASE("incident: what is no such labels is not read") {
  for (const std::string_view text :
       {"", R"(a="1")", R"(a="1",c="2")", R"(b="1",a="2")", R"(a="1"b="2")", R"(a="1",b="2",)", R"(a="1",b="2)",
        R"(a="1",b="2\)", R"(a="1",b="\x")", R"(a=1,b=2)", R"( a="1",b="2")", R"(a="1",b="2",c="3")"}) {
    CAPTURE(text);
    CHECK(label_values(text, kNames).empty());
  }
}

TEST_CASE("incident: a count is added to what stands, and the change is noted with its new value") {
  Counters all, changed;
  count(all, counted::kReopened, "ordinary");
  count({all, changed}, counted::kReopened, "ordinary");
  count({all, changed}, counted::kReopened, "major");
  const Counters expected = {{{"finwatch_incidents_reopened_total", R"(fault_class="major")"}, 1},
                             {{"finwatch_incidents_reopened_total", R"(fault_class="ordinary")"}, 2}};
  CHECK(all == expected);
  CHECK(changed == expected);
  const auto read = read_counter(all, counted::kReopened);
  REQUIRE(read.size() == 2);
  CHECK(read[1].labels == std::vector<std::string>{"ordinary"});
  CHECK(read[1].value == 2);
}

TEST_CASE("incident: counters of another version are left out, not shown wrong") {
  const Counters all = {{{"finwatch_incidents_reopened_total", R"(class="major")"}, 4},
                        {{"finwatch_incidents_reopened_total", "rubbish"}, 4},
                        {{"finwatch_incidents_reopened_total_more", R"(fault_class="major")"}, 4},
                        {{"finwatch_incidents_reopened_total", R"(fault_class="major")"}, 1}};
  REQUIRE(read_counter(all, counted::kReopened).size() == 1);
  CHECK(read_counter(all, counted::kReopened)[0].value == 1);
  const Counters buckets = {{{"finwatch_notification_delay_seconds_bucket", R"(channel="sms",le="wide")"}, 4},
                            {{"finwatch_notification_delay_seconds_bucket", R"(channel="sms",le="nan")"}, 4},
                            {{"finwatch_notification_delay_seconds_bucket", R"(channel="sms")"}, 4}};
  CHECK(read_histogram(buckets, counted::kNotificationDelay).empty());
}

TEST_CASE("incident: the contract's limits are buckets, and what is just in time falls into its own") {
  Contract contract = small_contract();
  CHECK(clock_buckets(contract.classes["ordinary"]) ==
        std::vector<double>{60, 300, 600, 900, 1800, 3600, 6000, 7200, 14400, 28800, 86400});
  Counters all, changed;
  initialise(all, contract);
  for (const double seconds : {6000.0, 6000.5, 0.0, -5.0, 1e9})
    observe({all, changed}, counted::kIncidentSeconds, seconds, "ordinary", "solve");
  observe(all, counted::kIncidentSeconds, std::numeric_limits<double>::quiet_NaN(), "ordinary", "solve");
  CHECK(changed == Counters{{{"finwatch_incident_seconds_bucket", R"(fault_class="ordinary",clock="solve",le="+Inf")"}, 1},
                            {{"finwatch_incident_seconds_bucket", R"(fault_class="ordinary",clock="solve",le="60")"}, 2},
                            {{"finwatch_incident_seconds_bucket", R"(fault_class="ordinary",clock="solve",le="6000")"}, 1},
                            {{"finwatch_incident_seconds_bucket", R"(fault_class="ordinary",clock="solve",le="7200")"}, 1},
                            {{"finwatch_incident_seconds_sum", R"(fault_class="ordinary",clock="solve")"}, 12000.5 + 1e9}});
  const auto read = read_histogram(all, counted::kIncidentSeconds);
  const CountedHistogram& solve = read.back();
  CHECK(solve.labels == std::vector<std::string>{"ordinary", "solve"});
  CHECK(solve.count == 5);
  CHECK(solve.sum == 12000.5 + 1e9);
  REQUIRE(solve.buckets.size() == 11);
  CHECK(solve.buckets[0].cumulative_count == 2);
  CHECK(solve.buckets[6].upper_bound == 6000);
  CHECK(solve.buckets[6].cumulative_count == 3);
  CHECK(solve.buckets[10].cumulative_count == 4);
}

TEST_CASE("incident: a new limit in the contract leaves the histogram rising") {
  Contract contract = small_contract();
  Counters all;
  initialise(all, contract);
  observe(all, counted::kIncidentSeconds, 5000, "ordinary", "solve");
  contract.classes["ordinary"].solve = 150min;
  initialise(all, contract);
  observe(all, counted::kIncidentSeconds, 8000, "ordinary", "solve");
  const auto read = read_histogram(all, counted::kIncidentSeconds);
  std::uint64_t below = 0;
  for (const auto& bucket : read.back().buckets) {
    CHECK(bucket.cumulative_count >= below);
    below = bucket.cumulative_count;
    if (bucket.upper_bound == 6000) CHECK(bucket.cumulative_count == 1);  // the old one is still true
    if (bucket.upper_bound == 9000) CHECK(bucket.cumulative_count == 2);
  }
  CHECK(read.back().count == 2);
}

TEST_CASE("incident: everything that may be counted begins at 0, and nothing that was counted is lost") {
  const Contract contract = small_contract();
  Counters all;
  count(all, counted::kOpened, "ordinary", "reports", "light");
  initialise(all, contract);
  CHECK(value(all, "finwatch_incidents_opened_total", R"(fault_class="ordinary",service="reports",severity="light")") == 1);
  CHECK(value(all, "finwatch_incidents_opened_total", R"(fault_class="ordinary",service="",severity="light")") == 0);
  CHECK(value(all, "finwatch_incidents_total", R"(fault_class="ordinary",service="reports",outcome="solved")") == 0);
  CHECK(value(all, "finwatch_incidents_total", R"(fault_class="ordinary",service="reports",outcome="open")") == -1);
  CHECK(value(all, "finwatch_incidents_fixed_first_time_total", R"(fault_class="ordinary")") == 0);
  CHECK(value(all, "finwatch_sla_breaches_total", R"(fault_class="ordinary",clock="answer")") == 0);
  CHECK(value(all, "finwatch_sla_breaches_total", R"(fault_class="ordinary",clock="diagnose")") == -1);  // not promised
  CHECK(value(all, "finwatch_notifications_total", R"(channel="sms",result="refused",code="")") == 0);
  CHECK(value(all, "finwatch_notifications_dead_total", R"(channel="sms")") == 0);
  CHECK(value(all, "finwatch_notifications_dead_total", R"(channel="email")") == -1);  // not set up
  const Counters before = all;
  initialise(all, contract);
  CHECK(all == before);
}

TEST_CASE("incident: what a provider calls its codes is kept short, plain and few") {
  Counters all;
  const auto counted_as = [&](std::string_view code) {
    Counters changed;
    count_notification({all, changed}, ChannelKind::sms, NotificationResult::refused, code);
    REQUIRE(changed.size() == 1);
    return label_values(changed.begin()->first.second, counted::kNotifications.labels).back();
  };
  CHECK(counted_as("isv.BUSINESS_LIMIT_CONTROL") == "isv.BUSINESS_LIMIT_CONTROL");
  CHECK(counted_as("it said \"no\"\n") == "it_said__no__");
  CHECK(counted_as(std::string(5000, 'x')) == std::string(64, 'x'));
  for (int i = 0; i < 200; ++i) counted_as(std::to_string(i));
  CHECK(counted_as("one more") == "other");
  CHECK(counted_as("isv.BUSINESS_LIMIT_CONTROL") == "isv.BUSINESS_LIMIT_CONTROL");
  CHECK(all.size() <= 56);
  count_notification(all, ChannelKind::voice, NotificationResult::accepted, "OK");  // another channel has its own fifty
  CHECK(value(all, "finwatch_notifications_total", R"(channel="voice",result="accepted",code="OK")") == 1);
}

TEST_CASE("incident: ids that the contract does not know count as none") {
  const Contract contract = small_contract();
  CHECK(known_service(contract, "reports") == "reports");
  CHECK(known_service(contract, "report").empty());
  CHECK(known_class(contract, "ordinary") == "ordinary");
  CHECK(known_class(contract, "major").empty());
  CHECK(known_severity(contract, "light") == "light");
  CHECK(known_severity(contract, "").empty());
}

TEST_CASE("incident: clocks are named as the monthly report reads them") {
  CHECK(clock_label(ClockKind::answer) == "answer");
  CHECK(clock_label(ClockKind::first_diagnosis) == "diagnose");
  CHECK(clock_label(ClockKind::solve) == "solve");
}

}  // namespace finwatch::notifier
