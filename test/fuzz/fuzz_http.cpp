// The HTTP door's own parsing: targets and queries, negotiation, basic authentication, web-config.yml.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/exposition.h"
#include "web/credentials.h"
#include "web/page.h"
#include "web/query.h"
#include "web/web_config.h"

namespace {

using namespace finwatch;

void require(bool holds) {
  if (!holds) std::abort();
}

void target(std::string_view text) {
  const RequestTarget parts = split_target(text);
  require(parts.path.size() + parts.query.size() <= text.size() + 1);
  if (const auto path = percent_decode(parts.path, false)) {
    require(path->size() <= parts.path.size());
    require(path->find('\0') == std::string::npos);
  }
  std::size_t pairs = 0;
  QueryReader query(parts.query);
  while (query.next()) require(++pairs <= parts.query.size());
}

void credentials(std::string_view text) {
  const auto found = parse_basic_auth(text);
  if (!found) return;
  require(found->user.find(':') == std::string::npos);
  require(found->password.find('\0') == std::string::npos);
}

void config(std::string_view text) {
  const auto parsed = parse_web_config(text, "web.yml", "/etc");
  if (!parsed) {
    require(!parsed.error().message.empty());
    return;
  }
  require(parsed->tls.min_version <= parsed->tls.max_version);
  for (const auto& [name, value] : parsed->headers) require(value.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

// The first byte says which part reads the rest.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0: target(text); break;
    case 1:
      negotiate_format(text);
      accepts_gzip(text);
      break;
    case 2: credentials(text); break;
    case 3: config(text); break;
    default: require(escape_html(text).find('<') == std::string::npos);
  }
  return 0;
}
