// TLS as a prober needs it: what the certificates say is known even when they are refused, and why they were.
//
//   TlsOptions options{.ca_file = "/etc/ssl/ca.pem", .server_name = "erp.example"};
//   result.tls->not_after, result.tls->verified, result.tls->verify_text
//
// The checks are OpenSSL's, with the name checked by us: nothing is sent to a peer that is not the one that was meant.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "workflow/net/tls_context.h"

struct ssl_st;  // OpenSSL's SSL and SSL_CTX, whose headers stay in the sources
struct ssl_ctx_st;

namespace finwatch::workflow {

enum class TlsVersion : unsigned char { tls1_0, tls1_1, tls1_2, tls1_3 };
std::string_view to_string(TlsVersion version);  // "TLSv1.2"

struct TlsOptions {
  bool verify = true;
  std::string ca_file;           // PEM; empty for what the system trusts
  std::string certificate_file;  // ours, PEM, with its chain
  std::string key_file;          // empty when it is in certificate_file
  std::string server_name;       // for SNI and the check; empty for the host that is called
  TlsVersion minimum = TlsVersion::tls1_2;
  bool peer_waits = false;  // it says nothing before it was asked: the handshake may be read in few pieces
  bool resume = false;      // take up an earlier session of the same peer: cheaper, and no certificate is seen anew
};

/// One handshake and the certificates it showed. Of a resumed session: those of the handshake that began it.
struct TlsFacts {
  TlsVersion version = TlsVersion::tls1_2;
  std::string cipher;     // by the name that the standard gives it
  bool complete = false;  // false: the handshake did not come to its end, version and cipher are unknown
  bool resumed = false;

  bool verified = false;
  std::string verify_text;  // "ok", or OpenSSL's first complaint: "certificate has expired"

  std::string subject;  // of the leaf, RFC 2253
  std::string issuer;
  std::string serial;              // hexadecimal
  std::string fingerprint;         // SHA-256, hexadecimal
  std::vector<std::string> names;  // subject alternative names: DNS names and addresses
  WallTime not_before{};
  WallTime not_after{};
  WallTime earliest_not_after{};  // of all certificates that the peer sent
  WallTime verified_not_after{};  // the earliest of the chain that was verified; only when verified

  bool operator==(const TlsFacts&) const = default;
  double days_left(WallTime now) const { return std::chrono::duration<double>(not_after - now).count() / 86'400; }
};

/// Every trusted file is read once (and again when it changed), and sessions are kept to be resumed. Shared by all calls of a loop.
class TlsStore {
 public:
  explicit TlsStore(std::size_t most_sessions = 4'096);
  ~TlsStore();
  TlsStore(const TlsStore&) = delete;
  TlsStore& operator=(const TlsStore&) = delete;

  std::size_t sessions() const;
  /// To be lent to the thread while it makes connections.
  TlsContext& context() const;

  struct Body;

 private:
  friend class Handshake;
  std::shared_ptr<Body> body_;  // connections that outlive their calls hold it as well
};

/// Told where a handshake stands.
class TlsListener {
 public:
  virtual void handshake_begins() = 0;
  virtual void handshake_ends() = 0;

 protected:
  ~TlsListener() = default;
};

/// One connection's handshake. OpenSSL holds it as long as the connection lives, which may be longer than the call that began it.
class Handshake {
 public:
  /// `host` is checked against the certificate; `peer` ("host:port") tells sessions apart. Reads ca_file when it was not yet.
  static Result<std::shared_ptr<Handshake>> prepare(TlsStore& store, const TlsOptions& options, std::string_view host,
                                                    std::string_view peer, TlsListener* listener);
  ~Handshake();

  /// Sets up an SSL_CTX so that every connection made of it is this handshake. Loads our certificate.
  static Status attach(ssl_ctx_st* context, const std::shared_ptr<Handshake>& handshake);
  /// The one behind an SSL of such a context; nullptr when there is none.
  static std::shared_ptr<Handshake> of(const ssl_st* ssl);

  /// The call is over: nobody is told anything any more.
  void forget_listener();
  /// What is known so far; nullptr before a certificate was seen.
  std::shared_ptr<const TlsFacts> facts() const;

  struct Body;
  explicit Handshake(std::unique_ptr<Body> body);

 private:
  std::unique_ptr<Body> body_;
};

/// What OpenSSL last complained about on this thread, and its queue emptied.
std::string last_tls_error();

}  // namespace finwatch::workflow
