// Configuration files: any bytes give a tree within its bounds or an error that names a place; and so does reading the tree.
#include <string>

#include "conf/yaml.h"
#include "core/text.h"
#include "fuzz/fuzz.h"

using namespace finwatch;
using fuzz::require;

namespace {

void sound_message(const Error& error) {
  require(error.code == Errc::config, "a bad file is an error of the configuration");
  require(error.message.starts_with("fuzz.yml"), "an error names its file");
  require(utf8_prefix(error.message) == error.message.size(), "an error is UTF-8");
}

std::size_t walk(const Tree& tree, std::size_t depth) {
  require(depth <= 64, "the depth is bounded");
  require(tree.kind != Tree::Kind::map || tree.keys.size() == tree.items.size(), "a value for every key");
  require(tree.keys.size() == tree.key_where.size(), "a place for every key");
  std::size_t count = 1;
  for (const Tree& item : tree.items) count += walk(item, depth + 1);
  return count;
}

void read(const Tree& tree) {
  MapReader reader(tree, "");
  reader.text("text", "fallback");
  reader.boolean("boolean", true);
  const long long whole = reader.integer("integer", 5, 1, 65535);
  require(whole >= 1 && whole <= 65535, "an integer within its bounds");
  const double number = reader.number("number", 0.5, 0, 1);
  require(number >= 0 && number <= 1, "a number within its bounds");
  reader.duration("duration", std::chrono::seconds{1});
  reader.texts("texts");
  reader.list("list");
  if (const Tree* map = reader.map("map")) {
    MapReader inner(*map, reader.path_of("map"));
    inner.required_text("name");
    if (const Status status = inner.finish(); !status) sound_message(status.error());
  }
  if (const Status status = reader.finish(); !status) sound_message(status.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::chrono::nanoseconds length{};
  if (parse_duration(text, length)) require(length.count() >= 0, "a length of time is not negative");
  const Result<Tree> tree = parse_yaml(text, "fuzz.yml");
  if (!tree) {
    sound_message(tree.error());
    return 0;
  }
  require(walk(*tree, 0) <= 100'001, "the number of values is bounded");
  read(*tree);
  return 0;
}
