#include "crypto/crypto.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

#include "core/base64.h"
#include "support/catch.h"

using namespace finwatch;
using Catch::Matchers::Contains;

namespace {

std::string hex(const Result<std::string>& bytes) { return bytes ? to_hex(*bytes) : bytes.error().message; }

// A key made for this run, in the forms that a flow file may hold it.
struct MadeKey {
  std::shared_ptr<EVP_PKEY> key{EVP_RSA_gen(2048), &EVP_PKEY_free};

  template <class Write>
  static std::string written(Write write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    const long length = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(length));
    BIO_free(out);
    return text;
  }
  std::string public_pem() const {
    return written([&](BIO* out) { PEM_write_bio_PUBKEY(out, key.get()); });
  }
  std::string private_pem() const {
    return written([&](BIO* out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  std::string traditional_pem() const {
    return written(
        [&](BIO* out) { PEM_write_bio_PrivateKey_traditional(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  std::string certificate() const {
    X509* x509 = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 60);
    X509_set_pubkey(x509, key.get());
    X509_sign(x509, key.get(), EVP_sha256());
    std::string text = written([&](BIO* out) { PEM_write_bio_X509(out, x509); });
    X509_free(x509);
    return text;
  }
  std::string decrypt(const std::string& sealed, bool oaep) const {
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key.get(), nullptr);
    EVP_PKEY_decrypt_init(context);
    EVP_PKEY_CTX_set_rsa_padding(context, oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING);
    if (oaep) EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256());
    std::string out(256, '\0');
    std::size_t length = out.size();
    const int good = EVP_PKEY_decrypt(context, reinterpret_cast<unsigned char*>(out.data()), &length,
                                      reinterpret_cast<const unsigned char*>(sealed.data()), sealed.size());
    EVP_PKEY_CTX_free(context);
    if (good != 1) return "not decrypted";
    out.resize(length);
    return out;
  }
  bool verifies(const std::string& text, const std::string& signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key.get());
    const int good = EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                                      reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    return good == 1;
  }
};

// PEM without its armour and line breaks, as vendors print keys in their consoles.
std::string bare(const std::string& pem) {
  const std::size_t begin = pem.find('\n');
  std::string body = pem.substr(begin, pem.rfind("-----END") - begin);
  std::erase(body, '\n');
  return body;
}

}  // namespace

TEST_CASE("crypto: digests of known texts") {
  CHECK(hex(digest(Hash::md5, "")) == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex(digest(Hash::md5, "abc")) == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex(digest(Hash::sha1, "abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(digest(Hash::sha256, "abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(digest(Hash::sha512, "abc")) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac9"
        "4fa54ca49f");
}

TEST_CASE("crypto: the vectors of RFC 4231 and RFC 2202") {
  const std::string key_1(20, '\x0b');
  CHECK(hex(hmac(Hash::sha256, key_1, "Hi There")) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac(Hash::sha512, key_1, "Hi There")) ==
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c"
        "203a126854");
  CHECK(hex(hmac(Hash::sha256, "Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac(Hash::sha256, std::string(20, '\xaa'), std::string(50, '\xdd'))) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hex(hmac(Hash::sha256, std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hex(hmac(Hash::sha1, key_1, "Hi There")) == "b617318655057264e28bc0b6fb378c8ef146be00");
  CHECK(hex(hmac(Hash::sha256, "", "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("crypto: what RSA seals its key opens, with each padding and each way to write the key") {
  const MadeKey made;
  for (const std::string& key :
       {made.public_pem(), bare(made.public_pem()), made.certificate(), "  " + made.public_pem() + "\n"}) {
    const auto pkcs1 = rsa_encrypt("s3cret 密码", key, RsaPadding::pkcs1);
    REQUIRE(pkcs1);
    CHECK(made.decrypt(*pkcs1, false) == "s3cret 密码");
    const auto oaep = rsa_encrypt("s3cret 密码", key, RsaPadding::oaep_sha256);
    REQUIRE(oaep);
    CHECK(made.decrypt(*oaep, true) == "s3cret 密码");
    CHECK(*oaep != *rsa_encrypt("s3cret 密码", key, RsaPadding::oaep_sha256));
  }
}

TEST_CASE("crypto: what RSA signs its key verifies") {
  const MadeKey made;
  for (const std::string& key : {made.private_pem(), made.traditional_pem(), bare(made.private_pem())}) {
    const auto signature = rsa_sign_sha256("body", key);
    REQUIRE(signature);
    CHECK(made.verifies("body", *signature));
    CHECK_FALSE(made.verifies("other", *signature));
  }
}

TEST_CASE("crypto: a wrong key or a text too long is an error that shows neither") {
  const MadeKey made;
  for (const std::string& wrong : {std::string(), std::string("c2VjcmV0LWtleQ=="), std::string("-----BEGIN PUBLIC KEY-----"),
                                   std::string("-----BEGIN X-----\nc2VjcmV0\n-----END X-----"), std::string("secret-key *")}) {
    CAPTURE(wrong);
    const auto sealed = rsa_encrypt("text", wrong, RsaPadding::pkcs1);
    REQUIRE_FALSE(sealed);
    CHECK(sealed.error().code == Errc::malformed);
    CHECK_THAT(sealed.error().message, Contains("not a public RSA key") && !Contains("secret-key") && !Contains("c2Vj"));
    CHECK_FALSE(rsa_sign_sha256("text", wrong));
  }
  const auto sealed = rsa_encrypt(std::string(300, 'x'), made.public_pem(), RsaPadding::oaep_sha256);
  REQUIRE_FALSE(sealed);
  CHECK_THAT(sealed.error().message, Contains("RSA encryption was refused") && !Contains("xxx"));
  CHECK_FALSE(rsa_sign_sha256("text", made.public_pem()));
  EVP_PKEY* elliptic = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  const std::string other = MadeKey::written([&](BIO* out) { PEM_write_bio_PUBKEY(out, elliptic); });
  EVP_PKEY_free(elliptic);
  CHECK_FALSE(rsa_encrypt("text", other, RsaPadding::pkcs1));
}
