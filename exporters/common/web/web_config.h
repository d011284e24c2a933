// web-config.yml as the Prometheus exporters read it, checked to the last key.
//
//   Result<WebConfig> config = load_web_config("/etc/finwatch/web-config.yml");
//   if (!config) return config.error();      // "web-config.yml:4:3: …; did you mean …"
//
// Paths in it are relative to the folder of the file. Certificates are read by `web/tls.h`, not here.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/tree.h"

namespace finwatch {

/// A PEM text, or the file that holds it.
struct PemSource {
  std::string file;  // absolute, or relative to where the program runs; wins when both are given
  std::string text;
  bool given() const { return !file.empty() || !text.empty(); }
};

/// What the server asks of a client's certificate; `ask` and `any` prove nothing about the client.
enum class ClientAuth : unsigned char { none, ask, any, verify_if_given, verify };

struct TlsConfig {
  PemSource certificate;
  PemSource key;
  PemSource client_authority;
  ClientAuth client_auth = ClientAuth::none;
  bool checks_sans = false;
  std::vector<std::string> client_allowed_sans;
  int min_version = 12;  // 10 is TLS 1.0, 13 is TLS 1.3
  int max_version = 13;
  std::vector<std::string> cipher_suites;      // Go's names; empty for the library's choice
  std::vector<std::string> curve_preferences;  // Go's names
  bool prefer_server_cipher_suites = true;
  bool enabled = false;
};

/// One request each `interval` on average, `burst` of them at once. An interval of 0 sets no limit.
struct RateLimit {
  std::chrono::nanoseconds interval{0};
  long long burst = 0;
  bool operator==(const RateLimit&) const = default;
};

struct WebConfig {
  TlsConfig tls;
  std::vector<std::pair<std::string, std::string>> headers;
  std::map<std::string, std::string, std::less<>> users;  // to a bcrypt hash
  RateLimit rate_limit;
};

Result<WebConfig> load_web_config(const std::string& path);
/// The same from text: `file` is for messages, `folder` for relative paths.
Result<WebConfig> parse_web_config(std::string_view text, const std::string& file, const std::string& folder);

}  // namespace finwatch
