#include <sys/stat.h>

#include <fstream>

#include "core/text.h"
#include "support/test_folder.h"
#include "tls_client.h"
#include "web_fixture.h"

using namespace finwatch;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::string kKeys = test_folder("fixtures/web/");
const std::string kUsers = "basic_auth_users:\n  alice: $2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n";
const std::string kAlice = "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==";  // alice:correct horse
const std::string kWrong = "Authorization: Basic YWxpY2U6d3Jvbmc=";              // alice:wrong

/// Keeps every line, to look for secrets in.
class KeptLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view message, LogFields fields) override {
    const std::lock_guard lock(mutex_);
    text_ += message;
    for (const LogField& field : fields) text_ += " " + std::string(field.key) + "=" + field.value;
    text_ += "\n";
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

/// A server whose web-config.yml a test can change.
struct GuardedWeb {
  explicit GuardedWeb(const std::string& config) {
    write(config);
    env.log = &log;
    runner = std::make_unique<Runner>(Runner::Options{}, env);
    std::vector<RunnerEntry> entries;
    entries.push_back({.info = &pausing_collector, .collector = std::make_unique<PausingCollector>(env)});
    PausingCollector::pause_milliseconds = 0;
    runner->replace(std::move(entries));
    WebHooks hooks;
    hooks.routes.push_back({.path = "/who", .summary = "", .handler = [](const WebRequest& request, WebReply reply) {
                              std::string text;
                              for (const std::string& name : request.client_names()) text += name + ",";
                              reply.send({.body = text + " from " + request.peer()});
                            }});
    auto started = WebServer::start({.listen_addresses = {"127.0.0.1:0"}, .config_file = path}, std::move(hooks), *runner, env);
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
    address = server->addresses()[0];
  }
  // As editors and certificate tools do it: a new file is moved into the place of the old one.
  void replace(const std::string& name, const std::string& text) const {
    tree.write(name + ".new", text);
    ::rename(tree.path(name + ".new").c_str(), tree.path(name).c_str());
  }
  void write(const std::string& config) const { replace("web.yml", config); }

  TemporaryTree tree;
  std::string path = tree.path("web.yml");
  KeptLog log;
  ManualClock clock;
  Env env = tree.env(&clock);
  std::unique_ptr<Runner> runner;
  std::unique_ptr<WebServer> server;
  std::string address;
};

std::string tls(const std::string& more = {}, const std::string& name = "server") {
  return "tls_server_config:\n  cert_file: " + kKeys + name + ".pem\n  key_file: " + kKeys + name + ".key\n" + more;
}

std::string start_error(const std::string& config) {
  try {
    const GuardedWeb web(config);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "started";
}

TlsAsk with_certificate(const std::string& name, const std::string& priority = "NORMAL") {
  return {.priority = priority, .certificate = kKeys + name + ".pem", .key = kKeys + name + ".key"};
}

}  // namespace

TEST_CASE("web guard: without a password nobody is let in, with one the page comes, and nothing is logged") {
  GuardedWeb web(kUsers);
  WebClient client(web.address);
  const WebResponse nobody = client.get("/metrics");
  CHECK(nobody.code == 401);
  CHECK(nobody.header("WWW-Authenticate") == "Basic");
  CHECK(client.get("/metrics", {kAlice}).code == 200);
  CHECK(client.get("/metrics", {kAlice}).code == 200);
  CHECK(client.get("/metrics", {kWrong}).code == 401);
  CHECK(client.get("/", {"Authorization: Basic bm9ib2R5OmNvcnJlY3QgaG9yc2U="}).code == 401);
  CHECK(client.get("/-/healthy", {"Authorization: Bearer x"}).code == 401);
  for (const char* secret : {"correct horse", "$2b$04", "YWxpY2U6"}) CHECK(web.log.text().find(secret) == std::string::npos);
}

TEST_CASE("web guard: headers are added to every answer") {
  const GuardedWeb web("http_server_config:\n  headers:\n    X-Frame-Options: deny\n    X-Content-Type-Options: nosniff\n");
  WebClient client(web.address);
  for (const char* target : {"/metrics", "/", "/nothing"}) CHECK(client.get(target).header("X-Frame-Options") == "deny");
}

TEST_CASE("web guard: a rate limit answers 429 until its clock has moved on") {
  GuardedWeb web("rate_limit:\n  interval: 1s\n  burst: 2\n");
  WebClient client(web.address);
  CHECK(client.get("/").code == 200);
  CHECK(client.get("/").code == 200);
  const WebResponse refused = client.get("/");
  CHECK(refused.code == 429);
  CHECK(refused.header("Retry-After") == "1");
  web.clock.advance(1s);
  CHECK(client.get("/").code == 200);
}

TEST_CASE("web guard: a changed file counts from the next request, a broken one lets nobody in until it is repaired") {
  GuardedWeb web("");
  WebClient client(web.address);
  CHECK(client.get("/metrics").code == 200);
  web.write(kUsers);
  CHECK(client.get("/metrics").code == 401);
  CHECK(client.get("/metrics", {kAlice}).code == 200);
  web.write("basic_auth_user: {}\n");
  CHECK(client.get("/metrics", {kAlice}).code == 500);
  CHECK_THAT(web.log.text(), Contains("web.yml:1:1: unknown key 'basic_auth_user'; did you mean 'basic_auth_users'?"));
  ::unlink(web.path.c_str());
  CHECK(client.get("/metrics").code == 500);
  web.write("");
  CHECK(client.get("/metrics").code == 200);
  web.write(tls());  // plain HTTP may not go on as if nothing had been asked for
  CHECK(client.get("/metrics").code == 500);
  CHECK_THAT(web.log.text(), Contains("needs a restart"));
}

TEST_CASE("web guard: a server does not start on a file that cannot work, and says why") {
  CHECK_THAT(start_error("junk: 1\n"), Contains("web.yml:1:1: unknown key 'junk'"));
  CHECK_THAT(start_error("tls_server_config:\n  cert_file: missing.pem\n  key_file: missing.key\n"),
             Contains("cert_file") && Contains("missing.pem: No such file"));
  CHECK_THAT(start_error("tls_server_config:\n  cert_file: " + kKeys + "server.pem\n  key_file: " + kKeys + "client.key\n"),
             Contains("cannot be used together"));
  CHECK_THAT(start_error(tls("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " + kKeys + "client.key\n")),
             Contains("no certificate in it"));
  CHECK_THAT(start_error(tls("  max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]\n")), Contains("cipher_suites"));
}

TEST_CASE("web tls: pages come over TLS 1.3 and 1.2, not over older versions and not in the clear") {
  const GuardedWeb web(tls());
  const TlsSeen modern = ask_tls(web.address, {.target = "/metrics"});
  CHECK(modern.response.code == 200);
  CHECK(modern.subject == "CN=server");
  CHECK_THAT(modern.response.body, Contains("finwatch_test_answer 42"));
  CHECK_THAT(modern.suite, !Contains("_WITH_"));
  CHECK_THAT(ask_tls(web.address, {.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2"}).suite, Contains("TLS_ECDHE_ECDSA_WITH_AES"));
  CHECK_FALSE(ask_tls(web.address, {.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0"}).shook_hands);
  WebClient plain(web.address);
  CHECK(plain.get("/metrics").code == 0);
  CHECK(ask_tls(web.address).response.code == 200);
}

TEST_CASE("web tls: versions are kept within what was asked for") {
  const GuardedWeb only_modern(tls("  min_version: TLS13\n"));
  CHECK(ask_tls(only_modern.address).shook_hands);
  CHECK_FALSE(ask_tls(only_modern.address, {.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2"}).shook_hands);
  const GuardedWeb only_classic(tls("  max_version: TLS12\n"));
  CHECK_THAT(ask_tls(only_classic.address).suite, Contains("_WITH_"));
  CHECK_FALSE(ask_tls(only_classic.address, {.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3"}).shook_hands);
}

TEST_CASE("web tls: cipher suites are those that were listed, one by one, and TLS 1.3 is not touched by the list") {
  const GuardedWeb web(
      tls("  cipher_suites:\n    - TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n    - TLS_RSA_WITH_AES_128_CBC_SHA\n", "server-new"));
  const auto offer = [&](const std::string& ciphers) {
    return ask_tls(web.address, {.priority = "NONE:+VERS-TLS1.2:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:+CTYPE-X509:" + ciphers});
  };
  CHECK(offer("+ECDHE-RSA:+AES-256-GCM:+AEAD").suite == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
  CHECK(offer("+RSA:+AES-128-CBC:+SHA1").suite == "TLS_RSA_WITH_AES_128_CBC_SHA");
  CHECK_FALSE(offer("+ECDHE-RSA:+AES-128-GCM:+AEAD").shook_hands);
  CHECK_FALSE(offer("+ECDHE-RSA:+AES-128-CBC:+SHA1").shook_hands);  // both words are in the list, this pair is not
  CHECK(ask_tls(web.address, {.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM"}).shook_hands);
}

TEST_CASE("web tls: curves and preferences") {
  const GuardedWeb web(tls("  curve_preferences: [CurveP521]\n"));
  CHECK(ask_tls(web.address, {.priority = "NORMAL:-GROUP-ALL:+GROUP-SECP521R1"}).shook_hands);
  CHECK_FALSE(ask_tls(web.address, {.priority = "NORMAL:-GROUP-ALL:+GROUP-SECP384R1"}).shook_hands);
  const std::string ciphers =
      "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n";
  const std::string client = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM";
  const GuardedWeb ours(tls(ciphers));
  CHECK_THAT(ask_tls(ours.address, {.priority = client}).suite, Contains("AES_256"));
  const GuardedWeb theirs(tls(ciphers + "  prefer_server_cipher_suites: false\n"));
  CHECK_THAT(ask_tls(theirs.address, {.priority = client}).suite, Contains("AES_128"));
}

TEST_CASE("web tls: client certificates are asked for as the file says") {
  const std::string authority = "  client_ca_file: " + kKeys + "ca.pem\n  client_auth_type: ";
  const auto code = [](const GuardedWeb& web, const TlsAsk& ask) { return ask_tls(web.address, ask).response.code; };
  for (const std::string priority : {"NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    const TlsAsk none{.priority = priority};
    const GuardedWeb verify(tls(authority + "RequireAndVerifyClientCert\n"));
    CHECK(code(verify, with_certificate("client", priority)) == 200);
    CHECK(code(verify, none) == 0);
    CHECK(code(verify, with_certificate("stranger", priority)) == 0);
    CHECK(code(verify, with_certificate("server", priority)) == 0);  // signed by the right one, but for servers
    const GuardedWeb given(tls(authority + "VerifyClientCertIfGiven\n"));
    CHECK(code(given, with_certificate("client", priority)) == 200);
    CHECK(code(given, none) == 200);
    CHECK(code(given, with_certificate("stranger", priority)) == 0);
    const GuardedWeb any(tls("  client_auth_type: RequireAnyClientCert\n"));
    CHECK(code(any, with_certificate("stranger", priority)) == 200);
    CHECK(code(any, none) == 0);
    const GuardedWeb ask(tls("  client_auth_type: RequestClientCert\n"));
    CHECK(code(ask, none) == 200);
    CHECK(code(ask, with_certificate("stranger", priority)) == 200);
  }
}

TEST_CASE("web tls: a client certificate must carry one of the allowed names, exactly") {
  const std::string head =
      "  client_ca_file: " + kKeys + "ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: ";
  for (const char* name : {"scraper.finwatch.test", "192.0.2.7", "ops@finwatch.test", "spiffe://finwatch.test/scraper"}) {
    const GuardedWeb web(tls(head + "[other.test, \"" + name + "\"]\n"));
    CHECK(ask_tls(web.address, with_certificate("client")).response.code == 200);
  }
  for (const char* names : {"[finwatch.test]", "[SCRAPER.finwatch.test]", "[\"*.finwatch.test\"]", "[]"}) {
    const GuardedWeb web(tls(head + names + "\n"));
    CHECK(ask_tls(web.address, with_certificate("client")).response.code == 0);
  }
}

TEST_CASE("web tls: a route learns the names of a certificate that was verified, and of no other") {
  const auto names = [](const std::string& config, const TlsAsk& ask) {
    TlsAsk asking = ask;
    asking.target = "/who";
    return ask_tls(GuardedWeb(config).address, asking).response.body;
  };
  const std::string authority = "  client_ca_file: " + kKeys + "ca.pem\n  client_auth_type: ";
  const std::string all = "client,scraper.finwatch.test,ops@finwatch.test, from 127.0.0.1";
  for (const std::string priority : {"NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    const TlsAsk none{.priority = priority};
    CHECK(names(tls(authority + "RequireAndVerifyClientCert\n"), with_certificate("client", priority)) == all);
    CHECK(names(tls(authority + "VerifyClientCertIfGiven\n"), with_certificate("client", priority)) == all);
    CHECK(names(tls(authority + "VerifyClientCertIfGiven\n"), none) == " from 127.0.0.1");
    CHECK(names(tls("  client_auth_type: RequireAnyClientCert\n"), with_certificate("client", priority)) == " from 127.0.0.1");
    CHECK(names(tls("  client_auth_type: RequestClientCert\n"), with_certificate("stranger", priority)) == " from 127.0.0.1");
    CHECK(names(tls(), none) == " from 127.0.0.1");
  }
}

TEST_CASE("web tls: a certificate is changed while running, also after a broken one") {
  GuardedWeb web("");
  web.server.reset();
  for (const char* kind : {".pem", ".key"})
    web.replace(std::string("live") + kind, fixture_text("web/server" + std::string(kind)));
  web.write("tls_server_config:\n  cert_file: live.pem\n  key_file: live.key\n" + kUsers);
  auto started = WebServer::start({.listen_addresses = {"127.0.0.1:0"}, .config_file = web.path}, {}, *web.runner, web.env);
  REQUIRE(started);
  web.server = std::move(*started);
  const std::string address = web.server->addresses()[0];
  const TlsAsk alice{.target = "/metrics", .header = kAlice};
  CHECK(ask_tls(address, alice).subject == "CN=server");
  CHECK(ask_tls(address).response.code == 401);
  web.replace("live.pem", fixture_text("web/server-new.pem"));  // not its key
  CHECK_FALSE(ask_tls(address, alice).shook_hands);
  CHECK_THAT(web.log.text(), Contains("cannot be used together"));
  web.replace("live.key", fixture_text("web/server-new.key"));
  const TlsSeen changed = ask_tls(address, alice);
  CHECK(changed.subject == "CN=server-new");
  CHECK(changed.response.code == 200);
}

TEST_CASE("web tls: inline certificates work like files") {
  const auto indent = [](const std::string& pem) {
    std::string out = "|\n";
    for (LineReader lines(pem); auto line = lines.next();) out += "    " + std::string(*line) + "\n";
    return out;
  };
  const GuardedWeb web("tls_server_config:\n  cert: " + indent(fixture_text("web/server.pem")) +
                       "  key: " + indent(fixture_text("web/server.key")));
  CHECK(ask_tls(web.address).response.code == 200);
}
