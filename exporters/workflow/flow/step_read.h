// One step of a flow file.
//
//   - id: save
//     creates: voucher
//     http: {post: "${url}/${database}/", json: {method: model.account.move.create, params: […]}}
//     extract: {voucher: {json: "$.result[0]"}}
//     expect: [{status: 200}, {json: $.result, exists: true}]
//
//   Result<Step> step = read_step(tree, "flows[0].steps[2]", scope, Mode::write);
#pragma once

#include "conf/yaml.h"
#include "workflow/flow/flow.h"

namespace finwatch::workflow {

/// Adds what the step extracts to the scope. config with file:line:column.
Result<Step> read_step(const Tree& tree, const std::string& path, Scope& scope, Mode mode);

/// A list of steps whose ids differ from each other and from `taken`.
Result<std::vector<Step>> read_steps(const Tree* list, const std::string& path, Scope& scope, Mode mode,
                                     std::vector<std::string>& taken);

}  // namespace finwatch::workflow
