#include "conf/named.h"

#include <algorithm>

#include "conf/words.h"
#include "core/text.h"

namespace finwatch {

Status check_known(const Position& where, const std::string& path, std::string_view what, std::string_view name,
                   std::span<const std::string_view> known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return ok();
  std::string all;
  for (const std::string_view one : known) all.append(all.empty() ? "; there are " : ", ").append(one);
  const std::string meant = did_you_mean(name, known);
  return {Errc::config, where.text() + ": " + path + ": no " + std::string(what) + " '" + valid_utf8(name) + "'" +
                            (meant.empty() ? all : meant)};
}

Status check_id(const Position& where, const std::string& path, std::string_view id) {
  if (is_id(id)) return ok();
  return {Errc::config, where.text() + ": " + path + ": expected an id (a letter, then letters, digits, _, - and .), found '" +
                            valid_utf8(id) + "'"};
}

Status for_each_named(const Tree& map, const std::string& path,
                      const std::function<Status(const std::string&, const Tree&, const std::string&)>& read) {
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    if (Status id = check_id(map.key_where[i], path, map.keys[i]); !id) return id;
    if (Status status = read(map.keys[i], map.items[i], path + "." + map.keys[i]); !status) return status;
  }
  return ok();
}

}  // namespace finwatch
