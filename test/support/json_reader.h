// A judge of JSON's grammar, for pages that are written by hand.
//
//   CHECK(test::JsonReader(text).valid());       // the whole text is one value
#pragma once

#include <algorithm>
#include <string_view>

#include "core/text.h"

namespace finwatch::test {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}
  bool valid() { return value() && (skip(), rest_.empty()); }

 private:
  void skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool take(std::string_view text) {
    skip();
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  bool string() {
    if (!take("\"")) return false;
    for (; !rest_.empty() && rest_.front() != '"'; rest_.remove_prefix(1)) {
      if (static_cast<unsigned char>(rest_.front()) < 0x20) return false;
      if (rest_.front() != '\\') continue;
      rest_.remove_prefix(1);
      if (rest_.empty() || std::string_view("\"\\/bfnrtu").find(rest_.front()) == std::string_view::npos) return false;
    }
    return take("\"");
  }
  bool list(std::string_view end, bool named) {
    if (take(end)) return true;
    do {
      if (named && !(string() && take(":"))) return false;
      if (!value()) return false;
    } while (take(","));
    return take(end);
  }
  bool value() {
    if (take("{")) return list("}", true);
    if (take("[")) return list("]", false);
    if (take("null") || take("true") || take("false")) return true;
    if (rest_.starts_with("\"")) return string();
    const std::size_t length = std::min(rest_.find_first_not_of("-0123456789."), rest_.size());
    const bool is_number = to_number<double>(rest_.substr(0, length)).has_value();
    rest_.remove_prefix(length);
    return is_number;
  }
  std::string_view rest_;
};

}  // namespace finwatch::test
