#include "net/fake_server.h"
#include "net/net_fixture.h"
#include "support/catch.h"
#include "workflow/net/tcp.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

// Counts what it is asked: nothing may be sent to a peer that is refused.
struct Counting {
  void operator()(FakeConnection& peer) const {
    for (std::string request = peer.request(); !request.empty(); request = peer.request()) {
      ++*requests;
      peer.answer("ok");
    }
  }
  std::shared_ptr<std::atomic<int>> requests = std::make_shared<std::atomic<int>>(0);
};

TcpResult tcp(Net& net, TcpRequest request, std::chrono::milliseconds most = std::chrono::seconds{30}) {
  std::optional<TcpResult> got;
  TcpCall call(net.loop, net.resolver, net.tls);
  call.start(std::move(request), net.in(most), [&](TcpResult&& result) { got = std::move(result); });
  net.run_until([&] { return got.has_value(); });
  return std::move(got).value();
}

}  // namespace

TEST_CASE("tls: a good certificate is verified, and says who it is") {
  Net net;
  const CertificateMaker maker;
  FakeTcpServer server(Counting{}, maker.server());
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const HttpResult result = net.http({.url = server.url("/", host), .tls = {.ca_file = maker.root_file()}});
    INFO(result.outcome.text);
    CHECK(result.outcome);
    REQUIRE(result.last().tls);
    const TlsFacts& facts = *result.last().tls;
    CHECK(facts.complete);
    CHECK(facts.verified);
    CHECK(facts.verify_text == "ok");
    CHECK(facts.version == TlsVersion::tls1_3);
    CHECK(!facts.cipher.empty());
    CHECK(facts.subject == "CN=localhost");
    CHECK(facts.issuer == "CN=finwatch test root");
    CHECK(facts.names == std::vector<std::string>{"localhost", "127.0.0.1"});
    CHECK(facts.fingerprint.size() == 64);
    CHECK(facts.serial == "65");
    const double days = facts.days_left(net.loop.wall_now());
    CHECK((days > 89.9 && days <= 90));
    CHECK(facts.verified_not_after < facts.not_after);  // the root ends after 60 days
    CHECK(result.times[Phase::tls] > PhaseTimes::Duration{});
  }
}

TEST_CASE("tls: a certificate that is refused is known all the same, and nothing is sent") {
  Net net;
  const CertificateMaker maker;
  const CertificateMaker stranger;
  const auto refused = [&](const Wanted& wanted, const std::string& root, const std::string& text) {
    const Counting counting;
    FakeTcpServer server(counting, maker.server(wanted));
    HttpRequest request{.url = server.url(), .tls = {.ca_file = root}, .keep_connection = true};
    const HttpResult result = net.http(request);
    CHECK(result.outcome.error == NetError::tls);
    CHECK_THAT(result.outcome.text, Contains("refused") && Contains(text));
    REQUIRE(result.last().tls);
    CHECK(!result.last().tls->verified);
    CHECK_THAT(result.last().tls->verify_text, Contains(text));
    CHECK(result.last().tls->verified_not_after == WallTime{});
    CHECK(result.last().tls->not_after != WallTime{});
    CHECK(result.times[Phase::tls] > PhaseTimes::Duration{});
    CHECK(*counting.requests == 0);

    request.tls.verify = false;
    const HttpResult anyhow = net.http(request);
    CHECK(anyhow.outcome);
    CHECK(!anyhow.last().tls->verified);
    CHECK(*counting.requests == 1);
    // The kept connection that was not verified is not for a request that verifies.
    request.tls.verify = true;
    CHECK(net.http(request).outcome.error == NetError::tls);
    CHECK(*counting.requests == 1);
    return *anyhow.last().tls;
  };
  SECTION("expired") {
    const TlsFacts facts = refused({.days_from = -20, .days_until = -10}, maker.root_file(), "expired");
    CHECK(facts.days_left(net.loop.wall_now()) < -9.9);
  }
  SECTION("self-signed") { refused({.self_signed = true}, maker.root_file(), "self"); }
  SECTION("for somebody else") { refused({.names = {"DNS:other.example"}}, maker.root_file(), "not for 127.0.0.1"); }
  SECTION("by a root that is not trusted") { refused({}, stranger.root_file(), ""); }
}

TEST_CASE("tls: the name that is asked for and checked can be another than the host") {
  Net net;
  const CertificateMaker maker;
  FakeTcpServer server(Counting{}, maker.server({.names = {"DNS:erp.example"}}));
  CHECK(net.http({.url = server.url(), .tls = {.ca_file = maker.root_file(), .server_name = "erp.example"}}).outcome);
  CHECK(net.http({.url = server.url(), .tls = {.ca_file = maker.root_file(), .server_name = "no.example"}}).outcome.error ==
        NetError::tls);
}

TEST_CASE("tls: a client certificate is shown when it is there, and what cannot be read is said") {
  Net net;
  const CertificateMaker maker;
  FakeTcpServer server(Counting{}, maker.server({.ask_for_certificate = true}));
  TlsOptions options{.ca_file = maker.root_file(), .certificate_file = maker.server().pem_file()};
  CHECK(net.http({.url = server.url(), .tls = options}).outcome);
  options.certificate_file = "";
  CHECK(!net.http({.url = server.url(), .tls = options}).outcome);
  options.certificate_file = "/nonexistent.pem";
  const HttpResult unreadable = net.http({.url = server.url(), .tls = options});
  CHECK(unreadable.outcome.error == NetError::invalid);
  CHECK_THAT(unreadable.outcome.text, Contains("/nonexistent.pem"));
  CHECK(net.http({.url = server.url(), .tls = {.ca_file = "/nonexistent.pem"}}).outcome.error == NetError::invalid);
}

TEST_CASE("tls: a session is resumed only where that was asked for, with what its certificate said") {
  Net net;
  const CertificateMaker maker;
  FakeTcpServer server(Counting{}, maker.server());
  HttpRequest request{.url = server.url(), .tls = {.ca_file = maker.root_file(), .resume = true}};
  CHECK(!net.http(request).last().tls->resumed);
  for (int i = 0; i < 5; ++i) {
    const HttpResult again = net.http(request);
    CHECK(again.outcome);
    CHECK(again.last().tls->resumed);
    CHECK(again.last().tls->verified);
    CHECK(again.last().tls->subject == "CN=localhost");
  }
  CHECK(net.tls.sessions() == 1);
  request.tls.resume = false;
  CHECK(!net.http(request).last().tls->resumed);
}

TEST_CASE("tls: connections share a context, and each keeps its own settings, also while they run beside each other") {
  Net net;
  const CertificateMaker one_maker, other_maker;
  FakeTcpServer one(Counting{}, one_maker.server()), other(Counting{}, other_maker.server());
  const HttpRequest good{.url = one.url(), .tls = {.ca_file = one_maker.root_file(), .resume = true}};
  const HttpRequest stranger{.url = one.url(), .tls = {.ca_file = other_maker.root_file()}};
  const HttpRequest old{.url = other.url(), .tls = {.ca_file = other_maker.root_file(), .minimum = TlsVersion::tls1_0}};
  for (int round = 0; round < 3; ++round) {
    std::map<int, HttpResult> got;
    std::vector<std::unique_ptr<HttpCall>> calls;
    for (const HttpRequest& request : {good, stranger, old}) {
      calls.push_back(std::make_unique<HttpCall>(net.client));
      calls.back()->start(request, net.in(std::chrono::seconds{30}),
                          [&got, at = static_cast<int>(calls.size())](HttpResult&& result) { got[at] = std::move(result); });
    }
    REQUIRE(net.run_until([&] { return got.size() == 3; }));
    CHECK(got[1].outcome);
    CHECK(got[2].outcome.error == NetError::tls);
    CHECK(got[3].outcome);
    if (got[3].last().tls) CHECK(got[3].last().tls->verified);
  }
  CHECK(net.tls.sessions() == 1);
  CHECK(net.tls.context().made() == 1);
}

TEST_CASE("tls: what shows a certificate of ours leaves its context to nobody") {
  Net net;
  const CertificateMaker maker;
  FakeTcpServer server(Counting{}, maker.server({.ask_for_certificate = true}));
  const TlsOptions none{.ca_file = maker.root_file()};
  TlsOptions ours = none;
  ours.certificate_file = maker.server().pem_file();
  for (int i = 0; i < 2; ++i) {
    CHECK(net.http({.url = server.url(), .tls = ours}).outcome);
    CHECK(!net.http({.url = server.url(), .tls = none}).outcome);
  }
  CHECK(net.tls.context().made() == 3);  // a new one after each of the two that showed ours
}

TEST_CASE("tcp: lines are expected, answers sent, TLS begun in between") {
  Net net;
  const CertificateMaker maker;
  const ServerIdentity identity = maker.server();
  FakeTcpServer server([&](FakeConnection& peer) {
    peer.write("220-hello\r\n220 mail.example ready\r\n");
    CHECK(peer.line() == "EHLO mail.example");
    peer.write("250 STARTTLS\r\n");
    CHECK(peer.line() == "STARTTLS");
    peer.write("220 go\r\n");
    if (!peer.begin_tls(identity)) return;
    CHECK(peer.line() == "QUIT");
    peer.write("221 bye\r\n");
  });
  const auto pattern = [](std::string_view text) { return *Pattern::compile(text); };
  TcpRequest request{.host = "localhost", .port = server.port(), .family = IpFamily::ipv4};
  request.tls_options.ca_file = maker.root_file();
  request.steps = {{.expect = pattern("^220 (?P<name>\\S+)"), .send = "EHLO ${name}\r\n"},
                   {.expect = pattern("STARTTLS"), .send = "STARTTLS\r\n"},
                   {.expect = pattern("^220"), .start_tls = true},
                   {.send = "QUIT\r\n"},
                   {.expect = pattern("^(?P<code>221)")}};
  const TcpResult result = tcp(net, request);
  INFO(result.outcome.text);
  CHECK(result.outcome);
  CHECK(result.groups == std::map<std::string, std::string>{{"code", "221"}, {"name", "mail.example"}});
  CHECK(result.lines.front() == "220 mail.example ready");
  REQUIRE(result.tls);
  CHECK(result.tls->verified);
  CHECK(result.steps_done == 5);
}

TEST_CASE("tcp: each way to fail has its class") {
  Net net;
  const CertificateMaker maker;
  FakeTcpServer old(Counting{}, maker.server({.days_from = -20, .days_until = -10}));
  FakeTcpServer closing([](FakeConnection& peer) { peer.write("nothing of interest\r\n"); });
  FakeTcpServer hanging([](FakeConnection& peer) { peer.hang(); });
  FakeTcpServer talking([](FakeConnection& peer) {
    while (peer.write("more and more\r\n")) {
    }
  });
  const std::vector<TcpExchange> wait = {{.expect = *Pattern::compile("^220")}};
  CHECK(tcp(net, {.host = "127.0.0.1", .port = 1}).outcome.error == NetError::connect);
  CHECK(tcp(net, {.host = "127.0.0.1", .port = closing.port(), .steps = wait}).outcome.error == NetError::mismatch);
  CHECK(tcp(net, {.host = "127.0.0.1", .port = talking.port(), .steps = wait}).outcome.error == NetError::too_large);
  const TcpResult late = tcp(net, {.host = "127.0.0.1", .port = hanging.port(), .steps = wait}, std::chrono::milliseconds{100});
  CHECK(late.outcome.error == NetError::timeout);
  CHECK(late.remote == "127.0.0.1:" + std::to_string(hanging.port()));
  const TcpResult expired =
      tcp(net, {.host = "127.0.0.1", .port = old.port(), .tls = true, .tls_options = {.ca_file = maker.root_file()}});
  CHECK(expired.outcome.error == NetError::tls);
  REQUIRE(expired.tls);
  CHECK_THAT(expired.tls->verify_text, Contains("expired"));
}
