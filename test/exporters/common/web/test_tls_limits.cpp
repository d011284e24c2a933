// Clients that are stuck in, or drip through, the TLS handshake.
#include <algorithm>
#include <thread>

#include "support/test_folder.h"
#include "tls_client.h"
#include "web_fixture.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;

namespace {

// The beginning of a real ClientHello: a handshake record that promises 512 bytes.
constexpr std::string_view kHello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);

struct TlsWeb {
  TlsWeb() {
    const std::string keys = test_folder("fixtures/web/");
    tree.write("web.yml", "tls_server_config:\n  cert_file: " + keys + "server.pem\n  key_file: " + keys + "server.key\n");
    web = std::make_unique<WebFixture>(
        WebOptions{.config_file = tree.path("web.yml"),
                   .limits = {.first_request = 2s, .idle = 60s, .request = 60s, .slow_reader = 50ms, .drain = 200ms}});
  }
  TemporaryTree tree;
  std::unique_ptr<WebFixture> web;
};

}  // namespace

TEST_CASE("web tls: 300 clients stuck in the handshake change nothing for the next scraper, and are shown out") {
  const TlsWeb tls;
  std::vector<WebClient> stuck;
  for (std::size_t i = 0; i < 300; ++i) {
    stuck.push_back(tls.web->client());
    stuck.back().send(kHello.substr(0, i % (kHello.size() + 1)));
  }
  const auto begun = std::chrono::steady_clock::now();
  const TlsSeen scraper = ask_tls(tls.web->address, {.target = "/metrics"});
  CHECK(scraper.response.code == 200);
  CHECK(std::chrono::steady_clock::now() - begun < 1900ms);  // well before the first of them is shown out
  CHECK(std::all_of(stuck.begin(), stuck.end(), [](WebClient& client) { return client.closed_within(10); }));
  CHECK(ask_tls(tls.web->address, {.target = "/metrics"}).response.code == 200);
}

TEST_CASE("web tls: a handshake that drips is not kept for longer than the first request may take") {
  const TlsWeb tls;
  std::vector<WebClient> dripping;
  for (int i = 0; i < 10; ++i) {
    dripping.push_back(tls.web->client());
    dripping.back().send(kHello);
  }
  std::size_t open = dripping.size();
  for (int turn = 0; turn < 100 && open > 0; ++turn) {
    open = static_cast<std::size_t>(
        std::count_if(dripping.begin(), dripping.end(), [](WebClient& client) { return client.send("\x2a"); }));
    if (turn == 5) CHECK(ask_tls(tls.web->address).response.code == 200);
    std::this_thread::sleep_for(50ms);
  }
  CHECK(open == 0);
}

TEST_CASE("web tls: clear text, garbage and a hang-up in the middle get no page and harm nobody") {
  const TlsWeb tls;
  for (const std::string_view bytes :
       {std::string_view("GET /metrics HTTP/1.1\r\nHost: t\r\n\r\n"), std::string_view("\x80\x2e\x01\x03\x01\x00\x15", 7),
        std::string_view("\x16\x03\x01\xff\xff\xff\xff\xff\xff", 9), std::string_view("\x15\x03\x01\x00\x02\x02\x28", 7)}) {
    WebClient client = tls.web->client();
    client.send(bytes);
    CHECK(client.receive().code != 200);
  }
  tls.web->client().send(kHello);  // and gone
  CHECK(ask_tls(tls.web->address).response.code == 200);
}
