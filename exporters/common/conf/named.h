// Names that an operator gives in a file: ids of his own, and names that must be known.
//
//   if (Status known = check_known(value.where, path + ".tell", "duty", tell, names_of(duties)); !known) return known;
//   for_each_named(section, "people", [&](const std::string& id, const Tree& value, const std::string& path) { … });
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/tree.h"

namespace finwatch {

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

/// The keys of a map are ids of one's own choice: `read(id, value, "path.id")` for each.
Status for_each_named(const Tree& map, const std::string& path,
                      const std::function<Status(const std::string& id, const Tree& value, const std::string& path)>& read);

}  // namespace finwatch
