// JSON, written member by member.
//
//   JsonMembers list('[');
//   for (const Host& host : hosts) list.add(JsonMembers('{').add("name", json_text(host.name)).add("up", json_truth(host.up)).end());
//   out += list.end();                                     // [{"name":"erp1","up":true}]
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace finwatch {

/// In quotes, with everything escaped that must be; bytes that are no UTF-8 become U+FFFD.
std::string json_text(std::string_view text);
/// What stands between the quotes, for a text that is UTF-8; line breaks and tabs by their letters.
void append_json_inside(std::string_view text, std::string& out);

/// With this many decimals; null for what is no number.
std::string json_number(double value, int decimals = 3);

inline std::string json_truth(bool value) { return value ? "true" : "false"; }

/// The members of a map '{' or of a list '[': each is JSON already.
class JsonMembers {
 public:
  explicit JsonMembers(char open) : text_(1, open), close_(open == '{' ? '}' : ']') {}
  JsonMembers& add(std::string_view name, const std::string& json);
  JsonMembers& add(const std::string& json);
  std::string end() { return std::move(text_ += close_); }

 private:
  std::string text_;
  const char close_;
};

}  // namespace finwatch
