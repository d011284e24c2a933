#include "workflow/value/functions.h"

#include <array>

#include "workflow/value/encode.h"

namespace finwatch::workflow {
namespace {

// The bytes in the output that the argument at `index` names.
Status give(const Result<std::string>& bytes, const Call& call, std::size_t index, std::string_view usual, Value& result) {
  const std::string_view output = call.text(index, usual);
  if (!bytes) return bytes.error();
  if (output == "hex") {
    result = Value::of_text(to_hex(*bytes));
  } else if (output == "base64") {
    result = Value::of_text(to_base64(*bytes));
  } else if (output == "raw") {
    result = Value::of_text(*bytes);
  } else {
    return {Errc::malformed, "expected the output hex, base64 or raw, found " + shown_argument(call, index)};
  }
  return ok();
}

template <Hash kind>
Status digest_of(const Call& call, Value& result) {
  return give(digest(kind, call.text(0)), call, 1, "hex", result);
}

template <Hash kind>
Status hmac_of(const Call& call, Value& result) {
  return give(hmac(kind, call.text(0), call.text(1)), call, 2, "hex", result);
}

Status rsa_encrypt_of(const Call& call, Value& result) {
  const std::string_view padding = call.text(2, "pkcs1");
  if (padding != "pkcs1" && padding != "oaep_sha256")
    return {Errc::malformed, "expected the padding pkcs1 or oaep_sha256, found " + shown_argument(call, 2)};
  const RsaPadding kind = padding == "pkcs1" ? RsaPadding::pkcs1 : RsaPadding::oaep_sha256;
  return give(rsa_encrypt(call.text(0), call.text(1), kind), call, 3, "base64", result);
}

Status rsa_sign_of(const Call& call, Value& result) {
  return give(rsa_sign_sha256(call.text(0), call.text(1)), call, 2, "base64", result);
}

Status hex_of(const Call& call, Value& result) {
  result = Value::of_text(to_hex(call.text(0)));
  return ok();
}
Status unhex_of(const Call& call, Value& result) {
  std::optional<std::string> bytes = from_hex(call.text(0));
  if (!bytes) return {Errc::malformed, "expected hexadecimal, found " + shown_argument(call, 0)};
  result = Value::of_text(std::move(*bytes));
  return ok();
}
Status base64_of(const Call& call, Value& result) {
  result = Value::of_text(to_base64(call.text(0)));
  return ok();
}
Status base64url_of(const Call& call, Value& result) {
  result = Value::of_text(to_base64url(call.text(0)));
  return ok();
}
Status unbase64_of(const Call& call, Value& result) {
  std::optional<std::string> bytes = from_base64(call.text(0));
  if (!bytes) return {Errc::malformed, "expected base64, found " + shown_argument(call, 0)};
  result = Value::of_text(std::move(*bytes));
  return ok();
}
Status urlencode_of(const Call& call, Value& result) {
  result = Value::of_text(escaped(call.text(0), Escape::percent));
  return ok();
}

Status xor_of(const Call& call, Value& result) {
  const std::string_view key = call.text(1);
  if (key.empty()) return {Errc::malformed, "the key of xor is empty"};
  std::string out(call.text(0));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ key[i % key.size()]);
  result = Value::of_text(std::move(out));
  return ok();
}

Status uuid_of(const Call& call, Value& result) {
  std::array<unsigned char, 16> bytes{};
  call.context.random->fill(bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  result = Value::of_text(std::move(text));
  return ok();
}

// Below `bound`, each as likely as the other.
std::uint64_t random_below(Random& random, std::uint64_t bound) {
  for (;;) {
    std::array<unsigned char, 8> bytes{};
    random.fill(bytes);
    std::uint64_t number = 0;
    for (const unsigned char byte : bytes) number = number << 8 | byte;
    if (number < UINT64_MAX - UINT64_MAX % bound) return number % bound;
  }
}

Status random_int_of(const Call& call, Value& result) {
  constexpr long long kMost = 1'000'000'000'000'000'000;
  const Result<long long> least = whole_argument(call, 0, -kMost, kMost);
  if (!least) return least.error();
  const Result<long long> most = whole_argument(call, 1, *least, kMost);
  if (!most) return most.error();
  const auto offset = random_below(*call.context.random, static_cast<std::uint64_t>(*most - *least) + 1);
  result = Value::of_number(*least + static_cast<long long>(offset));
  return ok();
}

Status random_text_of(const Call& call, Value& result) {
  const Result<long long> length = whole_argument(call, 0, 1, 1024);
  if (!length) return length.error();
  const std::string_view letters = call.text(1, "abcdefghijklmnopqrstuvwxyz0123456789");
  if (letters.empty()) return {Errc::malformed, "random_text has no letters to choose from"};
  std::string text;
  for (long long i = 0; i < *length; ++i) text += letters[random_below(*call.context.random, letters.size())];
  result = Value::of_text(std::move(text));
  return ok();
}

constexpr std::string_view kOutputs = "hex base64 raw";

constexpr Function kFunctions[] = {
    {.name = "md5",
     .usage = "md5(text, output='hex')",
     .least = 1,
     .most = 2,
     .call = digest_of<Hash::md5>,
     .choices = kOutputs},
    {.name = "sha1",
     .usage = "sha1(text, output='hex')",
     .least = 1,
     .most = 2,
     .call = digest_of<Hash::sha1>,
     .choices = kOutputs},
    {.name = "sha256",
     .usage = "sha256(text, output='hex')",
     .least = 1,
     .most = 2,
     .call = digest_of<Hash::sha256>,
     .choices = kOutputs},
    {.name = "sha512",
     .usage = "sha512(text, output='hex')",
     .least = 1,
     .most = 2,
     .call = digest_of<Hash::sha512>,
     .choices = kOutputs},
    {.name = "hmac_sha1",
     .usage = "hmac_sha1(key, text, output='hex')",
     .least = 2,
     .most = 3,
     .call = hmac_of<Hash::sha1>,
     .choices = kOutputs},
    {.name = "hmac_sha256",
     .usage = "hmac_sha256(key, text, output='hex')",
     .least = 2,
     .most = 3,
     .call = hmac_of<Hash::sha256>,
     .choices = kOutputs},
    {.name = "hmac_sha512",
     .usage = "hmac_sha512(key, text, output='hex')",
     .least = 2,
     .most = 3,
     .call = hmac_of<Hash::sha512>,
     .choices = kOutputs},
    {.name = "rsa_encrypt",
     .usage = "rsa_encrypt(text, public_key, padding='pkcs1')",
     .least = 2,
     .most = 3,
     .call = rsa_encrypt_of,
     .pure = false,
     .choices = "pkcs1 oaep_sha256"},
    {.name = "rsa_sign_sha256",
     .usage = "rsa_sign_sha256(text, private_key, output='base64')",
     .least = 2,
     .most = 3,
     .call = rsa_sign_of,
     .choices = kOutputs},
    {.name = "hex", .usage = "hex(text)", .least = 1, .most = 1, .call = hex_of},
    {.name = "unhex", .usage = "unhex(text)", .least = 1, .most = 1, .call = unhex_of},
    {.name = "base64", .usage = "base64(text)", .least = 1, .most = 1, .call = base64_of},
    {.name = "base64url", .usage = "base64url(text)", .least = 1, .most = 1, .call = base64url_of},
    {.name = "unbase64", .usage = "unbase64(text)", .least = 1, .most = 1, .call = unbase64_of},
    {.name = "urlencode", .usage = "urlencode(text)", .least = 1, .most = 1, .call = urlencode_of},
    {.name = "xor", .usage = "xor(text, key)", .least = 2, .most = 2, .call = xor_of},
    {.name = "uuid", .usage = "uuid()", .call = uuid_of, .pure = false},
    {.name = "random_int", .usage = "random_int(least, most)", .least = 2, .most = 2, .call = random_int_of, .pure = false},
    {.name = "random_text",
     .usage = "random_text(length, letters='a…z0…9')",
     .least = 1,
     .most = 2,
     .call = random_text_of,
     .pure = false},
};

}  // namespace

std::span<const Function> crypto_functions() { return kFunctions; }

}  // namespace finwatch::workflow
