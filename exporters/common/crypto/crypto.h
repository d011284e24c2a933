// Digests, signatures and random bytes, as the logins of finance systems and the providers of messages ask for them.
//
//   Result<std::string> mac = hmac(Hash::sha256, key, "text");             // 32 bytes; to_hex() or to_base64() them
//   Result<std::string> sealed = rsa_encrypt("secret", public_key, RsaPadding::oaep_sha256);
//
// By OpenSSL's libcrypto: the program carries it already inside Debian's libcurl (openssl), and GnuTLS 3.7 with nettle 3.8
// (Debian 12) has no RSA-OAEP, which NC Cloud's login wants.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.h"

namespace finwatch {

enum class Hash : unsigned char { md5, sha1, sha256, sha512 };
enum class RsaPadding : unsigned char { pkcs1, oaep_sha256 };

/// Raw bytes. internal when the library refuses (md5 on a machine in FIPS mode).
Result<std::string> digest(Hash kind, std::string_view text);
Result<std::string> hmac(Hash kind, std::string_view key, std::string_view text);

/// The key is PEM (PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE) or the bare base64 of the same; malformed when it is neither,
/// or when the text is too long for it. A message never holds the key.
Result<std::string> rsa_encrypt(std::string_view text, std::string_view public_key, RsaPadding padding);
/// PKCS#1 v1.5 over SHA-256; the key is PEM (PRIVATE KEY or RSA PRIVATE KEY, without a passphrase) or the bare base64 of it.
Result<std::string> rsa_sign_sha256(std::string_view text, std::string_view private_key);

/// Where random bytes come from, so that a test can own them.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<unsigned char> bytes) = 0;
};
Random& secure_random();

}  // namespace finwatch
