// What a PromQL expression must keep to beyond its grammar: types, arguments, matchers.
#pragma once

#include <string_view>

#include "core/result.h"
#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

/// config with line:column within `text`, of which `expression` is the tree.
Status check_promql(const Expression& expression, std::string_view text);

}  // namespace finwatch::rules
