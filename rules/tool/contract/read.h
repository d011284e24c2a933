// What the readers of the contract share: lists, times of day, names that must be known.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conf/named.h"
#include "conf/words.h"
#include "conf/yaml.h"
#include "rules/tool/contract/contract.h"

namespace finwatch::rules {

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

/// One of a map's keys, as conf/named.h.
template <class T>
Status check_known(const Position& where, const std::string& path, std::string_view what, std::string_view name,
                   const std::map<std::string, T>& known) {
  return finwatch::check_known(where, path, what, name, names_of(known));
}
using finwatch::check_known;

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
