#include "conf/yaml.h"

#include <cstdlib>
#include <type_traits>

#include "conf/words.h"
#include "core/text.h"
#include "support/catch.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace std::chrono_literals;
using finwatch::test::TemporaryTree;

namespace {

std::string error_of(std::string_view text) {
  const Result<Tree> tree = parse_yaml(text, "c.yml");
  return tree ? "" : tree.error().message;
}
bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("yaml: a tree with positions, Chinese keys and all") {
  const Result<Tree> tree = parse_yaml("# 配置\n总账:\n  端口: 5432\n  名称: \"80\"\nlist: [a, b]\nnothing:\n", "c.yml");
  REQUIRE(tree);
  const Tree* ledger = tree->find("总账");
  REQUIRE(ledger != nullptr);
  CHECK(ledger->find("端口")->scalar == "5432");
  CHECK(ledger->find("端口")->where.line == 3);
  CHECK_FALSE(ledger->find("端口")->quoted);
  CHECK(ledger->find("名称")->quoted);
  CHECK(tree->find("list")->items.size() == 2);
  CHECK(tree->find("nothing")->kind == Tree::Kind::null);
  CHECK(tree->find("absent") == nullptr);
}

TEST_CASE("yaml: an empty file, or one of comments, is an empty map") {
  CHECK(parse_yaml("", "c.yml")->keys.empty());
  CHECK(parse_yaml("# nothing\n", "c.yml")->keys.empty());
  for (const char* nothing : {"---\n", "...\n", "---\n...\n", "~\n", "null\n", "&a\n", "\n\n"}) {
    CAPTURE(nothing);
    const Result<Tree> tree = parse_yaml(nothing, "c.yml");
    REQUIRE(tree);
    CHECK(tree->kind == Tree::Kind::map);
    CHECK(tree->keys.empty());
    CHECK(tree->where.text() == "c.yml:1:1");
  }
  CHECK(contains(error_of("---\n---\n"), "c.yml:2:1: a second document begins here"));
}

TEST_CASE("yaml: of several errors the first in the file is told, and its name is kept once") {
  CHECK(contains(error_of("a: 1\na: 2\nb: [\n"), "c.yml:2:1: key 'a' stands here again"));
  CHECK(contains(error_of("a: [\na: 2\na: 2\n"), "c.yml:3:2: "));
  const Result<Tree> tree = parse_yaml("a: 1\nb: {c: [2]}\n", "c.yml");
  CHECK(tree->find("b")->find("c")->items[0].where.file == tree->where.file);
  CHECK(tree->key_where[0].file == tree->where.file);
}

TEST_CASE("yaml: what is wrong is said with file, line and column") {
  CHECK(contains(error_of("a: 1\nb: [1, 2\n"), "c.yml:"));
  CHECK(contains(error_of("a: 1\nb:\n\t- 1\n"), "c.yml:3:"));
  CHECK(contains(error_of("a: 1\nb: 2\na: 3\n"), "c.yml:3:1: key 'a' stands here again; it stood at line 1"));
  CHECK(contains(error_of("- 1\n"), "c.yml:1:1: expected a map at the top"));
  CHECK(contains(error_of("just text\n"), "expected a map at the top"));
  CHECK(contains(error_of("a: 1\n---\nb: 2\n"), "second document"));
  CHECK(contains(error_of("a: \"never closed\nb: 2\n"), "c.yml:1:4: a quote opens here and never closes"));
  CHECK(contains(error_of("a: 1\nb: 'never closed\n"), "c.yml:2:4: a quote opens here"));
  CHECK(contains(error_of("a: \xFF\n"), "not UTF-8"));
  CHECK(contains(error_of("? [a]\n: 1\n"), "a key must be a word"));
  CHECK(contains(error_of("a: *nobody\n"), "c.yml:1:"));
  const std::string half_a_character = error_of("a: \"\\用\"\n");
  CHECK(contains(half_a_character, "c.yml:1:"));
  CHECK(utf8_prefix(half_a_character) == half_a_character.size());
  CHECK(contains(error_of(std::string((std::size_t{1} << 20) + 1, '#')), "larger than 1 MiB"));
}

TEST_CASE("yaml: quotes that are closed are not complained about") {
  CHECK(error_of("a: \"x # y\"\nb: 'it''s'\nc: |\n  \"open in a block\n  and on\nd: it's plain\n") == "");
  CHECK(error_of("{a: \"x\", b: 'y'}\n") == "");
  CHECK(error_of("a: \"two\n  lines\"\n") == "");
}

TEST_CASE("yaml: text that continues nothing is refused where it stands, instead of read for ever") {
  CHECK(contains(error_of(",l:"), "c.yml:1:1: this continues nothing"));
  CHECK(contains(error_of("- a\n, b\n"), "c.yml:2:1: this continues nothing"));
  CHECK(contains(error_of("a: 1\n---\nb: 1\n"), "c.yml:2:1: a second document begins here"));
  CHECK(contains(error_of("---\na: 1\n...\n---\nb: 1\n"), "c.yml:4:1: a second document begins here"));
  CHECK(error_of("---\na: 1\n...\n") == "");
  CHECK(error_of("# nothing\n---\n") == "");
}

TEST_CASE("yaml: bombs are bounded") {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i == 0 ? "*" : ",*") + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  CHECK(contains(error_of(bomb), "more than 100,000 values"));
  CHECK(contains(error_of("a: " + std::string(100, '[') + std::string(100, ']')), "nested deeper than 64 levels"));
  CHECK_FALSE(error_of("a: " + std::string(100'000, '[')).empty());
}

TEST_CASE("yaml: an anchor inside itself is no endless walk, and aliases within the bounds are fine") {
  CHECK(contains(error_of("a: &a [*a]\n"), "c.yml:1:"));
  CHECK(contains(error_of("a: &a {b: *a}\n"), "c.yml:1:"));
  const Result<Tree> tree = parse_yaml("base: &base [1, 2]\nfirst: *base\nsecond: *base\n", "c.yml");
  REQUIRE(tree);
  CHECK(tree->find("second")->items.size() == 2);
  std::string wide = "a: [";
  for (int i = 0; i < 100'001; ++i) wide += "1,";
  CHECK(contains(error_of(wide + "]\n"), "more than 100,000 values"));
  CHECK(error_of("a: " + std::string(62, '[') + std::string(62, ']') + "\n") == "");
  CHECK(contains(error_of("a: " + std::string(64, '[') + std::string(64, ']') + "\n"), "deeper than 64 levels"));
  const std::string deep = "a: &a " + std::string(61, '[') + std::string(61, ']');
  CHECK(error_of(deep + "\nb: {c: *a}\n") == "");
  CHECK(error_of(deep + "\nb: {c: [[*a]]}\n") == "c.yml:1:67: nested deeper than 64 levels");
  std::string anchors = "a: ";  // each around all that follow, and no copy is kept of any
  for (int i = 0; i < 60; ++i) anchors += "&a" + std::to_string(i) + " [";
  for (int i = 0; i < 90'000; ++i) anchors += "1,";
  CHECK(error_of(anchors + std::string(60, ']') + "\n") == "");
}

TEST_CASE("yaml: an anchor that is not closed yet cannot be repeated, one that was named anew inside can") {
  CHECK(error_of("a: &a [*a]\n") == "c.yml:1:8: an alias stands inside the very value that it repeats");
  CHECK(error_of("a: &a {b: [1, {c: *a}]}\n") == "c.yml:1:19: an alias stands inside the very value that it repeats");
  CHECK(error_of("&top\na: *top\n") == "c.yml:2:4: an alias stands inside the very value that it repeats");
  CHECK(error_of("a: &a {*a : 1}\n") == "c.yml:1:8: an alias stands inside the very value that it repeats");
  CHECK(parse_yaml("a: &a [&a 1, *a]\n", "c.yml")->find("a")->items[1].scalar == "1");
  CHECK(contains(error_of("a: *a\nb: &a 1\n"), "c.yml:1:4: the referenced anchor is not defined"));
}

TEST_CASE("yaml: an alias is the value that its anchor named last, at the anchor's place") {
  const Result<Tree> tree = parse_yaml(
      "- &map {b: 1, c: [2, &deep {d: \"3\"}]}\n- *map\n- *deep\n- &map x\n- *map\n- &none\n- *none\n- {e: *none, f: *deep}\n",
      "");
  CHECK(contains(tree.error().message, "expected a map at the top, found a list"));
  const Result<Tree> map = parse_yaml(
      "a: &map {b: 1, c: [2, &deep {d: \"3\"}]}\nb: *map\nc: *deep\nd: &map x\ne: *map\nf: &none\ng: [*none]\nh: *none\n",
      "c.yml");
  REQUIRE(map);
  const Tree& copy = *map->find("b");
  CHECK(copy.keys == std::vector<std::string>{"b", "c"});
  CHECK(copy.where.text() == "c.yml:1:4");
  CHECK(copy.key_where[1].text() == "c.yml:1:16");
  CHECK(copy.find("c")->items[1].find("d")->quoted);
  CHECK(map->find("c")->find("d")->scalar == "3");
  CHECK(map->find("c")->where.text() == "c.yml:1:23");
  CHECK(map->find("e")->scalar == "x");
  CHECK(map->find("e")->where.line == 4);
  CHECK(map->find("g")->items[0].kind == Tree::Kind::null);
  CHECK(map->find("h")->where.text() == "c.yml:8:1");  // a value that is not there stands where its key does
}

TEST_CASE("yaml: keys may have anchors and be aliases") {
  ::setenv("FINWATCH_TEST_NAME", "erp", 1);
  const Result<Tree> tree = parse_yaml("&key $$name: 1\nb: *key\nc: &word a${FINWATCH_TEST_NAME}\n*word : *word\n", "c.yml");
  REQUIRE(tree);
  CHECK(tree->keys == std::vector<std::string>{"$$name", "b", "c", "a${FINWATCH_TEST_NAME}"});  // keys stay as they are
  CHECK(tree->items[1].scalar == "$name");
  CHECK(tree->items[3].scalar == "aerp");
  CHECK(tree->items[3].written == "a${FINWATCH_TEST_NAME}");
  CHECK(tree->key_where[3].text() == "c.yml:3:4");
  CHECK(contains(error_of("a: &map {b: 1}\n*map : 1\n"), "a key must be a word"));
  CHECK(contains(error_of("a: &none\n*none : 1\n"), "a key must be a word"));
  CHECK(contains(error_of("a: {b: &word c}\nc: 1\n*word : 2\n"), "key 'c' stands here again; it stood at line 2"));
}

TEST_CASE("yaml: a key may stand once at every level, however it is written") {
  CHECK(contains(error_of("a:\n  b: 1\n  c: 2\n  b: 3\n"), "c.yml:4:3: key 'b' stands here again; it stood at line 2"));
  CHECK(contains(error_of("a: {b: 1, \"b\": 2}\n"), "c.yml:1:11: key 'b' stands here again"));
  CHECK(contains(error_of("a:\n- {b: 1, 'b': 2}\n"), "key 'b' stands here again"));
  CHECK(error_of("a: {b: 1}\nc: {b: 1}\n") == "");
  // A merge key is no key of ours: it is told so, and merges nothing in silence.
  const Result<Tree> merged = parse_yaml("a: &a {x: 1}\nb:\n  <<: *a\n", "c.yml");
  REQUIRE(merged);
  MapReader reader(*merged->find("b"), "b");
  CHECK_FALSE(reader.has("x"));
  CHECK(contains(reader.finish().error().message, "c.yml:3:3: b: unknown key '<<'"));
}

TEST_CASE("yaml: the environment fills in") {
  ::setenv("FINWATCH_TEST_NAME", "erp", 1);
  ::unsetenv("FINWATCH_TEST_NONE");
  const auto value = [](std::string_view text) { return parse_yaml(text, "c.yml")->find("a")->scalar; };
  CHECK(value("a: x-${FINWATCH_TEST_NAME}-y\n") == "x-erp-y");
  CHECK(value("a: ${FINWATCH_TEST_NONE:-b:c}\n") == "b:c");
  CHECK(value("a: $$5 and $6\n") == "$5 and $6");
  CHECK(contains(error_of("a: 1\nb: ${FINWATCH_TEST_NONE}\n"),
                 "c.yml:2:4: environment variable 'FINWATCH_TEST_NONE' is not set"));
  CHECK(contains(error_of("a: ${FINWATCH\n"), "'${' without its '}'"));
  CHECK(parse_yaml("a: ${FINWATCH_TEST_NONE}\n", "c.yml", {.substitute_environment = false})->find("a")->scalar ==
        "${FINWATCH_TEST_NONE}");
  // It is a value and never YAML, and a message shows how it stands in the file.
  ::setenv("FINWATCH_TEST_ODD", "x: [1, \"\n# ${FINWATCH_TEST_NAME} $$", 1);
  CHECK(value("a: ${FINWATCH_TEST_ODD}\n") == "x: [1, \"\n# ${FINWATCH_TEST_NAME} $$");
  const Result<Tree> tree = parse_yaml("port: ${FINWATCH_TEST_NAME}0\n", "c.yml");
  MapReader reader(*tree, "");
  reader.integer("port", 1, 1, 9);
  CHECK(reader.finish().error().message ==
        "c.yml:1:7: port: expected a whole number from 1 to 9, found \"${FINWATCH_TEST_NAME}0\"");
  CHECK(contains(error_of("a: ${}\n"), "environment variable '' is not set"));
  CHECK(value("a: ${FINWATCH_TEST_NONE:-}\n").empty());
  CHECK(parse_yaml("${FINWATCH_TEST_NAME}: 1\n", "c.yml")->keys[0] == "${FINWATCH_TEST_NAME}");  // keys stay as they are
}

TEST_CASE("yaml: files") {
  const TemporaryTree tree;
  tree.write("root/c.yml", "a: 1\n");
  CHECK(load_yaml(tree.path("root/c.yml")));
  CHECK(load_yaml(tree.path("root/none.yml")).error().code == Errc::no_data);
  tree.write("root/large.yml", std::string(std::size_t{3} << 20, '#'));
  CHECK(contains(load_yaml(tree.path("root/large.yml")).error().message, "larger than 1 MiB"));
}

TEST_CASE("reader: every getter, and its default") {
  const Result<Tree> tree = parse_yaml(
      "text: x\nyes: true\ncount: 010\nratio: 0.5\nwait: 1m30s\nnames: [a, b]\none: a\nmap: {k: v}\nlist: [1]\n", "c.yml");
  MapReader reader(*tree, "top");
  CHECK(reader.text("text") == "x");
  CHECK(reader.text("none", "fallback") == "fallback");
  CHECK(reader.boolean("yes", false));
  CHECK(reader.integer("count", 0, 0, 100) == 10);
  CHECK(reader.number("ratio", 0, 0, 1) == 0.5);
  CHECK(reader.duration("wait", 0s) == 90s);
  CHECK(reader.texts("names") == std::vector<std::string>{"a", "b"});
  CHECK(reader.texts("one") == std::vector<std::string>{"a"});
  CHECK(reader.map("map") != nullptr);
  CHECK(reader.list("list") != nullptr);
  CHECK(reader.finish());
}

TEST_CASE("reader: errors name the key, what was expected and what was found; the first in the file wins") {
  const auto error = [](std::string_view text, auto read) {
    const Result<Tree> tree = parse_yaml(text, "c.yml");
    MapReader reader(*tree, "targets[2]");
    read(reader);
    const Status status = reader.finish();
    return status ? std::string() : status.error().message;
  };
  CHECK(error("port: abc\n", [](MapReader& r) { r.integer("port", 1, 1, 65535); }) ==
        "c.yml:1:7: targets[2].port: expected a whole number from 1 to 65535, found \"abc\"");
  CHECK(contains(error("port: 70000\n", [](MapReader& r) { r.integer("port", 1, 1, 65535); }), "found \"70000\""));
  CHECK(contains(error("port: \"80\"\n", [](MapReader& r) { r.integer("port", 1, 1, 65535); }), "found the text \"80\""));
  CHECK(contains(error("on: yes\n", [](MapReader& r) { r.boolean("on", false); }), "expected true or false"));
  CHECK(contains(error("wait: 5\n", [](MapReader& r) { r.duration("wait", 1s); }), "such as 500ms"));
  CHECK(contains(error("name: [a]\n", [](MapReader& r) { r.text("name"); }), "expected text, found a list"));
  CHECK(contains(error("names: {a: b}\n", [](MapReader& r) { r.texts("names"); }), "expected a list of texts, found a map"));
  CHECK(contains(error("a: 1\n", [](MapReader& r) { r.integer("a", 0, 0, 9), r.required_text("name"); }),
                 "targets[2].name: must be given"));
  CHECK(error("prt: 1\n", [](MapReader& r) { r.integer("port", 1, 1, 9); }) ==
        "c.yml:1:1: targets[2]: unknown key 'prt'; did you mean 'port'?");
  CHECK(contains(error("b: x\na: y\n", [](MapReader& r) { r.integer("a", 0, 0, 1), r.integer("b", 0, 0, 1); }), "c.yml:1:4"));
}

TEST_CASE("reader: secrets come from the key or from a file, never from both, and are never shown") {
  const TemporaryTree tree;
  tree.write("root/password", " s3cret\n");
  tree.write("root/c.yml", "password_file: password\n");
  Result<Tree> config = load_yaml(tree.path("root/c.yml"));
  MapReader from_file(*config, "");
  CHECK(from_file.secret("password").reveal() == "s3cret");
  CHECK(from_file.finish());

  config = parse_yaml("password: p4ss\n", "c.yml");
  MapReader direct(*config, "");
  CHECK(direct.secret("password").reveal() == "p4ss");

  config = parse_yaml("password: p4ss\npassword_file: x\n", "c.yml");
  MapReader both(*config, "");
  CHECK(both.secret("password").empty());
  CHECK(contains(both.finish().error().message, "give one of them"));

  config = parse_yaml("password: [p4ss]\n", "c.yml");
  MapReader wrong(*config, "");
  wrong.secret("password");
  CHECK_FALSE(contains(wrong.finish().error().message, "p4ss"));

  config = parse_yaml("password_file: /nonexistent/file\n", "c.yml");
  MapReader missing(*config, "");
  missing.secret("password");
  CHECK(contains(missing.finish().error().message, "/nonexistent/file"));
  CHECK_FALSE(std::is_convertible_v<Secret, std::string>);

  ::setenv("FINWATCH_TEST_PASSWORD", "fr0m-env", 1);
  config = parse_yaml("password: ${FINWATCH_TEST_PASSWORD}\n", "c.yml");
  MapReader environment(*config, "");
  CHECK(environment.secret("password").reveal() == "fr0m-env");
  CHECK(environment.finish());
}

TEST_CASE("reader: files of secrets in every shape") {
  const TemporaryTree tree;
  const auto secret = [&](const std::string& path, std::string& error) {
    const Result<Tree> config = parse_yaml("key_file: \"" + path + "\"\n", tree.path("root/c.yml"));
    MapReader reader(*config, "target");
    Secret found = reader.secret("key");
    const Status status = reader.finish();
    error = status ? "" : status.error().message;
    return found;
  };
  std::string error;
  tree.write("root/windows", "p w\xE5\r\n");
  CHECK(secret("windows", error).reveal() == "p w\xE5");  // any bytes, blanks inside stay
  CHECK(error == "");
  tree.write("root/sub/deep", "deep");
  CHECK(secret("sub/deep", error).reveal() == "deep");
  CHECK(secret(tree.path("root/sub/deep"), error).reveal() == "deep");
  tree.write("root/empty", "\n");
  CHECK(secret("empty", error).empty());
  CHECK(contains(error, "target.key_file: the file is empty"));
  for (const char* wrong : {"absent", "sub", "large"}) {
    tree.write("root/large", std::string(70'000, 's'));
    CHECK(secret(wrong, error).empty());
    CHECK(contains(error, "root/c.yml:1:11: target.key_file: "));
    CHECK_FALSE(contains(error, "ssss"));
  }
}

TEST_CASE("words: the nearest one") {
  constexpr std::string_view kWords[] = {"port", "password", "host"};
  CHECK(nearest_word("prt", kWords) == "port");
  CHECK(nearest_word("pasword", kWords) == "password");
  CHECK(nearest_word("ohst", kWords) == "host");
  CHECK(nearest_word("zzzzzz", kWords).empty());
  CHECK(nearest_word("", kWords).empty());
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("durations") {
  std::chrono::nanoseconds length{};
  const auto is = [&](std::string_view text, std::chrono::nanoseconds expected) {
    return parse_duration(text, length) && length == expected;
  };
  CHECK(is("500ms", 500ms));
  CHECK(is("1.5s", 1500ms));
  CHECK(is("1m30s", 90s));
  CHECK(is("2h", 2h));
  CHECK(is("7d", 168h));
  CHECK(is("0s", 0s));
  for (const char* wrong : {"", "5", "s", "5x", "-5s", "1.2.3s", "99999999999d", "5 s", "1ss"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_duration(wrong, length));
  }
}
