// What a file says to people, in both languages.
//
//   title: {zh: 凭证录入, en: Voucher entry}
//
//   flow.title = required_words(reader, "title", status);
//   if (const Tree* map = reader.map("help")) help = read_words(*map, reader.path_of("help"), status);
#pragma once

#include <string>

#include "conf/yaml.h"

namespace finwatch {

struct Words {
  std::string zh, en;
};

/// Both must be there. An error goes to `status`, unless it has one.
inline Words read_words(const Tree& map, const std::string& path, Status& status) {
  MapReader reader(map, path);
  Words words;
  words.zh = reader.required_text("zh");
  words.en = reader.required_text("en");
  if (Status read = reader.finish(); !read && status) status = read;
  return words;
}

inline Words required_words(MapReader& reader, std::string_view key, Status& status) {
  if (const Tree* map = reader.map(key)) return read_words(*map, reader.path_of(key), status);
  if (!reader.has(key)) reader.fail(key, reader.path_of(key) + ": must be given, as {en: …, zh: …}");
  return {};
}

}  // namespace finwatch
