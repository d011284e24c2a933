// Configuration as a tree that knows where every value stood, so that an error can say file:line:column.
//
//   const Tree* groups = section.find("groups");
//   if (groups == nullptr) return groups_error;
//   for (const Tree& group : groups->items) { … group.at("name").scalar … }
//
// The tree is plain data: `conf/yaml.h` makes it from a file and has the typed, strict readers that name what they expected.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace finwatch {

struct Position {
  std::shared_ptr<const std::string> file;  // shared: a tree has thousands of positions in one file
  int line = 0;                             // from 1
  int column = 0;                           // from 1

  Position() = default;
  Position(std::string file_name, int its_line, int its_column)
      : Position(std::make_shared<const std::string>(std::move(file_name)), its_line, its_column) {}
  Position(std::shared_ptr<const std::string> same_file, int its_line, int its_column)
      : file(std::move(same_file)), line(its_line), column(its_column) {}

  /// "config.yml:3:11"
  std::string text() const { return (file ? *file : "") + ":" + std::to_string(line) + ":" + std::to_string(column); }
  /// A path as that file means it: relative to the file's folder.
  std::string beside(const std::string& path) const {
    const std::size_t slash = file ? file->rfind('/') : std::string::npos;
    return path.starts_with('/') || slash == std::string::npos ? path : file->substr(0, slash + 1) + path;
  }
};

struct Tree {
  enum class Kind : unsigned char { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;            // "80" is text, 80 is a number
  Position where;                 // of the value; of the key in key_where
  std::string scalar;             // after ${ENV} substitution
  std::string written;            // as it stands in the file, where ${ENV} changed it; the other may be a secret
  std::vector<Tree> items;        // of a list, or the values of a map in file order
  std::vector<std::string> keys;  // of a map, one for each item
  std::vector<Position> key_where;

  /// What a message may show of a scalar.
  const std::string& shown() const { return written.empty() ? scalar : written; }

  /// The value of `key` in a map, nullptr when there is none.
  const Tree* find(std::string_view key) const {
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (keys[i] == key) return &items[i];
    return nullptr;
  }
};

}  // namespace finwatch
