#include <arpa/inet.h>

#include "net/fake_dns.h"
#include "net/net_fixture.h"
#include "support/catch.h"
#include "workflow/net/dns.h"
#include "workflow/net/icmp.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;

namespace {

DnsResult ask(Net& net, DnsRequest request, std::chrono::milliseconds most = std::chrono::seconds{30}) {
  std::optional<DnsResult> got;
  DnsCall call(net.loop, net.resolver);
  call.start(std::move(request), net.in(most), [&](DnsResult&& result) { got = std::move(result); });
  net.run_until([&] { return got.has_value(); });
  return std::move(got).value();
}

}  // namespace

TEST_CASE("dns: a message is read whole or not at all, wherever it is cut") {
  const std::string query = *write_dns_query({.name = "erp.example"}, 4'711);
  const std::string whole = answer_to(query);
  const std::optional<DnsMessage> message = read_dns_message(whole);
  REQUIRE(message);
  CHECK(message->id == 4'711);
  CHECK(message->question == "erp.example. IN A");
  REQUIRE(message->answers.size() == 1);
  CHECK(message->answers[0].line() == "erp.example. 60 IN A 192.0.2.7");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(!read_dns_message(std::string_view(whole).substr(0, size)));
  std::string circle = whole;
  circle[query.size()] = static_cast<char>(0xc0);
  circle[query.size() + 1] = static_cast<char>(query.size());
  CHECK(!read_dns_message(circle));
  CHECK(!write_dns_query({.name = "a..b"}, 1));
  CHECK(!write_dns_query({.name = "a", .type = "NONSENSE"}, 1));
}

TEST_CASE("dns: a server is asked over TCP, and any rcode is an answer") {
  Net net;
  for (const int rcode : {0, 3}) {
    FakeTcpServer server([rcode](FakeConnection& peer) { serve_dns(peer, rcode); });
    const DnsResult result = ask(
        net,
        {.server = "127.0.0.1", .port = server.port(), .transport = DnsTransport::tcp, .question = {.name = "ERP.example"}});
    INFO(result.outcome.text);
    CHECK(result.outcome);
    CHECK(result.message.rcode == rcode);
    CHECK(result.message.answers.size() == (rcode == 0 ? 1 : 0));
  }
}

TEST_CASE("dns: a server is asked by one datagram") {
  Net net;
  FakeDns server(net.loop);
  const DnsResult result = ask(net, {.server = "127.0.0.1", .port = server.port(), .question = {.name = "erp.example"}});
  INFO(result.outcome.text);
  CHECK(result.outcome);
  CHECK(server.questions() == 1);
  REQUIRE(result.message.answers.size() == 1);
  CHECK(result.message.answers[0].text == "192.0.2.7");
}

TEST_CASE("dns: nobody there, or a name that cannot be asked for") {
  Net net;
  CHECK(ask(net, {.server = "127.0.0.1", .port = 1, .question = {.name = "a"}}).outcome.error == NetError::connect);
  CHECK(ask(net, {.server = "127.0.0.1", .question = {.name = "a..b"}}).outcome.error == NetError::invalid);
}

TEST_CASE("icmp: this machine answers, or it is said that we may not ask") {
  CHECK(internet_checksum(std::string_view("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8)) == htons(0x220d));
  Net net;
  std::optional<IcmpResult> got;
  IcmpCall call(net.loop, net.resolver);
  call.start({.host = "127.0.0.1"}, net.in(std::chrono::seconds{10}), [&](IcmpResult&& result) { got = std::move(result); });
  REQUIRE(net.run_until([&] { return got.has_value(); }));
  INFO(got->outcome.text);
  CHECK((got->outcome || got->outcome.error == NetError::permission));
  if (got->outcome) CHECK(got->reply_bytes == 40);
}
