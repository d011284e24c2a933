#include "conf/yaml.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "workflow/probe/desk.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

Result<Modules> read(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "blackbox.yml", {.substitute_environment = false});
  if (!tree) return tree.error();
  return read_modules(*tree->find("modules"), "modules");
}

// The complaint about one module in flow style.
std::string complaint(const std::string& module) {
  const Result<Modules> modules = read("modules:\n  m: " + module + "\n");
  return modules ? "" : modules.error().message;
}

template <class T>
T only(const std::string& module) {
  const Result<Modules> modules = read("modules:\n  m: " + module + "\n");
  INFO((modules ? "" : modules.error().message));
  REQUIRE(modules);
  return std::get<T>(modules->at("m")->how);
}

}  // namespace

TEST_CASE("probe modules: blackbox's defaults") {
  const auto modules =
      read("modules: {h: {prober: http}, t: {prober: tcp}, i: {prober: icmp}, d: {prober: dns, dns: {query_name: a}}}");
  REQUIRE(modules);
  CHECK(modules->size() == 4);
  for (const auto& [name, module] : *modules) {
    CHECK(module->name == name);
    CHECK(module->timeout.count() == 0);
    CHECK(module->family == IpFamily::prefer_ipv6);
  }
  const auto& http = std::get<HttpModule>(modules->at("h")->how);
  CHECK(http.request.method == "GET");
  CHECK(http.request.follow_redirects);
  CHECK(http.request.version == HttpVersion::http2);
  CHECK(!http.request.compressed);
  CHECK(!http.request.keep_body);
  CHECK(http.request.tls.verify);
  const auto& dns = std::get<DnsModule>(modules->at("d")->how);
  CHECK(dns.request.question.type == "ANY");
  CHECK(dns.request.question.recursion);
  CHECK(dns.request.port == 53);
  CHECK(dns.valid_rcodes == std::vector<std::string>{"NOERROR"});
  CHECK(std::get<IcmpModule>(modules->at("i")->how).request.ttl == 64);
}

TEST_CASE("probe modules: what a module of http says is kept") {
  const TemporaryTree folder;
  folder.write("token", "t0ken\n");
  const HttpModule http = only<HttpModule>(
      "{prober: http, http: {valid_status_codes: [200, 404], valid_http_versions: [HTTP/1.1], method: POST, body: a=1, "
      "headers: {Host: other.example, X-Number: 1}, no_follow_redirects: true, fail_if_ssl: yes, enable_http2: off, "
      "fail_if_body_not_matches_regexp: [ok, '^a$'], fail_if_header_matches: [{header: Server, regexp: old, allow_missing: "
      "true}], "
      "body_size_limit: 1.5KB, compression: gzip, preferred_ip_protocol: ip4, proxy_from_environment: false, "
      "bearer_token_file: " +
      folder.path("token") + ", tls_config: {insecure_skip_verify: true, min_version: TLS13, server_name: a}}}");
  CHECK(http.valid_status_codes == std::vector<int>{200, 404});
  CHECK(http.request.method == "POST");
  CHECK(http.request.body == "a=1");
  CHECK(http.request.headers.size() == 3);  // Accept-Encoding asks for what is expected
  CHECK(!http.request.follow_redirects);
  CHECK(http.fail_if_ssl);
  CHECK(http.request.version == HttpVersion::http1_1);
  CHECK(http.body_must_match.size() == 2);
  CHECK(http.header_must_not_match.at(0).allow_missing);
  CHECK(http.request.most_body == 1'536);
  CHECK(http.request.keep_body);
  CHECK(http.request.auth.bearer.reveal() == "t0ken");
  CHECK(!http.request.tls.verify);
  CHECK(http.request.tls.minimum == TlsVersion::tls1_3);
}

TEST_CASE("probe modules: groups of an expected line may be sent and shown, in each of Go's spellings") {
  const TcpModule tcp = only<TcpModule>(
      R"y({prober: tcp, tcp: {query_response: [{expect: "^220 (\\S+)", send: "HELO $1, ${1} $$5 $", labels: [{name: host, value: "${1}"}]},
      {starttls: true}, {send: "cost $1"}]}})y");
  REQUIRE(tcp.request.steps.size() == 3);
  CHECK(tcp.request.steps[0].send == "HELO ${1}, ${1} $$5 $$\n");
  CHECK(tcp.labels[0].at(0).value == "${1}");
  CHECK(tcp.request.steps[1].start_tls);
  CHECK(tcp.request.steps[2].send == "cost $$1\n");
}

TEST_CASE("probe modules: what cannot be kept to the letter is refused with its place") {
  CHECK_THAT(
      complaint("{prober: http, http: {oauth2: {client_id: a}}}"),
      Contains("blackbox.yml:2:36: modules.m.http.oauth2: blackbox_exporter has this key and finwatch-workflow does not"));
  for (const std::string key :
       {"fail_if_body_json_matches_cel: a", "enable_http3: true", "proxy_from_environment: true", "no_proxy: a"})
    CHECK_THAT(complaint("{prober: http, http: {" + key + "}}"), Contains("blackbox_exporter has this key"));
  CHECK_THAT(complaint("{prober: tcp, tcp: {source_ip_address: 1.2.3.4}}"), Contains("modules.m.tcp.source_ip_address"));
  CHECK_THAT(complaint("{prober: tcp, tcp: {query_response: [{expect_bytes: a}]}}"),
             Contains("query_response[0].expect_bytes"));
  CHECK_THAT(complaint("{prober: http, http: {tls_config: {max_version: TLS12}}}"), Contains("max_version: only TLS13"));
}

TEST_CASE("probe modules: mistakes are named with their place and what was expected") {
  CHECK_THAT(complaint("{prober: grpc}"), Contains("2:15: modules.m.prober: expected http, tcp, dns or icmp, found 'grpc'"));
  CHECK_THAT(complaint("{timeout: 5s}"), Contains("modules.m.prober: must be given"));
  CHECK_THAT(complaint("{prober: http, timeout: 5}"), Contains("modules.m.timeout: expected a length of time"));
  CHECK_THAT(complaint("{prober: http, http: {valid_status_code: [200]}}"),
             Contains("unknown key 'valid_status_code'; did you mean"));
  CHECK_THAT(complaint("{prober: http, http: {fail_if_body_matches_regexp: ['(']}}"),
             Contains("2:58: modules.m.http.fail_if_body"));
  CHECK_THAT(complaint("{prober: http, http: {fail_if_header_matches: [{header: a}]}}"), Contains("[0].regexp: must be given"));
  CHECK_THAT(complaint("{prober: http, http: {basic_auth: {username: a}, bearer_token: b}}"), Contains("give one of them"));
  CHECK_THAT(complaint("{prober: http, http: {body_size_limit: 5}}"), Contains("expected a size such as 10MB"));
  CHECK_THAT(complaint("{prober: http, http: {preferred_ip_protocol: ip5}}"), Contains("expected ip4 or ip6, found 'ip5'"));
  CHECK_THAT(complaint("{prober: http, http: {proxy_url: 'ftp://u:p@x'}}"), Contains("found 'ftp://x'"));
  CHECK_THAT(complaint("{prober: http, http: {tls_config: {ca_file: /no/such/file}}}"), Contains("tls_config.ca_file: "));
  CHECK_THAT(complaint("{prober: dns}"), Contains("modules.m.dns.query_name: must be given"));
  CHECK_THAT(complaint("{prober: dns, dns: {query_name: a, query_type: ZZ}}"), Contains("ZZ"));
  CHECK_THAT(complaint("{prober: dns, dns: {query_name: a, dns_over_tls: true}}"), Contains("needs transport_protocol: tcp"));
  CHECK_THAT(complaint("{prober: icmp, icmp: {ttl: 256}}"), Contains("a whole number from 0 to 255"));
  CHECK_THAT(complaint("{prober: tcp, tcp: {query_response: [{expect: a, labels: [{name: 1a, value: b}]}]}}"),
             Contains("labels[0].name: expected the name of a label, found '1a'"));
}

TEST_CASE("probe modules: YAML's merge key, and parts of other probers") {
  const auto modules = read(
      "modules:\n  a: &a {prober: http, timeout: 5s, http: {method: HEAD}, tcp: {tls: true}}\n  b: {<<: *a, timeout: 1s}\n");
  INFO((modules ? "" : modules.error().message));
  REQUIRE(modules);
  CHECK(modules->at("b")->timeout == std::chrono::seconds{1});
  CHECK(std::get<HttpModule>(modules->at("b")->how).request.method == "HEAD");
}

TEST_CASE("probe modules: a module is shown without its secrets") {
  const auto modules = read(
      "modules: {m: {prober: http, http: {basic_auth: {username: u, password: s3cret}, headers: {X-Api-Key: s3cret, Accept: "
      "a}, "
      "body: s3cret, proxy_url: 'http://u:s3cret@p:1'}}}");
  REQUIRE(modules);
  const std::string& shown = modules->at("m")->shown;
  CHECK_THAT(shown, !Contains("s3cret"));
  CHECK_THAT(shown, Contains("username: u\n") && Contains("Accept: a\n") && Contains("password: ********\n"));
}

TEST_CASE("probe hosts: nothing is allowed until it is listed") {
  CHECK(!HostList().allows("erp.example"));
  const HostList hosts({"ERP1", "*.example", "10.1.2.*", "fd00:*"});
  for (const std::string host : {"erp1", "a.example", "a.b.example.", "10.1.2.3", "fd00::1"}) CHECK(hosts.allows(host));
  for (const std::string host : {"example", "erp2", "10.1.20.3", "10.1.2.evil.test", "fd00:x", ""}) CHECK(!hosts.allows(host));
  CHECK(HostList({"*"}).allows("anything"));
}

TEST_CASE("probe setup: a file of blackbox's beside modules of one's own") {
  const TemporaryTree folder;
  folder.write("blackbox.yml", "modules: {a: {prober: tcp, tcp: {query_response: [{expect: '(.*)$', send: '${1}'}]}}}");
  const auto setup = [&](const std::string& text) {
    const Result<Tree> tree = parse_yaml(text, folder.path("finwatch-workflow.yml"));
    REQUIRE(tree);
    return read_probe_setup(*tree);
  };
  const auto both = setup("modules_file: blackbox.yml\nmodules: {b: {prober: icmp}}\nprobe: {hosts: [erp]}\n");
  INFO((both ? "" : both.error().message));
  REQUIRE(both);
  CHECK((*both)->modules.size() == 2);
  CHECK((*both)->hosts.allows("erp"));
  CHECK_THAT(setup("modules_file: blackbox.yml\nmodules: {a: {prober: icmp}}\n").error().message,
             Contains("modules.a: modules_file has"));
  CHECK_THAT(setup("modules_file: none.yml\n").error().message, Contains("finwatch-workflow.yml:1:15: modules_file: "));
  CHECK_THAT(setup("probe: {host: [a]}\n").error().message, Contains("unknown key 'host'; did you mean 'hosts'?"));
  CHECK_THAT(setup("probe: {hosts: ['*.*']}\n").error().message, Contains("at most one *"));
}
