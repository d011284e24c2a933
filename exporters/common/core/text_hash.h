// Finds a std::string of an unordered map or set by a std::string_view, without a copy.
//
//   std::unordered_map<std::string, int, TextHash, std::equal_to<>> ages;
//   ages.find(std::string_view(line).substr(0, 4));
#pragma once

#include <functional>
#include <string_view>

namespace finwatch {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

}  // namespace finwatch
