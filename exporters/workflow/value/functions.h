// The functions that a template may call. functions_crypto.cpp, functions_list.cpp, functions_text.cpp and
// functions_time.cpp hold them, each as a row.
//
//   const Function* function = find_function("sha256");
//   Value result;
//   if (Status status = function->call({arguments, context}, result); !status) return status.error();
//
// Whether a result is secret is the caller's affair, but for functions that read secrets by themselves (`secret`).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "workflow/value/variables.h"

namespace finwatch::workflow {

inline constexpr std::size_t kMostArguments = 8;

struct Call {
  std::span<const Value* const> arguments;
  const Context& context;

  bool has(std::size_t index) const { return index < arguments.size(); }
  std::string_view text(std::size_t index, std::string_view fallback = {}) const {
    return has(index) ? std::string_view(arguments[index]->text) : fallback;
  }
};

struct Function {
  std::string_view name;
  std::string_view usage;  // "sha256(text, output='hex')"
  std::size_t least = 0;
  std::size_t most = 0;
  Status (*call)(const Call& call, Value& result) = nullptr;
  bool pure = true;               // the same arguments always give the same: worked out when the file is read
  bool accepts_unset = false;     // an argument may be a variable that was not set
  bool secret = false;            // what it gives is secret by itself
  std::string_view choices = {};  // the words that its last argument may be, where there is one
};

const Function* find_function(std::string_view name);
std::vector<std::string_view> function_names();

// The rooms of the table.
std::span<const Function> list_functions();
std::span<const Function> text_functions();
std::span<const Function> time_functions();
std::span<const Function> crypto_functions();

/// malformed: "expected a whole number from 1 to 10, found 'x'". A text that is secret is never in a message.
Result<long long> whole_argument(const Call& call, std::size_t index, long long least, long long most);
/// What of a value may stand in a message.
std::string shown_argument(const Call& call, std::size_t index);

}  // namespace finwatch::workflow
