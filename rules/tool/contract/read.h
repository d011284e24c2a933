// What the readers of the contract share: ids, words in both languages, times of day, names that must be known.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/yaml.h"
#include "rules/tool/contract/contract.h"

namespace finwatch::rules {

/// Letters, digits, _, - and . after a letter: ids become label values and file names.
bool is_id(std::string_view text);

/// The keys of a map are ids of one's own choice; each of its values is a map.
Status for_each_named(const Tree& map, const std::string& path,
                      const std::function<Status(const std::string& id, const Tree& value, const std::string& path)>& read);

Result<Words> read_words(MapReader& reader, std::string_view key);
/// "08:00"; 24:00 is the end of a day.
std::optional<minutes> parse_time_of_day(std::string_view text);
minutes read_time_of_day(MapReader& reader, std::string_view key, minutes fallback);
Hours read_hours(MapReader& reader, Hours fallback);
/// One of `known`, or an error that says which are, or which was meant.
Status check_known(const Position& where, const std::string& path, std::string_view what, std::string_view name,
                   std::span<const std::string_view> known);

Status read_calendar(const Tree& calendar, Contract& contract);
Status read_people(MapReader& file, Contract& contract);
Result<Service> read_service(const Tree& value, const std::string& path);

}  // namespace finwatch::rules
