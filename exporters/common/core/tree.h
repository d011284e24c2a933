// Configuration as a tree that knows where every value stood, so that an error can say file:line:column.
//
//   const Tree* groups = section.find("groups");
//   if (groups == nullptr) return groups_error;
//   for (const Tree& group : groups->items) { … group.at("name").scalar … }
//
// The tree is plain data: `conf/yaml.h` makes it from a file and has the typed, strict readers that name what they expected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace finwatch {

struct Position {
  std::string file;
  int line = 0;    // from 1
  int column = 0;  // from 1

  /// "config.yml:3:11"
  std::string text() const { return file + ":" + std::to_string(line) + ":" + std::to_string(column); }
  /// A path as that file means it: relative to the file's folder.
  std::string beside(const std::string& path) const {
    const std::size_t slash = file.rfind('/');
    return path.starts_with('/') || slash == std::string::npos ? path : file.substr(0, slash + 1) + path;
  }
};

struct Tree {
  enum class Kind : unsigned char { null, scalar, list, map };

  Kind kind = Kind::null;
  Position where;                 // of the value; of the key in key_where
  std::string scalar;             // after ${ENV} substitution
  std::string written;            // as it stands in the file, where ${ENV} changed it; the other may be a secret
  bool quoted = false;            // "80" is text, 80 is a number
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
