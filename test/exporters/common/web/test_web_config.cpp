#include "support/catch.h"
#include "web/web_config.h"

using namespace finwatch;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::string_view kHash = "$2y$05$ABCDEFGHIJKLMNOPQRSTUOUtCXPn2UzFzzGv0RszF9Q8W6l19.Y9O";

WebConfig good(std::string_view text) {
  Result<WebConfig> config = parse_web_config(text, "web.yml", "/etc/web");
  INFO(text << "\n" << (config ? "" : config.error().message));
  REQUIRE(config);
  return std::move(*config);
}

std::string bad(std::string_view text) {
  const Result<WebConfig> config = parse_web_config(text, "web.yml", "/etc/web");
  return config ? "accepted" : config.error().message;
}

std::string tls(std::string_view lines) {
  return "tls_server_config:\n  cert_file: a.pem\n  key_file: a.key\n" + std::string(lines);
}

}  // namespace

TEST_CASE("web config: an empty file and empty sections switch nothing on") {
  for (const char* text : {"", "# nothing\n", "tls_server_config:\nbasic_auth_users:\n", "tls_server_config: {}\n"}) {
    const WebConfig config = good(text);
    CHECK_FALSE(config.tls.enabled);
    CHECK(config.users.empty());
    CHECK(config.rate_limit.interval == 0ns);
  }
  CHECK_FALSE(good("tls_server_config:\n  min_version: TLS13\n").tls.enabled);
}

TEST_CASE("web config: every key is read, and paths are relative to the file") {
  const WebConfig config = good(
      "tls_server_config:\n  cert_file: a.pem\n  key_file: /keys/a.key\n  client_ca_file: ca/ca.pem\n"
      "  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: [scraper.test, 192.0.2.7]\n"
      "  min_version: TLS10\n  max_version: TLS12\n  prefer_server_cipher_suites: false\n"
      "  cipher_suites:\n    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n  curve_preferences: [X25519, CurveP256]\n"
      "http_server_config:\n  http2: false\n  headers:\n    X-Frame-Options: deny\n    Content-Security-Policy: \"\"\n"
      "    Strict-Transport-Security: max-age=31536000\n"
      "basic_auth_users:\n  alice: " +
      std::string(kHash) + "\nrate_limit:\n  interval: 1s\n  burst: 20\n");
  CHECK(config.tls.enabled);
  CHECK(config.tls.certificate.file == "/etc/web/a.pem");
  CHECK(config.tls.key.file == "/keys/a.key");
  CHECK(config.tls.client_authority.file == "/etc/web/ca/ca.pem");
  CHECK(config.tls.client_auth == ClientAuth::verify);
  CHECK(config.tls.client_allowed_sans == std::vector<std::string>{"scraper.test", "192.0.2.7"});
  CHECK(config.tls.min_version == 10);
  CHECK(config.tls.max_version == 12);
  CHECK_FALSE(config.tls.prefer_server_cipher_suites);
  CHECK(config.tls.cipher_suites.size() == 1);
  CHECK(config.tls.curve_preferences.size() == 2);
  CHECK(config.headers.size() == 2);
  CHECK(config.users.at("alice") == kHash);
  CHECK(config.rate_limit == RateLimit{1s, 20});
}

TEST_CASE("web config: the five kinds of client authentication, and the old word for one") {
  const std::pair<const char*, ClientAuth> kinds[] = {{"NoClientCert", ClientAuth::none},
                                                      {"RequestClientCert", ClientAuth::ask},
                                                      {"RequireAnyClientCert", ClientAuth::any},
                                                      {"RequireClientCert", ClientAuth::any},
                                                      {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
                                                      {"RequireAndVerifyClientCert", ClientAuth::verify}};
  for (const auto& [word, kind] : kinds)
    CHECK(good(tls("  client_auth_type: " + std::string(word) + "\n")).tls.client_auth == kind);
}

TEST_CASE("web config: what is wrong is named with its place and the nearest right word") {
  CHECK(bad("tls_server_confg: {}\n") == "web.yml:1:1: unknown key 'tls_server_confg'; did you mean 'tls_server_config'?");
  CHECK_THAT(bad(tls("  cert_fil: x\n")), StartsWith("web.yml:4:3: ") && Contains("cert_file"));
  CHECK_THAT(bad("basic_auth_users: [a]\n"), StartsWith("web.yml:1:19: basic_auth_users"));
  CHECK_THAT(bad("junk"), StartsWith("web.yml:1:1: "));
  CHECK_THAT(bad("rate_limit: {}\nrate_limit: {}\n"), StartsWith("web.yml:2:1: "));
  CHECK_THAT(bad(tls("  min_version: TLS14\n")), StartsWith("web.yml:4:16: ") && Contains("TLS13"));
  CHECK_THAT(bad(tls("  min_version: TLS13\n  max_version: TLS12\n")), StartsWith("web.yml:4:16: ") && Contains("max_version"));
  CHECK_THAT(bad(tls("  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA25]\n")),
             StartsWith("web.yml:4:19: ") && Contains("did you mean 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'"));
  CHECK_THAT(bad(tls("  cipher_suites:\n    - invented\n")), StartsWith("web.yml:5:7: "));
  CHECK_THAT(bad(tls("  curve_preferences: [CurveP257]\n")), Contains("CurveP25"));
  CHECK_THAT(bad(tls("  client_auth_type: RequireAndVerify\n")), StartsWith("web.yml:4:21: "));
  CHECK_THAT(bad(tls("  client_ca_file: ca.pem\n")), StartsWith("web.yml:4:19: ") && Contains("client_auth_type"));
  CHECK_THAT(bad(tls("  client_allowed_sans: [a]\n  client_auth_type: VerifyClientCertIfGiven\n")),
             StartsWith("web.yml:4:24: "));
  CHECK_THAT(bad(tls("  prefer_server_cipher_suites: 7\n")), StartsWith("web.yml:4:32: "));
  CHECK_THAT(bad("tls_server_config:\n  cert_file: a\n"), Contains("key_file (or key) is missing"));
  CHECK_THAT(bad("tls_server_config:\n  cert_file: ''\n  key_file: a\n"), Contains("cert_file (or cert) is missing"));
}

TEST_CASE("web config: control characters are refused before the YAML library sees them") {
  for (const std::string_view text :
       {std::string_view("\0,U", 3), std::string_view("a: \x04", 4), std::string_view("a: b\x1b", 5)})
    CHECK_THAT(bad(text), StartsWith("web.yml:1: a control character"));
}

TEST_CASE("web config: only the known headers with known values") {
  const std::string head = "http_server_config:\n  headers:\n    ";
  CHECK_THAT(bad(head + "X-Frame-Option: deny\n"), StartsWith("web.yml:3:5: ") && Contains("X-Frame-Options"));
  CHECK_THAT(bad(head + "Server: x\n"), StartsWith("web.yml:3:5: "));
  CHECK_THAT(bad(head + "X-Frame-Options: DENY\n"), StartsWith("web.yml:3:22: "));
  CHECK_THAT(bad(head + "X-Content-Type-Options: sniff\n"), Contains("nosniff"));
  CHECK_THAT(bad(head + "X-XSS-Protection: \"a\\r\\nSet-Cookie: b\"\n"), Contains("one line"));
}

TEST_CASE("web config: users need a bcrypt hash, and a wrong one is not shown") {
  for (const char* hash : {"secret", "$2y$10$tooshort", "$1$abc$defghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh",
                           "$2y$03$ABCDEFGHIJKLMNOPQRSTUOUtCXPn2UzFzzGv0RszF9Q8W6l19.Y9O",
                           "$2y$19$ABCDEFGHIJKLMNOPQRSTUOUtCXPn2UzFzzGv0RszF9Q8W6l19.Y9O"}) {
    const std::string message = bad("basic_auth_users:\n  bob: " + std::string(hash) + "\n");
    CHECK_THAT(message, StartsWith("web.yml:2:8: basic_auth_users.bob: "));
    CHECK(message.find(hash) == std::string::npos);
  }
  CHECK_THAT(bad("basic_auth_users:\n  bob:\n"), Contains("bcrypt"));
}

TEST_CASE("web config: rate limits as Go writes them") {
  CHECK(good("rate_limit:\n  interval: 0\n").rate_limit.interval == 0ns);
  CHECK(good("rate_limit:\n  interval: 1000000\n  burst: 1\n").rate_limit.interval == 1ms);
  CHECK(good("rate_limit:\n  interval: 1m30s\n  burst: 1\n").rate_limit.interval == 90s);
  CHECK_THAT(bad("rate_limit:\n  interval: often\n  burst: 1\n"), StartsWith("web.yml:2:13: "));
  CHECK_THAT(bad("rate_limit:\n  interval: 1s\n"), Contains("burst"));
  CHECK_THAT(bad("rate_limit:\n  interval: 1s\n  burst: -1\n"), StartsWith("web.yml:3:10: "));
}
