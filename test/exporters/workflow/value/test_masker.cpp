#include "workflow/value/masker.h"

#include "core/text.h"
#include "support/catch.h"
#include "workflow/value/encode.h"

using namespace finwatch;
using namespace finwatch::workflow;

TEST_CASE("masker: a secret is hidden in every form that a request or an answer may give it") {
  Masker masker;
  const std::string secret = "pa ss/wö\"rd+&<1>?";
  masker.add(secret);
  for (const std::string& form :
       {secret, escaped(secret, Escape::percent), escaped(secret, Escape::json), escaped(secret, Escape::xml), to_hex(secret),
        to_base64(secret), to_base64url(secret), std::string("pa+ss%2Fw%C3%B6%22rd%2B%26%3C1%3E%3F"),
        std::string("pa%20ss%2fw%c3%b6%22rd%2b%26%3c1%3e%3f"), std::string("pa%20ss/w%C3%B6%22rd+&%3C1%3E?"),
        std::string("pa+ss%2fw%c3%b6%22rd%2b%26%3c1%3e%3f"), std::string("%70%61%20ss/w%C3%b6%22rd%2b&%3C1%3E?"),
        std::string("pa ss\\/wö\\\"rd+&<1>?"), std::string("pa ss/w\\u00f6\\\"rd+&<1>?")}) {
    CAPTURE(form);
    CHECK(masker.mask("a " + form + " b") == "a **** b");
  }
}

TEST_CASE("masker: percent signs and pluses that are a secret's own, and those that end too soon") {
  Masker masker;
  masker.add("+1/%25");
  masker.add("%2Fx");
  CHECK(masker.mask("a +1%2F%2525 %2B1/%2525 +1/%25 b") == "a **** **** **** b");
  CHECK(masker.mask("a %2Fx %252Fx b") == "a **** **** b");
  CHECK(masker.mask("+1%2F%") == "+1%2F%");
  CHECK(masker.mask("%zz %2") == "%zz %2");
}

TEST_CASE("masker: a secret inside a longer text in base64 is hidden, wherever it begins") {
  Masker masker;
  masker.add("s3cret-token-0123456789");
  for (const std::string user : {"a", "ab", "abc", "abcd", "voucher:2"}) {
    const std::string header = to_base64(user + ":s3cret-token-0123456789:x");
    const std::string shown = masker.mask("Basic " + header);
    CAPTURE(header, shown);
    CHECK(shown.find("****") != std::string::npos);
    // At most a letter at each end depends on what stands around the secret.
    CHECK(shown.size() <= std::string("Basic ****").size() + header.size() - 23 * 8 / 6 + 2);
  }
}

TEST_CASE("masker: secrets that overlap, contain each other or stand side by side leave nothing") {
  Masker masker;
  masker.add("abcdef");
  masker.add("defghi");
  masker.add("cd");
  CHECK(masker.mask("xabcdefghix") == "x****x");
  CHECK(masker.mask("abcdefabcdef") == "********");
  CHECK(masker.mask("acdb") == "a****b");
  CHECK(masker.mask("abcde") == "ab****e");
  CHECK(masker.mask("") == "");
}

TEST_CASE("masker: what is short hides nothing unless a person gave it") {
  Masker masker;
  masker.add("");
  masker.add_derived("abc");
  CHECK(masker.mask("abc") == "abc");
  masker.add("abc");
  CHECK(masker.mask("abc") == "****");
}

TEST_CASE("masker: an excerpt is one line of UTF-8 that never cuts through a secret") {
  Masker masker;
  masker.add(std::string(300, 's'));
  CHECK(masker.excerpt("a\nb\t\x1b[31m") == "a b  [31m");
  CHECK(masker.excerpt(std::string(190, 'x') + std::string(300, 's') + "tail") == std::string(190, 'x') + "****tail");
  CHECK(masker.excerpt("abcdef", 3) == "abc…");
  CHECK(masker.excerpt("总账总账", 7) == "总账…");
  const std::string shown = masker.excerpt("caf\xe9");
  CHECK(utf8_prefix(shown) == shown.size());
}

TEST_CASE("masker: with more secrets than it can keep it hides everything") {
  Masker masker;
  for (int i = 0; i < 1000; ++i) masker.add("secret" + std::to_string(i));
  CHECK(masker.mask("hello") == "hello");
  masker.add("one more");
  CHECK(masker.mask("hello") == "****");
  CHECK(masker.excerpt("hello") == "****");
}
