#include "host/sources/cpu_throttles.h"

#include <unistd.h>

#include <utility>

namespace finwatch::host {

void CpuThrottles::find(const std::vector<CpuSet::Cpu>& cpus) {
  cores_.clear();
  packages_.clear();
  for (const CpuSet::Cpu& cpu : cpus) {
    const std::string folder = cpu.folder + "thermal_throttle/";
    if (::access(folder.c_str(), F_OK) != 0) continue;
    const std::string package = read_attribute(cpu.folder + "topology/physical_package_id");
    const std::string core = read_attribute(cpu.folder + "topology/core_id");
    // -1 where the kernel does not know.
    if (!to_number<std::uint64_t>(package) || !to_number<std::uint64_t>(core)) continue;
    add(cores_, {package, core, folder + "core_throttle_count", {}});
    add(packages_, {package, {}, folder + "package_throttle_count", {}});
  }
}

// Some CPUs count for the core only, so what one lacks the next may have.
void CpuThrottles::add(std::vector<Counter>& counters, Counter counter) {
  for (const Counter& other : counters)
    if (other.package == counter.package && other.core == counter.core) return;
  if (::access(counter.path.c_str(), R_OK) == 0) counters.push_back(std::move(counter));
}

}  // namespace finwatch::host
