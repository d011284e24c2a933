#include "workflow/net/url.h"

#include <curl/urlapi.h>

#include <memory>

#include "core/text.h"

namespace finwatch::workflow {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(CURLU* handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(handle, which, &text, flags) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

}  // namespace

Result<Url> Url::take_apart(void* handle) {
  auto* parts = static_cast<CURLU*>(handle);
  const std::string scheme = part(parts, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return {Errc::config, "expected http:// or https://, found \"" + scheme + "\""};
  Url url;
  url.secure_ = scheme == "https";
  url.user_ = part(parts, CURLUPART_USER, CURLU_URLDECODE);
  url.password_ = Secret(part(parts, CURLUPART_PASSWORD, CURLU_URLDECODE));
  url.path_ = part(parts, CURLUPART_PATH);
  url.port_ = to_number<std::uint16_t>(part(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT)).value_or(0);
  const std::string written = part(parts, CURLUPART_HOST);
  const std::string host = lower_case(written);
  if (host != written) curl_url_set(parts, CURLUPART_HOST, host.c_str(), 0);
  curl_url_set(parts, CURLUPART_USER, nullptr, 0);
  curl_url_set(parts, CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(parts, CURLUPART_FRAGMENT, nullptr, 0);
  url.text_ = part(parts, CURLUPART_URL);
  url.host_ = host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  if (url.host_.empty() || url.port_ == 0) return {Errc::config, "a URL without a host or with a wrong port"};
  return url;
}

Result<Url> Url::parse(const std::string& text) {
  const Handle handle(curl_url(), &curl_url_cleanup);
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return {Errc::config, std::string("not a URL: ") + curl_url_strerror(code)};
  return take_apart(handle.get());
}

Result<Url> Url::join(const std::string& location) const {
  const Handle handle(curl_url(), &curl_url_cleanup);
  curl_url_set(handle.get(), CURLUPART_URL, text_.c_str(), 0);
  const CURLUcode code =
      curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE);
  if (code != CURLUE_OK) return {Errc::config, std::string("not a URL: ") + curl_url_strerror(code)};
  return take_apart(handle.get());
}

std::string without_user(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t end = url.find_first_of("/?#", start);
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string::npos || at < start) return url;
  return url.substr(0, start) + url.substr(at + 1);
}

}  // namespace finwatch::workflow
