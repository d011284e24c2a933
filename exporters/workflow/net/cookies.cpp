#include "workflow/net/cookies.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "core/text.h"
#include "workflow/net/certificate.h"

namespace finwatch::workflow {
namespace {

bool is_below(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

// Up to the last slash: the folder that a page stands in.
std::string default_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

bool path_covers(std::string_view cookie, std::string_view request) {
  if (!request.starts_with(cookie)) return false;
  return request.size() == cookie.size() || cookie.ends_with('/') || request[cookie.size()] == '/';
}

// What RFC 6265, section 5.1.1 calls delimiters: whatever is printed but letters, digits and the colon.
bool is_delimiter(char c) {
  return c == '\t' || (c >= ' ' && c <= '/') || (c >= ';' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// The digits at the front of `text`, which they leave; nothing when they are fewer or more than that.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits < least || digits > most) return std::nullopt;
  const std::optional<int> number = to_number<int>(text.substr(0, digits));
  text.remove_prefix(digits);
  return number;
}

// The parts of "08:49:37", of which no range is looked at; what follows counts for nothing.
std::optional<std::array<int, 3>> time_of(std::string_view word) {
  std::array<int, 3> parts{};
  for (int& part : parts) {
    if (&part != parts.data()) {
      if (!word.starts_with(':')) return std::nullopt;
      word.remove_prefix(1);
    }
    const std::optional<int> number = take_number(word, 1, 2);
    if (!number) return std::nullopt;
    part = *number;
  }
  return parts;
}

std::optional<unsigned> month_of(std::string_view word) {
  constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  const std::size_t place = word.size() < 3 ? std::string_view::npos : kMonths.find(lower_case(word.substr(0, 3)));
  if (place == std::string_view::npos || place % 3 != 0) return std::nullopt;
  return static_cast<unsigned>(place / 3 + 1);
}

// What a system_clock cannot hold is as good as its end.
WallTime to_wall(std::chrono::sys_seconds time) {
  if (time <= std::chrono::floor<std::chrono::seconds>(WallTime::min())) return WallTime::min();
  if (time >= std::chrono::floor<std::chrono::seconds>(WallTime::max())) return WallTime::max();
  return time;
}

// The end that Max-Age sets; nothing when its value is no number.
std::optional<WallTime> end_after(std::string_view text, WallTime now) {
  constexpr std::chrono::seconds kMost{400LL * 86'400};
  const bool past = text.starts_with('-');
  if (past) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  // A number that nothing can hold is a long time.
  const std::chrono::seconds age{to_number<std::int64_t>(text).value_or(kMost.count())};
  return past || age.count() == 0 ? WallTime::min() : now + std::min(age, kMost);
}

}  // namespace

std::optional<WallTime> parse_cookie_date(std::string_view text) {
  std::optional<std::array<int, 3>> time;
  std::optional<int> day, year;
  std::optional<unsigned> month;
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), is_delimiter);
    std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    // A word is the first of these that it can be and that was not yet seen.
    if (!time && (time = time_of(word))) continue;
    if (!day && (day = take_number(word, 1, 2))) continue;
    if (!month && (month = month_of(word))) continue;
    if (!year) year = take_number(word, 2, 4);
  }
  if (!time || !day || !month || !year) return std::nullopt;
  if (*year < 100) *year += *year < 70 ? 2000 : 1900;
  const auto [hours, minutes, seconds] = *time;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{*month},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1601 || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  return to_wall(std::chrono::sys_days{date} + std::chrono::hours{hours} + std::chrono::minutes{minutes} +
                 std::chrono::seconds{seconds});
}

// False when the whole cookie is to be left out.
bool CookieJar::apply(Cookie& cookie, std::string_view attribute, const Url& url, WallTime now) {
  const std::size_t equals = attribute.find('=');
  const std::string name = lower_case(trim(attribute.substr(0, equals)));
  std::string_view value = equals == std::string_view::npos ? std::string_view() : trim(attribute.substr(equals + 1));
  if (name == "secure") cookie.secure = true;
  if (name == "path" && value.starts_with('/')) cookie.path = value;
  if (name == "expires")
    if (const std::optional<WallTime> date = parse_cookie_date(value); date && !cookie.aged) cookie.until = *date;
  if (name == "max-age")
    if (const std::optional<WallTime> end = end_after(value, now)) {
      cookie.until = *end;
      cookie.aged = true;
    }
  if (name != "domain" || value.empty()) return true;
  if (value.starts_with('.')) value.remove_prefix(1);
  const std::string domain = lower_case(value);
  if (domain == url.host()) {
    cookie.host_only = is_address(domain);
    return true;
  }
  // Without a list of public suffixes at least no top level domain: a cookie for all of .com is for nobody.
  if (!is_below(url.host(), domain) || domain.find('.') == std::string::npos || is_address(url.host())) return false;
  cookie.domain = domain;
  cookie.host_only = false;
  return true;
}

void CookieJar::take(std::string_view set_cookie, const Url& url, WallTime now) {
  if (set_cookie.size() > kMostBytes) return;
  FieldReader fields(set_cookie, ';');
  const std::string_view pair = fields.next();
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return;
  Cookie cookie;
  cookie.name = trim(pair.substr(0, equals));
  cookie.value = trim(pair.substr(equals + 1));
  cookie.domain = url.host();
  cookie.path = default_path(url.path());
  if (cookie.name.empty()) return;
  while (!fields.done())
    if (!apply(cookie, fields.next(), url, now)) return;
  if (cookie.secure && !url.is_secure()) return;
  std::erase_if(cookies_, [&](const Cookie& old) {
    return old.until <= now || (old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path);
  });
  if (cookie.until <= now || cookies_.size() >= kMostCookies) return;
  cookies_.push_back(std::move(cookie));
}

std::string CookieJar::header(const Url& url, WallTime now) const {
  std::vector<const Cookie*> wanted;
  for (const Cookie& cookie : cookies_) {
    if (cookie.until <= now || (cookie.secure && !url.is_secure()) || !path_covers(cookie.path, url.path())) continue;
    if (url.host() == cookie.domain || (!cookie.host_only && is_below(url.host(), cookie.domain))) wanted.push_back(&cookie);
  }
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const Cookie* a, const Cookie* b) { return a->path.size() > b->path.size(); });
  std::string text;
  for (const Cookie* cookie : wanted) text += (text.empty() ? "" : "; ") + cookie->name + "=" + cookie->value;
  return text;
}

std::optional<std::string_view> CookieJar::find(std::string_view name) const {
  const auto found =
      std::find_if(cookies_.rbegin(), cookies_.rend(), [&](const Cookie& cookie) { return cookie.name == name; });
  if (found == cookies_.rend()) return std::nullopt;
  return found->value;
}

}  // namespace finwatch::workflow
