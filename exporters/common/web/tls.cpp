#include "web/tls.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/files.h"

namespace finwatch {
namespace {

/// One of Go's cipher suites and what GnuTLS calls its pieces. TLS 1.3 suites have no key exchange of their own.
struct Suite {
  std::string_view name;
  std::string_view key_exchange;
  std::string_view cipher;
  std::string_view mac;
};

constexpr Suite kSuites[] = {
    {"TLS_AES_128_GCM_SHA256", "", "AES-128-GCM", "AEAD"},
    {"TLS_AES_256_GCM_SHA384", "", "AES-256-GCM", "AEAD"},
    {"TLS_CHACHA20_POLY1305_SHA256", "", "CHACHA20-POLY1305", "AEAD"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM", "AEAD"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM", "AEAD"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM", "AEAD"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM", "AEAD"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA", "CHACHA20-POLY1305", "AEAD"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA", "CHACHA20-POLY1305", "AEAD"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA", "AES-128-CBC", "SHA1"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA", "AES-128-CBC", "SHA1"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA", "AES-256-CBC", "SHA1"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA", "AES-256-CBC", "SHA1"},
    // Go counted these among the secure ones up to 1.21, so files that name them are about; never on by default.
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "RSA", "AES-128-GCM", "AEAD"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "RSA", "AES-256-GCM", "AEAD"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "RSA", "AES-128-CBC", "SHA1"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "RSA", "AES-256-CBC", "SHA1"},
};
constexpr std::size_t kDefaultSuites = 13;

struct Curve {
  std::string_view name;
  std::string_view group;
};
constexpr Curve kCurves[] = {{"X25519", "GROUP-X25519"},
                             {"CurveP256", "GROUP-SECP256R1"},
                             {"CurveP384", "GROUP-SECP384R1"},
                             {"CurveP521", "GROUP-SECP521R1"}};

void add_once(std::string& priority, std::string_view word) {
  if (word.empty()) return;
  const std::string token = ":+" + std::string(word);
  if ((priority + ":").find(token + ":") == std::string::npos) priority += token;
}

std::string common_priority(const TlsConfig& config) {
  std::string priority = "NORMAL:-VERS-ALL:-KX-ALL:-CIPHER-ALL:-MAC-ALL:-GROUP-ALL";
  if (config.prefer_server_cipher_suites) priority += ":%SERVER_PRECEDENCE";
  for (const std::string& wanted : config.curve_preferences)
    for (const Curve& curve : kCurves)
      if (curve.name == wanted) add_once(priority, curve.group);
  if (config.curve_preferences.empty())
    for (const Curve& curve : kCurves) add_once(priority, curve.group);
  return priority;
}

// TLS 1.3 and the versions before it get a priority each: the list of cipher suites is about the older ones only.
std::string modern_priority(const TlsConfig& config) {
  std::string priority = common_priority(config) + ":+VERS-TLS1.3";
  for (const std::string_view word : {"AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305", "AEAD", "ECDHE-RSA", "ECDHE-ECDSA"})
    add_once(priority, word);
  return priority;
}

std::vector<std::string_view> classic_suites(const TlsConfig& config) {
  std::vector<std::string_view> names(config.cipher_suites.begin(), config.cipher_suites.end());
  if (names.empty())
    for (std::size_t i = 0; i < kDefaultSuites; ++i) names.push_back(kSuites[i].name);
  std::erase_if(names, [](std::string_view name) { return name.find("_WITH_") == std::string_view::npos; });
  return names;
}

std::string classic_priority(const TlsConfig& config, const std::vector<std::string_view>& suites) {
  constexpr std::string_view kVersions[] = {"VERS-TLS1.0", "VERS-TLS1.1", "VERS-TLS1.2"};
  std::string priority = common_priority(config);
  for (int version = std::min(config.max_version, 12); version >= config.min_version; --version)
    add_once(priority, kVersions[version - 10]);
  for (const std::string_view name : suites)
    for (const Suite& suite : kSuites)
      if (suite.name == name)
        for (const std::string_view word : {suite.key_exchange, suite.cipher, suite.mac}) add_once(priority, word);
  return priority;
}

Result<std::string> read_pem(const PemSource& source, std::string_view key) {
  if (source.file.empty()) return source.text;
  Result<std::string> text = read_file(source.file, std::size_t{1} << 20);
  if (!text) return {text.error().code, "tls_server_config." + std::string(key) + ": " + text.error().message};
  return text;
}

std::string name_of(const PemSource& source, std::string_view key) {
  return "tls_server_config." + std::string(key) + (source.file.empty() ? "" : " (" + source.file + ")");
}

gnutls_datum_t datum(std::string& text) {
  return {reinterpret_cast<unsigned char*>(text.data()), static_cast<unsigned>(text.size())};
}

struct Certificate {
  Certificate() { gnutls_x509_crt_init(&it); }
  ~Certificate() { gnutls_x509_crt_deinit(it); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  gnutls_x509_crt_t it = nullptr;
};

std::string address_text(const unsigned char* bytes, std::size_t size) {
  char text[INET6_ADDRSTRLEN] = "";
  if (size == 4) ::inet_ntop(AF_INET, bytes, text, sizeof text);
  if (size == 16) ::inet_ntop(AF_INET6, bytes, text, sizeof text);
  return text;
}

// A longer name is nobody's whom a configuration names.
using NameText = std::array<char, 1024>;

std::string common_name(const Certificate& certificate) {
  NameText text;
  std::size_t size = text.size();
  const int found = gnutls_x509_crt_get_dn_by_oid(certificate.it, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text.data(), &size);
  return found < 0 ? std::string() : std::string(text.data(), size);
}

bool has_allowed_san(gnutls_session_t session, const std::vector<std::string>& allowed) {
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  if (chain == nullptr || count == 0) return false;
  const Certificate client;
  if (gnutls_x509_crt_import(client.it, &chain[0], GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS) return false;
  for (unsigned i = 0;; ++i) {
    unsigned char san[1024];
    std::size_t size = sizeof san;
    unsigned type = 0;
    const int found = gnutls_x509_crt_get_subject_alt_name2(client.it, i, san, &size, &type, nullptr);
    if (found == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return false;
    if (found == GNUTLS_E_SHORT_MEMORY_BUFFER) continue;  // longer than any name that was configured
    if (found < 0) return false;
    std::string text;
    if (type == GNUTLS_SAN_IPADDRESS)
      text = address_text(san, size);
    else if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME || type == GNUTLS_SAN_URI)
      text.assign(reinterpret_cast<const char*>(san), size);
    if (!text.empty() && std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return true;
  }
}

// Looks for TLS 1.3 in the supported_versions extension of a ClientHello.
int find_modern(void* context, unsigned extension, const unsigned char* data, unsigned size) {
  constexpr unsigned kSupportedVersions = 43;
  if (extension != kSupportedVersions || size < 1) return 0;
  for (unsigned i = 1; i + 1 < size; i += 2)
    if (data[i] == 3 && data[i + 1] == 4) *static_cast<bool*>(context) = true;
  return 0;
}

}  // namespace

struct TlsSetup::Parts {
  /// Key exchange and cipher; the digest follows from the cipher in every suite we know.
  using Pair = std::pair<gnutls_kx_algorithm_t, gnutls_cipher_algorithm_t>;

  ~Parts() {
    if (credentials != nullptr) gnutls_certificate_free_credentials(credentials);
    if (modern != nullptr) gnutls_priority_deinit(modern);
    if (classic != nullptr) gnutls_priority_deinit(classic);
  }
  static const Parts& of(gnutls_session_t session) { return *static_cast<const Parts*>(gnutls_session_get_ptr(session)); }
  static int verify_client(gnutls_session_t session);
  static int watch_handshake(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                             const gnutls_datum_t* message);
  Status load(const TlsConfig& config);
  Status load_authority(const TlsConfig& config) const;

  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_priority_t modern = nullptr;   // nullptr: TLS 1.3 is not allowed
  gnutls_priority_t classic = nullptr;  // nullptr: nothing before TLS 1.3 is allowed
  std::vector<Pair> pairs;              // allowed before TLS 1.3
  std::vector<std::string> allowed_sans;
  bool checks_sans = false;
  ClientAuth client_auth = ClientAuth::none;
};

int TlsSetup::Parts::verify_client(gnutls_session_t session) {
  const Parts& parts = of(session);
  unsigned given = 0;
  if (gnutls_certificate_get_peers(session, &given) == nullptr || given == 0) return 0;  // a required one was missed already
  if (parts.client_auth == ClientAuth::verify || parts.client_auth == ClientAuth::verify_if_given) {
    std::string purpose = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st wanted{};
    wanted.type = GNUTLS_DT_KEY_PURPOSE_OID;
    wanted.data = reinterpret_cast<unsigned char*>(purpose.data());
    unsigned status = 0;
    if (gnutls_certificate_verify_peers(session, &wanted, 1, &status) < 0 || status != 0) return GNUTLS_E_CERTIFICATE_ERROR;
  }
  if (parts.checks_sans && !has_allowed_san(session, parts.allowed_sans)) return GNUTLS_E_CERTIFICATE_ERROR;
  return 0;
}

int TlsSetup::Parts::watch_handshake(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                                     const gnutls_datum_t* message) {
  const Parts& parts = of(session);
  if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && incoming != 0 && when == GNUTLS_HOOK_PRE) {
    bool offered = false;
    gnutls_ext_raw_parse(&offered, &find_modern, message, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
    const bool modern = parts.classic == nullptr || (offered && parts.modern != nullptr);
    return gnutls_priority_set(session, modern ? parts.modern : parts.classic);
  }
  // A priority names ciphers and key exchanges apart from each other; a pair that nobody listed ends here.
  if (type == GNUTLS_HANDSHAKE_FINISHED && incoming == 0 && gnutls_protocol_get_version(session) != GNUTLS_TLS1_3) {
    const Pair used{gnutls_kx_get(session), gnutls_cipher_get(session)};
    if (std::find(parts.pairs.begin(), parts.pairs.end(), used) == parts.pairs.end()) return GNUTLS_E_NO_CIPHER_SUITES;
  }
  return 0;
}

Status TlsSetup::Parts::load_authority(const TlsConfig& config) const {
  if (client_auth != ClientAuth::verify && client_auth != ClientAuth::verify_if_given) return ok();
  if (!config.client_authority.given()) {
    gnutls_certificate_set_x509_system_trust(credentials);
    return ok();
  }
  Result<std::string> pem = read_pem(config.client_authority, "client_ca_file");
  if (!pem) return pem.error();
  const gnutls_datum_t data = datum(*pem);
  if (gnutls_certificate_set_x509_trust_mem(credentials, &data, GNUTLS_X509_FMT_PEM) < 1)
    return {Errc::config, name_of(config.client_authority, "client_ca") + ": no certificate in it"};
  return ok();
}

Status TlsSetup::Parts::load(const TlsConfig& config) {
  client_auth = config.client_auth;
  checks_sans = config.checks_sans;
  allowed_sans = config.client_allowed_sans;
  Result<std::string> certificate = read_pem(config.certificate, "cert_file");
  if (!certificate) return certificate.error();
  Result<std::string> key = read_pem(config.key, "key_file");
  if (!key) return key.error();
  if (gnutls_certificate_allocate_credentials(&credentials) != GNUTLS_E_SUCCESS) return {Errc::internal, "no memory for TLS"};
  const gnutls_datum_t certificate_data = datum(*certificate);
  const gnutls_datum_t key_data = datum(*key);
  const int loaded = gnutls_certificate_set_x509_key_mem(credentials, &certificate_data, &key_data, GNUTLS_X509_FMT_PEM);
  std::string& secret = *key;
  ::explicit_bzero(secret.data(), secret.size());
  if (loaded < 0)
    return {Errc::config, name_of(config.certificate, "cert") + " and " + name_of(config.key, "key") +
                              " cannot be used together: " + gnutls_strerror(loaded)};
  if (const Status authority = load_authority(config); !authority) return authority.error();

  const std::vector<std::string_view> names = classic_suites(config);
  for (const Suite& suite : kSuites)
    if (std::find(names.begin(), names.end(), suite.name) != names.end())
      pairs.emplace_back(gnutls_kx_get_id(suite.key_exchange.data()), gnutls_cipher_get_id(suite.cipher.data()));
  const char* where = nullptr;
  if (config.max_version >= 13 && gnutls_priority_init(&modern, modern_priority(config).c_str(), &where) != GNUTLS_E_SUCCESS)
    return {Errc::config, "tls_server_config: the TLS library takes none of these settings for TLS 1.3"};
  if (config.min_version <= 12 && !names.empty() &&
      gnutls_priority_init(&classic, classic_priority(config, names).c_str(), &where) != GNUTLS_E_SUCCESS)
    return {Errc::config, "tls_server_config: the TLS library takes none of these settings for TLS 1.2 and older"};
  if (modern == nullptr && classic == nullptr)
    return {Errc::config, "tls_server_config.cipher_suites: none of them works with max_version"};
  return ok();
}

TlsSetup::TlsSetup(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsSetup::~TlsSetup() = default;

Result<std::shared_ptr<const TlsSetup>> TlsSetup::make(const TlsConfig& config) {
  auto parts = std::make_unique<Parts>();
  if (const Status loaded = parts->load(config); !loaded) return loaded.error();
  return std::shared_ptr<const TlsSetup>(new TlsSetup(std::move(parts)));
}

void TlsSetup::apply(void* session) const {
  auto* tls = static_cast<gnutls_session_t>(session);
  gnutls_session_set_ptr(tls, parts_.get());
  gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, parts_->credentials);
  gnutls_priority_set(tls, parts_->modern != nullptr ? parts_->modern : parts_->classic);
  gnutls_handshake_set_hook_function(tls, static_cast<unsigned>(GNUTLS_HANDSHAKE_ANY), GNUTLS_HOOK_BOTH,
                                     &Parts::watch_handshake);
  const bool required = parts_->client_auth == ClientAuth::any || parts_->client_auth == ClientAuth::verify;
  if (parts_->client_auth == ClientAuth::none) return;
  gnutls_certificate_server_set_request(tls, required ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
  gnutls_session_set_verify_function(tls, &Parts::verify_client);
}

std::vector<std::string> TlsSetup::client_names(void* session) const {
  auto* tls = static_cast<gnutls_session_t>(session);
  // In the other modes a certificate is looked at, perhaps, but anybody can make one with any name in it.
  if (parts_->client_auth != ClientAuth::verify && parts_->client_auth != ClientAuth::verify_if_given) return {};
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(tls, &count);
  const Certificate client;
  if (chain == nullptr || count == 0) return {};
  if (gnutls_x509_crt_import(client.it, &chain[0], GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS) return {};
  std::vector<std::string> names;
  const auto add = [&](std::string name) {  // "ops\0.evil" is not "ops"
    if (!name.empty() && name.find('\0') == std::string::npos) names.push_back(std::move(name));
  };
  add(common_name(client));
  for (unsigned i = 0;; ++i) {
    NameText text;
    std::size_t size = text.size();
    const int type = gnutls_x509_crt_get_subject_alt_name(client.it, i, text.data(), &size, nullptr);
    if (type == GNUTLS_E_SHORT_MEMORY_BUFFER) continue;
    if (type < 0) return names;
    if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME) add({text.data(), size});
  }
}

std::span<const std::string_view> known_cipher_suites() {
  static const auto names = [] {
    std::array<std::string_view, std::size(kSuites)> out;
    std::transform(std::begin(kSuites), std::end(kSuites), out.begin(), [](const Suite& suite) { return suite.name; });
    return out;
  }();
  return names;
}

std::span<const std::string_view> known_curves() {
  static const auto names = [] {
    std::array<std::string_view, std::size(kCurves)> out;
    std::transform(std::begin(kCurves), std::end(kCurves), out.begin(), [](const Curve& curve) { return curve.name; });
    return out;
  }();
  return names;
}

AnyFunction no_certificate() {
  gnutls_certificate_retrieve_function2* none = [](gnutls_session_t, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*,
                                                   int, gnutls_pcert_st**, unsigned*, gnutls_privkey_t*) { return -1; };
  return reinterpret_cast<AnyFunction>(none);
}

Digest keyed_digest(const Digest& key, std::initializer_list<std::string_view> parts) {
  gnutls_hmac_hd_t hmac = nullptr;
  if (gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, key.data(), key.size()) != GNUTLS_E_SUCCESS) std::abort();
  for (const std::string_view part : parts) {
    const std::size_t size = part.size();
    gnutls_hmac(hmac, &size, sizeof size);
    gnutls_hmac(hmac, part.data(), part.size());
  }
  Digest digest;
  gnutls_hmac_deinit(hmac, digest.data());
  return digest;
}

}  // namespace finwatch
