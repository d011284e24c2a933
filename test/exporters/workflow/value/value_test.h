// What the tests of the value room share: templates and configurations out of a line of text.
#pragma once

#include <string>
#include <string_view>

#include "conf/yaml.h"
#include "support/catch.h"
#include "value/counting_random.h"
#include "workflow/value/template.h"

namespace finwatch::workflow::test {

/// A YAML text, as flow files are read.
inline Tree yaml(std::string_view text) {
  Result<Tree> tree = parse_yaml(text, "flow.yml", {.substitute_environment = false});
  if (!tree) FAIL(tree.error().message);
  return std::move(*tree);
}

/// The text of a template with the variables; "error: …" when it cannot be compiled or worked out.
inline std::string rendered(std::string_view text, Variables& variables, const Scope& scope, Escape escape = Escape::none) {
  const Result<Template> compiled = Template::compile(text, {"flow.yml", 1, 1}, scope);
  if (!compiled) return "error: " + compiled.error().message;
  std::string out;
  if (const Status status = compiled->render(variables, escape, out); !status) return "error: " + status.error().message;
  return out;
}

/// Of one without variables, at 2026-11-26 05:06:07.089 UTC.
inline std::string rendered(std::string_view text) {
  static const ManualClock clock{WallTime{std::chrono::milliseconds{1'795'669'567'089}}};
  static CountingRandom random;
  const Scope scope({.clock = &clock, .calendar = &plain_calendar(), .random = &random});
  Variables variables(scope);
  return rendered(text, variables, scope);
}

}  // namespace finwatch::workflow::test
