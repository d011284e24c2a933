#include "support/many_cpus.h"

#include <string>

namespace finwatch::test {
namespace {

std::string repeated(int times, const std::string& word) {
  std::string text;
  for (int i = 0; i < times; ++i) text += " " + word;
  return text;
}

void write_proc(const TemporaryTree& tree, int cpus) {
  std::string stat = "cpu  1 2 3 4 5 6 7 8 9 10\n";
  std::string schedstat = "version 15\ntimestamp 1\n";
  std::string cpuinfo;
  std::string heading;
  for (int cpu = 0; cpu < cpus; ++cpu) {
    const std::string number = std::to_string(cpu);
    stat += "cpu" + number + " 2532904 76623 771151 11706950 4170 0 12000 1000 100000 3\n";
    schedstat += "cpu" + number + " 0 0 0 0 0 0 2045936778163 343796328169 4767485306\n";
    cpuinfo +=
        "processor\t: " + number + "\nmodel name\t: EPYC\ncpu MHz\t\t: 3250.123\nflags\t\t: fpu vme aes\nbugs\t\t: srso\n\n";
    heading += " CPU" + number;
  }
  tree.write("proc/stat", stat + "intr 5" + repeated(4'000, "0") + "\nctxt 38014093\nbtime 1700000000\nprocesses 26442\n");
  tree.write("proc/schedstat", schedstat);
  tree.write("proc/cpuinfo", cpuinfo);
  std::string softirqs = heading + "\n";
  for (const char* type : {"HI", "TIMER", "NET_TX", "NET_RX", "RCU"})
    softirqs += std::string(type) + ":" + repeated(cpus, "424191") + "\n";
  tree.write("proc/softirqs", softirqs);
  std::string interrupts = heading + "\n";
  for (int line = 0; line < 64; ++line)
    interrupts += std::to_string(line) + ":" + repeated(cpus, "7") + " PCI-MSIX 1-edge nvme0q" + std::to_string(line) + "\n";
  tree.write("proc/interrupts", interrupts);
}

void write_sys(const TemporaryTree& tree, int cpus) {
  const std::string root = "sys/devices/system/cpu/";
  tree.write(root + "online", "0-" + std::to_string(cpus - 1) + "\n");
  for (int cpu = 0; cpu < cpus; ++cpu) {
    const std::string folder = root + "cpu" + std::to_string(cpu) + "/";
    tree.write(folder + "online", "1\n");
    tree.write(folder + "topology/physical_package_id", std::to_string(cpu % 2) + "\n");
    tree.write(folder + "topology/core_id", std::to_string(cpu / 4) + "\n");
    tree.write(folder + "thermal_throttle/core_throttle_count", "3\n");
    tree.write(folder + "thermal_throttle/package_throttle_count", "5\n");
    for (const char* file :
         {"scaling_cur_freq", "scaling_min_freq", "scaling_max_freq", "cpuinfo_min_freq", "cpuinfo_max_freq"})
      tree.write(folder + "cpufreq/" + file, "2400000\n");
    tree.write(folder + "cpufreq/scaling_governor", "performance\n");
    tree.write(folder + "cpufreq/scaling_available_governors", "performance powersave\n");
  }
}

}  // namespace

void write_many_cpus(const TemporaryTree& tree, int cpus) {
  write_proc(tree, cpus);
  write_sys(tree, cpus);
}

}  // namespace finwatch::test
