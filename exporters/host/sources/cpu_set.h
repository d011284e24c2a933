// The CPUs in /sys/devices/system/cpu, listed again only when one was switched on or off, and once a minute in any case: the
// kernel's announcements of devices would make it look at hundreds of folders whenever a container starts.
//
//   if (cpus_.refresh()) for (const CpuSet::Cpu& cpu : cpus_.all()) … look for files in cpu.folder
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/environment.h"
#include "core/files.h"

namespace finwatch::host {

class CpuSet {
 public:
  struct Cpu {
    std::uint32_t number = 0;
    bool online = true;
    std::string folder;  // with a slash at the end
  };

  explicit CpuSet(const Env& env)
      : clock_(*env.clock), folder_(env.sys("devices/system/cpu/")), online_file_(env.sys("devices/system/cpu/online")) {}

  /// True when all() was made anew.
  bool refresh();

  /// In the order of their names (cpu0, cpu1, cpu10, cpu2 …), which is the one node_exporter looks at them in. Empty when there
  /// is no such folder.
  const std::vector<Cpu>& all() const { return cpus_; }
  const std::string& folder() const { return folder_; }

 private:
  const Clock& clock_;
  const std::string folder_;
  KeptFile online_file_;
  std::string online_;  // what it said
  SteadyTime listed_{};
  bool listed_once_ = false;
  std::vector<Cpu> cpus_;
};

}  // namespace finwatch::host
