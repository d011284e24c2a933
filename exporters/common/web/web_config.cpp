#include "web/web_config.h"

#include <algorithm>
#include <array>
#include <optional>

#include "conf/words.h"
#include "conf/yaml.h"
#include "core/text.h"
#include "web/tls.h"

namespace finwatch {
namespace {

constexpr int kDearestHash = 18;  // one more doubles the time; 18 takes many seconds already
constexpr std::size_t kLongestHeader = 4096;

std::string in_folder(const std::string& folder, std::string path) {
  if (path.empty() || path.starts_with('/') || folder.empty()) return path;
  return folder + "/" + path;
}

/// The place of `value` in `words`; otherwise an error that names the nearest one, or all when they are few.
std::optional<std::size_t> choose(MapReader& reader, const Tree& value, std::string_view key,
                                  std::span<const std::string_view> words) {
  const auto found = std::find(words.begin(), words.end(), value.scalar);
  if (value.kind == Tree::Kind::scalar && found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string message = reader.path_of(key) + ": unknown value '" + valid_utf8(value.scalar) + "'";
  constexpr std::size_t kFew = 6;
  const std::string hint = words.size() <= kFew ? "" : did_you_mean(value.scalar, words);
  if (!hint.empty()) {
    message += hint;
  } else {
    message += "; expected one of";
    for (const std::string_view word : words) message += " " + std::string(word);
  }
  reader.fail(value, message);
  return std::nullopt;
}

std::optional<std::size_t> choose(MapReader& reader, std::string_view key, std::span<const std::string_view> words) {
  const Tree* value = reader.child(key);
  if (value == nullptr || (value->kind == Tree::Kind::scalar && value->scalar.empty())) return std::nullopt;
  return choose(reader, *value, key, words);
}

std::vector<std::string> choose_list(MapReader& reader, std::string_view key, std::span<const std::string_view> words) {
  std::vector<std::string> chosen;
  const Tree* list = reader.list(key);
  if (list == nullptr) return chosen;
  for (const Tree& item : list->items)
    if (choose(reader, item, key, words)) chosen.push_back(item.scalar);
  return chosen;
}

void read_versions(MapReader& reader, TlsConfig& tls) {
  constexpr std::string_view kVersions[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
  if (const auto version = choose(reader, "min_version", kVersions)) tls.min_version = 10 + static_cast<int>(*version);
  if (const auto version = choose(reader, "max_version", kVersions)) tls.max_version = 10 + static_cast<int>(*version);
  if (tls.min_version <= tls.max_version) return;
  const Tree* at = reader.child("min_version");
  if (at == nullptr) at = reader.child("max_version");
  reader.fail(*at, reader.path_of("min_version") + ": higher than max_version");
}

void read_client_rules(MapReader& reader, TlsConfig& tls) {
  constexpr std::string_view kWords[] = {
      "NoClientCert",     "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert",
      "RequireClientCert"};
  constexpr ClientAuth kMeaning[] = {ClientAuth::none,   ClientAuth::ask, ClientAuth::any, ClientAuth::verify_if_given,
                                     ClientAuth::verify, ClientAuth::any};
  if (const auto word = choose(reader, "client_auth_type", kWords)) tls.client_auth = kMeaning[*word];
  for (const std::string_view key : {"client_ca_file", "client_ca"}) {
    const Tree* authority = reader.child(key);
    if (authority != nullptr && !authority->scalar.empty() && tls.client_auth == ClientAuth::none)
      reader.fail(*authority, reader.path_of(key) +
                                  ": has no effect without client_auth_type; RequireAndVerifyClientCert "
                                  "lets in only clients whose certificate it signed");
  }
  const Tree* sans = reader.list("client_allowed_sans");
  tls.client_allowed_sans = reader.texts("client_allowed_sans");
  tls.checks_sans = sans != nullptr;
  if (tls.checks_sans && tls.client_auth != ClientAuth::any && tls.client_auth != ClientAuth::verify)
    reader.fail(*sans, reader.path_of("client_allowed_sans") +
                           ": needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert, or a client could "
                           "come without a certificate");
}

Status read_tls(const Tree* section, const std::string& folder, TlsConfig& tls) {
  if (section == nullptr) return ok();
  MapReader reader(*section, "tls_server_config");
  tls.certificate = {in_folder(folder, reader.text("cert_file")), reader.text("cert")};
  tls.key = {in_folder(folder, reader.text("key_file")), reader.text("key")};
  tls.client_authority = {in_folder(folder, reader.text("client_ca_file")), reader.text("client_ca")};
  read_client_rules(reader, tls);
  read_versions(reader, tls);
  tls.cipher_suites = choose_list(reader, "cipher_suites", known_cipher_suites());
  tls.curve_preferences = choose_list(reader, "curve_preferences", known_curves());
  tls.prefer_server_cipher_suites = reader.boolean("prefer_server_cipher_suites", true);
  const bool has_auth = reader.has("client_auth_type") && !reader.text("client_auth_type").empty();
  tls.enabled = tls.certificate.given() || tls.key.given() || tls.client_authority.given() || has_auth;
  if (tls.enabled && !tls.certificate.given()) reader.fail(*section, "tls_server_config: cert_file (or cert) is missing");
  if (tls.enabled && !tls.key.given()) reader.fail(*section, "tls_server_config: key_file (or key) is missing");
  return reader.finish();
}

Status read_headers(const Tree* section, WebConfig& config) {
  if (section == nullptr) return ok();
  constexpr std::string_view kNames[] = {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options",
                                         "X-XSS-Protection", "Strict-Transport-Security"};
  constexpr std::string_view kFrame[] = {"deny", "sameorigin"};
  constexpr std::string_view kSniff[] = {"nosniff"};
  MapReader reader(*section, "http_server_config.headers");
  for (const std::string_view name : kNames) {
    const std::string value = reader.text(name);
    if (value.empty()) continue;  // blank means: not set
    const Tree& at = *reader.child(name);
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (value.size() > kLongestHeader || std::any_of(value.begin(), value.end(), is_control))
      reader.fail(at, reader.path_of(name) + ": must be one line of at most 4096 bytes");
    if (name == "X-Frame-Options") choose(reader, at, name, kFrame);
    if (name == "X-Content-Type-Options") choose(reader, at, name, kSniff);
    config.headers.emplace_back(name, value);
  }
  return reader.finish();
}

Status read_http(const Tree* section, WebConfig& config) {
  if (section == nullptr) return ok();
  MapReader reader(*section, "http_server_config");
  reader.boolean("http2", true);  // accepted; we speak HTTP/1.1, which every scraper does
  const Status headers = read_headers(reader.map("headers"), config);
  const Status status = reader.finish();
  return status ? headers : status;
}

/// The cost of a bcrypt hash in its 60-byte text form.
std::optional<int> bcrypt_cost(std::string_view hash) {
  constexpr std::string_view kLetters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const bool shaped = hash.size() == 60 && hash.starts_with("$2") && hash[3] == '$' && hash[6] == '$' &&
                      (hash[2] == 'a' || hash[2] == 'b' || hash[2] == 'y') &&
                      hash.substr(7).find_first_not_of(kLetters) == std::string_view::npos;
  const auto cost = shaped ? to_number<int>(hash.substr(4, 2)) : std::nullopt;
  return cost && *cost >= 4 ? cost : std::nullopt;
}

// A wrong hash is never shown: it may be the password itself, typed into the wrong place.
Status read_users(const Tree* section, WebConfig& config) {
  if (section == nullptr) return ok();
  MapReader reader(*section, "basic_auth_users");
  for (std::size_t i = 0; i < section->keys.size(); ++i) {
    const std::string& user = section->keys[i];
    const Tree& hash = section->items[i];
    reader.child(user);
    const auto cost = bcrypt_cost(hash.scalar);
    if (user.find(':') != std::string::npos)
      reader.fail(hash, "basic_auth_users: a user's name must not hold a colon");
    else if (hash.kind != Tree::Kind::scalar || !cost)
      reader.fail(hash, reader.path_of(valid_utf8(user)) +
                            ": expected a bcrypt hash ($2y$10$…, 60 characters); make one with "
                            "htpasswd -nBC 10 \"\" | tr -d ':\\n'");
    else if (*cost > kDearestHash)
      reader.fail(hash, reader.path_of(valid_utf8(user)) + ": a hash of cost " + std::to_string(*cost) +
                            " takes minutes to check; use 9 or 10");
    else
      config.users.emplace(user, hash.scalar);
  }
  return reader.finish();
}

Status read_rate(const Tree* section, RateLimit& limit) {
  if (section == nullptr) return ok();
  MapReader reader(*section, "rate_limit");
  const Tree* interval = reader.child("interval");
  // Go takes a bare number for nanoseconds; 0 switches the limit off.
  const auto bare = interval == nullptr ? std::nullopt : to_number<std::int64_t>(interval->scalar);
  limit.interval = bare ? std::chrono::nanoseconds{*bare} : reader.duration("interval", limit.interval);
  if (limit.interval.count() < 0) reader.fail(*interval, "rate_limit.interval: must not be negative");
  limit.burst = reader.integer("burst", 0, 0, 1'000'000'000);
  const Tree* burst = reader.child("burst");
  if (limit.interval.count() > 0 && limit.burst == 0)
    reader.fail(burst == nullptr ? *section : *burst, "rate_limit.burst: must be at least 1, or every request is refused");
  return reader.finish();
}

Result<WebConfig> to_web_config(const Tree& tree, const std::string& folder) {
  WebConfig config;
  MapReader reader(tree, "");
  const Tree* tls = reader.map("tls_server_config");
  const Tree* http = reader.map("http_server_config");
  const Tree* users = reader.map("basic_auth_users");
  const Tree* rate = reader.map("rate_limit");
  for (const Status& status : {reader.finish(), read_tls(tls, folder, config.tls), read_http(http, config),
                               read_users(users, config), read_rate(rate, config.rate_limit)})
    if (!status) return status.error();
  return config;
}

// Dollars belong to the hashes here, so the environment is left out.
constexpr YamlOptions kOptions{.substitute_environment = false};

}  // namespace

Result<WebConfig> parse_web_config(std::string_view text, const std::string& file, const std::string& folder) {
  const Result<Tree> tree = parse_yaml(text, file, kOptions);
  if (!tree) return tree.error();
  return to_web_config(*tree, folder);
}

Result<WebConfig> load_web_config(const std::string& path) {
  const Result<Tree> tree = load_yaml(path, kOptions);
  if (!tree) return tree.error();
  const std::size_t slash = path.rfind('/');
  return to_web_config(*tree, slash == std::string::npos ? "" : path.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace finwatch
