#include "workflow/net/cookies.h"

#include <algorithm>
#include <array>
#include <ctime>

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

int month_of(std::string_view word) {
  constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
  const std::size_t place = word.size() < 3 ? std::string_view::npos : kMonths.find(lower_case(word.substr(0, 3)));
  return place == std::string_view::npos || place % 3 != 0 ? -1 : static_cast<int>(place / 3);
}

// "08:49:37" into the parts of a time.
bool read_time(std::string_view word, std::tm& parts) {
  FieldReader fields(word, ':');
  std::array<int*, 3> places = {&parts.tm_hour, &parts.tm_min, &parts.tm_sec};
  for (int* place : places) {
    const std::optional<int> number = to_number<int>(fields.next());
    if (!number) return false;
    *place = *number;
  }
  return parts.tm_hour < 24 && parts.tm_min < 60 && parts.tm_sec < 61;
}

}  // namespace

std::optional<WallTime> parse_cookie_date(std::string_view text) {
  std::tm parts{};
  bool time = false;
  bool day = false;
  bool month = false;
  bool year = false;
  std::string words(text);
  std::replace_if(
      words.begin(), words.end(), [](char c) { return c == '-' || c == ','; }, ' ');
  for (FieldReader fields(words); !fields.done();) {
    const std::string_view word = fields.next();
    const std::optional<int> number = to_number<int>(word);
    if (word.find(':') != std::string_view::npos) {
      time = time || read_time(word, parts);
    } else if (number && !day && word.size() <= 2) {
      parts.tm_mday = *number;
      day = *number >= 1 && *number <= 31;
    } else if (number && !year) {
      parts.tm_year = *number >= 1900 ? *number - 1900 : *number < 70 ? *number + 100 : *number;
      year = *number <= 99 || (*number >= 1601 && *number <= 9999);
    } else if (!month && month_of(word) >= 0) {
      parts.tm_mon = month_of(word);
      month = true;
    }
  }
  if (!time || !day || !month || !year) return std::nullopt;
  // Past what a system_clock holds is as good as for ever.
  if (parts.tm_year > 300) return WallTime::max();
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

// False when the whole cookie is to be left out.
bool CookieJar::apply(Cookie& cookie, std::string_view attribute, const Url& url, WallTime now) {
  const std::size_t equals = attribute.find('=');
  const std::string name = lower_case(trim(attribute.substr(0, equals)));
  std::string_view value = equals == std::string_view::npos ? std::string_view() : trim(attribute.substr(equals + 1));
  if (name == "secure") cookie.secure = true;
  if (name == "path" && value.starts_with('/')) cookie.path = value;
  if (name == "expires")
    if (const std::optional<WallTime> date = parse_cookie_date(value); date && cookie.until == WallTime::max())
      cookie.until = *date;
  if (name == "max-age")
    if (const std::optional<std::int64_t> seconds = to_number<std::int64_t>(value)) {
      constexpr std::int64_t kMost = 400LL * 86'400;
      cookie.until = *seconds <= 0 ? WallTime{} : now + std::chrono::seconds{std::min(*seconds, kMost)};
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
