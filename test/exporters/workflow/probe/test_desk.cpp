#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "conf/yaml.h"
#include "net/fake_server.h"
#include "net/net_fixture.h"
#include "support/catch.h"
#include "workflow/probe/desk.h"

// What a route's answer goes to is the web's own affair; here it is a box.
#include "web/pending.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

struct Box final : WebReply::Receiver {
  void receive(WebAnswer its_answer) noexcept override {
    const std::lock_guard lock(mutex);
    answer = std::move(its_answer);
    changed.notify_all();
  }
  WebAnswer wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return answer.has_value(); });
    return *answer;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<WebAnswer> answer;
};

struct Asked final : WebRequest {
  explicit Asked(std::string its_query, std::string its_timeout)
      : query_text(std::move(its_query)), timeout(std::move(its_timeout)) {}
  std::string_view path() const override { return "/probe"; }
  std::string_view query() const override { return query_text; }
  std::string_view body() const override { return {}; }
  std::string_view header(const char* name) const override {
    return std::string_view(name) == "X-Prometheus-Scrape-Timeout-Seconds" ? std::string_view(timeout) : std::string_view();
  }
  std::string query_text;
  std::string timeout;
};

// A desk with a loop on a thread of its own, as in the program.
struct Desk {
  Net net;
  ProbeDesk desk;
  std::thread thread;

  explicit Desk(const std::string& configuration) {
    set(configuration);
    desk.open({net.loop, net.resolver, net.tls, net.client});
    thread = std::thread([this] { net.loop.run(); });
  }
  ~Desk() {
    desk.close();
    net.loop.stop();
    thread.join();
  }
  void set(const std::string& configuration) {
    const Result<Tree> tree = parse_yaml(configuration, "finwatch-workflow.yml");
    REQUIRE(tree);
    const auto setup = read_probe_setup(*tree);
    REQUIRE(setup);
    desk.set(*setup);
  }
  std::shared_ptr<Box> ask(const std::string& query, const std::string& timeout = {}) {
    const auto box = std::make_shared<Box>();
    desk.answer(Asked(query, timeout), WebReply(box));
    return box;
  }
};

constexpr std::string_view kOpen =
    "modules: {http_2xx: {prober: http}, tcp: {prober: tcp}, wait: {prober: tcp, tcp: {query_response: [{expect: a}]}}}\n"
    "probe: {hosts: ['*']}\n";

}  // namespace

TEST_CASE("probe desk: what cannot be probed is refused with the next step") {
  Desk desk("modules: {http_2xx: {prober: http}}\nprobe: {hosts: [erp]}\n");
  const auto refused = [&](const std::string& query, const std::string& timeout = {}) {
    const WebAnswer answer = desk.ask(query, timeout)->wait();
    return std::to_string(answer.code) + " " + answer.body;
  };
  CHECK(refused("module=nope&target=erp") == "400 Unknown module \"nope\"\n");
  CHECK(refused("module=http_2xx") == "400 Target parameter is missing\n");
  CHECK_THAT(refused("target=erp&x=%zz"), Contains("400 "));
  CHECK_THAT(refused("target=erp", "soon"), Contains("400 X-Prometheus-Scrape-Timeout-Seconds"));
  CHECK_THAT(refused("target=http://other/"),
             Contains("403 probing 'other' is not allowed") && Contains("probe: {hosts: [\"other\"]}"));
  CHECK_THAT(refused("target=http://erp@other/"), Contains("403 probing 'other' is not allowed"));
}

TEST_CASE("probe desk: a probe is answered with its page, in its log with debug=true") {
  Desk desk((std::string(kOpen)));
  FakeTcpServer server([](FakeConnection& peer) {
    while (!peer.request().empty()) peer.answer("ok");
  });
  const WebAnswer answer = desk.ask("target=" + server.url())->wait();
  CHECK(answer.code == 200);
  CHECK_THAT(answer.content_type, Contains("version=0.0.4"));
  CHECK_THAT(answer.body, Contains("# TYPE probe_success gauge\nprobe_success 1\n"));
  const WebAnswer shown = desk.ask("debug=true&target=" + server.url())->wait();
  CHECK_THAT(shown.body, Contains("status 200") && Contains("probe_success 1\n") && Contains("http_2xx:\n  prober: http\n"));
}

TEST_CASE("probe desk: many at once, each by the modules it began with, and none is left when it closes") {
  auto desk = std::make_unique<Desk>(std::string(kOpen));
  FakeTcpServer silent([](FakeConnection& peer) { peer.hang(); });
  const std::string target = "&target=127.0.0.1:" + std::to_string(silent.port());
  std::vector<std::shared_ptr<Box>> boxes;
  for (int i = 0; i < 50; ++i) boxes.push_back(desk->ask("module=wait" + target));
  desk->set("modules: {other: {prober: icmp}}\n");
  CHECK(desk->ask("module=wait" + target)->wait().code == 400);
  CHECK(desk->ask("module=other&target=127.0.0.1")->wait().code == 403);
  while (silent.connections() < 50) std::this_thread::yield();
  desk->desk.close();
  for (const auto& box : boxes) CHECK(box->wait().code == 503);
  CHECK(desk->ask("module=other&target=127.0.0.1")->wait().code == 403);
}

TEST_CASE("probe desk: the scraper's time counts when it is shorter") {
  Desk desk((std::string(kOpen)));
  FakeTcpServer silent([](FakeConnection& peer) { peer.hang(); });
  const WebAnswer answer = desk.ask("module=wait&target=127.0.0.1:" + std::to_string(silent.port()), "0.4")->wait();
  CHECK_THAT(answer.body, Contains("finwatch_probe_failure_info{reason=\"timeout\"} 1\n"));
}
