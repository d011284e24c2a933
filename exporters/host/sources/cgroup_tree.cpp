#include "host/sources/cgroup_tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/files.h"

namespace finwatch::host {
namespace {

constexpr int kDeepest = 8;

bool is_folder(const std::string& path) {
  struct ::stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

struct Walk {
  const std::function<bool(std::string_view)>& wanted;
  std::size_t most;
  std::vector<UnitFolder> found;

  void into(const std::string& folder, int depth) {
    const auto names = list_folder(folder);
    if (!names) return;  // it went away meanwhile
    for (const std::string& name : *names) {
      if (found.size() >= most) return;
      if (!is_unit_name(name)) continue;
      const std::string path = folder + "/" + name;
      const bool is_slice = name.ends_with(".slice");
      const bool is_wanted = wanted(name);
      if ((!is_slice && !is_wanted) || !is_folder(path)) continue;
      if (is_wanted) found.push_back({name, path});
      if (is_slice && depth < kDeepest) into(path, depth + 1);
    }
  }
};

}  // namespace

std::string cgroup_root(const Env& env) {
  for (const char* place : {"fs/cgroup", "fs/cgroup/unified"}) {
    std::string root = env.sys(place);
    if (::access((root + "/cgroup.controllers").c_str(), F_OK) == 0) return root;
  }
  return {};
}

bool is_unit_name(std::string_view name) {
  constexpr std::string_view kEndings[] = {".service", ".slice", ".scope", ".socket", ".mount", ".swap"};
  return std::any_of(std::begin(kEndings), std::end(kEndings), [&](std::string_view ending) { return name.ends_with(ending); });
}

std::vector<UnitFolder> find_units(const std::string& root, const std::function<bool(std::string_view)>& wanted,
                                   std::size_t most) {
  Walk walk{wanted, most, {}};
  walk.into(root, 1);
  std::stable_sort(walk.found.begin(), walk.found.end(),
                   [](const UnitFolder& a, const UnitFolder& b) { return a.unit < b.unit; });
  const auto again = std::unique(walk.found.begin(), walk.found.end(),
                                 [](const UnitFolder& a, const UnitFolder& b) { return a.unit == b.unit; });
  walk.found.erase(again, walk.found.end());
  return std::move(walk.found);
}

}  // namespace finwatch::host
