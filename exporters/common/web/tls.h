// TLS as web-config.yml asks for it, by GnuTLS: certificates, client certificates, versions, cipher suites and curves.
//
//   Result<std::shared_ptr<const TlsSetup>> tls = TlsSetup::make(config.tls);
//   (*tls)->apply(session);       // before the handshake; `tls` must outlive the session
#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "web/web_config.h"

namespace finwatch {

class TlsSetup {
 public:
  /// Reads the certificates and proves that key and certificate belong together. config, no_data or permission, naming the file.
  static Result<std::shared_ptr<const TlsSetup>> make(const TlsConfig& config);
  ~TlsSetup();
  TlsSetup(const TlsSetup&) = delete;
  TlsSetup& operator=(const TlsSetup&) = delete;

  /// `session` is a gnutls_session_t whose handshake has not begun.
  void apply(void* session) const;
  /// Of the certificate that the client gave in a handshake after apply(): its common name, its DNS names and addresses of mail. None
  /// when there was no certificate, or nobody was told to verify it.
  std::vector<std::string> client_names(void* session) const;

 private:
  struct Parts;
  explicit TlsSetup(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Go's names of cipher suites and curves that we can serve, for checking a configuration.
std::span<const std::string_view> known_cipher_suites();
std::span<const std::string_view> known_curves();

/// For a server that must be given some source of certificates and gets its real ones from apply().
using AnyFunction = void (*)();
AnyFunction no_certificate();

/// HMAC-SHA-256 of the parts, each marked off by its length.
using Digest = std::array<unsigned char, 32>;
Digest keyed_digest(const Digest& key, std::initializer_list<std::string_view> parts);

}  // namespace finwatch
