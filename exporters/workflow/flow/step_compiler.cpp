#include "workflow/flow/step_compiler.h"

#include <algorithm>
#include <array>
#include <utility>

namespace finwatch::workflow {

std::optional<Template> StepCompiler::text(MapReader& reader, std::string_view key) {
  const Tree* value = reader.child(key);
  if (value == nullptr) return std::nullopt;
  return compiled(*value, false);
}

Template StepCompiler::required(MapReader& reader, const Tree& map, std::string_view key) {
  if (!reader.has(key)) fail(map, reader.path_of(key) + ": must be given");
  return text(reader, key).value_or(Template{});
}

std::optional<Template> StepCompiler::statement(MapReader& reader, std::string_view key) {
  const Tree* value = reader.child(key);
  if (value == nullptr) return std::nullopt;
  return kept(Template::compile_sql(*value, scope_));
}

std::optional<Template> StepCompiler::compiled(const Tree& value, bool json) {
  return kept(json ? Template::compile_json(value, scope_) : Template::compile(value, scope_));
}

std::optional<Template> StepCompiler::kept(Result<Template> made) {
  if (made) return std::move(*made);
  take(made.error());
  return std::nullopt;
}

std::vector<NamedTemplate> StepCompiler::named(const Tree* map) {
  std::vector<NamedTemplate> all;
  for (std::size_t i = 0; map != nullptr && i < map->items.size(); ++i)
    if (std::optional<Template> made = compiled(map->items[i], false)) all.push_back({map->keys[i], std::move(*made)});
  return all;
}

void StepCompiler::fail(const Tree& at, const std::string& message) {
  take(Error{Errc::config, at.where.text() + ": " + message});
}

void StepCompiler::take(const Status& status) {
  if (status_ && !status) status_ = status;
}

void read_tls(MapReader& parent, TlsOptions& tls, StepCompiler& compiler) {
  const Tree* map = parent.map("tls");
  if (map == nullptr) return;
  MapReader reader(*map, parent.path_of("tls"));
  tls.verify = reader.boolean("verify", tls.verify);
  tls.ca_file = reader.text("ca_file");
  tls.certificate_file = reader.text("certificate_file");
  tls.key_file = reader.text("key_file");
  tls.server_name = reader.text("server_name");
  tls.resume = reader.boolean("resume", tls.resume);
  const std::string minimum = reader.text("minimum", "1.2");
  constexpr std::array<std::string_view, 4> kVersions = {"1.0", "1.1", "1.2", "1.3"};
  const auto found = std::find(kVersions.begin(), kVersions.end(), minimum);
  if (found == kVersions.end())
    reader.fail("minimum", reader.path_of("minimum") + ": expected \"1.0\", \"1.1\", \"1.2\" or \"1.3\"");
  else
    tls.minimum = static_cast<TlsVersion>(found - kVersions.begin());
  compiler.take(reader.finish());
}

void read_family(MapReader& reader, IpFamily& family) {
  const std::string word = reader.text("ip", "any");
  constexpr std::array<std::string_view, 5> kFamilies = {"any", "ipv4", "ipv6", "prefer_ipv4", "prefer_ipv6"};
  const auto found = std::find(kFamilies.begin(), kFamilies.end(), word);
  if (found == kFamilies.end())
    reader.fail("ip", reader.path_of("ip") + ": expected any, ipv4, ipv6, prefer_ipv4 or prefer_ipv6");
  else
    family = static_cast<IpFamily>(found - kFamilies.begin());
}

}  // namespace finwatch::workflow
