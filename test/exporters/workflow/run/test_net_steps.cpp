// Steps below HTTP, each against its own server here: how they succeed, and how each failure is named.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>

#include "net/fake_dns.h"
#include "net/net_fixture.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "workflow/flow/flow_read.h"
#include "workflow/run/flow_run.h"
#include "workflow/run/net_request.h"
#include "workflow/run_once.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

/// Runs of a step, given as its YAML without the id, in a flow that has ${port} and ${password}.
struct Steps {
  Net net;

  StepReport run(const std::string& step, std::uint16_t port, std::vector<std::string> hosts = {}) {
    return run_until(nullptr, step, port, std::move(hosts));
  }
  /// The run is stopped as soon as `cut` holds.
  StepReport run_until(const std::function<bool()>& cut, const std::string& step, std::uint16_t port,
                       std::vector<std::string> hosts = {}) {
    flow = read(step, port, std::move(hosts));
    std::shared_ptr<const RunReport> got;
    Session session;
    FlowRun one({.loop = net.loop, .resolver = net.resolver, .tls = net.tls, .http = net.client}, flow);
    one.start(session, true, [&](const auto& report) { got = report; });
    if (cut) {
      while (!cut()) net.loop.run_once(net.in(std::chrono::milliseconds{10}));  // a server's thread does not wake the loop
      one.stop();
    }
    net.run_until([&] { return got != nullptr; });
    REQUIRE(got);
    REQUIRE(got->steps.size() == 1);
    return got->steps.front();
  }

  static std::shared_ptr<const Flow> read(const std::string& step, std::uint16_t port, std::vector<std::string> hosts = {}) {
    const TemporaryTree tree;
    tree.write("flow.yml", kBefore + step);
    FlowFile file;
    file.path = tree.path("flow.yml");
    file.parameters = {{"port", std::to_string(port)}};
    file.secrets.emplace("password", Secret("a${b}$$c"));
    file.grant.hosts = std::move(hosts);
    const auto flows = read_flows(file, Almanac{}, Context{});
    if (!flows) FAIL(flows.error().message);
    return flows->front();
  }

 private:
  static inline const std::string kBefore = R"(parameters: {port: {}}
secrets: [password]
flows:
  - name: net
    title: {zh: 网络, en: Network}
    schedule: {every: 60s}
    steps:
      - id: step
)";
  std::shared_ptr<const Flow> flow;  // the report points into it
};

void failed(const StepReport& report, Reason reason, const std::string& words) {
  INFO(report.message);
  CHECK(report.result == StepResult::failed);
  CHECK(to_string(report.reason) == to_string(reason));
  CHECK_THAT(report.message, Contains(words));
}

void succeeded(const StepReport& report) {
  INFO(report.message);
  CHECK(report.result == StepResult::ok);
}

double exported(const StepReport& report) { return report.exported.empty() ? -1 : report.exported.front().value; }

constexpr const char* kTalk = R"yml(        effect: login
        timeout: 2s
        tcp:
          host: 127.0.0.1
          port: "${port}"
          talk:
            - {expect: "^220 (?P<name>\\S+)", send: "EHLO $${name} for 5$ $$$$"}
            - {expect: "^250 ", send: "PASS ${password}"}
            - {expect: "^235"}
        expect: [{contains: "235 welcome"}, {regex: "SIZE ([0-9]+)", ge: 1000}]
        export: {most: {help: x, regex: "SIZE ([0-9]+)"}}
)yml";

void greet(FakeConnection& peer, std::vector<std::string>& heard, std::string_view last) {
  peer.write("220-wait\r\n220 mail.example ready\r\n");
  heard.push_back(peer.line());
  peer.write("250-SIZE 5000\r\n250 HELP\r\n");
  heard.push_back(peer.line());
  peer.write(last);
}

constexpr const char* kWaitForLine = R"(        timeout: 200ms
        tcp: {host: 127.0.0.1, port: "${port}", talk: [{expect: "^220"}]}
)";

}  // namespace

TEST_CASE("tcp step: a talk, with what the other side said and our values left as they are") {
  Steps steps;
  std::vector<std::string> heard;
  FakeTcpServer server([&](FakeConnection& peer) { greet(peer, heard, "235 welcome\r\n"); });
  const StepReport report = steps.run(kTalk, server.port(), {"127.0.0.1:" + std::to_string(server.port())});
  succeeded(report);
  CHECK(heard == std::vector<std::string>{"EHLO mail.example for 5$ $", "PASS a${b}$$c"});
  CHECK(report.sent == "TCP 127.0.0.1:" + std::to_string(server.port()));
  CHECK(report.remote == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(report.phases[Phase::processing].count() > 0);
  CHECK(exported(report) == 5000);
}

TEST_CASE("tcp step: TLS begins where the talk says, and the certificate is known") {
  Steps steps;
  const CertificateMaker maker;
  const ServerIdentity identity = maker.server();
  FakeTcpServer server([&](FakeConnection& peer) {
    peer.write("220 hello\r\n");
    if (peer.line() != "STARTTLS") return;
    peer.write("220 go\r\n");
    if (peer.begin_tls(identity)) peer.write("250 safe\r\n");
  });
  const StepReport report = steps.run(R"(        effect: read
        tcp:
          host: 127.0.0.1
          port: "${port}"
          tls: {ca_file: )" + maker.root_file() +
                                          R"(}
          talk: [{expect: "^220", send: STARTTLS}, {expect: "^220 go", start_tls: true}, {expect: safe}]
        expect: [{certificate_days: {ge: 80}}]
)",
                                      server.port());
  succeeded(report);
  REQUIRE(report.tls);
  CHECK(report.tls->verified);
  CHECK(report.phases[Phase::tls].count() > 0);
}

TEST_CASE("tcp step: each failure has its reason, and shows what was said") {
  Steps steps;
  std::vector<std::string> heard;
  FakeTcpServer refusing([&](FakeConnection& peer) { greet(peer, heard, "535 wrong: a${b}$$c\r\n"); });
  const StepReport refused = steps.run(kTalk, refusing.port());
  failed(refused, Reason::assertion, "closed before an expected line came");
  CHECK_THAT(refused.excerpt, Contains("535 wrong: ****"));

  FakeTcpServer silent([](FakeConnection& peer) { peer.hang(); });
  failed(steps.run(kWaitForLine, silent.port()), Reason::timeout, "processing");
  failed(steps.run(kWaitForLine, 1), Reason::connect, "127.0.0.1:1");
  failed(steps.run(kWaitForLine, 0), Reason::internal, "a port from 1 to 65535");
  failed(steps.run("        tcp: {host: no.invalid, port: 1, ip: ipv6}\n        timeout: 30s\n", 1), Reason::dns, "no.invalid");
  failed(steps.run(kWaitForLine, silent.port(), {"127.0.0.1:1", "other"}), Reason::internal,
         "nothing may be sent to 127.0.0.1:");
  CHECK(silent.connections() == 1);
  failed(steps.run("        effect: login\n        set: {text: \"${'a\\r\\nQUIT'}\"}\n"
                   "        tcp: {host: 127.0.0.1, port: \"${port}\", talk: [{send: \"${text}\"}]}\n",
                   silent.port()),
         Reason::internal, "line break");
  CHECK(silent.connections() == 1);
}

TEST_CASE("tls step: version and certificate can be looked at") {
  Steps steps;
  const CertificateMaker maker;
  FakeTcpServer server([](FakeConnection& peer) { peer.hang(); }, maker.server());
  const std::string step = R"(        tls: {host: 127.0.0.1, port: "${port}", tls: {ca_file: )" + maker.root_file() + R"(}}
        expect: [{certificate_days: {ge: DAYS, le: 91}}, {json: /version, eq: TLSv1.3}, {json: "$.names[*]", in: [localhost, 127.0.0.1]}]
)";
  const auto with = [&](const std::string& days) {
    std::string text = step;
    return text.replace(text.find("DAYS"), 4, days);
  };
  const StepReport report = steps.run(with("80"), server.port());
  succeeded(report);
  CHECK(report.phases[Phase::tls].count() > 0);
  failed(steps.run(with("90.5"), server.port()), Reason::assertion, "days left");
  failed(steps.run(with("1"), 1), Reason::connect, "127.0.0.1:1");
  failed(steps.run(with("1"), server.port(), {"other"}), Reason::internal, "nothing may be sent to");
  FakeTcpServer silent([](FakeConnection& peer) { peer.hang(); });
  failed(steps.run("        timeout: 200ms\n" + with("1"), silent.port()), Reason::timeout, "tls");
}

TEST_CASE("tls step: an expired certificate is refused, and its end is shown all the same") {
  Steps steps;
  const CertificateMaker maker;
  FakeTcpServer server([](FakeConnection& peer) { peer.hang(); }, maker.server({.days_from = -20, .days_until = -10}));
  const std::string step = "        tls: {host: 127.0.0.1, port: \"${port}\", tls: {ca_file: " + maker.root_file();
  const StepReport refused = steps.run(step + "}}\n", server.port());
  failed(refused, Reason::tls, "certificate has expired");
  REQUIRE(refused.tls);
  CHECK(refused.tls->not_after < system_clock().wall());
  CHECK_THAT(refused.excerpt, Contains("CN=localhost"));
  const StepReport looked_at =
      steps.run(step + ", verify: false}}\n        expect: [{certificate_days: {ge: 7}, reason: data}]\n", server.port());
  failed(looked_at, Reason::data, "days left");
}

TEST_CASE("dns step: records can be looked at, an rcode that was not expected fails") {
  Steps steps;
  const std::string step = R"(        timeout: 500ms
        dns: {server: 127.0.0.1, port: "${port}", name: erp.example, rcode: CODES, transport: WAY}
)";
  const auto with = [&](const std::string& codes, const std::string& way, const std::string& more = "") {
    std::string text = step;
    text.replace(text.find("CODES"), 5, codes);
    return text.replace(text.find("WAY"), 3, way) + more;
  };
  const std::string looks =
      "        expect: [{json: \"$.answers[*].data\", eq: 192.0.2.7}, {json: /rcode, eq: NOERROR}]\n"
      "        export: {ttl: {help: x, json: \"/answers/0/ttl\"}}\n";
  FakeDns server(steps.net.loop);
  const StepReport report = steps.run(with("NOERROR", "udp", looks), server.port());
  succeeded(report);
  CHECK(server.questions() == 1);
  CHECK(exported(report) == 60);
  CHECK(report.sent == "DNS erp.example. IN A");
  CHECK(report.phases[Phase::processing].count() > 0);
  FakeDns silent(steps.net.loop, -1);
  failed(steps.run(with("NOERROR", "udp"), silent.port()), Reason::timeout, "processing");
  FakeTcpServer stream([](FakeConnection& peer) { serve_dns(peer, 0); });
  succeeded(steps.run(with("NOERROR", "tcp", looks), stream.port()));
  FakeDns absent(steps.net.loop, 3);
  failed(steps.run(with("[NOERROR, REFUSED]", "udp"), absent.port()), Reason::status, "NXDOMAIN");
  succeeded(steps.run(with("NXDOMAIN", "udp"), absent.port()));
  FakeDns broken(steps.net.loop, 2);
  const StepReport sick = steps.run(with("NOERROR", "udp"), broken.port());
  failed(sick, Reason::unavailable, "SERVFAIL");
  CHECK_THAT(sick.excerpt, Contains("\"rcode\":\"SERVFAIL\""));
  FakeTcpServer closing([](FakeConnection& peer) { peer.take_message(); });
  failed(steps.run(with("NOERROR", "tcp"), closing.port()), Reason::unavailable, "closed before its answer was whole");
  failed(steps.run(with("NOERROR", "udp"), 1), Reason::connect, "127.0.0.1:1");
  failed(steps.run(with("NOERROR", "udp"), server.port(), {"127.0.0.1:53"}), Reason::internal,
         "nothing may be sent to 127.0.0.1:");
  failed(steps.run(with("NOERROR", "udp", looks), absent.port()), Reason::assertion, "NXDOMAIN");
  CHECK(server.questions() == 1);
}

TEST_CASE("dns step: without a server the system's is asked, which needs no permission") {
  Net net;
  FakeDns server(net.loop);
  Resolver resolver(net.loop, {.servers = "127.0.0.1:" + std::to_string(server.port()) + ",127.0.0.1:1"});
  CHECK(resolver.server() == "127.0.0.1:" + std::to_string(server.port()));
  Scope scope;
  Variables variables(scope);
  CookieJar cookies;
  Flow flow;
  flow.grant.hosts = {"erp"};
  const std::string id;
  Conversation conversation{.flow = flow, .variables = variables, .cookies = cookies, .run_id = id, .trace_id = id};
  const Result<DnsRequest> request = dns_request_of(DnsStep{}, conversation, resolver);
  REQUIRE(request);
  CHECK(request->server == "127.0.0.1");
  CHECK(request->port == server.port());
}

namespace {

// From here on this thread may open no ICMP socket of IPv4, whoever it runs as.
bool forbid_pings() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = static_cast<unsigned short>(std::size(rules)), .filter = rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

constexpr const char* kPing = "        icmp: {host: 127.0.0.1, payload: 100}\n";

}  // namespace

TEST_CASE("icmp step: this machine answers, or it is said what a ping needs") {
  Steps steps;
  const std::string looks = "        expect: [{json: /bytes, eq: 108}]\n";
  const StepReport report = steps.run(kPing + looks, 1, {"127.0.0.1:443"});
  if (report.result == StepResult::failed) return failed(report, Reason::permission, "net.ipv4.ping_group_range");
  succeeded(report);
  CHECK(report.sent == "ping 127.0.0.1");
  CHECK(report.remote == "127.0.0.1");
  failed(steps.run(kPing + std::string("        expect: [{json: /bytes, eq: 1}]\n"), 1), Reason::assertion, "found 108");
}

TEST_CASE("icmp step: each failure has its reason") {
  Steps steps;
  failed(steps.run(kPing, 1, {"127.0.0.2", "other:443"}), Reason::internal, "nothing may be sent to 127.0.0.1");
  failed(steps.run("        icmp: {host: 127.0.0.1, ip: ipv6}\n", 1), Reason::dns, "127.0.0.1");
  std::optional<StepReport> report;
  bool forbidden = false;
  std::thread([&] {  // a rule of a thread ends with it
    forbidden = forbid_pings();
    if (forbidden) report = steps.run(kPing, 1);
  })
      .join();
  REQUIRE(forbidden);
  failed(*report, Reason::permission, "CAP_NET_RAW");
}

TEST_CASE("net steps: a run that is stopped ends its calls at once") {
  Steps steps;
  FakeTcpServer silent([](FakeConnection& peer) { peer.hang(); });
  FakeDns dumb(steps.net.loop, -1);
  const std::string late = "        timeout: 50s\n";
  const auto connected = [&] { return silent.connections() > 0; };
  failed(steps.run_until(connected, late + "        tcp: {host: 127.0.0.1, port: \"${port}\", talk: [{expect: x}]}\n",
                         silent.port()),
         Reason::internal, "stopped");
  const int before = silent.connections();
  failed(steps.run_until([&] { return silent.connections() > before; },
                         late + "        tls: {host: 127.0.0.1, port: \"${port}\"}\n", silent.port()),
         Reason::internal, "stopped");
  failed(steps.run_until([&] { return dumb.questions() > 0; },
                         late + "        dns: {server: 127.0.0.1, port: \"${port}\", name: a}\n", dumb.port()),
         Reason::internal, "stopped");
}

TEST_CASE("net steps: a person sees what would be sent, and no secret") {
  const auto shown = [](const std::string& step) {
    Setup setup;
    setup.flows = {Steps::read(step, 25)};
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* out = ::open_memstream(&text, &size);
    dry_run(setup, "net", out);
    std::fclose(out);
    const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
    return std::string(text, size);
  };
  const std::string talk = shown(kTalk);
  CHECK_THAT(talk, Contains("TCP 127.0.0.1:25\n") && Contains("send EHLO ${name} for 5$ $$\n") && Contains("send PASS ****\n"));
  CHECK_THAT(talk, !Contains("a${b}"));
  CHECK_THAT(shown("        tls: {host: 127.0.0.1}\n"), Contains("TLS 127.0.0.1:443\n"));
  CHECK_THAT(shown("        dns: {name: erp, type: SOA, server: a}\n"), Contains("DNS erp IN SOA at a:53\n"));
  CHECK_THAT(shown("        dns: {name: erp, transport: tcp}\n"), Contains("DNS erp IN A at the system's server over TCP\n"));
  CHECK_THAT(shown(kPing), Contains("ping 127.0.0.1, 100 bytes\n"));
}
