#include "conf/json.h"

#include "support/catch.h"

using namespace finwatch;

namespace {

std::string refused(const std::string& text) {
  const Result<Tree> tree = parse_json(text, "a.json");
  CAPTURE(text);
  REQUIRE_FALSE(tree);
  CHECK(tree.error().code == Errc::malformed);
  return tree.error().message;
}

}  // namespace

TEST_CASE("json: every kind of value, with its place") {
  const Result<Tree> tree =
      parse_json("{\"a\": [1, -2.5e3, true, null],\n  \"b\": {\"c\": \"x\"}, \"d\": [], \"e\": {}}", "a.json");
  REQUIRE(tree);
  CHECK(tree->keys == std::vector<std::string>{"a", "b", "d", "e"});
  const Tree& list = *tree->find("a");
  REQUIRE(list.items.size() == 4);
  CHECK(list.items[0].scalar == "1");
  CHECK_FALSE(list.items[0].quoted);
  CHECK(list.items[1].scalar == "-2.5e3");
  CHECK(list.items[2].scalar == "true");
  CHECK(list.items[3].kind == Tree::Kind::null);
  const Tree& text = *tree->find("b")->find("c");
  CHECK(text.scalar == "x");
  CHECK(text.quoted);
  CHECK(text.where.text() == "a.json:2:14");
  CHECK(tree->key_where[1].text() == "a.json:2:3");
  CHECK(tree->find("d")->kind == Tree::Kind::list);
  CHECK(tree->find("e")->kind == Tree::Kind::map);
}

TEST_CASE("json: escapes, pairs of them, and halves that have no other") {
  const auto text = [](const std::string& json) {
    const Result<Tree> tree = parse_json(json, "a");
    if (!tree) FAIL(tree.error().message);
    return tree->scalar;
  };
  CHECK(text(R"("a\"\\\/\b\f\n\r\t")") == "a\"\\/\b\f\n\r\t");
  CHECK(text(R"("\u4e2d\u6587 \u00e9 \u0041")") == "中文 é A");
  CHECK(text(R"("\ud83d\ude00")") == "😀");
  CHECK(text(R"("\ud83dx")") == "\xef\xbf\xbdx");
  CHECK(text(R"("\ude00")") == "\xef\xbf\xbd");
}

TEST_CASE("json: a key that stands twice has its last value") {
  const Result<Tree> tree = parse_json(R"({"a": 1, "b": 2, "a": 3})", "a");
  REQUIRE(tree);
  CHECK(tree->keys.size() == 2);
  CHECK(tree->find("a")->scalar == "3");
}

TEST_CASE("json: one value after another") {
  const Result<std::vector<Tree>> values = parse_json_values("\xef\xbb\xbf{\"a\": 1}\n[2]\n", "pipe");
  REQUIRE(values);
  REQUIRE(values->size() == 2);
  CHECK((*values)[1].where.text() == "pipe:2:1");
  CHECK(parse_json_values(" \n", "pipe")->empty());
  CHECK_FALSE(parse_json_values("{} {", "pipe"));
}

TEST_CASE("json: what is wrong is named with its place") {
  CHECK(refused("") == "a.json:1:1: expected a value, found the end");
  CHECK(refused("{\"a\": }") == "a.json:1:7: expected a value, found '}'");
  CHECK(refused("{\"a\" 1}") == "a.json:1:6: expected a colon, found '1'");
  CHECK(refused("{a: 1}") == "a.json:1:2: expected a text in double quotes, found 'a'");
  CHECK(refused("[1,\n2 3]") == "a.json:2:3: expected a comma or ], found '3'");
  CHECK(refused("{\"a\": 1;}") == "a.json:1:8: expected a comma or }, found ';'");
  CHECK(refused("\"a\nb\"") == "a.json:1:3: expected the quote that ends this text, found the end of the line");
  CHECK(refused("\"a") == "a.json:1:3: expected the quote that ends this text, found the end");
  CHECK(refused(R"("\x")") == "a.json:1:3: expected an escape such as \\n or \\u4e2d, found 'x'");
  CHECK(refused(R"("\u12g4")") == "a.json:1:4: expected four hexadecimal digits, found '1'");
  CHECK(refused("nul") == "a.json:1:1: expected a value, found 'n'");
  CHECK(refused("+1") == "a.json:1:1: expected a value, found '+'");
  CHECK(refused("1 2") == "a.json:1:3: expected nothing after the value, found '2'");
  CHECK(refused("中") == "a.json:1:1: expected a value, found '中'");
  CHECK(refused(std::string(600, '[')).find("expected no more than 512 levels") != std::string::npos);
}
