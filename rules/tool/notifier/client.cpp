#include "rules/tool/notifier/client.h"

#include "core/json.h"
#include "core/json_text.h"
#include "core/text.h"
#include "http/http.h"
#include "rules/tool/notifier/terminal.h"

namespace finwatch::rules::notifier {
namespace {

// What an operator does next about it.
std::string_view advice(Errc code) {
  switch (code) {
    case Errc::unavailable: return "; is finwatch-notifier running there? --notifier or FINWATCH_NOTIFIER names another";
    case Errc::permission:
    case Errc::config: return "; --ca-file names those who may sign its certificate";
    case Errc::timeout: return "; --timeout gives it longer";
    default: return "";
  }
}

// The notifier's own words, of {"error":"…"}.
std::string words_of(std::string_view body) {
  const Result<Json> json = Json::parse(body);
  if (!json) return {};
  const auto error = json->root().find("error");
  return error && error->kind() == JsonRef::Kind::text ? printable(error->text()) : std::string();
}

Errc code_of(long status) {
  switch (status) {
    case 401:
    case 403: return Errc::permission;
    case 404: return Errc::no_data;
    case 503: return Errc::unavailable;
    default: return status >= 500 ? Errc::internal : Errc::config;
  }
}

}  // namespace

Result<NotifierClient> NotifierClient::open(NotifierOptions options) {
  const std::string& url = options.url;
  const std::string shown = "--notifier: expected an address such as http://127.0.0.1:19605, found '" + valid_utf8(url) + "'";
  const bool https = url.starts_with("https://");
  if (!https && !url.starts_with("http://")) return {Errc::config, shown};
  const std::string_view behind = std::string_view(url).substr(https ? 8 : 7);
  // Not shown: it may hold a password.
  if (behind.substr(0, behind.find('/')).find('@') != std::string_view::npos)
    return {Errc::config,
            "--notifier: a user in the address is seen by everybody who lists processes; give --user and --password-file"};
  if (behind.empty() || behind.front() == '/' || behind.find_first_of("?# \t\r\n") != std::string_view::npos)
    return {Errc::config, shown};
  while (options.url.ends_with('/')) options.url.pop_back();
  return NotifierClient(std::move(options));
}

Result<std::string> NotifierClient::send(HttpRequest request) const {
  bool reached = false;
  const bool changes = request.body.has_value();
  request.accept = "application/json";
  request.headers = {"Accept-Language: " + options_.language};
  request.user = options_.user;
  request.password = options_.password;
  request.ca_file = options_.ca_file;
  request.timeout = options_.timeout;
  request.reached = &reached;
  Result<HttpReply> reply = http(request);
  if (!reply) {
    std::string what = reply.error().message + std::string(advice(reply.error().code));
    if (changes && reached) what += "; it may have been done all the same: finwatch incidents shows it";
    return failed(reply.error().code, what);
  }
  if (reply->status == 200) return std::move(reply->body);
  const Errc code = code_of(reply->status);
  const std::string said = words_of(reply->body);
  if (reply->status == 401)
    return failed(code, (said.empty() ? "who asks?" : said) + " (--user and --password-file say who asks)");
  if (!said.empty()) return Error{code, said};
  return failed(code, "answered " + std::to_string(reply->status) +
                          (reply->status == 404 ? "; is that the address of finwatch-notifier, with its path?" : ""));
}

Result<std::string> NotifierClient::get(std::string_view path, const Query& query) const {
  std::string url = options_.url + std::string(path);
  char before = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    (url += before).append(name).append("=").append(url_part(value));
    before = '&';
  }
  HttpRequest request;
  request.url = std::move(url);
  return send(std::move(request));
}

Result<std::string> NotifierClient::act(const ActionOrder& order) const {
  JsonMembers body('{');
  body.add("incident", json_text(order.incident)).add("action", json_text(order.action));
  if (!order.note.empty()) body.add("note", json_text(order.note));
  if (!order.target.empty()) body.add("target", json_text(order.target));
  HttpRequest request;
  request.url = options_.url + "/api/v1/incident/act";
  request.body = body.end();
  if (Result<std::string> done = send(std::move(request)); !done) return done;
  return get("/api/v1/incident", {{"id", order.incident}});
}

}  // namespace finwatch::rules::notifier
