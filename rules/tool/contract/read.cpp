#include "rules/tool/contract/read.h"

#include "core/date.h"
#include "core/text.h"

namespace finwatch::rules {

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

}  // namespace finwatch::rules
