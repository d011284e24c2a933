// What the readers of the contract share: ids, lists, times of day, names that must be known.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "conf/words.h"
#include "conf/yaml.h"
#include "rules/tool/contract/contract.h"

namespace finwatch::rules {

/// The keys of a map are ids of one's own choice; each of its values is a map.
Status for_each_named(const Tree& map, const std::string& path,
                      const std::function<Status(const std::string& id, const Tree& value, const std::string& path)>& read);

/// Each item of a list that need not be there, by `read(item, "path[0]")`.
template <class T, class Read>
Status read_each(const Tree* list, const std::string& path, std::vector<T>& into, Read read) {
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    Result<T> one = read(list->items[i], path + "[" + std::to_string(i) + "]");
    if (!one) return one.error();
    into.push_back(std::move(*one));
  }
  return ok();
}

minutes read_time_of_day(MapReader& reader, std::string_view key, minutes fallback);
Hours read_hours(MapReader& reader, Hours fallback);

/// One of `known`, or an error that says which are, or which was meant.
Status check_known(const Position& where, const std::string& path, std::string_view what, std::string_view name,
                   std::span<const std::string_view> known);
template <class T>
Status check_known(const Position& where, const std::string& path, std::string_view what, std::string_view name,
                   const std::map<std::string, T>& known) {
  std::vector<std::string_view> names;
  for (const auto& [one, value] : known) names.push_back(one);
  return check_known(where, path, what, name, names);
}

/// host:port, the host a name, an IPv4 address or an IPv6 one in brackets.
bool is_address(std::string_view text);

Status read_calendar(const Tree& calendar, Contract& contract);
Status read_channels(const Tree& value, Contract& contract);
Status read_scrape(const Tree& value, Contract& contract);
Status read_people(MapReader& file, Contract& contract);
/// After the services, whose names it knows.
Status read_costs(const Tree& value, Contract& contract);
Result<Service> read_service(const Tree& value, const std::string& path);

}  // namespace finwatch::rules
