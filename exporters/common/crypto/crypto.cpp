#include "crypto/crypto.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/random.h>

#include <memory>

#include "core/base64.h"
#include "core/text.h"

namespace finwatch {
namespace {

template <class T, void (*free_it)(T*)>
struct Free {
  void operator()(T* it) const { free_it(it); }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, &EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX, &EVP_PKEY_CTX_free>>;
using Decoder = std::unique_ptr<OSSL_DECODER_CTX, Free<OSSL_DECODER_CTX, &OSSL_DECODER_CTX_free>>;
using Certificate = std::unique_ptr<X509, Free<X509, &X509_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX, &EVP_MD_CTX_free>>;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

const EVP_MD* method(Hash kind) {
  switch (kind) {
    case Hash::md5: return EVP_md5();
    case Hash::sha1: return EVP_sha1();
    case Hash::sha256: return EVP_sha256();
    case Hash::sha512: return EVP_sha512();
  }
  return nullptr;
}

Error refused(Errc code, std::string what) {
  const unsigned long number = ERR_peek_last_error();
  const char* reason = number == 0 ? nullptr : ERR_reason_error_string(number);
  ERR_clear_error();
  if (reason != nullptr) what += std::string(": ") + reason;
  return {code, std::move(what)};
}

// The DER inside a PEM block, or of bare base64.
std::string der_of(std::string_view key) {
  key = trim(key);
  if (key.starts_with("-----")) {
    const std::size_t begin = key.find('\n');
    const std::size_t end = key.rfind("-----END");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
    key = key.substr(begin, end - begin);
  }
  return from_base64(key).value_or(std::string());
}

// No passphrase is ever asked for: a terminal prompt would stop the program.
Key read_key(std::string_view text, int selection) {
  const std::string der = der_of(text);
  if (der.empty()) return nullptr;
  if (selection == EVP_PKEY_PUBLIC_KEY) {
    const unsigned char* at = bytes(std::string_view(der));
    if (const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size()))); certificate)
      return Key(X509_get_pubkey(certificate.get()));
  }
  EVP_PKEY* key = nullptr;
  const Decoder decoder(OSSL_DECODER_CTX_new_for_pkey(&key, "DER", nullptr, "RSA", selection, nullptr, nullptr));
  const unsigned char* at = bytes(std::string_view(der));
  std::size_t left = der.size();
  if (!decoder || OSSL_DECODER_from_data(decoder.get(), &at, &left) != 1) return nullptr;
  return Key(key);
}

class SecureRandom final : public Random {
 public:
  void fill(std::span<unsigned char> out) override {
    while (!out.empty()) {
      const ssize_t got = getrandom(out.data(), out.size(), 0);
      if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

Result<std::string> digest(Hash kind, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), bytes(out), &length, method(kind), nullptr) != 1)
    return refused(Errc::internal, "the digest was refused");
  out.resize(length);
  return out;
}

Result<std::string> hmac(Hash kind, std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned length = 0;
  // An empty key must still be a key: a null pointer means "the one before".
  const char* begin = key.empty() ? "" : key.data();
  if (HMAC(method(kind), begin, static_cast<int>(key.size()), bytes(text), text.size(), bytes(out), &length) == nullptr)
    return refused(Errc::internal, "the HMAC was refused");
  out.resize(length);
  return out;
}

Result<std::string> rsa_encrypt(std::string_view text, std::string_view public_key, RsaPadding padding) {
  const Key key = read_key(public_key, EVP_PKEY_PUBLIC_KEY);
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1) return refused(Errc::malformed, "not a public RSA key in PEM or base64");
  const KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
  const bool oaep = padding == RsaPadding::oaep_sha256;
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) != 1 ||
      (oaep && EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) != 1))
    return refused(Errc::internal, "RSA encryption was refused");
  std::size_t length = 0;
  if (EVP_PKEY_encrypt(context.get(), nullptr, &length, bytes(text), text.size()) != 1)
    return refused(Errc::malformed, "RSA encryption was refused");
  std::string out(length, '\0');
  if (EVP_PKEY_encrypt(context.get(), bytes(out), &length, bytes(text), text.size()) != 1)
    return refused(Errc::malformed, "RSA encryption was refused");
  out.resize(length);
  return out;
}

Result<std::string> rsa_sign_sha256(std::string_view text, std::string_view private_key) {
  const Key key = read_key(private_key, EVP_PKEY_KEYPAIR);
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1)
    return refused(Errc::malformed, "not a private RSA key in PEM or base64 without a passphrase");
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t length = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, bytes(text), text.size()) != 1)
    return refused(Errc::malformed, "RSA signing was refused");
  std::string out(length, '\0');
  if (EVP_DigestSign(context.get(), bytes(out), &length, bytes(text), text.size()) != 1)
    return refused(Errc::malformed, "RSA signing was refused");
  out.resize(length);
  return out;
}

Random& secure_random() {
  static SecureRandom random;
  return random;
}

}  // namespace finwatch
