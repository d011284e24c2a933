#include "http/http.h"

#include <curl/curl.h>

#include <memory>
#include <utility>

namespace finwatch {
namespace {

struct Received {
  std::string text;
  std::size_t most = 0;
  bool too_large = false;
};

std::size_t keep(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& received = *static_cast<Received*>(into);
  if (received.text.size() + size * count > received.most) {
    received.too_large = true;
    return 0;
  }
  received.text.append(data, size * count);
  return size * count;
}

class Headers {
 public:
  Headers() = default;
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  ~Headers() { curl_slist_free_all(list_); }
  void add(const std::string& header) { list_ = curl_slist_append(list_, header.c_str()); }
  curl_slist* list() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

Errc code_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return Errc::timeout;
    case CURLE_PEER_FAILED_VERIFICATION: return Errc::permission;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Errc::config;
    case CURLE_PARTIAL_FILE:
    case CURLE_BAD_CONTENT_ENCODING: return Errc::malformed;
    default: return Errc::unavailable;
  }
}

}  // namespace

Status prepare_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started == CURLE_OK) return ok();
  return {Errc::internal, std::string("libcurl: ") + curl_easy_strerror(started)};
}

Result<HttpReply> http(const HttpRequest& asked) {
  if (const Status prepared = prepare_curl(); !prepared) return prepared.error();
  const std::unique_ptr<CURL, void (*)(CURL*)> handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) return Error{Errc::internal, "libcurl gives no handle"};
  Headers headers;
  headers.add(std::string("Accept: ").append(asked.accept));
  if (asked.body) headers.add(std::string("Content-Type: ").append(asked.content_type));
  for (const std::string& header : asked.headers) headers.add(header);
  CURL* const call = handle.get();
  Received received{.text = {}, .most = asked.most_bytes};
  char reason[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(call, CURLOPT_URL, asked.url.c_str());
  curl_easy_setopt(call, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(call, CURLOPT_PROXY, "");
  curl_easy_setopt(call, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(call, CURLOPT_TIMEOUT_MS, static_cast<long>(asked.timeout.count()));
  curl_easy_setopt(call, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(call, CURLOPT_HTTPHEADER, headers.list());
  curl_easy_setopt(call, CURLOPT_USERAGENT, "finwatch");
  curl_easy_setopt(call, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(call, CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(call, CURLOPT_WRITEDATA, &received);
  if (const auto& body = asked.form ? asked.form : asked.body) {
    curl_easy_setopt(call, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    curl_easy_setopt(call, CURLOPT_COPYPOSTFIELDS, body->data());
  }
  if (!asked.method.empty()) curl_easy_setopt(call, CURLOPT_CUSTOMREQUEST, asked.method.c_str());
  if (!asked.ca_file.empty()) curl_easy_setopt(call, CURLOPT_CAINFO, asked.ca_file.c_str());
  // A secret is a whole std::string inside, so that its text ends in a zero byte.
  if (!asked.user.empty()) {
    curl_easy_setopt(call, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(call, CURLOPT_USERNAME, asked.user.c_str());
    curl_easy_setopt(call, CURLOPT_PASSWORD, asked.password.reveal().data());
  }
  if (!asked.bearer.empty()) {
    curl_easy_setopt(call, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(call, CURLOPT_XOAUTH2_BEARER, asked.bearer.reveal().data());
  }
  const CURLcode done = curl_easy_perform(call);
  if (asked.reached != nullptr) {
    long sent = 0;
    curl_easy_getinfo(call, CURLINFO_REQUEST_SIZE, &sent);
    *asked.reached = sent > 0;
  }
  if (received.too_large)
    return Error{Errc::malformed, "an answer of more than " + std::to_string(asked.most_bytes >> 20) + " MiB"};
  if (done != CURLE_OK) return Error{code_of(done), reason[0] != 0 ? reason : curl_easy_strerror(done)};
  HttpReply reply{0, std::move(received.text)};
  curl_easy_getinfo(call, CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

std::string url_part(std::string_view text) {
  const std::unique_ptr<char, void (*)(void*)> out(curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())),
                                                   curl_free);
  return out ? out.get() : "";
}

}  // namespace finwatch
