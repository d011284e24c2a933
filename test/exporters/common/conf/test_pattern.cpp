#include "conf/pattern.h"

#include "core/text.h"
#include "support/catch.h"

using namespace finwatch;
using Catch::Matchers::Contains;

TEST_CASE("pattern: a part is enough, anchors mean all of it") {
  const Pattern part = *Pattern::compile("eth");
  CHECK(part.matches("veth0"));
  const Pattern whole = *Pattern::compile("^(eth|en).*$");
  CHECK(whole.matches("ens3"));
  CHECK_FALSE(whole.matches("veth0"));
  CHECK(Pattern::compile("")->matches("anything"));
  CHECK(Pattern::compile("^总账$")->matches("总账"));
}

TEST_CASE("pattern: what does not compile says why, and look-arounds are not known") {
  for (const char* wrong : {"(", "[a", "a{99999}", "(?=x)", "\\1", "*"}) {
    const auto pattern = Pattern::compile(wrong);
    CAPTURE(wrong);
    REQUIRE_FALSE(pattern);
    CHECK(pattern.error().code == Errc::config);
    CHECK_THAT(pattern.error().message, Contains("regular expression '" + std::string(wrong) + "': "));
  }
}

TEST_CASE("pattern: what does not compile is refused in UTF-8, whatever it was written in") {
  const auto pattern = Pattern::compile("caf\xE9");
  REQUIRE_FALSE(pattern);
  CHECK(utf8_prefix(pattern.error().message) == pattern.error().message.size());
}

TEST_CASE("pattern: an expression that ruins backtracking engines is answered at once") {
  const Pattern evil = *Pattern::compile("^(a+)+$");
  CHECK_FALSE(evil.matches(std::string(50'000, 'a') + "b"));
}

TEST_CASE("pattern: groups by name") {
  const Pattern pattern = *Pattern::compile("-Dserver=(?P<server>\\w+)( -Dzone=(?P<area>\\w+))?");
  CHECK(pattern.group_names() == std::vector<std::string>{"area", "server"});
  CHECK(pattern.capture("java -Dserver=nc1 -Dzone=a") == std::vector<std::string>{"a", "nc1"});
  CHECK(pattern.capture("java -Dserver=nc1") == std::vector<std::string>{"", "nc1"});
  CHECK_FALSE(pattern.capture("java"));
}

TEST_CASE("name filter: include, exclude, neither, and not both") {
  CHECK(NameFilter::make("", "")->accepts("eth0"));
  CHECK_FALSE(NameFilter::make("", "^lo$")->accepts("lo"));
  CHECK(NameFilter::make("", "^lo$")->accepts("eth0"));
  CHECK_FALSE(NameFilter::make("^eth", "")->accepts("lo"));
  CHECK(NameFilter::make("^eth", "")->accepts("eth0"));
  CHECK_THAT(NameFilter::make("a", "b").error().message, Contains("exclude each other"));
  CHECK_FALSE(NameFilter::make("(", ""));
  CHECK_FALSE(NameFilter::make("", "("));
}

TEST_CASE("name filter: answers stay right beyond what it remembers") {
  NameFilter filter = *NameFilter::make("", "7$");
  for (int turn = 0; turn < 2; ++turn)
    for (int i = 0; i < 12'000; ++i)
      if (filter.accepts("dev" + std::to_string(i)) == (i % 10 == 7)) FAIL("wrong for dev" << i);
}
