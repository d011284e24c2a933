#include "notifier/incident/ticket.h"

#include "core/base64.h"
#include "core/text.h"
#include "crypto/crypto.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostToken = 512;
constexpr std::size_t kMacLetters = 43;  // 32 bytes in base64 without the = at the end

// What is signed says what it is for, so that a code can never be taken for a link.
std::string mac(const Secret& key, std::string_view purpose, std::string_view text) {
  return hmac(Hash::sha256, key.reveal(), std::string(purpose) + "\n" + std::string(text)).value_or({});
}

std::string body_of(const Ticket& ticket) {
  const auto until = std::chrono::floor<std::chrono::seconds>(ticket.until.time_since_epoch()).count();
  return std::to_string(ticket.incident) + "\n" + std::to_string(until) + "\n" + ticket.person;
}

}  // namespace

std::string sign_ticket(const Secret& key, const Ticket& ticket) {
  const std::string body = body_of(ticket);
  return to_base64url(body) + to_base64url(mac(key, "link", body));
}

std::optional<Ticket> read_ticket(const Secret& key, std::string_view token, WallTime now) {
  if (token.size() <= kMacLetters || token.size() > kMostToken || key.empty()) return std::nullopt;
  const std::string_view signature = token.substr(token.size() - kMacLetters);
  const std::optional<std::string> body = from_base64(token.substr(0, token.size() - kMacLetters));
  if (!body || to_base64url(*body) != token.substr(0, token.size() - kMacLetters)) return std::nullopt;  // one way to write it
  // What is compared are digests of the two, so that the time tells nothing of either.
  const std::string right = mac(key, "compare", to_base64url(mac(key, "link", *body)));
  if (right.empty() || right != mac(key, "compare", signature)) return std::nullopt;
  FieldReader fields(*body, '\n');
  const auto incident = fields.next_number<std::int64_t>();
  const auto until = fields.next_number<std::int64_t>();
  if (!incident || !until) return std::nullopt;
  Ticket ticket{.incident = *incident, .person = std::string(fields.rest()), .until = WallTime(std::chrono::seconds(*until))};
  return now <= ticket.until ? std::optional(std::move(ticket)) : std::nullopt;
}

std::string ticket_code(const Secret& key, std::int64_t incident, std::string_view person) {
  const std::string digest = mac(key, "code", std::to_string(incident) + "\n" + std::string(person));
  std::uint64_t number = 0;
  for (const char byte : digest.substr(0, 8)) number = number << 8U | static_cast<unsigned char>(byte);
  std::string digits = std::to_string(number % 1'000'000);
  return std::string(6 - digits.size(), '0') + digits;
}

}  // namespace finwatch::notifier
