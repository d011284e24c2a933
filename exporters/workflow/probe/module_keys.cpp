#include "workflow/probe/module_keys.h"

#include <algorithm>

#include "core/files.h"
#include "core/text.h"

namespace finwatch::workflow {
namespace {

// What a scalar says as a boolean; nothing when it is none.
std::optional<bool> truth(const Tree& tree) {
  const std::string word = lower_case(tree.scalar);
  if (tree.kind != Tree::Kind::scalar) return std::nullopt;
  if (word == "true" || word == "yes" || word == "on" || word == "y") return true;
  if (word == "false" || word == "no" || word == "off" || word == "n") return false;
  return std::nullopt;
}

}  // namespace

void ModuleReader::refuse(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const Tree* value = child(key);
    if (value == nullptr || value->kind == Tree::Kind::null || truth(*value) == false) continue;
    fail(*value, path_of(key) + ": blackbox_exporter has this key and finwatch-workflow does not: leave it out of the module");
  }
}

bool ModuleReader::yes(std::string_view key, bool fallback) {
  const Tree* value = child(key);
  if (value == nullptr || value->kind == Tree::Kind::null) return fallback;
  const std::optional<bool> found = truth(*value);
  if (!found) fail(*value, path_of(key) + ": expected true or false");
  return found.value_or(fallback);
}

Pattern ModuleReader::pattern(const Tree& at, std::string_view key) {
  Result<Pattern> compiled = Pattern::compile(at.scalar);
  if (at.kind == Tree::Kind::scalar && compiled) return std::move(*compiled);
  fail(at, path_of(key) + ": " + (compiled ? "expected a regular expression" : compiled.error().message));
  return {};
}

std::vector<Pattern> ModuleReader::patterns(std::string_view key) {
  std::vector<Pattern> all;
  if (const Tree* found = list(key))
    for (const Tree& item : found->items) all.push_back(pattern(item, key));
  return all;
}

IpFamily ModuleReader::family() {
  const std::string preferred = text("preferred_ip_protocol", "ip6");
  const bool falls_back = yes("ip_protocol_fallback", true);
  if (preferred != "ip4" && preferred != "ip6")
    fail("preferred_ip_protocol", path_of("preferred_ip_protocol") + ": expected ip4 or ip6, found '" + preferred + "'");
  if (preferred == "ip4") return falls_back ? IpFamily::prefer_ipv4 : IpFamily::ipv4;
  return falls_back ? IpFamily::prefer_ipv6 : IpFamily::ipv6;
}

std::string ModuleReader::existing_file(std::string_view key) {
  const std::string name = text(key);
  if (name.empty()) return {};
  const std::string path = map_.where.beside(name);
  if (const Result<std::string> content = read_file(path); !content) fail(key, path_of(key) + ": " + content.error().message);
  return path;
}

std::string ModuleReader::file_content(std::string_view key) {
  const std::string name = text(key);
  if (name.empty()) return {};
  Result<std::string> content = read_file(map_.where.beside(name));
  if (content) return std::move(*content);
  fail(key, path_of(key) + ": " + content.error().message);
  return {};
}

TlsOptions ModuleReader::tls() {
  TlsOptions options;
  const Tree* map = this->map("tls_config");
  if (map == nullptr) return options;
  ModuleReader reader(*map, path_of("tls_config"));
  reader.refuse({"ca", "cert", "key", "ca_ref", "cert_ref", "key_ref"});
  options.verify = !reader.yes("insecure_skip_verify", false);
  options.ca_file = reader.existing_file("ca_file");
  options.certificate_file = reader.existing_file("cert_file");
  options.key_file = reader.existing_file("key_file");
  options.server_name = reader.text("server_name");
  constexpr std::string_view kVersions[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
  const std::string least = reader.text("min_version", "TLS12");
  const auto* const found = std::find(std::begin(kVersions), std::end(kVersions), least);
  if (found == std::end(kVersions))
    reader.fail("min_version",
                reader.path_of("min_version") + ": expected TLS10, TLS11, TLS12 or TLS13, found '" + least + "'");
  else
    options.minimum = static_cast<TlsVersion>(found - std::begin(kVersions));
  if (reader.text("max_version", "TLS13") != "TLS13")
    reader.fail("max_version", reader.path_of("max_version") + ": only TLS13 is supported, which is the highest there is");
  if (options.certificate_file.empty() != options.key_file.empty())
    reader.fail(*map, path_of("tls_config") + ": cert_file and key_file are given together or not at all");
  take(reader.finish());
  return options;
}

}  // namespace finwatch::workflow
