// The `Authorization: Basic …` header, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/secret.h"

namespace finwatch {

struct Credentials {
  std::string user;
  std::string password;
};

/// Standard base64 with padding; nothing for any other byte.
std::optional<std::string> decode_base64(std::string_view text);

/// Nothing when the header is absent, of another scheme, or no base64 of user:password.
std::optional<Credentials> parse_basic_auth(std::string_view header);

}  // namespace finwatch
