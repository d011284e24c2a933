#include "workflow/net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <list>
#include <unordered_map>

#include "workflow/net/certificate.h"

namespace finwatch::workflow {
namespace {

struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using StorePointer = std::unique_ptr<X509_STORE, FreeStore>;

// One file of trusted certificates, as it was when it was read.
struct Trust {
  StorePointer store;
  timespec changed{};
  off_t size = 0;
};

struct KeptSession {
  std::string key;
  std::unique_ptr<SSL_SESSION, FreeSession> session;
  std::shared_ptr<const TlsFacts> facts;
};

int protocol_number(TlsVersion version) {
  switch (version) {
    case TlsVersion::tls1_0: return TLS1_VERSION;
    case TlsVersion::tls1_1: return TLS1_1_VERSION;
    case TlsVersion::tls1_2: return TLS1_2_VERSION;
    case TlsVersion::tls1_3: return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

TlsVersion from_protocol_number(int number) {
  switch (number) {
    case TLS1_3_VERSION: return TlsVersion::tls1_3;
    case TLS1_1_VERSION: return TlsVersion::tls1_1;
    case TLS1_VERSION: return TlsVersion::tls1_0;
    default: return TlsVersion::tls1_2;
  }
}

}  // namespace

std::string_view to_string(TlsVersion version) {
  constexpr std::string_view kNames[] = {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
  return kNames[static_cast<unsigned char>(version)];
}

std::string last_tls_error() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (text.empty() && reason != nullptr) text = reason;
  }
  return text;
}

// --- what is shared -------------------------------------------------------------------------------------------------------------

struct TlsStore::Body {
  TlsContext context;  // of every connection that shows no certificate of ours
  std::size_t most_sessions = 0;
  std::unordered_map<std::string, Trust> trust;  // by file
  std::list<KeptSession> sessions;               // the last used first
  std::unordered_map<std::string_view, std::list<KeptSession>::iterator> by_key;
  std::unordered_map<std::string, std::shared_ptr<TlsFacts>> last;  // by peer

  Result<X509_STORE*> trusted(const std::string& file);
  const KeptSession* find(const std::string& key);
  void keep(const std::string& key, SSL_SESSION* session, std::shared_ptr<const TlsFacts> facts);
  void forget(const std::string& key);
  /// What the peer showed last when that was the same: the reports that are kept of thousands of runs then share it.
  std::shared_ptr<TlsFacts> one_of(const std::string& peer, std::shared_ptr<TlsFacts> facts);
};

TlsStore::TlsStore(std::size_t most_sessions) : body_(std::make_shared<Body>()) {
  body_->most_sessions = most_sessions;
  // OpenSSL reads its configuration and loads its algorithms now, rather than in the first handshake, which then has its context.
  SSL_CTX_free(body_->context.take(TLS_client_method()));
}
// A handshake that waits for its connection holds the store as well.
TlsStore::~TlsStore() { body_->context.keep_no_longer(); }
TlsContext& TlsStore::context() const { return body_->context; }
std::size_t TlsStore::sessions() const { return body_->sessions.size(); }

Result<X509_STORE*> TlsStore::Body::trusted(const std::string& file) {
  struct stat found {};
  if (!file.empty() && ::stat(file.c_str(), &found) != 0) return error_from_errno(errno, file);
  Trust& known = trust[file];
  const bool same = known.changed.tv_sec == found.st_mtim.tv_sec && known.changed.tv_nsec == found.st_mtim.tv_nsec &&
                    known.size == found.st_size;
  if (known.store && same) return known.store.get();
  StorePointer store(X509_STORE_new());
  const int read = file.empty() ? X509_STORE_set_default_paths(store.get()) : X509_STORE_load_file(store.get(), file.c_str());
  if (read != 1) return {Errc::config, file + ": no trusted certificates: " + last_tls_error()};
  known = {std::move(store), found.st_mtim, found.st_size};
  return known.store.get();
}

const KeptSession* TlsStore::Body::find(const std::string& key) {
  const auto found = by_key.find(key);
  if (found == by_key.end()) return nullptr;
  sessions.splice(sessions.begin(), sessions, found->second);
  return &sessions.front();
}

void TlsStore::Body::forget(const std::string& key) {
  const auto found = by_key.find(key);
  if (found == by_key.end()) return;
  const auto place = found->second;
  by_key.erase(found);
  sessions.erase(place);
}

void TlsStore::Body::keep(const std::string& key, SSL_SESSION* session, std::shared_ptr<const TlsFacts> facts) {
  forget(key);
  sessions.push_front({key, std::unique_ptr<SSL_SESSION, FreeSession>(session), std::move(facts)});
  by_key.emplace(sessions.front().key, sessions.begin());
  while (sessions.size() > most_sessions) forget(std::string(sessions.back().key));
}

std::shared_ptr<TlsFacts> TlsStore::Body::one_of(const std::string& peer, std::shared_ptr<TlsFacts> facts) {
  if (last.size() >= most_sessions) last.clear();
  std::shared_ptr<TlsFacts>& known = last[peer];
  if (known == nullptr || *known != *facts) known = std::move(facts);
  return known;
}

// --- one handshake --------------------------------------------------------------------------------------------------------------

struct Handshake::Body {
  std::shared_ptr<TlsStore::Body> store;
  StorePointer trust;
  TlsOptions options;
  std::string host;         // checked against the certificate
  std::string peer;         // "host:port"
  std::string session_key;  // everything that a session may not cross
  TlsListener* listener = nullptr;
  std::shared_ptr<TlsFacts> facts;
  int complaint = X509_V_OK;  // the first
  bool begun = false;
  bool done = false;

  static Body* of(const SSL* ssl);
  void begin(SSL* ssl);
  void end(SSL* ssl);
  bool judge(X509_STORE_CTX* chain);
};

namespace {

void free_handshake(void* /*parent*/, void* pointer, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/, void* /*argp*/) {
  delete static_cast<std::shared_ptr<Handshake>*>(pointer);
}

// Of a context: the handshake whose connection is made of it next. Of a connection: its own.
int next_handshake_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_handshake);
  return index;
}
int handshake_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_handshake);
  return index;
}

void set_next_handshake(SSL_CTX* context, std::shared_ptr<Handshake> handshake) {
  auto* place = static_cast<std::shared_ptr<Handshake>*>(SSL_CTX_get_ex_data(context, next_handshake_index()));
  if (place != nullptr)
    *place = std::move(handshake);
  else
    SSL_CTX_set_ex_data(context, next_handshake_index(), new std::shared_ptr<Handshake>(std::move(handshake)));
}

// A connection that begins takes what was meant for it.
void take_next_handshake(SSL* ssl) {
  auto* place = static_cast<std::shared_ptr<Handshake>*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), next_handshake_index()));
  if (place != nullptr && *place != nullptr)
    SSL_set_ex_data(ssl, handshake_index(), new std::shared_ptr<Handshake>(std::move(*place)));
}

SSL* ssl_of(X509_STORE_CTX* chain) {
  return static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
}

WallTime earliest(const STACK_OF(X509) * certificates) {
  WallTime found = WallTime::max();
  for (int i = 0; i < sk_X509_num(certificates); ++i) found = std::min(found, not_after(*sk_X509_value(certificates, i)));
  return found == WallTime::max() ? WallTime{} : found;
}

}  // namespace

std::shared_ptr<Handshake> Handshake::of(const ssl_st* ssl) {
  const auto* found = static_cast<std::shared_ptr<Handshake>*>(SSL_get_ex_data(ssl, handshake_index()));
  return found != nullptr ? *found : nullptr;
}

Handshake::Body* Handshake::Body::of(const SSL* ssl) {
  const std::shared_ptr<Handshake> found = Handshake::of(ssl);  // the SSL holds it, so it stays
  return found ? found->body_.get() : nullptr;
}

Handshake::Handshake(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Handshake::~Handshake() = default;
void Handshake::forget_listener() { body_->listener = nullptr; }
std::shared_ptr<const TlsFacts> Handshake::facts() const { return body_->facts; }

Result<std::shared_ptr<Handshake>> Handshake::prepare(TlsStore& store, const TlsOptions& options, std::string_view host,
                                                      std::string_view peer, TlsListener* listener) {
  Result<X509_STORE*> trust = store.body_->trusted(options.ca_file);
  if (!trust) return std::move(trust).error();
  auto body = std::make_unique<Body>();
  X509_STORE_up_ref(*trust);
  body->trust.reset(*trust);
  body->store = store.body_;
  body->options = options;
  body->host = options.server_name.empty() ? std::string(host) : options.server_name;
  if (body->host.ends_with('.')) body->host.pop_back();
  body->peer = peer;
  if (options.resume)
    body->session_key = std::string(peer) + '\n' + body->host + '\n' + options.ca_file + '\n' + options.certificate_file +
                        '\n' + options.key_file + (options.verify ? "\nverified " : "\nany ") +
                        std::string(to_string(options.minimum));
  body->listener = listener;
  return std::make_shared<Handshake>(std::move(body));
}

Status Handshake::attach(ssl_ctx_st* context, const std::shared_ptr<Handshake>& handshake) {
  const Body& body = *handshake->body_;
  const std::string& certificate = body.options.certificate_file;
  if (!certificate.empty()) body.store->context.keep_no_longer();  // the next connection may have none to show
  set_next_handshake(context, handshake);
  SSL_CTX_set1_verify_cert_store(context, body.trust.get());
  SSL_CTX_set_min_proto_version(context, protocol_number(body.options.minimum));
  if (body.options.minimum < TlsVersion::tls1_2) SSL_CTX_set_security_level(context, 0);  // higher ones know no TLS 1.0 and 1.1
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // 34 KiB less for a connection that waits
  SSL_CTX_set_read_ahead(context, body.options.peer_waits ? 1 : 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(
      context,
      [](X509_STORE_CTX* chain, void*) {
        Body* found = Body::of(ssl_of(chain));
        return found != nullptr && found->judge(chain) ? 1 : 0;
      },
      nullptr);
  SSL_CTX_set_info_callback(context, [](const SSL* ssl, int where, int) {
    auto* changeable = const_cast<SSL*>(ssl);  // OpenSSL's signature promises more than it needs
    if ((where & SSL_CB_HANDSHAKE_START) != 0 && Body::of(ssl) == nullptr) take_next_handshake(changeable);
    Body* found = Body::of(ssl);
    if (found == nullptr) return;
    if ((where & SSL_CB_HANDSHAKE_START) != 0 && !found->begun) found->begin(changeable);
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && !found->done) found->end(changeable);
  });
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    const Body* found = Body::of(ssl);
    if (found == nullptr || !found->options.resume || found->facts == nullptr) return 0;
    found->store->keep(found->session_key, session, found->facts);
    return 1;  // it is ours now
  });
  if (certificate.empty()) return ok();
  const std::string& key = body.options.key_file.empty() ? certificate : body.options.key_file;
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return {Errc::config, certificate + ": no certificate: " + last_tls_error()};
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return {Errc::config, key + ": no key that fits the certificate: " + last_tls_error()};
  return ok();
}

// Called before the first message is written, so that its name and session can still be chosen.
void Handshake::Body::begin(SSL* ssl) {
  begun = true;
  if (listener != nullptr) listener->handshake_begins();
  if (!options.server_name.empty())  // what the macro SSL_set_tlsext_host_name does, without its old cast
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, options.server_name.data());
  if (!options.resume) return;
  const KeptSession* kept = store->find(session_key);
  if (kept == nullptr) return;
  // What was good then must be good now; a certificate that ran out in between is to be seen.
  if (options.verify && kept->facts->verified_not_after <= std::chrono::system_clock::now()) return store->forget(session_key);
  SSL_set_session(ssl, kept->session.get());
}

void Handshake::Body::end(SSL* ssl) {
  done = true;
  SSL_set_read_ahead(ssl, 0);  // who reads on asks the socket, not OpenSSL, whether there is more
  if (SSL_session_reused(ssl) != 0) {
    const KeptSession* kept = store->find(session_key);
    facts = std::make_shared<TlsFacts>(kept != nullptr ? *kept->facts : TlsFacts{});
    facts->resumed = true;
  }
  if (facts == nullptr) facts = std::make_shared<TlsFacts>();
  facts->complete = true;
  facts->version = from_protocol_number(SSL_version(ssl));
  facts->cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
  facts = store->one_of(peer, std::move(facts));
  if (listener != nullptr) listener->handshake_ends();
}

// Every complaint is heard to the end, so that all certificates are seen; then the options decide.
bool Handshake::Body::judge(X509_STORE_CTX* chain) {
  complaint = X509_V_OK;
  X509_STORE_CTX_set_verify_cb(chain, [](int fine, X509_STORE_CTX* where) {
    Body* found = of(ssl_of(where));
    if (fine == 0 && found->complaint == X509_V_OK) found->complaint = X509_STORE_CTX_get_error(where);
    return 1;
  });
  if (X509_verify_cert(chain) != 1 && complaint == X509_V_OK) complaint = X509_V_ERR_UNSPECIFIED;
  X509* leaf = X509_STORE_CTX_get0_cert(chain);
  if (complaint == X509_V_OK && !matches_host(*leaf, host)) complaint = X509_V_ERR_HOSTNAME_MISMATCH;

  facts = std::make_shared<TlsFacts>();
  describe_leaf(*leaf, *facts);
  const WallTime sent = earliest(X509_STORE_CTX_get0_untrusted(chain));
  facts->earliest_not_after = sent == WallTime{} ? facts->not_after : std::min(sent, facts->not_after);
  facts->verified = complaint == X509_V_OK;
  facts->verify_text = X509_verify_cert_error_string(complaint);
  if (complaint == X509_V_ERR_HOSTNAME_MISMATCH) facts->verify_text = "the certificate is not for " + host;
  if (facts->verified) facts->verified_not_after = earliest(X509_STORE_CTX_get0_chain(chain));
  X509_STORE_CTX_set_error(chain, complaint);
  return facts->verified || !options.verify;
}

}  // namespace finwatch::workflow
