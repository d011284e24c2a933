// Operators' expressions: any expression compiles or is refused, matches any text in bounded time, and answers the same twice.
#include <string>

#include "conf/pattern.h"
#include "fuzz/fuzz.h"

using namespace finwatch;
using fuzz::require;

// The expression, a zero byte, the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  const std::string_view expression = bytes.text();
  const std::string_view text = bytes.rest();
  const Result<Pattern> pattern = Pattern::compile(expression);
  if (!pattern) {
    require(pattern.error().code == Errc::config, "a bad expression is an error of the configuration");
    require(!pattern.error().message.empty(), "an error says what is wrong");
    return 0;
  }
  const bool matches = pattern->matches(text);
  const auto captured = pattern->capture(text);
  require(captured.has_value() == matches, "what matches can be captured");
  if (captured) require(captured->size() == pattern->group_names().size(), "a text for every group");
  if (expression.empty()) return 0;
  Result<NameFilter> include = NameFilter::make(expression, "");
  Result<NameFilter> exclude = NameFilter::make("", expression);
  require(include && exclude, "what compiles makes a filter");
  for (int twice = 0; twice < 2; ++twice) {
    require(include->accepts(text) == matches, "an include expression lets through what matches");
    require(exclude->accepts(text) != matches, "an exclude expression keeps back what matches");
  }
  return 0;
}
