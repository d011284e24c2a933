// Where the text of a page or of a catalogue comes from.
#include <iostream>
#include <iterator>

#include "core/files.h"
#include "http/http.h"
#include "rules/tool/coverage/page.h"

namespace finwatch::rules {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

// Without the user and the password that it may hold.
std::string shown_url(const std::string& url) {
  const std::size_t begin = url.find("//") + 2, at = url.find('@', begin);
  return at == std::string::npos || at > url.find('/', begin) ? url : url.substr(0, begin) + url.substr(at + 1);
}

Result<std::string> get(const std::string& url) {
  Result<HttpReply> reply = http({.url = url, .form = {}, .accept = "text/plain", .most_bytes = kMostBytes});
  if (!reply) return Error{Errc::unavailable, shown_url(url) + ": " + reply.error().message};
  if (reply->status != 200)
    return Error{Errc::unavailable, shown_url(url) + ": answered " + std::to_string(reply->status) + ", expected 200"};
  return std::move(reply->body);
}

}  // namespace

Result<std::string> fetch(const std::string& source) {
  if (source == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (source.starts_with("http://") || source.starts_with("https://")) return get(source);
  return read_file(source, kMostBytes);
}

}  // namespace finwatch::rules
