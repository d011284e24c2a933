// What readers of all kinds of step share: templates compiled with the first error kept, TLS options, families of addresses.
//
//   StepCompiler compiler(scope);
//   std::optional<Template> user = compiler.text(reader, "user");
//   compiler.take(reader.finish());
//   if (!compiler.status()) return compiler.status().error();
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/yaml.h"
#include "workflow/flow/flow.h"

namespace finwatch::workflow {

/// Compiles values of a map, and keeps the first error.
class StepCompiler {
 public:
  explicit StepCompiler(const Scope& scope) : scope_(scope) {}

  std::optional<Template> text(MapReader& reader, std::string_view key);
  /// The same, and it must be there.
  Template required(MapReader& reader, const Tree& map, std::string_view key);
  std::optional<Template> statement(MapReader& reader, std::string_view key);
  std::optional<Template> compiled(const Tree& value, bool json);
  std::vector<NamedTemplate> named(const Tree* map);

  void fail(const Tree& at, const std::string& message);
  void take(const Status& status);
  const Status& status() const { return status_; }

 private:
  std::optional<Template> kept(Result<Template> made);

  const Scope& scope_;
  Status status_ = ok();
};

/// The map `tls` of a step; all as it was where there is none.
void read_tls(MapReader& parent, TlsOptions& tls, StepCompiler& compiler);

/// The word `ip` of a step.
void read_family(MapReader& reader, IpFamily& family);

}  // namespace finwatch::workflow
