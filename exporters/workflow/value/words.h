// What a file says to people, in both languages.
//
//   title: {zh: 凭证录入, en: Voucher entry}
//
//   if (const Tree* map = reader.map("title")) flow.title = read_words(*map, reader.path_of("title"), status);
#pragma once

#include <string>

#include "conf/yaml.h"

namespace finwatch::workflow {

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

}  // namespace finwatch::workflow
