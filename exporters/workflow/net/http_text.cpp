// What HTTP says in words: names of versions, a request for a person, a header by its name.

#include <algorithm>
#include <array>

#include "core/text.h"
#include "workflow/net/http.h"

namespace finwatch::workflow {
namespace {

constexpr std::string_view kMask = "********";

bool is_secret(std::string_view header) {
  constexpr std::string_view kSecret[] = {"authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token"};
  return std::any_of(std::begin(kSecret), std::end(kSecret), [&](std::string_view name) { return same_word(name, header); });
}

}  // namespace

std::string_view to_string(HttpVersion version) {
  constexpr std::string_view kNames[] = {"1.0", "1.1", "2"};
  return kNames[static_cast<unsigned char>(version)];
}

std::optional<std::string_view> HttpHop::header(std::string_view name) const {
  for (const Header& header : headers)
    if (same_word(header.name, name)) return header.value;
  return std::nullopt;
}

std::string describe(const HttpRequest& request) {
  std::string text = request.method + " " + without_user(request.url) + "\n";
  for (const Header& header : request.headers)
    text += header.name + ": " + (is_secret(header.name) ? std::string(kMask) : header.value) + "\n";
  const bool user = !request.auth.user.empty() || without_user(request.url) != request.url;
  if (user || !request.auth.bearer.empty())
    text += std::string("Authorization: ") + (user ? "Basic " : "Bearer ") + std::string(kMask) + "\n";
  if (request.cookies != nullptr && request.cookies->size() > 0) text += "Cookie: " + std::string(kMask) + "\n";
  if (!request.content_type.empty()) text += "Content-Type: " + request.content_type + "\n";
  if (!request.proxy.empty()) text += "(through " + without_user(request.proxy) + ")\n";
  if (!request.body.empty()) text += "\n" + request.body + (request.body.ends_with('\n') ? "" : "\n");
  return text;
}

}  // namespace finwatch::workflow
