#include "workflow/value/decimal.h"

#include "support/catch.h"

using namespace finwatch::workflow;

TEST_CASE("decimal: what is one, and what JSON would take for a number") {
  for (const char* good : {"0", "-1", "+1", "1.", ".5", "007", "1e3", "1E-3", "123456789012345678901234567890.10"}) {
    CAPTURE(good);
    CHECK(is_decimal(good));
  }
  for (const char* wrong :
       {"", "-", ".", "e3", "1,5", "0x10", "1e", "1e401", "1e-401", "1 ", " 1", "NaN", "1.2.3", "--1", "1e+-3", "一"}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_decimal(wrong));
    CHECK_FALSE(is_json_number(wrong));
  }
  for (const char* text : {"+1", "1.", ".5", "007", "-01", "-.5"}) {
    CAPTURE(text);
    CHECK_FALSE(is_json_number(text));
  }
  for (const char* number : {"0", "-0", "0.10", "-1.5e+3", "12345678901234567890.123"}) {
    CAPTURE(number);
    CHECK(is_json_number(number));
  }
  CHECK_FALSE(is_decimal(std::string(1001, '1')));
}

TEST_CASE("decimal: compared exactly, whatever the size and the spelling") {
  CHECK((compare_decimals("1.10", "1.1") == 0));
  CHECK((compare_decimals("0", "-0.000") == 0));
  CHECK((compare_decimals("1e3", "1000.0") == 0));
  CHECK((compare_decimals("12e-1", "1.2") == 0));
  CHECK((compare_decimals("9007199254740993", "9007199254740992") > 0));  // the same double
  CHECK((compare_decimals("0.1", "0.10000000000000001") < 0));            // so are these
  CHECK((compare_decimals("-2", "-10") > 0));
  CHECK((compare_decimals("-2", "1") < 0));
  CHECK((compare_decimals("2", "10") < 0));
  CHECK((compare_decimals("1e400", "9e399") > 0));
}

TEST_CASE("decimal: added exactly") {
  CHECK(add_decimals("0.1", "0.2") == "0.3");
  CHECK(add_decimals("0.10", "-0.3") == "-0.20");
  CHECK(add_decimals("999.99", "0.01") == "1000.00");
  CHECK(add_decimals("1", "-1.00") == "0.00");
  CHECK(add_decimals("-5", "-7") == "-12");
  CHECK(add_decimals("12345678901234567890.10", "0.90") == "12345678901234567891.00");
  CHECK(add_decimals("1e2", "0") == "100");
  CHECK(add_decimals("0.01", "-0.1") == "-0.09");
  CHECK(negate_decimal("1.50") == "-1.50");
  CHECK(negate_decimal("-2") == "2");
  CHECK(negate_decimal("0.0") == "0.0");
}
