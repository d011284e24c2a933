#include "workflow/net/tls_context.h"

#include <dlfcn.h>
#include <openssl/ssl.h>

namespace finwatch::workflow {
namespace {

thread_local TlsContext* lent_context = nullptr;

SSL_CTX* made_by_openssl(const SSL_METHOD* method) {
  static const auto make = reinterpret_cast<SSL_CTX* (*)(const SSL_METHOD*)>(::dlsym(RTLD_NEXT, "SSL_CTX_new"));
  return make != nullptr ? make(method) : nullptr;
}

}  // namespace

TlsContext::Lent::Lent(TlsContext& context) : before_(lent_context) { lent_context = &context; }
TlsContext::Lent::~Lent() { lent_context = before_; }

void TlsContext::keep_no_longer() {
  SSL_CTX_free(context_);
  context_ = nullptr;
}

SSL_CTX* TlsContext::take(const SSL_METHOD* method) {
  if (context_ == nullptr) {
    context_ = made_by_openssl(method);
    if (context_ == nullptr) return nullptr;
    security_level_ = SSL_CTX_get_security_level(context_);
    ++made_;
  }
  // What the one before may have set and the next may leave alone.
  SSL_CTX_set_security_level(context_, security_level_);
  SSL_CTX_set_alpn_protos(context_, nullptr, 0);
  SSL_CTX_set_cert_store(context_, X509_STORE_new());  // curl adds a folder to it each time, and nobody reads it
  SSL_CTX_up_ref(context_);
  return context_;
}

}  // namespace finwatch::workflow

extern "C" {

// Found by libcurl in place of OpenSSL's: the program comes before its libraries.
// NOLINTNEXTLINE(readability-identifier-naming,readability-inconsistent-declaration-parameter-name)
[[gnu::visibility("default")]] SSL_CTX* SSL_CTX_new(const SSL_METHOD* method) {
  using namespace finwatch::workflow;
  if (lent_context != nullptr && method == TLS_client_method()) return lent_context->take(method);
  return made_by_openssl(method);
}
}
