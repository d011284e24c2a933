#include "workflow/value/functions.h"

#include "core/text.h"

namespace finwatch::workflow {

const Function* find_function(std::string_view name) {
  for (const auto table : {crypto_functions(), list_functions(), text_functions(), time_functions()})
    for (const Function& function : table)
      if (function.name == name) return &function;
  return nullptr;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const auto table : {crypto_functions(), list_functions(), text_functions(), time_functions()})
    for (const Function& function : table) names.push_back(function.name);
  return names;
}

std::string shown_argument(const Call& call, std::size_t index) {
  if (call.arguments[index]->secret) return std::string(Masker::kMask);
  return "'" + Masker().excerpt(call.text(index), 60) + "'";
}

Result<long long> whole_argument(const Call& call, std::size_t index, long long least, long long most) {
  const auto number = to_number<long long>(call.text(index));
  if (number && *number >= least && *number <= most) return *number;
  return {Errc::malformed, "expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                               ", found " + shown_argument(call, index)};
}

}  // namespace finwatch::workflow
