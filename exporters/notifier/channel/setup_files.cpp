#include "notifier/channel/setup_files.h"

#include <array>

#include "core/files.h"
#include "core/text.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostBytes = 8192;

/// The host of what stands behind "http://": "127.0.0.1", "::1", "gateway.example.com".
std::string_view host_of(std::string_view rest) {
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find(':'));
}

/// The four numbers of 10.1.2.3, or -1 each.
std::array<int, 4> numbers_of(std::string_view host) {
  constexpr std::array<int, 4> kNone = {-1, -1, -1, -1};
  std::array<int, 4> numbers{};
  FieldReader parts(host, '.');
  for (int& number : numbers) {
    const auto part = parts.next_number<int>();
    if (!part || *part < 0 || *part > 255) return kNone;
    number = *part;
  }
  return parts.done() ? numbers : kNone;
}

bool is_this_machine(std::string_view host) { return host == "localhost" || host == "::1" || numbers_of(host)[0] == 127; }

bool is_private(std::string_view host) {
  if (host.find(':') != std::string_view::npos) return lower_case(host).starts_with("fd");
  const auto [a, b, c, d] = numbers_of(host);
  return a == 10 || (a == 172 && b >= 16 && b <= 31) || (a == 192 && b == 168);
}

}  // namespace

Status check_url(std::string_view key, std::string_view url, Wire wire) {
  const auto wrong = [&](std::string_view what) { return Error{Errc::config, std::string(key).append(what)}; };
  for (const char c : url)
    if (c <= ' ' || c == 0x7F) return wrong(": an address has no blanks and only ASCII letters in it; write others as %XX");
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) return wrong(": expected an address that begins with https://");
  const std::string_view host = host_of(url.substr(url.find("://") + 3));
  if (host.empty()) return wrong(": expected a host behind https://");
  if (tls || is_this_machine(host) || (wire == Wire::house && is_private(host))) return ok();
  if (wire == Wire::provider) return wrong(": http:// would show keys and names to everyone on the way; write https://");
  return wrong(": http:// is for this machine and for private addresses in numbers (10.1.2.3); write https://");
}

Result<Secret> read_secret_file(std::string_view key, const std::string& path) {
  const std::string name(key);
  if (path.empty()) return {Errc::config, name + ": name the file that holds it"};
  Result<std::string> text = read_file(path, kMostBytes);
  if (!text)
    return {Errc::config,
            name + ": " + text.error().message + "; make the file, readable for the user that the notifier runs as"};
  Secret kept(std::string(trim(*text)));
  const Secret wiped(std::move(*text));
  if (kept.empty()) return {Errc::config, name + ": " + path + " is empty; write the key or the address into it, on one line"};
  if (kept.reveal().find_first_of("\r\n") != std::string_view::npos)
    return {Errc::config, name + ": " + path + " has several lines; expected one"};
  return kept;
}

Result<Secret> read_url_file(std::string_view key, const std::string& path, Wire wire) {
  Result<Secret> url = read_secret_file(key, path);
  if (!url) return url;
  if (Status status = check_url(std::string(key).append(": ").append(path), url->reveal(), wire); !status)
    return status.error();
  return url;
}

}  // namespace finwatch::notifier
