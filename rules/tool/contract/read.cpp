#include "rules/tool/contract/read.h"

#include <algorithm>

#include "conf/words.h"
#include "core/date.h"
#include "core/text.h"

namespace finwatch::rules {

Status for_each_named(const Tree& map, const std::string& path,
                      const std::function<Status(const std::string&, const Tree&, const std::string&)>& read) {
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    const std::string below = path + "." + map.keys[i];
    if (!is_id(map.keys[i]))
      return {Errc::config, map.key_where[i].text() + ": " + path +
                                ": expected an id (a letter, then letters, digits, _, - and .), found '" +
                                valid_utf8(map.keys[i]) + "'"};
    if (Status status = read(map.keys[i], map.items[i], below); !status) return status;
  }
  return ok();
}

minutes read_time_of_day(MapReader& reader, std::string_view key, minutes fallback) {
  if (!reader.has(key)) return fallback;
  const std::string text = reader.text(key);
  if (const auto time = parse_time_of_day(text)) return *time;
  reader.fail(key, reader.path_of(key) + ": expected a time of day such as \"08:00\", found '" + valid_utf8(text) + "'");
  return fallback;
}

Hours read_hours(MapReader& reader, Hours fallback) {
  const Hours hours{read_time_of_day(reader, "from", fallback.from), read_time_of_day(reader, "to", fallback.to)};
  if (hours.from >= hours.to) reader.fail("to", reader.path_of("to") + ": expected a later time than 'from'");
  return hours;
}

Status check_known(const Position& where, const std::string& path, std::string_view what, std::string_view name,
                   std::span<const std::string_view> known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return ok();
  std::string all;
  for (const std::string_view one : known) all.append(all.empty() ? "; there are " : ", ").append(one);
  const std::string meant = did_you_mean(name, known);
  return {Errc::config, where.text() + ": " + path + ": no " + std::string(what) + " '" + valid_utf8(name) + "'" +
                            (meant.empty() ? all : meant)};
}

}  // namespace finwatch::rules
