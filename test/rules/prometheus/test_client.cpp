#include "rules/tool/prometheus/client.h"

#include <cmath>

#include "net/fake_server.h"
#include "rules/tool/prometheus/answer.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

constexpr Moment kMoment{std::chrono::seconds{1'764'000'000}};
constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr std::string_view kEmpty = R"({"status":"success","data":{"resultType":"vector","result":[]}})";

std::string vector_of(std::string_view elements) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + std::string(elements) + "]}}";
}

HttpPrometheus opened(PrometheusOptions options) {
  Result<HttpPrometheus> server = HttpPrometheus::open(std::move(options));
  REQUIRE(server);
  return *server;
}

// What is said when the server answers so.
Error error_of(FakeTcpServer::Handler handler, std::chrono::milliseconds timeout = std::chrono::seconds{20},
               std::size_t most_bytes = std::size_t{1} << 20) {
  const FakeTcpServer fake(std::move(handler));
  HttpPrometheus server = opened({.url = fake.url(""), .timeout = timeout, .most_bytes = most_bytes});
  const auto answer = server.at("up", kMoment);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message.starts_with(fake.url("") + ": "));
  return answer.error();
}

Error error_of(std::string_view status, std::string_view body) {
  return error_of([status = std::string(status), body = std::string(body)](FakeConnection& peer) {
    if (!peer.request().empty()) peer.answer(body, kJson, status);
  });
}

std::string refused(std::string url) {
  const auto server = HttpPrometheus::open({.url = std::move(url)});
  REQUIRE_FALSE(server);
  CHECK(server.error().code == Errc::config);
  return server.error().message;
}

}  // namespace

TEST_CASE("prometheus: a question at a moment is a form, and its vector is read") {
  std::string request;
  const FakeTcpServer fake([&](FakeConnection& peer) {
    request = peer.request();
    peer.answer(vector_of(R"({"metric":{"__name__":"up","job":"a"},"value":[1764000000,"1"]},)"
                          R"({"metric":{"job":"b"},"value":[1764000000.5,"NaN"]},{"metric":{},"value":[1,"-Inf"]})"),
                kJson);
  });
  HttpPrometheus server = opened({.url = fake.url("/prom/")});
  const auto samples = server.at("up{job=~\"a|b\"} + 1 & 账", kMoment);
  REQUIRE(samples);
  CHECK_THAT(request, Contains("POST /prom/api/v1/query HTTP/1.1\r\n"));
  CHECK_THAT(request, Contains("query=up%7Bjob%3D~%22a%7Cb%22%7D%20%2B%201%20%26%20%E8%B4%A6&time=1764000000"));
  CHECK_THAT(request, !Contains("Authorization"));
  REQUIRE(samples->size() == 3);
  CHECK(label((*samples)[0].labels, "job") == "a");
  CHECK(label((*samples)[0].labels, "instance").empty());
  CHECK((*samples)[0].value == 1);
  CHECK(std::isnan((*samples)[1].value));
  CHECK(std::isinf((*samples)[2].value));
}

TEST_CASE("prometheus: a question over time has a step, and its matrix is read") {
  std::string request;
  const FakeTcpServer fake([&](FakeConnection& peer) {
    request = peer.request();
    peer.answer(R"({"status":"success","data":{"resultType":"matrix","result":[
      {"metric":{"service":"x"},"values":[[1764000000,"0.5"],[1764000060,"1e3"]]},{"metric":{},"values":[]}]},
      "warnings":["a store is away","a store is away"],"infos":["late"]})",
                kJson);
  });
  HttpPrometheus server = opened({.url = fake.url("")});
  const auto series = server.over("x", kMoment, kMoment + std::chrono::minutes{1}, std::chrono::minutes{1});
  REQUIRE(series);
  CHECK_THAT(request, Contains("POST /api/v1/query_range "));
  CHECK_THAT(request, Contains("query=x&start=1764000000&end=1764000060&step=60"));
  REQUIRE(series->size() == 2);
  REQUIRE((*series)[0].points.size() == 2);
  CHECK((*series)[0].points[1].at == 1764000060);
  CHECK((*series)[0].points[1].value == 1000);
  CHECK(server.warnings() == std::vector<std::string>{"a store is away", "late"});
}

TEST_CASE("prometheus: a scalar is one sample without labels") {
  const auto answer = read_answer(R"({"status":"success","data":{"resultType":"scalar","result":[1,"42"]}})");
  REQUIRE(answer);
  REQUIRE(answer->samples.size() == 1);
  CHECK(answer->samples[0].value == 42);
}

TEST_CASE("prometheus: user and password, or a token, are sent when they are given") {
  std::string request;
  const FakeTcpServer fake([&](FakeConnection& peer) {
    request = peer.request();
    peer.answer(kEmpty, kJson);
  });
  REQUIRE(opened({.url = fake.url(""), .user = "report", .password = Secret("pass:word")}).at("up", kMoment));
  CHECK_THAT(request, Contains("Authorization: Basic cmVwb3J0OnBhc3M6d29yZA==\r\n"));
  REQUIRE(opened({.url = fake.url(""), .bearer = Secret("token.1")}).at("up", kMoment));
  CHECK_THAT(request, Contains("Authorization: Bearer token.1\r\n"));
  const auto both = HttpPrometheus::open({.user = "report", .bearer = Secret("token")});
  REQUIRE_FALSE(both);
  CHECK(both.error().code == Errc::config);
}

TEST_CASE("prometheus: a gate that allows GET alone is asked so") {
  std::vector<std::string> requests;
  const FakeTcpServer fake([&](FakeConnection& peer) {
    for (std::string request = peer.request(); !request.empty(); request = peer.request()) {
      requests.push_back(request);
      if (request.starts_with("GET "))
        peer.answer(kEmpty, kJson);
      else
        peer.answer("POST is not allowed", "", "405 Method Not Allowed");
    }
  });
  REQUIRE(opened({.url = fake.url("")}).at("up == 0", kMoment));
  REQUIRE(requests.size() == 2);
  CHECK(requests[1].starts_with("GET /api/v1/query?query=up%20%3D%3D%200&time=1764000000 HTTP/1.1\r\n"));
}

TEST_CASE("prometheus: its own error is told, with the question") {
  const Error bad = error_of("400 Bad Request", R"({"status":"error","errorType":"bad_data","error":"1:3: parse error: no"})");
  CHECK(bad.code == Errc::config);
  CHECK_THAT(bad.message, Contains("answered 400: bad_data: 1:3: parse error: no; asked for up"));
  const Error slow =
      error_of("503 Service Unavailable", R"({"status":"error","errorType":"timeout","error":"query timed out"})");
  CHECK(slow.code == Errc::timeout);
  CHECK_THAT(error_of("200 OK", R"({"status":"error","errorType":"execution","error":"too many samples"})").message,
             Contains("Prometheus says: execution: too many samples"));
}

TEST_CASE("prometheus: what others answer is told as it is") {
  CHECK(error_of("401 Unauthorized", "").code == Errc::permission);
  CHECK_THAT(error_of("403 Forbidden", "no").message, Contains("answered 403: give --prometheus.user"));
  CHECK_THAT(error_of("404 Not Found", "<html>\nnothing").message,
             Contains("answered 404 to /api/v1/query: <html>; is that the address of Prometheus, with its path?"));
  CHECK(error_of("502 Bad Gateway", "").code == Errc::unavailable);
  CHECK_THAT(error_of("302 Found", "").message, Contains("a redirect: give the address it leads to"));
}

TEST_CASE("prometheus: a body that is no answer is malformed") {
  for (const char* body :
       {"", "<html>", "{}", R"({"status":"success"})", R"({"status":"success","data":{"resultType":"vector"}})",
        R"({"status":"success","data":{"resultType":"string","result":[1,"a"]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}})",
        R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{}}]}})",
        R"({"status":"success","data":{"resultType":"matrix","result":[{"values":[[1]]}]}})",
        R"({"status":"success","data":{"resultType":"vector","result":[)"}) {
    CAPTURE(body);
    CHECK(error_of("200 OK", body).code == Errc::malformed);
  }
}

TEST_CASE("prometheus: an answer that is cut, too large or late is an error") {
  const Error cut = error_of([](FakeConnection& peer) {
    if (!peer.request().empty()) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\":\"success\"");
  });
  CHECK(cut.code == Errc::malformed);
  CHECK_THAT(cut.message, Contains("bytes remaining"));
  const std::string large(std::size_t{3} << 20, ' ');
  const Error much = error_of(
      [&](FakeConnection& peer) {
        if (!peer.request().empty()) peer.answer(large, kJson);
      },
      std::chrono::seconds{20}, std::size_t{2} << 20);
  CHECK(much.code == Errc::malformed);
  CHECK_THAT(much.message, Contains("an answer of more than 2 MiB"));
  const Error late = error_of([](FakeConnection& peer) { peer.hang(); }, std::chrono::milliseconds{100});
  CHECK(late.code == Errc::timeout);
  CHECK_THAT(late.message, Contains("--timeout gives it longer"));
  const Error gone = error_of([](FakeConnection& peer) { peer.reset(); });
  CHECK(gone.code == Errc::unavailable);
}

TEST_CASE("prometheus: a server that is not there is named, and what to do") {
  std::string url;
  {
    const FakeTcpServer fake([](FakeConnection&) {});
    url = fake.url("");
  }
  const auto answer = opened({.url = url}).at("up", kMoment);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::unavailable);
  CHECK_THAT(answer.error().message, Contains("is Prometheus running there? --prometheus.url names another"));
}

TEST_CASE("prometheus: a certificate must be signed by somebody who is trusted") {
  const CertificateMaker maker;
  const FakeTcpServer fake(
      [](FakeConnection& peer) {
        if (!peer.request().empty()) peer.answer(kEmpty, kJson);
      },
      maker.server());
  CHECK(opened({.url = fake.url(""), .ca_file = maker.root_file()}).at("up", kMoment));
  const auto untrusted = opened({.url = fake.url("")}).at("up", kMoment);
  REQUIRE_FALSE(untrusted);
  CHECK_THAT(untrusted.error().message, Contains("--prometheus.ca-file names those who may sign its certificate"));
  const auto no_file = opened({.url = fake.url(""), .ca_file = "/does/not/exist.pem"}).at("up", kMoment);
  REQUIRE_FALSE(no_file);
  CHECK(no_file.error().code == Errc::config);
}

TEST_CASE("prometheus: an address is checked before it is asked") {
  for (const char* url : {"", "prometheus:9090", "ftp://host", "http://", "http:///path", "http://host/?x=1", "http://ho st"}) {
    CAPTURE(url);
    CHECK_THAT(refused(url), Contains("--prometheus.url: expected an address such as http://127.0.0.1:9090, found '"));
  }
  const std::string secret = refused("http://user:hunter2@host:9090");
  CHECK_THAT(secret, !Contains("hunter2"));
  CHECK_THAT(secret, Contains("--prometheus.password-file"));
  CHECK(HttpPrometheus::open({.url = "http://host/path@home"}));
}
