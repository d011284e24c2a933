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

/// config where it is none.
Status check_id(const Position& where, const std::string& path, std::string_view id);

/// Each value of a map whose keys are ids, by `read(id, value, "path.id")`, into `into`.
template <class T, class Read>
Status read_named(const Tree& map, const std::string& path, std::map<std::string, T>& into, Read read) {
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    const std::string& id = map.keys[i];
    if (Status status = check_id(map.key_where[i], path, id); !status) return status;
    Result<T> one = read(id, map.items[i], path + "." + id);
    if (!one) return one.error();
    into.emplace(id, std::move(*one));
  }
  return ok();
}

/// A length of time that must be there. Weeks and years too: where they come out even, they are written so.
nanoseconds required_length(MapReader& reader, std::string_view key);
/// Must be there.
std::chrono::minutes required_time_of_day(MapReader& reader, std::string_view key);

// The sections, in the order in which they are read: each knows the names of those before it.
Status read_channels(const Tree& section, ChannelSetups& channels);
Status read_people(const Tree& people, Contract& contract);
Status read_duties(const Tree& duties, Contract& contract);
Status read_policies(const Tree& policies, Contract& contract);
Status read_severities(const Tree& severities, Contract& contract);
Status read_classes(const Tree& classes, Contract& contract);
Status read_services(const Tree* services, Contract& contract);
Status read_calendar(const Tree& section, Contract& contract);

}  // namespace finwatch::notifier
