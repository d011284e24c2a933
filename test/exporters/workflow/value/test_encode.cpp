#include "workflow/value/encode.h"

#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::workflow;

TEST_CASE("encode: the vectors of RFC 4648") {
  constexpr std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                              {"f", "Zg=="},
                                                              {"fo", "Zm8="},
                                                              {"foo", "Zm9v"},
                                                              {"foob", "Zm9vYg=="},
                                                              {"fooba", "Zm9vYmE="},
                                                              {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : kVectors) {
    CHECK(to_base64(plain) == encoded);
    CHECK(from_base64(encoded) == plain);
  }
  CHECK(to_hex("foobar") == "666f6f626172");
  CHECK(from_hex("666F6f626172") == "foobar");
  CHECK(to_base64("\xfb\xff\xfe") == "+//+");
  CHECK(to_base64url("\xfb\xff\xfe") == "-__-");
  CHECK(to_base64url("f") == "Zg");
  CHECK(from_base64("-__-") == "\xfb\xff\xfe");
  CHECK(from_base64("Zg") == "f");
  CHECK(from_base64("Zm9v\r\n YmFy\n") == "foobar");
}

TEST_CASE("encode: what is neither base64 nor hexadecimal") {
  for (const char* wrong : {"Z", "Zg=", "Zg===", "Z=g=", "Zm9v*", "====", "Zm9vY"}) {
    CAPTURE(wrong);
    CHECK_FALSE(from_base64(wrong));
  }
  for (const char* wrong : {"6", "6g", "0x66"}) CHECK_FALSE(from_hex(wrong));
}

TEST_CASE("encode: any bytes come back") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    CHECK(from_base64(to_base64(bytes)) == bytes);
    CHECK(from_base64(to_base64url(bytes)) == bytes);
    CHECK(from_hex(to_hex(bytes)) == bytes);
  }
}

TEST_CASE("encode: each place has its escaping") {
  CHECK(escaped("a\"b\\c\n\t\x01 总账/", Escape::json) == "a\\\"b\\\\c\\n\\t\\u0001 总账/");
  CHECK(escaped("a b&c=d/é~-._", Escape::percent) == "a%20b%26c%3Dd%2F%C3%A9~-._");
  CHECK(escaped("<a b=\"c\">&'", Escape::xml) == "&lt;a b=&quot;c&quot;&gt;&amp;&apos;");
  CHECK(escaped("Session abc=", Escape::header) == "Session abc=");
}

TEST_CASE("encode: what a place cannot carry is refused, and nothing of it is written") {
  std::string out = "before";
  for (const auto& [text, escape] : {std::pair<std::string, Escape>{"a\r\nX: b", Escape::header},
                                     {"a\nb", Escape::header},
                                     {std::string("a\0b", 3), Escape::header},
                                     {"a\x01", Escape::xml},
                                     {"a\xff", Escape::xml},
                                     {"a\xff", Escape::json}}) {
    const Status status = append_escaped(text, escape, out);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == Errc::malformed);
    CHECK(out == "before");
  }
}
