#include "rules/tool/coverage/page.h"

#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::rules;

TEST_CASE("pages: series with their labels, in each of the forms that there are") {
  const Result<Page> page = parse_page(
      "# HELP a text\n# TYPE a counter\na{x=\"1\",y=\"q\\\"\\\\\\n\"} 1.5 1700000000\na{x = \"2\" , } +Inf # {trace=\"z\"} 1\n"
      "b NaN\n{\"c.d\",\"e f\"=\"g\"} 0\n\nempty{x=\"\"} 1\n# EOF\n",
      "p");
  if (!page) FAIL(page.error().message);
  CHECK(page->series.size() == 5);
  const auto a = page->series.find("a");
  CHECK(a->second.labels.at("x") == "1");
  CHECK(a->second.labels.at("y") == "q\"\\\n");
  CHECK(page->series.count("b") == 1);
  CHECK(page->series.find("c.d")->second.labels.at("e f") == "g");
  CHECK(page->series.find("empty")->second.labels.empty());
}

TEST_CASE("pages: what is none is refused with its line") {
  const auto refused = [](std::string_view text) { return parse_page(text, "p").error().message; };
  CHECK(refused("") == "p: no metric on this page");
  CHECK(refused("a 1\n<html>\n") == "p:2: expected the name of a metric, found '<html>'; is this a page of metrics?");
  CHECK(refused("a\n").starts_with("p:1: expected a value after the series"));
  CHECK(refused("a{x=1} 1\n").starts_with("p:1: expected a value in quotes"));
  CHECK(refused("a{x=\"1 1\n").starts_with("p:1: expected the quote that ends a value"));
  CHECK(refused("a{x} 1\n").starts_with("p:1: expected = after a label"));
  CHECK(refused("a{x=\"1\" y=\"2\"} 1\n").starts_with("p:1: expected a comma or }"));
  CHECK(refused("a{=\"1\"} 1\n").starts_with("p:1: expected a label"));
}

TEST_CASE("pages: a file or an address that does not answer is named, without a password") {
  CHECK(fetch("/none.prom").error().message.find("/none.prom") != std::string::npos);
  const Result<std::string> refused = fetch("http://me:secret@127.0.0.1:1/metrics");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("http://127.0.0.1:1/metrics: "));
  CHECK(refused.error().message.find("secret") == std::string::npos);
}
