// What the readers of notifier.yml share: names that must be known, ids, lengths and times as `finwatch compile` writes them.
//
//   if (Status known = check_known(value.where, path + ".tell", "duty", tell, names_of(contract.duties)); !known) return known;
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conf/yaml.h"
#include "notifier/contract/contract.h"

namespace finwatch::notifier {

template <class T>
std::vector<std::string_view> names_of(const std::map<std::string, T>& things) {
  std::vector<std::string_view> names;
  for (const auto& [name, thing] : things) names.push_back(name);
  return names;
}

/// One of `known`, or an error that says which are, or which was meant.
Status check_known(const Position& where, const std::string& path, std::string_view what, std::string_view name,
                   std::span<const std::string_view> known);

/// Each value of a map whose keys are ids, by `read(id, value, "path.id")`, into `into`. Nothing where the map is not there.
template <class T, class Read>
Status read_named(const Tree* map, const std::string& path, std::map<std::string, T>& into, Read read);
/// config where it is none.
Status check_id(const Position& where, const std::string& path, std::string_view id);

/// A length of time that must be there. Weeks and years too: where they come out even, they are written so.
nanoseconds required_length(MapReader& reader, std::string_view key);
/// Must be there.
std::chrono::minutes required_time_of_day(MapReader& reader, std::string_view key);
/// A section that must be there, though it may be empty; an error goes to the reader.
const Tree* required_section(MapReader& reader, std::string_view key);

Status read_calendar(const Tree& section, Contract& contract);         // after the services
Status read_channels(const Tree& section, ChannelSetups& channels);    // depends on nothing
Status read_people(const Tree* people, Contract& contract);            // depends on nothing
Status read_duties(const Tree* duties, Contract& contract);            // after the people
Status read_policies(const Tree* policies, Contract& contract);        // after the duties and the channels
Status read_classes(const Tree* classes, Contract& contract);          // depends on nothing
Status read_severities(const Tree* severities, Contract& contract);    // after the policies
Status read_services(const Tree* services, Contract& contract);        // after the classes

template <class T, class Read>
Status read_named(const Tree* map, const std::string& path, std::map<std::string, T>& into, Read read) {
  for (std::size_t i = 0; map != nullptr && i < map->keys.size(); ++i) {
    const std::string& id = map->keys[i];
    if (Status status = check_id(map->key_where[i], path, id); !status) return status;
    Result<T> one = read(id, map->items[i], path + "." + id);
    if (!one) return one.error();
    into.emplace(id, std::move(*one));
  }
  return ok();
}

}  // namespace finwatch::notifier
