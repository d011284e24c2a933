#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "workflow/net/url.h"
#include "workflow/probe/module_keys.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kMostKept = std::size_t{16} << 20;  // of a body that expressions are matched against

// "10MB", "1.5KiB": powers of 1024 either way, as in blackbox_exporter.
std::optional<std::size_t> to_bytes(std::string_view text) {
  constexpr std::string_view kUnits[] = {"B", "K", "M", "G"};
  const std::size_t end = text.find_first_not_of("0123456789.");
  const auto number = to_number<double>(text.substr(0, end));
  std::string_view unit = end == std::string_view::npos ? std::string_view() : text.substr(end);
  if (unit != "B" && unit.ends_with("iB"))
    unit.remove_suffix(2);
  else if (unit != "B" && unit.ends_with("B"))
    unit.remove_suffix(1);
  const auto* const found = std::find(std::begin(kUnits), std::end(kUnits), unit);
  if (!number || (text == "0" ? false : found == std::end(kUnits))) return std::nullopt;
  const double bytes = *number * std::pow(1024.0, found == std::end(kUnits) ? 0 : found - std::begin(kUnits));
  return bytes < 0 || bytes > double{1U << 31} ? std::nullopt : std::optional(static_cast<std::size_t>(bytes));
}

std::vector<HeaderMatch> read_header_matches(ModuleReader& parent, std::string_view key) {
  std::vector<HeaderMatch> all;
  const Tree* list = parent.list(key);
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    ModuleReader reader(list->items[i], parent.path_of(key) + "[" + std::to_string(i) + "]");
    HeaderMatch match{
        .header = reader.required_text("header"), .pattern = {}, .allow_missing = reader.yes("allow_missing", false)};
    if (reader.required_text("regexp").empty()) {
      parent.take(reader.finish());
      continue;
    }
    match.pattern = reader.pattern(*list->items[i].find("regexp"), "regexp");
    parent.take(reader.finish());
    all.push_back(std::move(match));
  }
  return all;
}

void read_headers(ModuleReader& parent, HttpRequest& request) {
  const Tree* map = parent.map("headers");
  if (map == nullptr) return;
  ModuleReader reader(*map, parent.path_of("headers"));
  for (const std::string& name : map->keys) {
    const std::string value = reader.text(name);
    if ((name + value).find_first_of("\r\n") != std::string::npos)
      reader.fail(name, parent.path_of("headers") + ": a header is one line");
    request.headers.push_back({name, value});
  }
  parent.take(reader.finish());
}

// basic_auth, authorization, bearer_token: one of them at most.
void read_identity(ModuleReader& parent, HttpRequest& request) {
  int given = 0;
  if (const Tree* map = parent.map("basic_auth")) {
    ModuleReader reader(*map, parent.path_of("basic_auth"));
    reader.refuse({"username_ref", "password_ref"});
    request.auth.user = reader.secret("username").reveal();
    request.auth.password = reader.secret("password");
    parent.take(reader.finish());
    ++given;
  }
  if (const Tree* map = parent.map("authorization")) {
    ModuleReader reader(*map, parent.path_of("authorization"));
    reader.refuse({"credentials_ref"});
    const std::string type = reader.text("type", "Bearer");
    const Secret credentials = reader.secret("credentials");
    if (same_word(type, "Basic")) reader.fail("type", reader.path_of("type") + ": for Basic give basic_auth");
    if (same_word(type, "Bearer"))
      request.auth.bearer = credentials;
    else
      request.headers.push_back({"Authorization", type + " " + std::string(credentials.reveal())});
    parent.take(reader.finish());
    ++given;
  }
  if (Secret bearer = parent.secret("bearer_token"); !bearer.empty()) {
    request.auth.bearer = std::move(bearer);
    ++given;
  }
  if (given > 1)
    parent.fail(parent.tree(), parent.path_of("basic_auth") + ", authorization and bearer_token: give one of them");
}

std::string read_proxy(ModuleReader& reader) {
  std::string proxy = reader.text("proxy_url");
  const std::string shown = without_user(proxy);
  if (!proxy.empty() && !shown.starts_with("http://") && !shown.starts_with("socks5h://"))
    reader.fail("proxy_url",
                reader.path_of("proxy_url") + ": expected http://host:port or socks5h://host:port, found '" + shown + "'");
  return proxy;
}

void read_versions(ModuleReader& reader, HttpModule& module) {
  module.valid_http_versions = reader.texts("valid_http_versions");
  for (const std::string& version : module.valid_http_versions)
    if (!version.starts_with("HTTP/"))
      reader.fail("valid_http_versions",
                  reader.path_of("valid_http_versions") + ": expected such as HTTP/1.1, found '" + version + "'");
  if (reader.yes("enable_http2", true)) module.request.version = HttpVersion::http2;
}

void read_body(ModuleReader& reader, HttpModule& module) {
  HttpRequest& request = module.request;
  request.body = reader.text("body");
  if (std::string content = reader.file_content("body_file"); !content.empty()) {
    if (!request.body.empty()) reader.fail("body_file", reader.path_of("body_file") + ": given beside body; give one of them");
    request.body = std::move(content);
  }
  const std::string limit = reader.text("body_size_limit", "0");
  const std::optional<std::size_t> bytes = to_bytes(limit);
  if (!bytes)
    reader.fail("body_size_limit",
                reader.path_of("body_size_limit") + ": expected a size such as 10MB, at most 2GB, found '" + limit + "'");
  request.keep_body = module.reads_body();
  request.most_body = bytes.value_or(0) != 0 ? *bytes : request.keep_body ? kMostKept : SIZE_MAX;
  if (request.keep_body && request.most_body > kMostKept)
    reader.fail("body_size_limit", reader.path_of("body_size_limit") + ": expressions are matched against at most 16MB");
}

void read_compression(ModuleReader& reader, HttpModule& module) {
  constexpr std::string_view kKnown[] = {"", "identity", "gzip", "deflate", "br"};
  module.compression = reader.text("compression");
  if (std::find(std::begin(kKnown), std::end(kKnown), module.compression) == std::end(kKnown))
    reader.fail("compression",
                reader.path_of("compression") + ": expected gzip, deflate, br or identity, found '" + module.compression + "'");
  if (module.compression == "identity") module.compression.clear();
  module.request.compressed = !module.compression.empty();
  const bool asked = std::any_of(module.request.headers.begin(), module.request.headers.end(),
                                 [](const Header& header) { return same_word(header.name, "Accept-Encoding"); });
  if (module.request.compressed && !asked) module.request.headers.push_back({"Accept-Encoding", module.compression});
}

}  // namespace

Result<HttpModule> read_http_module(const Tree& map, const std::string& path, IpFamily& family) {
  ModuleReader reader(map, path);
  reader.refuse({"fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel", "enable_http3", "oauth2", "http_headers",
                 "no_proxy", "proxy_from_environment", "proxy_connect_header"});
  HttpModule module;
  HttpRequest& request = module.request;
  family = reader.family();
  for (const std::string& code : reader.texts("valid_status_codes")) {
    const auto number = to_number<int>(code);
    if (!number) reader.fail("valid_status_codes", path + ".valid_status_codes: expected numbers, found '" + code + "'");
    module.valid_status_codes.push_back(number.value_or(0));
  }
  read_versions(reader, module);
  request.method = reader.text("method", "GET");
  read_headers(reader, request);
  read_identity(reader, request);
  request.proxy = read_proxy(reader);
  request.tls = reader.tls();
  const bool follow = reader.yes("follow_redirects", true);
  request.follow_redirects = !reader.yes("no_follow_redirects", !follow);  // the old spelling, where it stands, decides
  module.resolve_before_proxy = !reader.yes("skip_resolve_phase_with_proxy", false);
  module.fail_if_ssl = reader.yes("fail_if_ssl", false);
  module.fail_if_not_ssl = reader.yes("fail_if_not_ssl", false);
  module.body_must_match = reader.patterns("fail_if_body_not_matches_regexp");
  module.body_must_not_match = reader.patterns("fail_if_body_matches_regexp");
  module.header_must_match = read_header_matches(reader, "fail_if_header_not_matches");
  module.header_must_not_match = read_header_matches(reader, "fail_if_header_matches");
  read_body(reader, module);
  read_compression(reader, module);
  if (Status status = reader.finish(); !status) return status.error();
  return module;
}

}  // namespace finwatch::workflow
