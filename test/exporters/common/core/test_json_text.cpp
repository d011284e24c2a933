#include "core/json_text.h"

#include <limits>

#include "support/catch.h"

using namespace finwatch;

TEST_CASE("json: a text is quoted, whatever it holds") {
  CHECK(json_text("") == R"("")");
  CHECK(json_text("a \"b\" \\ 账") == R"("a \"b\" \\ 账")");
  CHECK(json_text(std::string_view("\n\x01\x7f\0", 4)) == R"("\u000a\u0001\u007f\u0000")");
  CHECK(json_text("\xff") == "\"\xef\xbf\xbd\"");
}

TEST_CASE("json: the inside of a text names line breaks and tabs by their letters") {
  std::string out = "<";
  append_json_inside(std::string_view("\n\r\t\x01\"\\ 账", 10), out);
  CHECK(out == R"(<\n\r\t\u0001\"\\ 账)");
}

TEST_CASE("json: a number has its decimals, and what is none is null") {
  CHECK(json_number(75.25) == "75.250");
  CHECK(json_number(-0.0000015, 6) == "-0.000002");
  CHECK(json_number(1e300).size() > 300);
  CHECK(json_number(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(json_number(std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("json: members are parted by commas, and maps stand in lists") {
  CHECK(JsonMembers('{').end() == "{}");
  CHECK(JsonMembers('[').end() == "[]");
  JsonMembers list('[');
  list.add(JsonMembers('{').add("a \"b\"", json_number(1, 0)).add("up", json_truth(true)).end()).add("null");
  CHECK(list.end() == R"([{"a \"b\"":1,"up":true},null])");
}
