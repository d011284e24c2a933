#include "net/certificates.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace finwatch::test {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;

void check(bool good) {
  if (!good) throw std::runtime_error("OpenSSL cannot make a certificate for the test");
}

void extend(X509* certificate, X509* issuer, int which, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
  check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Key new_key() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

Certificate blank(const Wanted& wanted, EVP_PKEY* key, long serial) {
  Certificate made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 86'400L * wanted.days_from);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400L * wanted.days_until);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1, 0);
  check(X509_set_pubkey(made.get(), key) == 1);
  return made;
}

void write_pem(const std::string& path, X509* certificate, EVP_PKEY* key) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "we"), &std::fclose);
  check(file != nullptr && PEM_write_X509(file.get(), certificate) == 1);
  if (key != nullptr) check(PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

}  // namespace

struct CertificateMaker::Body {
  Key key = new_key();
  Certificate root;
  std::atomic<long> serial{100};
};

CertificateMaker::CertificateMaker() : root_file_(tree_.path("root.pem")), body_(std::make_shared<Body>()) {
  body_->root = blank({.name = "finwatch test root", .days_until = 60}, body_->key.get(), 1);
  X509* root = body_->root.get();
  X509_set_issuer_name(root, X509_get_subject_name(root));
  extend(root, root, NID_basic_constraints, "critical,CA:TRUE");
  extend(root, root, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(root, root, NID_subject_key_identifier, "hash");
  check(X509_sign(root, body_->key.get(), EVP_sha256()) > 0);
  write_pem(root_file_, root, nullptr);
}

ServerIdentity CertificateMaker::server(const Wanted& wanted) const {
  const Key key = new_key();
  const long serial = ++body_->serial;
  const Certificate made = blank(wanted, key.get(), serial);
  X509* issuer = wanted.self_signed ? made.get() : body_->root.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  std::string names;
  for (const std::string& name : wanted.names) names += (names.empty() ? "" : ",") + name;
  if (!names.empty()) extend(made.get(), issuer, NID_subject_alt_name, names);
  check(X509_sign(made.get(), wanted.self_signed ? key.get() : body_->key.get(), EVP_sha256()) > 0);

  const std::string path = tree_.path(std::to_string(serial) + ".pem");
  write_pem(path, made.get(), key.get());
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  check(SSL_CTX_use_certificate(context.get(), made.get()) == 1 && SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  if (wanted.most_tls != 0) SSL_CTX_set_max_proto_version(context.get(), wanted.most_tls);
  if (wanted.most_tls != 0 && wanted.most_tls < TLS1_2_VERSION) {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), wanted.most_tls);
  }
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("test"), 4);
  if (wanted.ask_for_certificate) {
    SSL_CTX_load_verify_locations(context.get(), root_file_.c_str(), nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return {std::move(context), path};
}

}  // namespace finwatch::test
