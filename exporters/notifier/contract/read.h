// What the readers of notifier.yml share: maps of things with ids, lengths and times as `finwatch compile` writes them.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conf/named.h"
#include "conf/yaml.h"
#include "notifier/contract/contract.h"

namespace finwatch::notifier {

/// Each value of a map whose keys are ids, by `read(id, value, "path.id")`, into `into`.
template <class T, class Read>
Status read_named(const Tree& map, const std::string& path, std::map<std::string, T>& into, Read read) {
  return for_each_named(map, path, [&](const std::string& id, const Tree& value, const std::string& below) -> Status {
    Result<T> one = read(id, value, below);
    if (!one) return one.error();
    into.emplace(id, std::move(*one));
    return ok();
  });
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
