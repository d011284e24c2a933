// How often each core and each package was slowed down for heat: the counters in /sys/devices/system/cpu/cpu*/thermal_throttle.
//
//   if (cpus_.refresh()) throttles_.find(cpus_.all());
//   throttles_.each_core([&](const CpuThrottles::Counter& core, std::uint64_t count) { … });
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/buffer.h"
#include "core/text.h"
#include "host/sources/cpu_set.h"
#include "host/sources/small_file.h"

namespace finwatch::host {

class CpuThrottles {
 public:
  /// Shared by all CPUs of the core or package, and read from the first of them.
  struct Counter {
    std::string package;
    std::string core;  // empty for a package
    std::string path;
    SmallFile file;
  };

  /// Forgets the files and looks for them again.
  void find(const std::vector<CpuSet::Cpu>& cpus);

  /// Calls visit(counter, count); not for one that cannot be read.
  template <class Visit>
  void each_core(Visit&& visit) {
    each(cores_, visit);
  }
  template <class Visit>
  void each_package(Visit&& visit) {
    each(packages_, visit);
  }

 private:
  template <class Visit>
  void each(std::vector<Counter>& counters, Visit& visit) {
    const KeepOpen keep = counters.size() <= kMostOpen ? KeepOpen::yes : KeepOpen::no;
    for (Counter& counter : counters) {
      if (counter.file.read(counter.path.c_str(), keep, text_) != 0) continue;
      if (const auto count = to_number<std::uint64_t>(trim(text_.view()))) visit(counter, *count);
    }
  }
  static void add(std::vector<Counter>& counters, Counter counter);

  static constexpr std::size_t kMostOpen = 256;  // so that 1,024 descriptors suffice for the whole program

  std::vector<Counter> cores_;
  std::vector<Counter> packages_;
  Buffer text_;
};

}  // namespace finwatch::host
