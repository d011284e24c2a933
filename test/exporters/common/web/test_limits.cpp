#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "web_fixture.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

WebLimits impatient() { return {.first_request = 1s, .idle = 60s, .request = 60s, .slow_reader = 50ms, .drain = 200ms}; }

}  // namespace

TEST_CASE("web: 300 clients stuck in the middle of a request change nothing for the next scraper, and are shown out") {
  const WebFixture web({.limits = impatient()});
  std::vector<WebClient> stuck;
  for (int i = 0; i < 300; ++i) {
    stuck.push_back(web.client());
    stuck.back().send(i % 2 == 0 ? "GET /metrics HTTP/1.1\r\nHost: t" : "");
  }
  WebClient scraper = web.client();
  const auto begun = std::chrono::steady_clock::now();
  CHECK(scraper.get("/metrics").code == 200);
  CHECK(std::chrono::steady_clock::now() - begun < 900ms);  // well before the first of them is shown out
  CHECK(std::all_of(stuck.begin(), stuck.end(), [](WebClient& client) { return client.closed_within(10); }));
  CHECK(scraper.get("/metrics").code == 200);
}

TEST_CASE("web: a client that drips one byte at a time is not kept for longer") {
  const WebFixture web({.limits = impatient()});
  WebClient client = web.client();
  client.send("GET /metrics HTTP/1.1\r\n");
  bool open = true;
  for (int i = 0; i < 200 && open; ++i) {
    open = client.send("x");
    std::this_thread::sleep_for(50ms);
  }
  CHECK_FALSE(open);
}

TEST_CASE("web: a request's head is bounded") {
  const WebFixture web;
  CHECK(web.client().get("/metrics", {"X-Long: " + std::string(8'000, 'a')}).code == 200);
  const int code = web.client().get("/metrics", {"X-Long: " + std::string(200'000, 'a')}).code;
  CHECK((code == 0 || code >= 400));
  CHECK(web.client().get("/metrics").code == 200);
}

TEST_CASE("web: garbage, a TLS client and a broken length get an error or a closed connection") {
  const WebFixture web({.limits = impatient()});
  for (const std::string_view bytes :
       {std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), std::string_view("GET\r\n\r\n"),
        std::string_view("GET /metrics HTTP/1.1\r\n\r\n"), std::string_view("\0\0\0\r\n\r\n", 7),
        std::string_view("POST /-/reload HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n"),
        std::string_view("GET /metrics HTTP/9.9\r\nHost: t\r\n\r\n")}) {
    WebClient client = web.client();
    client.send(bytes);
    INFO("after: " << bytes);
    const int code = client.receive().code;
    CHECK((code == 0 || code >= 400));
  }
  CHECK(web.client().get("/metrics").code == 200);
}

TEST_CASE("web: more metrics requests than allowed are sent away with 503, and places come back") {
  const WebFixture web({.max_requests = 2}, {}, 300ms);
  std::vector<WebClient> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(web.client());
    clients.back().send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    std::this_thread::sleep_for(10ms);
  }
  int served = 0;
  for (WebClient& client : clients) {
    const WebResponse response = client.receive();
    served += response.code == 200 ? 1 : 0;
    if (response.code != 200) CHECK((response.code == 503 && response.header("Retry-After") == "1"));
  }
  CHECK(served == 2);
  CHECK(web.client().get("/metrics").code == 200);
}

TEST_CASE("web: clients that leave while their page is made give their places back") {
  const WebFixture web({.max_requests = 3}, {}, 100ms);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3; ++i) {
      WebClient client = web.client();
      client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
      std::this_thread::sleep_for(5ms);
    }
    std::this_thread::sleep_for(400ms);
  }
  CHECK(web.client().get("/metrics").code == 200);
}

TEST_CASE("web: 64 scrapers at once all get their page") {
  const WebFixture web({.max_requests = 0});
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i)
    threads.emplace_back([&] {
      WebClient client = web.client();
      for (int turn = 0; turn < 5; ++turn) good += client.get("/metrics").code == 200 ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 320);
}

TEST_CASE("web: 500 scrapers who connect at one moment all get their page, also behind 500 who have just left") {
  rlimit files{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);  // as the programs do
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  const WebFixture web({.max_requests = 0});
  for (int turn = 0; turn < 3; ++turn) {
    std::vector<WebClient> clients;
    for (int i = 0; i < 500; ++i) clients.push_back(web.client());
    for (WebClient& client : clients) client.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
    if (turn == 1) continue;  // they leave without reading
    CHECK(std::all_of(clients.begin(), clients.end(), [](WebClient& client) { return client.receive().code == 200; }));
  }
}

TEST_CASE("web: stopping answers what is running, cuts what never ends, and then refuses") {
  std::vector<WebReply> kept;
  WebHooks hooks;
  hooks.routes.push_back(
      {.path = "/never", .handler = [&](const WebRequest&, WebReply reply) { kept.push_back(std::move(reply)); }});
  WebFixture web({.limits = impatient()}, std::move(hooks), 100ms);
  WebClient scraper = web.client();
  WebClient waiter = web.client();
  WebClient idle = web.client();
  scraper.send("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n");
  waiter.send("GET /never HTTP/1.1\r\nHost: t\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  web.server.reset();
  CHECK(scraper.receive().code == 200);
  const int code = waiter.receive().code;
  CHECK((code == 503 || code == 0));
  CHECK(idle.closed_within(1));
  CHECK_THROWS(web.client());
  kept.clear();  // late answers fall on the floor
}
