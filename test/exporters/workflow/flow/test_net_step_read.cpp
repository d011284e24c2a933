#include "core/files.h"
#include "support/catch.h"
#include "support/changed.h"
#include "support/collector_test.h"
#include "support/test_folder.h"
#include "workflow/flow/flow_read.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::string_view kNetwork = R"yml(parameters: {mail: {default: mail.example}, port: {default: "25"}}
flows:
  - name: network
    title: {zh: 网络, en: Network}
    schedule: {every: 60s}
    steps:
      - id: talk
        effect: read
        tcp:
          host: "${mail}"
          port: "${port}"
          ip: prefer_ipv6
          tls: {server_name: mail}
          talk:
            - {expect: "^220 (?P<name>\\S+)", send: "EHLO $${name}"}
            - {expect: "^250 ", send: STARTTLS}
            - {expect: "^220", start_tls: true}
            - {send: "QUIT"}
      - id: handshake
        tls: {host: "${mail}", port: 465, tls: {minimum: "1.3"}}
      - id: ask
        dns: {server: 192.0.2.53, port: 5353, name: "${mail}", type: mx, class: IN, recursion: false, transport: tcp, rcode: [NOERROR, NXDOMAIN]}
      - id: ping
        icmp: {host: "${mail}", ip: ipv4, payload: 1400, dont_fragment: true, ttl: 8}
)yml";

Result<std::vector<std::shared_ptr<const Flow>>> read(std::string_view text) {
  const TemporaryTree tree;
  tree.write("flow.yml", text);
  FlowFile file;
  file.path = tree.path("flow.yml");
  return read_flows(file, Almanac{}, Context{});
}

// The block of YAML in a guide that has a `tcp:` step.
std::string example_of(const std::string& guide) {
  const Result<std::string> text = read_file(test_folder("../docs/guides/" + guide));
  REQUIRE(text);
  const std::size_t step = text->find("        tcp:");
  REQUIRE(step != std::string::npos);
  const std::size_t begin = text->rfind("```yaml\n", step) + 8;
  return text->substr(begin, text->find("```", step) - begin);
}

}  // namespace

TEST_CASE("net steps: all that a file can say of them") {
  const auto flows = read(kNetwork);
  if (!flows) FAIL(flows.error().message);
  const std::vector<Step>& steps = flows->front()->steps;
  const auto& tcp = std::get<TcpStep>(steps[0].action);
  CHECK(tcp.sends());
  CHECK(!tcp.fixed.tls);  // it begins later
  CHECK(tcp.fixed.family == IpFamily::prefer_ipv6);
  CHECK(tcp.fixed.tls_options.server_name == "mail");
  REQUIRE(tcp.talk.size() == 4);
  CHECK(tcp.talk[0].fixed.expect->matches("220 mail.example"));
  CHECK(!tcp.talk[2].send);
  CHECK(tcp.talk[2].fixed.start_tls);
  const auto& tls = std::get<TlsStep>(steps[1].action);
  CHECK(tls.fixed.tls);
  CHECK(tls.fixed.tls_options.minimum == TlsVersion::tls1_3);
  const auto& dns = std::get<DnsStep>(steps[2].action);
  CHECK(dns.server);
  CHECK(dns.fixed.question.type == "mx");
  CHECK(!dns.fixed.question.recursion);
  CHECK(dns.fixed.transport == DnsTransport::tcp);
  CHECK(dns.rcodes == std::vector<std::string>{"NOERROR", "NXDOMAIN"});
  const auto& icmp = std::get<IcmpStep>(steps[3].action);
  CHECK(icmp.fixed.payload == 1'400);
  CHECK(icmp.fixed.ttl == 8);
  CHECK(icmp.fixed.dont_fragment);
  for (const Step& step : steps) CHECK(step.effect == Effect::read);
}

TEST_CASE("net steps: what is left out has its usual meaning") {
  const auto flows = read(R"(flows:
  - name: network
    title: {zh: 网络, en: Network}
    schedule: {every: 60s}
    steps:
      - {id: open, tcp: {host: a, port: 1}}
      - {id: secure, tcp: {host: a, port: 1, tls: {}}}
      - {id: ask, dns: {name: a}}
      - {id: ping, icmp: {host: a}}
)");
  if (!flows) FAIL(flows.error().message);
  const std::vector<Step>& steps = flows->front()->steps;
  CHECK(!std::get<TcpStep>(steps[0].action).fixed.tls);
  CHECK(std::get<TcpStep>(steps[1].action).fixed.tls);
  const auto& dns = std::get<DnsStep>(steps[2].action);
  CHECK(!dns.server);
  CHECK(dns.fixed.transport == DnsTransport::udp);
  CHECK(dns.rcodes == std::vector<std::string>{"NOERROR"});
  CHECK(std::get<IcmpStep>(steps[3].action).fixed.ttl == 0);
}

TEST_CASE("net steps: a mistake names its place and what was expected") {
  struct Case {
    std::string_view from, to, place, words;
  };
  const Case cases[] = {
      {"        effect: read\n", "", ":7:9", "a tcp step that sends says what it does"},
      {"          port: \"${port}\"\n", "", ":10:11", "port: must be given"},
      {"\"${port}\"", "70000", ":11:17", "from 1 to 65535, found '70000'"},
      {"\"${port}\"", "\"${prot}\"", ":11:20", "did you mean 'port'"},
      {"          host: \"${mail}\"\n", "", ":10:11", "host: must be given"},
      {"prefer_ipv6", "ipv5", ":12:15", "expected any, ipv4"},
      {"$${name}", "$${nmae}", ":15:53", "did you mean 'name'"},
      {"(?P<name>\\\\S+)", "(", ":15:24", "expect: "},
      {"send: \"QUIT\"", "send: \"QUIT\\r\\n\"", ":18:22", "one line without its end"},
      {"{send: \"QUIT\"}", "{}", ":18:15", "expect, send or start_tls must be given"},
      {"{send: \"QUIT\"}", "{start_tls: true}", ":15:13", "TLS begins once"},
      {"send: \"QUIT\"", "sned: \"QUIT\"", ":18:16", "sned"},
      {"minimum: \"1.3\"", "minimum: \"1.4\"", ":20:58", "expected \"1.0\""},
      {"type: mx", "type: mxx", ":22:70", "\"mxx\" is no type"},
      {"class: IN", "class: INN", ":22:81", "\"INN\" is no class"},
      {"transport: tcp", "transport: tpc", ":22:114", "expected udp or tcp"},
      {"NXDOMAIN", "NXDOMIAN", ":22:126", "'NXDOMIAN' is none"},
      {"server: 192.0.2.53, ", "", ":22:21", "add server"},
      {"payload: 1400", "payload: 65500", ":24:52", "from 0 to 65499"},
      {"ttl: 8", "ttl: 256", ":24:84", "from 1 to 255"},
      {"        icmp:", "        effect: change\n        icmp:", ":23:9", "only reads"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.from, one.to);
    const auto flows = read(changed(kNetwork, one.from, one.to));
    REQUIRE(!flows);
    CAPTURE(flows.error().message);
    CHECK_THAT(flows.error().message, Contains("flow.yml" + std::string(one.place)));
    CHECK_THAT(flows.error().message, Contains(std::string(one.words)));
  }
}

TEST_CASE("net steps: the examples of the guides are right") {
  for (const char* guide : {"workflow.md", "workflow.zh-CN.md"}) {
    CAPTURE(guide);
    const auto flows = read(example_of(guide));
    if (!flows) FAIL(flows.error().message);
    CHECK(flows->front()->steps.size() == 4);
  }
}
