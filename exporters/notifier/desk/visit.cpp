#include "notifier/desk/visit.h"

#include <algorithm>
#include <array>

#include "core/base64.h"
#include "core/text.h"
#include "crypto/crypto.h"
#include "web/query.h"

namespace finwatch::notifier {
namespace {

Fields read_fields(std::string_view text, bool& malformed) {
  Fields fields;
  QueryReader reader(text);
  while (reader.next()) fields.insert_or_assign(reader.name(), reader.value());
  malformed = malformed || reader.malformed();
  return fields;
}

Fields read_cookies(std::string_view header) {
  Fields cookies;
  for (FieldReader parts(header, ';'); !parts.done();) {
    const std::string_view part = trim(parts.next());
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos) cookies.try_emplace(std::string(part.substr(0, equals)), part.substr(equals + 1));
  }
  return cookies;
}

std::string random_nonce() {
  std::array<unsigned char, 18> bytes{};
  secure_random().fill(bytes);
  return to_base64url(std::string(bytes.begin(), bytes.end()));
}

}  // namespace

Visit read_visit(const WebRequest& request, Route::Verb verb) {
  Visit visit;
  visit.verb = verb;
  visit.path = request.path();
  visit.body = request.body();
  visit.content_type = lower_case(trim(request.header("Content-Type").substr(0, request.header("Content-Type").find(';'))));
  visit.authorization = request.header("Authorization");
  visit.host = lower_case(request.header("Host"));
  visit.origin = lower_case(request.header("Origin"));
  visit.fetch_site = lower_case(request.header("Sec-Fetch-Site"));
  visit.peer = request.peer();
  visit.names = request.client_names();
  for (const char* name : {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"})
    visit.forwarded = visit.forwarded || !request.header(name).empty();
  visit.queries = read_fields(request.query(), visit.malformed);
  if (visit.content_type == "application/x-www-form-urlencoded") visit.fields = read_fields(visit.body, visit.malformed);
  visit.cookies = read_cookies(request.header("Cookie"));
  const std::string_view asked = visit.query("lang");
  visit.chose_language = asked == "zh" || asked == "en";
  visit.language =
      choose_language(visit.chose_language ? asked : visit.cookie("finwatch_lang"), request.header("Accept-Language"));
  visit.nonce = random_nonce();
  return visit;
}

// A web page of somebody else may make this machine's browser ask us under a name of its own: the Host tells.
bool Visit::is_from_this_machine() const {
  if (forwarded || !(peer == "unix" || peer == "::1" || peer.starts_with("127."))) return false;
  std::string_view name = host;
  if (const std::size_t colon = name.rfind(':');
      colon != std::string_view::npos && name.find(']', colon) == std::string_view::npos)
    name = name.substr(0, colon);
  return name.empty() || name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

}  // namespace finwatch::notifier
