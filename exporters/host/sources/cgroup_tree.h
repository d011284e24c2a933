// Control groups of version 2 and the systemd units in them.
//
//   const std::string root = cgroup_root(env);            // empty: this machine has none
//   for (const UnitFolder& unit : find_units(root, filter)) …
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/environment.h"

namespace finwatch::host {

/// /sys/fs/cgroup, or /sys/fs/cgroup/unified where version 1 stands beside it; empty when there is no version 2.
std::string cgroup_root(const Env& env);

/// Whether a folder of this name stands for a unit: it ends in .service, .slice, .scope, .socket, .mount or .swap.
bool is_unit_name(std::string_view name);

struct UnitFolder {
  std::string unit;  // as systemd calls it
  std::string path;
};

/// Units below `root` that `wanted` accepts, sorted by name, the first of each name. Goes down slices only, at most eight
/// deep, follows no links, and stops at `most` units.
std::vector<UnitFolder> find_units(const std::string& root, const std::function<bool(std::string_view)>& wanted,
                                   std::size_t most);

}  // namespace finwatch::host
