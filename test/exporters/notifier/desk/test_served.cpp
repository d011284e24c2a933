// The desk behind the real web server.
#include "desk_asker.h"
#include "run/runner.h"
#include "support/web_client.h"
#include "web/server.h"

using namespace finwatch::notifier;
using namespace finwatch::notifier::desk_test;
using finwatch::test::WebClient;
using finwatch::test::WebResponse;

namespace {

struct Served {
  Served() {
    finwatch::WebHooks hooks;
    hooks.routes = fixture.desk->routes();
    auto started = finwatch::WebServer::start({.listen_addresses = {"127.0.0.1:0"}, .program = "finwatch-notifier"},
                                              std::move(hooks), runner, fixture.env);
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
  }
  WebResponse ask(const char* verb, const char* target, const std::vector<std::string>& headers = {},
                  const std::string& body = {}) const {
    return WebClient(server->addresses()[0]).request(verb, target, headers, body);
  }

  DeskFixture fixture;
  finwatch::Runner runner{{.name_prefix = "test"}, fixture.env};
  std::unique_ptr<finwatch::WebServer> server;
};

}  // namespace

TEST_CASE("desk: alerts, pages and REST come through the web server") {
  const Served served;
  const WebResponse taken = served.ask(
      "POST", "/alertmanager", {"Authorization: Bearer intake-token", "Content-Type: application/json"}, R"({"version":"4"})");
  CHECK(taken.code == 200);
  CHECK(served.fixture.night.engine.webhooks == std::vector<std::string>{R"({"version":"4"})"});
  CHECK(served.ask("GET", "/login").code == 200);
  CHECK(served.ask("HEAD", "/login").code == 200);
  CHECK(served.ask("POST", "/incidents").code == 405);
  CHECK(served.ask("GET", "/").body.find("/incidents") != std::string::npos);
  const WebResponse list = served.ask("GET", "/api/v1/incidents", {"Authorization: " + kViewer});
  CHECK(list.code == 200);
  CHECK(list.header("Content-Type") == "application/json");
  const WebResponse sent = served.ask("GET", "/incidents");
  CHECK(sent.code == 303);
  CHECK(sent.header("Location") == "/login?next=%2Fincidents");
}

TEST_CASE("desk: a webhook of fifteen megabytes is taken, a form of seventy kilobytes is not") {
  const Served served;
  const std::string large(std::size_t{15} << 20, ' ');
  CHECK(served.ask("POST", "/alertmanager", {"Authorization: Bearer intake-token"}, large).code == 200);
  CHECK(served.fixture.night.engine.webhooks.at(0).size() == large.size());
  CHECK(served.ask("POST", "/ack", {"Content-Type: application/x-www-form-urlencoded"}, std::string(std::size_t{70} << 10, 'a'))
            .code == 413);
}
