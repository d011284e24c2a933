// The cookies of one flow, as RFC 6265 lets a client keep them. The caller owns the jar and decides how long it lives.
//
//   CookieJar jar;
//   jar.take("SESSION=abc; Path=/; HttpOnly", url, now);      // a Set-Cookie header
//   jar.header(url, now)                                      // "SESSION=abc"
//   jar.find("SESSION")
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "workflow/net/url.h"

namespace finwatch::workflow {

class CookieJar {
 public:
  /// Takes in one Set-Cookie header that came from `url`. What is not meant for its host, or is no cookie, is left out.
  void take(std::string_view set_cookie, const Url& url, WallTime now);
  /// The value of the Cookie header for a request to `url`; empty when there is none.
  std::string header(const Url& url, WallTime now) const;
  /// The value of a cookie, whatever its host and path: the one that came last.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t size() const { return cookies_.size(); }
  void clear() { cookies_.clear(); }

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    std::string path;
    bool host_only = true;  // false: hosts below the domain get it too
    bool secure = false;
    WallTime until = WallTime::max();
    bool aged = false;  // by Max-Age, which counts before Expires wherever it stands
  };
  static constexpr std::size_t kMostCookies = 200;  // a server cannot fill the memory
  static constexpr std::size_t kMostBytes = 8'192;  // of one

  static bool apply(Cookie& cookie, std::string_view attribute, const Url& url, WallTime now);

  std::vector<Cookie> cookies_;  // in the order of their coming
};

/// The date of an Expires attribute as RFC 6265, section 5.1.1 reads it, in any of the forms that servers write; nothing when it is
/// none.
std::optional<WallTime> parse_cookie_date(std::string_view text);

}  // namespace finwatch::workflow
