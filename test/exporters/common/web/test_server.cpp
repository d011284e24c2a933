#include <unistd.h>

#include "web_fixture.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("web: a scrape answers with the page, in the format and encoding that was asked for") {
  const WebFixture web;
  WebClient client = web.client();
  const WebResponse plain = client.get("/metrics");
  CHECK(plain.code == 200);
  CHECK(plain.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(plain.header("Content-Encoding").empty());
  CHECK(plain.header("Vary") == "Accept, Accept-Encoding");
  CHECK_THAT(plain.body, Contains("\nfinwatch_test_answer 42\n"));

  const WebResponse packed = client.get("/metrics", {"Accept-Encoding: deflate, gzip;q=0.5"});
  CHECK(packed.header("Content-Encoding") == "gzip");
  CHECK(packed.body.substr(0, 2) == "\x1f\x8b");
  CHECK(client.get("/metrics", {"Accept-Encoding: gzip;q=0"}).header("Content-Encoding").empty());

  const WebResponse open_metrics = client.get("/metrics", {"Accept: application/openmetrics-text;version=1.0.0"});
  CHECK(open_metrics.header("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK_THAT(open_metrics.body, Catch::Matchers::EndsWith("# EOF\n"));
}

TEST_CASE("web: HEAD has the length of the answer and no body, and the connection goes on") {
  const WebFixture web;
  WebClient client = web.client();
  const std::string length = client.get("/").header("Content-Length");
  const WebResponse head = client.request("HEAD", "/");
  CHECK(head.code == 200);
  CHECK(head.header("Content-Length") == length);
  CHECK(client.request("HEAD", "/metrics").code == 200);
  CHECK(client.get("/-/healthy").body == "healthy\n");
}

TEST_CASE("web: collectors are chosen by the query") {
  const WebFixture web;
  WebClient client = web.client();
  CHECK_THAT(client.get("/metrics?collect[]=answer").body, Contains("finwatch_test_answer 42"));
  CHECK_THAT(client.get("/metrics?collect%5B%5D=answer").body, Contains("finwatch_test_answer 42"));
  CHECK_THAT(client.get("/metrics?exclude[]=answer").body, !Contains("finwatch_test_answer 42"));
  const WebResponse unknown = client.get("/metrics?collect[]=nothing");
  CHECK(unknown.code == 400);
  CHECK_THAT(unknown.body, Contains("nothing"));
  CHECK(client.get("/metrics?collect[]=%zz").code == 400);
  CHECK(client.get("/%zz").code == 400);
  CHECK(client.get("/%6detrics").code == 200);
  CHECK(client.get("http://test/metrics").code == 200);
}

TEST_CASE("web: a scraper's own timeout shortens the wait, and what is no number is ignored") {
  const WebFixture web({}, {}, 700ms);
  WebClient client = web.client();
  const auto begun = std::chrono::steady_clock::now();
  const WebResponse hasty = client.get("/metrics", {"X-Prometheus-Scrape-Timeout-Seconds: 0.2"});
  CHECK(hasty.code == 200);
  CHECK(std::chrono::steady_clock::now() - begun < 650ms);  // it did not wait for the collector
  CHECK_THAT(hasty.body,
             Contains("test_scrape_collector_success{collector=\"answer\"} 0") && !Contains("finwatch_test_answer"));
  std::this_thread::sleep_for(800ms);
  for (const char* odd : {"soon", "-1", "nan", "1e99", ""})
    CHECK(client.get("/metrics?exclude[]=answer", {"X-Prometheus-Scrape-Timeout-Seconds: " + std::string(odd)}).code == 200);
  CHECK_THAT(client.get("/metrics", {"X-Prometheus-Scrape-Timeout-Seconds: 15"}).body, Contains("finwatch_test_answer 42"));
}

TEST_CASE("web: other methods and paths are told what would work") {
  const WebFixture web;
  WebClient client = web.client();
  const WebResponse post = client.request("POST", "/metrics", {}, "x=1");
  CHECK(post.code == 405);
  CHECK(post.header("Allow") == "GET, HEAD");
  CHECK(client.request("DELETE", "/metrics").code == 405);
  CHECK(client.request("OPTIONS", "*").code == 404);
  CHECK(client.get("/-/reload").header("Allow") == "POST");
  const WebResponse missing = client.get("/metricsx");
  CHECK(missing.code == 404);
  CHECK_THAT(missing.body, Contains("start page"));
  CHECK(client.get("/metrics/").code == 404);
}

TEST_CASE("web: the landing page names the program in both languages and escapes what it is given") {
  WebHooks hooks;
  hooks.routes.push_back({.path = "/locks",
                          .summary = "who waits <for> whom",
                          .summary_zh = "谁在等 <谁>",
                          .handler = [](const WebRequest&, WebReply reply) { reply.send({.body = "none\n"}); }});
  const WebFixture web({.telemetry_path = "/m&m", .program = "<script>", .version = "1.2"}, std::move(hooks));
  const WebResponse page = web.client().get("/");
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK_THAT(page.body, Contains("&lt;script&gt;") && !Contains("<script>"));
  CHECK_THAT(page.body, Contains("href=\"/m&amp;m\"") && Contains("采集") && Contains("who waits &lt;for&gt; whom"));
  CHECK_THAT(page.body, Contains("谁在等 &lt;谁&gt;"));
}

TEST_CASE("web: health, readiness and reload") {
  std::atomic<bool> ready{false};
  Status outcome = ok();
  std::atomic<int> answers{0};
  WebHooks hooks{.reload = [&] { return outcome; }, .ready = [&] { return ready.load(); }, .answered = [&](int) { ++answers; }};
  const WebFixture web({}, std::move(hooks));
  WebClient client = web.client();
  CHECK(client.get("/-/healthy").code == 200);
  CHECK(client.get("/-/ready").code == 503);
  ready = true;
  CHECK(client.get("/-/ready").code == 200);
  CHECK(client.request("POST", "/-/reload").code == 200);
  outcome = {Errc::config, "finwatch.yml:3:1: unknown key"};
  const WebResponse failed = client.request("POST", "/-/reload");
  CHECK(failed.code == 500);
  CHECK(failed.body == "finwatch.yml:3:1: unknown key\n");
  CHECK(answers == 5);
}

TEST_CASE("web: an exception in a hook costs one answer") {
  WebHooks hooks{.reload = []() -> Status { throw std::runtime_error("no luck"); },
                 .ready = []() -> bool { throw std::runtime_error("no luck"); }};
  const WebFixture web({}, std::move(hooks));
  CHECK(web.client().request("POST", "/-/reload").code == 500);
  CHECK(web.client().get("/-/ready").code == 0);
  CHECK(web.client().get("/-/healthy").code == 200);
}

TEST_CASE("web: a program's routes answer now or later, and take a bounded body") {
  std::thread later;
  WebHooks hooks;
  hooks.routes.push_back({.path = "/probe", .handler = [&](const WebRequest& request, WebReply reply) {
                            later = std::thread([query = std::string(request.query()), r = std::move(reply)]() mutable {
                              std::this_thread::sleep_for(30ms);
                              r.send({.code = 202, .body = query});
                            });
                          }});
  hooks.routes.push_back({.verb = Route::Verb::post,
                          .path = "/webhook",
                          .most_body = 10,
                          .handler = [](const WebRequest& request, WebReply reply) {
                            reply.send({.body = std::string(request.header("X-Word")) + std::string(request.body())});
                          }});
  hooks.routes.push_back({.path = "/forgets", .handler = [](const WebRequest&, WebReply) {}});
  const WebFixture web({}, std::move(hooks));
  WebClient client = web.client();
  const WebResponse probe = client.get("/probe?target=a");
  later.join();
  CHECK(probe.code == 202);
  CHECK(probe.body == "target=a");
  CHECK(client.request("POST", "/webhook", {"X-Word: w"}, "0123456789").body == "w0123456789");
  CHECK(client.request("POST", "/webhook", {}, "0123456789a").code == 413);
  CHECK(client.get("/webhook").code == 405);
  CHECK(client.get("/forgets").code == 500);
  CHECK(client.request("POST", "/webhook", {"Content-Length: 999999999"}).code == 413);
}
