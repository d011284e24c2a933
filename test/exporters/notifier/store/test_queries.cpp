#include "engines.h"

namespace finwatch::notifier::test {
namespace {

template <class T>
std::string ids(const std::vector<T>& records) {
  std::string out;
  for (const T& record : records) out += (out.empty() ? "" : " ") + std::to_string(record.id);
  return out;
}

template <class Engine>
void incident_queries() {
  const Engine engine;
  const auto store = engine.leading();
  Changes changes;
  for (std::int64_t id = 1; id <= 42; ++id)
    changes.incidents.push_back(incident_of(id, id % 2 == 0 ? State::closed : State::assigned));
  changes.incidents[9].service = "report";
  changes.incidents[9].title = {.zh = "报表 100% 超时", .en = "Report: 100% timed_out"};
  changes.incidents[10].fault_class = "ordinary";
  changes.incidents[11].severity = "warning";
  changes.incidents[12].alertname = "TableSpaceFULL";
  changes.incidents[13].key = "erp/It's/\\x";
  must(store->commit(changes));
  const auto found = [&](const IncidentQuery& query) { return ids(must(store->incidents(query))); };

  CHECK(found({.most = 3}) == "42 41 40");
  CHECK(found({.most = 3, .before = 40}) == "39 38 37");
  CHECK(found({.open = true, .most = 2}) == "41 39");
  CHECK(found({.open = false, .most = 2}) == "42 40");
  CHECK(found({.service = "report"}) == "10");
  CHECK(found({.fault_class = "ordinary"}) == "11");
  CHECK(found({.severity = "warning"}) == "12");
  CHECK(found({.service = "report", .severity = "warning"}).empty());
  CHECK(found({.began_from = at(5), .began_to = at(8)}) == "7 6 5");
  CHECK(found({.most = 0}).empty());
  CHECK(found({.most = -5}).empty());

  CHECK(found({.search = "report"}) == "10");
  CHECK(found({.search = "  REPORT "}) == "10");
  CHECK(found({.search = "报表"}) == "10");
  CHECK(found({.search = "100%"}) == "10");
  CHECK(found({.search = "%"}) == "10");
  CHECK(found({.search = "d_o"}) == "10");
  CHECK(found({.search = "tablespacefull"}) == "13");
  CHECK(found({.search = "IT'S"}) == "14");
  CHECK(found({.search = "\\x"}) == "14");
  CHECK(found({.search = "voucherslow/21"}) == "21");
  CHECK(found({.search = "inc-17"}) == "17");
  CHECK(found({.search = "' OR 1=1 --"}).empty());
  CHECK(found({.search = std::string(100'000, 'x')}).empty());
  CHECK(found({.open = true, .search = "Voucher", .most = 1}) == "41");
}
STORE_TEST(incident_queries, "incidents are found by what they are, and by what a person types")

template <class Engine>
void delivery_queries() {
  const Engine engine;
  const auto store = engine.leading();
  Changes changes;
  for (std::int64_t id = 1; id <= 12; ++id)
    changes.deliveries.push_back(delivery_of(id, id % 3 + 1, id % 2 == 0 ? DeliveryState::failed : DeliveryState::delivered));
  changes.deliveries[4].channel = ChannelKind::dingtalk;
  must(store->commit(changes));
  const auto found = [&](const DeliveryQuery& query) { return ids(must(store->deliveries(query))); };
  CHECK(found({.most = 2}) == "12 11");
  CHECK(found({.most = 2, .before = 11}) == "10 9");
  CHECK(found({.incident = 1}) == "12 9 6 3");
  CHECK(found({.incident = 1, .state = DeliveryState::failed}) == "12 6");
  CHECK(found({.channel = ChannelKind::dingtalk}) == "5");
  CHECK(found({.state = DeliveryState::queued}).empty());
}
STORE_TEST(delivery_queries, "deliveries are found by incident, state and channel")

}  // namespace
}  // namespace finwatch::notifier::test
