#include "notifier/incident/payload.h"

#include "core/instant.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::notifier;
using Catch::Matchers::Contains;

namespace {

// As Alertmanager 0.33 posts it, with keys that 0.25 does not have.
constexpr std::string_view kBody = R"({"receiver":"notifier","status":"firing","alerts":[{"status":"firing",
 "labels":{"alertname":"DatabaseDisconnected","service":"database","severity":"severe","target":"erp"},
 "annotations":{"summary":"数据库 erp 连接中断","summary_en":"Database erp is disconnected"},
 "startsAt":"2026-11-22T12:41:57.139Z","endsAt":"0001-01-01T00:00:00Z",
 "generatorURL":"http://prometheus/graph?g0.expr=up","fingerprint":"84e2990aeb5bcfd2"},
 {"status":"resolved","labels":{"alertname":"HostCpuBusy"},"annotations":null,
 "startsAt":"2026-11-22T20:40:00+08:00","endsAt":"2026-11-22T12:41:00Z","generatorURL":"","fingerprint":"0000000000000001"}],
 "notification_reason":"first notification","groupLabels":{"service":"database"},"commonLabels":{},"commonAnnotations":{},
 "externalURL":"http://alertmanager","version":"4","groupKey":"{}:{}","truncatedAlerts":3})";

std::string changed(std::string_view what, std::string_view into) {
  std::string body(kBody);
  const std::size_t at = body.find(what);
  REQUIRE(at != std::string::npos);
  return body.replace(at, what.size(), into);
}

std::string fault(std::string_view body) {
  const Result<Payload> payload = read_payload(body);
  if (payload) return "";
  CHECK(payload.error().code == Errc::malformed);
  return payload.error().message;
}

}  // namespace

TEST_CASE("payload: what Alertmanager posts is read, and keys that are not known are left alone") {
  const Result<Payload> payload = read_payload(kBody);
  REQUIRE(payload);
  CHECK(payload->receiver == "notifier");
  CHECK(payload->truncated == 3);
  REQUIRE(payload->alerts.size() == 2);
  const ReceivedAlert& fires = payload->alerts[0];
  CHECK(fires.firing);
  CHECK(fires.fingerprint == "84e2990aeb5bcfd2");
  CHECK(fires.starts == *parse_instant("2026-11-22T12:41:57.139Z"));
  CHECK(fires.label("target") == "erp");
  CHECK(fires.label("nothing").empty());
  CHECK(fires.annotation("summary") == "数据库 erp 连接中断");
  CHECK(fires.generator_url == "http://prometheus/graph?g0.expr=up");
  CHECK_THAT(fires.labels_json, Contains(R"("service":"database")"));
  const ReceivedAlert& over = payload->alerts[1];
  CHECK_FALSE(over.firing);
  CHECK(over.starts == *parse_instant("2026-11-22T12:40:00Z"));
  CHECK(over.ended == *parse_instant("2026-11-22T12:41:00Z"));
  CHECK(over.annotations.empty());
}

TEST_CASE("payload: what is wrong is named with its place") {
  CHECK_THAT(fault("["), Contains("not JSON"));
  CHECK_THAT(fault("[]"), Contains("the body"));
  CHECK_THAT(fault(changed(R"("version":"4")", R"("version":"3")")), Contains("version"));
  CHECK_THAT(fault(changed(R"("version":"4")", R"("version":4)")), Contains("version"));
  CHECK_THAT(fault(changed(R"("alerts":[)", R"("alarms":[)")), Contains("alerts"));
  CHECK_THAT(fault(changed(R"("status":"resolved")", R"("status":"gone")")), Contains("alerts[1].status"));
  CHECK_THAT(fault(changed("84e2990aeb5bcfd2", "84E2990AEB5BCFD2")), Contains("alerts[0].fingerprint"));
  CHECK_THAT(fault(changed("2026-11-22T12:41:57.139Z", "0001-01-01T00:00:00Z")), Contains("alerts[0].startsAt"));
  CHECK_THAT(fault(changed("2026-11-22T12:41:00Z", "never")), Contains("alerts[1].endsAt"));
  CHECK_THAT(fault(changed(R"("target":"erp")", R"("target":7)")), Contains("alerts[0].labels.target"));
  CHECK_THAT(fault(changed(R"({"alertname":"HostCpuBusy"})", "{}")), Contains("alerts[1].labels.alertname"));
  CHECK_THAT(fault(std::string(kMostPayloadBytes + 1, ' ')), Contains("16 MiB"));
}

TEST_CASE("payload: an alert that ended before it began ended when it began; what is long is cut, a zero byte is none") {
  const Result<Payload> early = read_payload(changed("2026-11-22T12:41:00Z", "2026-11-22T12:00:00Z"));
  REQUIRE(early);
  CHECK(early->alerts[1].ended == early->alerts[1].starts);
  const Result<Payload> cut = read_payload(changed("数据库 erp 连接中断", std::string(9000, 'x') + R"(\u0000)"));
  REQUIRE(cut);
  CHECK(cut->alerts[0].annotation("summary").size() == 8192);
  const Result<Payload> zero = read_payload(changed(R"("target":"erp")", R"("target":"e\u0000p")"));
  REQUIRE(zero);
  CHECK(zero->alerts[0].label("target") == "e p");
}

TEST_CASE("payload: too many alerts, and too many labels of one") {
  std::string alerts;
  for (std::size_t i = 0; i <= kMostPayloadAlerts; ++i) alerts += "{},";
  CHECK_THAT(fault(changed(R"("alerts":[)", R"("alerts":[)" + alerts)), Contains("at most 20000"));
  std::string labels;
  for (int i = 0; i < 101; ++i) labels += R"("l)" + std::to_string(i) + R"(":"",)";
  CHECK_THAT(fault(changed(R"("labels":{)", R"("labels":{)" + labels)), Contains("alerts[0].labels: expected at most 100"));
}
