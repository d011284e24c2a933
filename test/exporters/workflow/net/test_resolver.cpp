#include "workflow/net/resolver.h"

#include <list>

#include "net/fake_dns.h"
#include "net/net_fixture.h"
#include "support/catch.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// The machine's clock, some time later.
struct LaterClock final : Clock {
  std::chrono::seconds later{0};
  SteadyTime steady() const override { return std::chrono::steady_clock::now() + later; }
  WallTime wall() const override { return std::chrono::system_clock::now() + later; }
};

/// A loop, and a resolver whose file is the test's own, so that no search list of this machine adds questions.
struct Asking {
  explicit Asking(std::chrono::milliseconds its_patience = 10s) : patience(its_patience) { tree.write("resolv.conf", "\n"); }

  void open(const std::string& servers) {
    resolver = std::make_unique<Resolver>(
        loop, ResolverOptions{.file = tree.path("resolv.conf"), .servers = servers, .patience = patience, .tries = 1});
  }
  void open(const FakeDns& server) { open(address_of(server)); }
  static std::string address_of(const FakeDns& server) { return "127.0.0.1:" + std::to_string(server.port()); }

  template <class Done>
  bool run_until(Done done) {
    const SteadyTime end = loop.now() + 1min;
    while (!done() && loop.now() < end) loop.run_once(end);
    return done();
  }
  Resolved ask(const std::string& name, IpFamily family = IpFamily::ipv4) {
    std::optional<Resolved> got;
    ResolveCall call(*resolver);
    call.start(name, family, [&](const Resolved& answer) { got = answer; });
    CHECK(!got);  // from the loop, not in start()
    REQUIRE(run_until([&] { return got.has_value(); }));
    return *got;
  }

  LaterClock clock;
  std::unique_ptr<Loop> owned = std::move(*Loop::make(clock));
  Loop& loop = *owned;
  TemporaryTree tree;
  std::chrono::milliseconds patience;
  std::unique_ptr<Resolver> resolver;
};

/// The addresses with commas, or why there are none.
std::string text_of(const Resolved& answer) {
  if (!answer.outcome) return answer.outcome.text;
  std::string text;
  for (const Address& address : answer.addresses) text += (text.empty() ? "" : ",") + address.ip();
  return text;
}

std::string both_families(const std::string& query) {
  if (type_of(query) == DnsType::aaaa) return answer_with(query, {aaaa_record("2001:db8::7", 9)});
  return answer_with(query, {a_record("192.0.2.7", 60), a_record("192.0.2.8", 60)});
}

}  // namespace

TEST_CASE("resolver: an answer is kept as long as its TTL says, and then asked for again") {
  Asking asking;
  FakeDns server(asking.loop);
  asking.open(server);
  const Resolved first = asking.ask("erp.example");
  CHECK(text_of(first) == "192.0.2.7");
  CHECK(!first.cached);
  CHECK(asking.ask("ERP.example").cached);
  asking.clock.later = 58s;
  CHECK(asking.ask("erp.example").cached);
  CHECK(server.questions() == 1);
  asking.clock.later = 61s;
  CHECK(!asking.ask("erp.example").cached);
  CHECK(server.questions() == 2);
  CHECK(asking.resolver->names() == 1);
  CHECK(asking.resolver->questions() == 2);
}

TEST_CASE("resolver: a failure names its cause and is not kept; nothing of it stays on the loop") {
  Asking asking;
  const std::size_t watches = asking.loop.watches();
  struct Case {
    int rcode;
    const char* says;
  };
  for (const Case& one :
       {Case{3, "erp.example.: Domain name not found"}, Case{2, "erp.example.: "}, Case{5, "erp.example.: "}}) {
    CAPTURE(one.rcode);
    FakeDns server(asking.loop, one.rcode);
    asking.open(server);
    const Resolved answer = asking.ask("erp.example.");
    CHECK(answer.outcome.error == NetError::dns);
    CHECK_THAT(answer.outcome.text, Contains(one.says));
    const int asked = server.questions();
    CHECK(text_of(asking.ask("erp.example.")) == answer.outcome.text);
    CHECK(server.questions() == 2 * asked);
    CHECK(asking.resolver->names() == 0);
    CHECK(asking.loop.watches() == watches + 1);  // the server's own
    CHECK(asking.loop.timers() == 0);
  }
}

TEST_CASE("resolver: a name without an address of the family is a failure") {
  Asking asking;
  FakeDns server(asking.loop, [](const std::string& query) {
    return type_of(query) == DnsType::aaaa ? answer_with(query, {}) : answer_to(query);
  });
  asking.open(server);
  CHECK(asking.ask("erp.example.", IpFamily::ipv6).outcome.error == NetError::dns);
  CHECK(text_of(asking.ask("erp.example.", IpFamily::prefer_ipv6)) == "192.0.2.7");
  CHECK(text_of(asking.ask("erp.example.", IpFamily::any)) == "192.0.2.7");
}

TEST_CASE("resolver: the second server answers for one that is broken, and for one that is dead") {
  for (const int rcode : {2, 5, -1}) {
    CAPTURE(rcode);
    Asking asking(50ms);
    FakeDns first(asking.loop, rcode);
    FakeDns second(asking.loop);
    asking.open(Asking::address_of(first) + ',' + Asking::address_of(second));
    CHECK(text_of(asking.ask("erp.example")) == "192.0.2.7");
    CHECK(first.questions() == 1);
  }
}

TEST_CASE("resolver: a dead server costs its patience and no more") {
  Asking asking(50ms);
  FakeDns server(asking.loop, -1);
  asking.open(server);
  CHECK_THAT(text_of(asking.ask("erp.example.")), Contains("Timeout"));
  CHECK(server.questions() == 1);
  CHECK(asking.loop.timers() == 0);
}

TEST_CASE("resolver: a call whose deadline comes before a dead server is given up ends in the phase of the name") {
  Net net({.servers = "127.0.0.1:9", .patience = 60s});
  FakeDns server(net.loop, -1);
  Resolver resolver(net.loop, {.servers = Asking::address_of(server), .patience = 60s});
  HttpClient client(net.loop, resolver, net.tls);
  std::optional<HttpResult> got;
  HttpCall call(client);
  call.start({.url = "http://erp.example/"}, net.in(50ms), [&](HttpResult&& result) { got = std::move(result); });
  REQUIRE(net.run_until([&] { return got.has_value(); }));
  CHECK(got->outcome.error == NetError::timeout);
  CHECK_THAT(got->outcome.text, Contains("in phase dns"));
}

TEST_CASE("resolver: both families are asked for, and the wanted one comes first") {
  Asking asking;
  FakeDns server(asking.loop, both_families);
  asking.open(server);
  CHECK(text_of(asking.ask("erp.example", IpFamily::ipv4)) == "192.0.2.7,192.0.2.8");
  CHECK(text_of(asking.ask("erp.example", IpFamily::ipv6)) == "2001:db8::7");
  CHECK(server.questions() == 2);
  CHECK(text_of(asking.ask("erp.example", IpFamily::prefer_ipv4)) == "192.0.2.7,192.0.2.8,2001:db8::7");
  CHECK(text_of(asking.ask("erp.example", IpFamily::prefer_ipv6)) == "2001:db8::7,192.0.2.7,192.0.2.8");
  CHECK(server.questions() == 6);
  asking.clock.later = 10s;  // the least TTL of both is 9 s
  CHECK(asking.ask("erp.example", IpFamily::ipv4).cached);
  CHECK(!asking.ask("erp.example", IpFamily::prefer_ipv4).cached);
}

TEST_CASE("resolver: a chain of names is followed, and kept no longer than any of them") {
  Asking asking;
  FakeDns server(asking.loop, [](const std::string& query) {
    FakeRecord address = a_record("192.0.2.9", 60);
    address.owner = dns_name("node.example");
    return answer_with(query, {{DnsType::cname, 60, dns_name("web.example")},
                               {DnsType::cname, 5, dns_name("node.example"), dns_name("web.example")},
                               address});
  });
  asking.open(server);
  CHECK(text_of(asking.ask("erp.example")) == "192.0.2.9");
  asking.clock.later = 4s;
  CHECK(asking.ask("erp.example").cached);
  asking.clock.later = 6s;
  CHECK(!asking.ask("erp.example").cached);
  CHECK(server.questions() == 2);
}

TEST_CASE("resolver: an answer that was cut short is asked for again over TCP") {
  Asking asking;
  FakeTcpServer whole([](FakeConnection& peer) { serve_dns(peer, 0); });
  FakeDns server(
      asking.loop,
      [](const std::string& query) {
        std::string answer = answer_with(query, {});
        answer[2] = static_cast<char>(answer[2] | 0x02);
        return answer;
      },
      whole.port());
  asking.open(server);
  const std::size_t watches = asking.loop.watches();
  CHECK(text_of(asking.ask("erp.example")) == "192.0.2.7");
  CHECK(server.questions() == 1);
  CHECK(whole.connections() == 1);
  CHECK(asking.loop.watches() == watches);
}

TEST_CASE("resolver: many who ask for one name at once ask one question, and who goes does not disturb the others") {
  Asking asking;
  FakeDns server(asking.loop);
  asking.open(server);
  std::list<ResolveCall> calls;
  int answers = 0;
  for (int i = 0; i < 100; ++i)
    calls.emplace_back(*asking.resolver)
        .start(i % 2 == 0 ? "erp.example" : "ERP.EXAMPLE", IpFamily::ipv4, [&](const Resolved& answer) {
          CHECK(text_of(answer) == "192.0.2.7");
          ++answers;
        });
  calls.front().cancel();
  calls.pop_back();
  REQUIRE(asking.run_until([&] { return answers == 98; }));
  CHECK(server.questions() == 1);
  CHECK(asking.loop.timers() == 0);
}

TEST_CASE("resolver: a call that is cancelled hears nothing, and its answer is kept") {
  Asking asking;
  FakeDns server(asking.loop);
  asking.open(server);
  ResolveCall call(*asking.resolver);
  call.start("erp.example", IpFamily::ipv4, [](const Resolved&) { FAIL("it was cancelled"); });
  call.cancel();
  REQUIRE(asking.run_until([&] { return asking.resolver->names() == 1; }));
  CHECK(asking.ask("erp.example").cached);
  CHECK(server.questions() == 1);
}

TEST_CASE("resolver: ends with a question open") {
  Asking asking;
  FakeDns server(asking.loop, -1);
  asking.open(server);
  const std::size_t watches = asking.loop.watches();
  {
    ResolveCall call(*asking.resolver);
    call.start("erp.example", IpFamily::any, [](const Resolved&) { FAIL("nobody answers"); });
    REQUIRE(asking.run_until([&] { return server.questions() > 0; }));
  }
  asking.resolver.reset();
  CHECK(asking.loop.watches() == watches);
  CHECK(asking.loop.timers() == 0);
}

TEST_CASE("resolver: a file that changes is read before the next question, and what is open is asked anew") {
  Asking asking;
  // The file names no port, so what it says of domains tells the two apart.
  FakeDns server(asking.loop, [](const std::string& query) {
    return query.find(dns_name("old.example")) == std::string::npos ? answer_to(query) : "";
  });
  asking.tree.write("resolv.conf", "search old.example\n");
  asking.open(server);
  std::string got;
  ResolveCall call(*asking.resolver);
  call.start("erp", IpFamily::ipv4, [&](const Resolved& answer) { got = text_of(answer); });
  REQUIRE(asking.run_until([&] { return server.questions() == 1; }));
  asking.tree.write("resolv.conf", "search new.example\n");
  CHECK(text_of(asking.ask("books")) == "192.0.2.7");
  REQUIRE(asking.run_until([&] { return !got.empty(); }));
  CHECK(got == "192.0.2.7");
  CHECK(server.questions() == 3);
  CHECK(asking.resolver->questions() == 2);
  CHECK(asking.ask("erp").cached);
}

TEST_CASE("resolver: the first server is that of the file, also when it has changed, or this machine") {
  Asking asking;
  asking.open("");
  CHECK(asking.resolver->server() == "127.0.0.1");
  asking.tree.write("resolv.conf", "# new\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n");
  CHECK(asking.resolver->server() == "192.0.2.1");
}
