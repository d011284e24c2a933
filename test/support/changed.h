// A text with one piece of it changed, for tests of what a file may say.
#pragma once

#include <string>
#include <string_view>

#include "support/catch.h"

namespace finwatch::test {

/// The first `from` of `text` as `to`; the test fails when there is none.
inline std::string changed(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  CAPTURE(from);
  const std::size_t at = out.find(from);
  REQUIRE(at != std::string::npos);
  return out.replace(at, from.size(), to);
}

}  // namespace finwatch::test
