#include "core/text.h"

#include "support/catch.h"

using namespace finwatch;

TEST_CASE("text: letters of ASCII change their case, and nothing else does") {
  CHECK(lower_case("Set-Cookie: ÄÖ 账 @[`{ Z") == "set-cookie: ÄÖ 账 @[`{ z");
  CHECK(lower_case("").empty());
  CHECK(to_upper('z') == 'Z');
  CHECK(to_upper('{') == '{');
}

TEST_CASE("text: a word is the same in capitals") {
  CHECK(same_word("Content-Type", "content-type"));
  CHECK(same_word("", ""));
  CHECK_FALSE(same_word("ÄB", "äb"));
  CHECK_FALSE(same_word("close", "closed"));
  CHECK_FALSE(same_word("closed", "close"));
}
