#include "conf/yaml.h"
#include "core/text.h"
#include "net/fake_server.h"
#include "net/net_fixture.h"
#include "support/catch.h"
#include "workflow/probe/probe.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

struct Probing {
  Net net;
  std::string log;

  /// The samples of a probe with this module in flow style, times replaced by T.
  std::string page(const std::string& text, const std::string& target, const std::vector<std::string>& hosts = {"*"}) {
    const Result<Tree> tree = parse_yaml("modules:\n  m: " + text + "\n", "m.yml", {.substitute_environment = false});
    REQUIRE(tree);
    const Result<Modules> modules = read_modules(*tree->find("modules"), "modules");
    INFO((modules ? "" : modules.error().message));
    REQUIRE(modules);
    const std::shared_ptr<const Module> module = modules->at("m");
    const auto most = module->timeout.count() > 0 ? module->timeout : std::chrono::nanoseconds{std::chrono::seconds{30}};
    ProbeOrder order{.module = module,
                     .target = target,
                     .hostname = {},
                     .deadline = net.loop.now() + most,
                     .hosts = std::make_shared<const HostList>(hosts)};
    const auto probe = make_probe({net.loop, net.resolver, net.tls, net.client}, std::move(order));
    std::optional<ProbePage> got;
    probe->start([&](ProbePage&& page) { got = std::move(page); });
    REQUIRE(net.run_until([&] { return got.has_value(); }));
    log = got->log;
    return without_times(got->metrics.samples());
  }

  static std::string without_times(std::string_view samples) {
    std::string out;
    for (LineReader lines(samples); auto line = lines.next();) {
      const std::size_t value = line->rfind(' ') + 1;
      const bool time =
          line->find("duration_seconds") != std::string_view::npos || line->find("lookup_time") != std::string_view::npos;
      out.append(line->substr(0, value))
          .append(!time                        ? line->substr(value)
                  : line->substr(value) == "0" ? "0"
                                               : "T")
          .append("\n");
    }
    return out;
  }
};

void say_hello(FakeConnection& peer) {
  while (!peer.request().empty()) peer.answer("hello", "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n");
}

// Two bytes of length, then the question with its answer: 192.0.2.7, or NXDOMAIN.
void name_server(FakeConnection& peer, int rcode) {
  std::string message = peer.take_message();
  if (message.empty()) return;
  message[2] = static_cast<char>(0x85);
  message[3] = static_cast<char>(0x80 | rcode);
  if (rcode == 0) {
    message[7] = 1;
    message += std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7", 16);
  }
  peer.write(std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size() & 0xff)} + message);
}

std::string loopback(const FakeTcpServer& server) { return "127.0.0.1:" + std::to_string(server.port()); }

}  // namespace

TEST_CASE("probe http: the page of a good answer") {
  Probing probing;
  FakeTcpServer server(say_hello);
  CHECK(probing.page("{prober: http}", loopback(server)) ==
        "probe_success 1\n"
        "probe_duration_seconds T\n"
        "probe_dns_lookup_time_seconds T\n"
        "probe_ip_protocol 4\n"
        "probe_ip_addr_hash 3668918509\n"
        "probe_failed_due_to_regex 0\n"
        "probe_http_status_code 200\n"
        "probe_http_version 1.1\n"
        "probe_http_content_length 5\n"
        "probe_http_uncompressed_body_length 5\n"
        "probe_http_redirects 0\n"
        "probe_http_ssl 0\n"
        "probe_http_last_modified_timestamp_seconds 1445412480\n"
        "probe_http_duration_seconds{phase=\"resolve\"} T\n"
        "probe_http_duration_seconds{phase=\"connect\"} T\n"
        "probe_http_duration_seconds{phase=\"tls\"} 0\n"
        "probe_http_duration_seconds{phase=\"processing\"} T\n"
        "probe_http_duration_seconds{phase=\"transfer\"} T\n");
}

TEST_CASE("probe http: what the module expects decides, and the reason says what was missed") {
  Probing probing;
  FakeTcpServer server(say_hello);
  const auto failure = [&](const std::string& http) {
    const std::string page = probing.page("{prober: http, http: {" + http + "}}", loopback(server));
    const std::size_t begin = page.find("reason=\"");
    CHECK((begin == std::string::npos) == (page.find("probe_success 1\n") == 0));
    return begin == std::string::npos ? "" : page.substr(begin + 8, page.find('"', begin + 8) - begin - 8);
  };
  CHECK(failure("valid_status_codes: [200]") == "");
  CHECK(failure("valid_status_codes: [404]") == "status");
  CHECK(failure("valid_http_versions: [HTTP/1.1, HTTP/2.0]") == "");
  CHECK(failure("valid_http_versions: [HTTP/2.0]") == "http_version");
  CHECK(failure("fail_if_body_not_matches_regexp: [hel+o]") == "");
  CHECK(failure("fail_if_body_not_matches_regexp: [hello, nope]") == "body");
  CHECK(failure("fail_if_body_matches_regexp: [hello]") == "body");
  CHECK(failure("fail_if_header_matches: [{header: last-modified, regexp: 2015}]") == "header");
  CHECK(failure("fail_if_header_matches: [{header: X, regexp: a}]") == "header");
  CHECK(failure("fail_if_header_matches: [{header: X, regexp: a, allow_missing: true}]") == "");
  CHECK(failure("fail_if_header_not_matches: [{header: X, regexp: a}]") == "header");
  CHECK(failure("fail_if_header_not_matches: [{header: X, regexp: a, allow_missing: true}]") == "");
  CHECK(failure("fail_if_not_ssl: true") == "ssl");
  CHECK(failure("compression: gzip") == "compression");
  CHECK(failure("body_size_limit: 4B") == "too_large");
  CHECK(failure("preferred_ip_protocol: ip6, ip_protocol_fallback: false") == "dns");
}

TEST_CASE("probe http: the page of a name that is not known has no phases but the look-up") {
  Probing probing;
  const std::string page = probing.page("{prober: http}", "http://nope.invalid/");
  CHECK_THAT(page, Contains("finwatch_probe_failure_info{reason=\"dns\"} 1\n") &&
                       Contains("probe_ip_protocol 0\nprobe_ip_addr_hash 0\n"));
  CHECK_THAT(page, Contains("phase=\"resolve\"") && !Contains("phase=\"connect\""));
}

TEST_CASE("probe http: redirects are followed, counted, and held to the list of hosts") {
  Probing probing;
  FakeTcpServer server([](FakeConnection& peer) {
    for (std::string request = peer.request(); !request.empty(); request = peer.request()) {
      const bool away = request.starts_with("GET /away ");
      const bool done = request.starts_with("GET /done ");
      if (done) peer.answer("ok");
      if (!done) peer.answer("", std::string("Location: ") + (away ? "http://localhost:1/" : "/done") + "\r\n", "302 Found");
    }
  });
  CHECK_THAT(probing.page("{prober: http}", loopback(server)),
             Contains("probe_success 1\n") && Contains("probe_http_redirects 1\n"));
  const std::string left = probing.page("{prober: http, http: {follow_redirects: false}}", loopback(server));
  CHECK_THAT(left,
             Contains("probe_success 0\n") && Contains("probe_http_redirects 1\n") && Contains("probe_http_status_code 302\n"));
  const std::string away = probing.page("{prober: http}", loopback(server) + "/away", {"127.0.0.1"});
  CHECK_THAT(away, Contains("finwatch_probe_failure_info{reason=\"not_allowed\"} 1\n"));
  CHECK_THAT(probing.log, Contains("probe.hosts"));
}

TEST_CASE("probe http: certificates, also those that are refused") {
  Probing probing;
  const CertificateMaker maker;
  FakeTcpServer good(say_hello, maker.server());
  FakeTcpServer old(say_hello, maker.server({.days_from = -20, .days_until = -10}));
  const std::string trusting = "{prober: http, http: {tls_config: {ca_file: " + maker.root_file() + "}}}";
  const std::string page = probing.page(trusting, good.url());
  CHECK_THAT(
      page, Contains("probe_success 1\n") && Contains("probe_http_ssl 1\n") && Contains("probe_tls_cipher_info{cipher=\"TLS_"));
  CHECK_THAT(page, Contains("probe_ssl_last_chain_expiry_timestamp_seconds ") && Contains("version=\"TLS 1.3\"}"));
  CHECK_THAT(
      page,
      Contains(
          "issuer=\"CN=finwatch test root\",serialnumber=\"65\",subject=\"CN=localhost\",subjectalternative=\"localhost\"} 1"));
  const std::string expired = probing.page(trusting, old.url());
  CHECK_THAT(expired,
             Contains("{reason=\"tls\"} 1\n") && Contains("probe_http_ssl 0\n") && Contains("probe_ssl_earliest_cert_expiry "));
  CHECK_THAT(expired, !Contains("probe_ssl_last_chain_expiry_timestamp_seconds") && !Contains("probe_tls_version_info"));
  CHECK_THAT(probing.log, Contains("expired"));
}

TEST_CASE("probe http: secrets stay out of the log") {
  Probing probing;
  FakeTcpServer server(say_hello);
  probing.page(
      "{prober: http, http: {basic_auth: {username: u, password: s3cret}, headers: {X-Token: s3cret}, method: POST, body: "
      "s3cret}}",
      "http://u:s3cret@" + loopback(server) + "/");
  CHECK_THAT(probing.log, !Contains("s3cret") && Contains("POST http://127.0.0.1:"));
}

TEST_CASE("probe tcp: a conversation, its labels, and how it fails") {
  Probing probing;
  FakeTcpServer server([](FakeConnection& peer) {
    peer.write("220 erp ready\r\n");
    peer.write(peer.line() == "HELO erp" ? "250 hello\r\n" : "500 what\r\n");
  });
  CHECK(
      probing.page(
          R"y({prober: tcp, tcp: {query_response: [{expect: "^220 (\\S+)", send: "HELO $1", labels: [{name: host, value: "${1}"}]},
                     {expect: "^250 (?P<word>.*)", labels: [{name: said, value: "$word"}]}]}})y",
          loopback(server)) ==
      "probe_success 1\n"
      "probe_duration_seconds T\n"
      "probe_dns_lookup_time_seconds T\n"
      "probe_ip_protocol 4\n"
      "probe_ip_addr_hash 3668918509\n"
      "probe_failed_due_to_regex 0\n"
      "probe_failed_due_to_bytes 0\n"
      "probe_expect_info{host=\"erp\"} 1\n"
      "probe_expect_info{said=\"hello\"} 1\n");
  const std::string other = probing.page("{prober: tcp, tcp: {query_response: [{expect: nope, send: a}]}}", loopback(server));
  CHECK_THAT(other, Contains("{reason=\"timeout\"}") || Contains("{reason=\"mismatch\"}"));
  const std::string refused = probing.page("{prober: tcp}", "127.0.0.1:1");
  CHECK_THAT(refused, Contains("{reason=\"connect\"} 1\n") && !Contains("probe_failed_due_to_regex"));
  CHECK(probing.page("{prober: tcp}", "127.0.0.1") ==
        "probe_success 0\nprobe_duration_seconds T\nfinwatch_probe_failure_info{reason=\"invalid\"} 1\n");
}

TEST_CASE("probe tcp: TLS after a word") {
  Probing probing;
  const CertificateMaker maker;
  FakeTcpServer server([identity = maker.server()](FakeConnection& peer) {
    peer.write("220 go\r\n");
    if (peer.line() == "STARTTLS" && peer.begin_tls(identity)) peer.write("250 safe\r\n");
  });
  const std::string page = probing.page(
      "{prober: tcp, tcp: {query_response: [{expect: ^220, send: STARTTLS, starttls: true}, {expect: ^250}], "
      "tls_config: {ca_file: " +
          maker.root_file() + "}}}",
      loopback(server));
  INFO(probing.log);
  CHECK_THAT(
      page, Contains("probe_success 1\n") && Contains("probe_ssl_earliest_cert_expiry ") && !Contains("probe_tls_cipher_info"));
}

TEST_CASE("probe dns: an answer, its records and its rcode") {
  Probing probing;
  FakeTcpServer server([](FakeConnection& peer) { name_server(peer, 0); });
  const std::string dns = "{prober: dns, dns: {query_name: erp.example, query_type: A, transport_protocol: tcp";
  CHECK(probing.page(dns + "}}", loopback(server)) ==
        "probe_success 1\n"
        "probe_duration_seconds T\n"
        "probe_dns_lookup_time_seconds T\n"
        "probe_ip_protocol 4\n"
        "probe_ip_addr_hash 3668918509\n"
        "probe_dns_duration_seconds{phase=\"resolve\"} T\n"
        "probe_dns_duration_seconds{phase=\"connect\"} T\n"
        "probe_dns_duration_seconds{phase=\"request\"} T\n"
        "probe_dns_answer_rrs 1\n"
        "probe_dns_authority_rrs 0\n"
        "probe_dns_additional_rrs 0\n"
        "probe_dns_query_succeeded 1\n");
  const auto success = [&](const std::string& rules) {
    return probing.page(dns + ", " + rules + "}}", loopback(server)).starts_with("probe_success 1\n");
  };
  CHECK(success(R"(validate_answer_rrs: {fail_if_not_matches_regexp: ["erp.example.\t60\tIN\tA\t192.0.2.7"]})"));
  CHECK(!success("validate_answer_rrs: {fail_if_not_matches_regexp: [192.0.2.8]}"));
  CHECK(!success("validate_answer_rrs: {fail_if_matches_regexp: [a, 192.0.2.7]}"));
  CHECK(success("validate_answer_rrs: {fail_if_none_matches_regexp: [x, 192.0.2.7]}"));
  CHECK(!success("validate_answer_rrs: {fail_if_none_matches_regexp: [zzz]}"));
  CHECK(success("validate_answer_rrs: {fail_if_all_match_regexp: [192]}"));  // as blackbox_exporter does it
  CHECK(!success("validate_answer_rrs: {fail_if_all_match_regexp: [zzz]}"));
  CHECK(!success("validate_authority_rrs: {fail_if_not_matches_regexp: [.]}"));
  CHECK(success("validate_additional_rrs: {fail_if_matches_regexp: [.]}"));

  FakeTcpServer none([](FakeConnection& peer) { name_server(peer, 3); });
  CHECK_THAT(probing.page(dns + "}}", loopback(none)),
             Contains("{reason=\"rcode\"} 1\n") && Contains("probe_dns_query_succeeded 1\n"));
  CHECK_THAT(probing.page(dns + ", valid_rcodes: [NXDOMAIN]}}", loopback(none)), Contains("probe_success 1\n"));
  CHECK_THAT(probing.page("{prober: dns, dns: {query_name: a, query_type: SOA, transport_protocol: tcp}}", loopback(server)),
             Contains("probe_dns_serial 0\n"));
  CHECK_THAT(probing.page(dns + "}}", "127.0.0.1:1"),
             Contains("{reason=\"connect\"} 1\n") && Contains("probe_dns_query_succeeded 0\n"));
}

TEST_CASE("probe dns: over TLS") {
  Probing probing;
  const CertificateMaker maker;
  FakeTcpServer server([](FakeConnection& peer) { name_server(peer, 0); }, maker.server());
  const std::string page = probing.page(
      "{prober: dns, dns: {query_name: a, query_type: A, transport_protocol: tcp, dns_over_tls: true, "
      "tls_config: {ca_file: " +
          maker.root_file() + "}}}",
      loopback(server));
  INFO(probing.log);
  CHECK_THAT(page, Contains("probe_success 1\n") && Contains("probe_dns_answer_rrs 1\n"));
}

TEST_CASE("probe icmp: this machine answers, or it is said that we may not ask") {
  Probing probing;
  const std::string page = probing.page("{prober: icmp, icmp: {preferred_ip_protocol: ip4}}", "127.0.0.1");
  INFO(probing.log);
  if (page.find("{reason=\"permission\"}") != std::string::npos) {
    WARN("skipped: this process may not ping");
    return;
  }
  CHECK_THAT(page, Contains("probe_success 1\n") && Contains("probe_icmp_reply_hop_limit 64\n"));
  for (const std::string phase : {"resolve", "setup", "rtt"})
    CHECK_THAT(page, Contains("probe_icmp_duration_seconds{phase=\"" + phase));
}

TEST_CASE("probe: a silent server fails it at its deadline, and a probe that is dropped leaves nothing behind") {
  Probing probing;
  FakeTcpServer server([](FakeConnection& peer) { peer.hang(); });
  for (const std::string prober :
       {"{prober: http, timeout: 200ms}", "{prober: tcp, timeout: 200ms, tcp: {query_response: [{expect: a}]}}",
        "{prober: dns, timeout: 200ms, dns: {query_name: a, transport_protocol: tcp}}"})
    CHECK_THAT(probing.page(prober, loopback(server)), Contains("{reason=\"timeout\"} 1\n"));
  const Result<Tree> tree = parse_yaml("modules: {m: {prober: tcp, tcp: {query_response: [{expect: a}]}}}", "m.yml");
  const Result<Modules> modules = read_modules(*tree->find("modules"), "modules");
  const std::size_t timers = probing.net.loop.timers();
  auto probe = make_probe({probing.net.loop, probing.net.resolver, probing.net.tls, probing.net.client},
                          {.module = modules->at("m"),
                           .target = loopback(server),
                           .hostname = {},
                           .deadline = probing.net.in(std::chrono::seconds{30}),
                           .hosts = std::make_shared<const HostList>()});
  const int before = server.connections();
  probe->start([](ProbePage&&) { FAIL("it was dropped"); });
  while (server.connections() == before) probing.net.loop.run_once(probing.net.in(std::chrono::milliseconds{5}));
  probe.reset();
  CHECK(probing.net.loop.timers() == timers);
  CHECK(probing.net.loop.watches() == 0);
}
