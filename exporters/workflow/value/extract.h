// Values that a step takes out of its answer for the steps after it, and those that it sets before it asks.
//
//   extract:
//     voucher: {json: /Result/Id}
//     token: {json: "$.result[1]", secret: true}
//     ids: {json: "$.rows[*].id", all: true}
//     next: {header: Location, regex: "ticket=([^&]+)", default: ""}
//
//   Result<std::vector<Extraction>> extractions = read_extractions(*step.map("extract"), "steps.login.extract", scope);
//   if (Status status = extract(*extractions, answer, variables); !status) fail(status.error().message);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workflow/value/answer.h"
#include "workflow/value/template.h"

namespace finwatch::workflow {

struct Extraction {
  std::string name;
  std::size_t place = 0;
  Source source;
  bool all = false;  // a list of all that is found, else the first
  bool secret = false;
  std::optional<Template> fallback;
};

/// A value of `set`: worked out once before a request, which signs and sends the same.
struct Setting {
  std::string name;
  std::size_t place = 0;
  Template value;
};

/// A text, or a map or list that is sent as JSON. Each may use those above it. config with file:line:column.
Result<std::vector<Setting>> read_settings(const Tree& map, const std::string& path, Scope& scope);
/// As Template::render.
Status set(const std::vector<Setting>& settings, Variables& variables);

/// Adds the names to the scope, for what is compiled after it. config with file:line:column.
Result<std::vector<Extraction>> read_extractions(const Tree& map, const std::string& path, Scope& scope);

/// All of them, also after one has failed, so that a secret is known before anything of the answer is shown. malformed, with
/// what was looked for and a masked piece of what was there, for the first that found nothing and has no default.
Status extract(const std::vector<Extraction>& extractions, const Answer& answer, Variables& variables);

/// What a message shows of an answer in which a source found nothing: "; the body begins: …".
std::string what_was_there(const Source& source, const Answer& answer, const Masker& masker);

}  // namespace finwatch::workflow
