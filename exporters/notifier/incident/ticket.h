// The right to act on one incident without a login: a signed link, and six digits to type where a link cannot come.
//
//   const std::string token = sign_ticket(key, {.incident = 42, .person = "zhang.wei", .until = now + 48h});
//   std::optional<Ticket> ticket = read_ticket(key, token, now);      // nothing: forged, changed or too old
//   ticket_code(key, 42, "zhang.wei");                                // "402913"
//
// The token is in a URL: letters, digits, - and _ only. It names no secret; who has it may acknowledge and diagnose, no more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/secret.h"

namespace finwatch::notifier {

struct Ticket {
  std::int64_t incident = 0;
  std::string person;
  WallTime until;
};

std::string sign_ticket(const Secret& key, const Ticket& ticket);
std::optional<Ticket> read_ticket(const Secret& key, std::string_view token, WallTime now);
/// The same for one incident and person for ever.
std::string ticket_code(const Secret& key, std::int64_t incident, std::string_view person);

}  // namespace finwatch::notifier
