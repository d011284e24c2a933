#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/buffer.h"
#include "core/text.h"
#include "host/sources/cpu_numbers.h"
#include "host/sources/cpu_set.h"
#include "host/sources/small_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

/// One file of a cpufreq folder, in kilohertz.
struct Frequency {
  std::string_view file;
  MetricDesc<1> metric;
};
constexpr Frequency kFrequencies[] = {
    {"scaling_cur_freq",
     {MetricType::gauge, "node_cpu_scaling_frequency_hertz",
      "Hertz that the CPU runs at, from /sys/devices/system/cpu/cpu*/cpufreq/scaling_cur_freq.", "cpu"}},
    {"scaling_min_freq",
     {MetricType::gauge, "node_cpu_scaling_frequency_min_hertz",
      "Hertz below which the CPU is not let, from /sys/devices/system/cpu/cpu*/cpufreq/scaling_min_freq.", "cpu"}},
    {"scaling_max_freq",
     {MetricType::gauge, "node_cpu_scaling_frequency_max_hertz",
      "Hertz above which the CPU is not let, from /sys/devices/system/cpu/cpu*/cpufreq/scaling_max_freq.", "cpu"}},
    {"cpuinfo_min_freq",
     {MetricType::gauge, "node_cpu_frequency_min_hertz",
      "Hertz that the CPU can go down to, from /sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_min_freq.", "cpu"}},
    {"cpuinfo_max_freq",
     {MetricType::gauge, "node_cpu_frequency_max_hertz",
      "Hertz that the CPU can go up to, from /sys/devices/system/cpu/cpu*/cpufreq/cpuinfo_max_freq.", "cpu"}},
};
constexpr std::size_t kFrequencyCount = std::size(kFrequencies);
constexpr std::size_t kLive = 3;  // so many of them change while the machine runs

constexpr MetricDesc kGovernor{MetricType::gauge, "node_cpu_scaling_governor",
                               "1 for the governor that decides on the frequency, 0 for the others there are, from "
                               "/sys/devices/system/cpu/cpu*/cpufreq.",
                               "cpu", "governor"};

constexpr auto kMetrics = [] {
  std::array<MetricRef, kFrequencyCount + 1> refs;
  for (std::size_t i = 0; i < kFrequencyCount; ++i) refs[i] = kFrequencies[i].metric;
  refs[kFrequencyCount] = kGovernor;
  return refs;
}();

constexpr std::size_t kMostGovernors = 32;
constexpr std::size_t kLongestText = 4096;  // bytes, as sysfs has it
constexpr std::size_t kMostOpen = 256;      // files, so that 1,024 descriptors suffice for the whole program

/// The folder that some CPUs share because their frequency changes together.
struct Policy {
  std::string folder;
  std::array<std::string, kLive + 1> paths;  // of the live frequencies, then of the governor
  std::array<SmallFile, kLive + 1> files;
  std::array<std::optional<std::uint64_t>, kFrequencyCount> hertz;
  std::string governor;
  std::vector<std::string> governors;  // those there are
};

std::optional<std::uint64_t> kilohertz(std::string_view text) {
  const auto number = to_number<std::uint64_t>(trim(text));
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() / 1000) return std::nullopt;
  return *number * 1000;
}

// "performance powersave ", each once.
std::vector<std::string> governors_in(std::string_view text) {
  std::vector<std::string> names;
  for (FieldReader fields(trim(text)); !fields.done() && names.size() < kMostGovernors;)
    if (const std::string_view name = fields.next(); std::find(names.begin(), names.end(), name) == names.end())
      names.emplace_back(name);
  return names;
}

class CpuFreq final : public Collector {
 public:
  explicit CpuFreq(const Env& env) : cpus_(env) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (cpus_.refresh()) find_policies();
    if (members_.empty()) return Errc::no_data;
    for (Policy& policy : policies_) {
      // Some kernels take 20 milliseconds for each CPU.
      if (std::chrono::steady_clock::now() >= scrape.deadline) return {Errc::timeout, policy.folder + ": read too slowly"};
      read(policy);
    }
    write(sink);
    return ok();
  }

 private:
  struct Member {
    std::uint32_t cpu = 0;
    std::size_t policy = 0;
  };

  void find_policies() {
    policies_.clear();
    members_.clear();
    for (const CpuSet::Cpu& cpu : cpus_.all()) {
      if (!cpu.online) continue;
      const std::string folder = cpu.folder + "cpufreq";
      if (::access(folder.c_str(), F_OK) == 0) members_.push_back({cpu.number, policy_of(cpu, folder)});
    }
    std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) { return a.cpu < b.cpu; });
  }

  std::size_t policy_of(const CpuSet::Cpu& cpu, const std::string& folder) {
    // "../cpufreq/policy0" since Linux 4.3, "../cpu0/cpufreq" or a folder of its own before.
    const std::string link = read_link(folder);
    const std::string target = link.empty() ? folder : cpu.folder + link;
    for (std::size_t i = 0; i < policies_.size(); ++i)
      if (policies_[i].folder == target) return i;
    Policy& policy = policies_.emplace_back();
    policy.folder = target;
    for (std::size_t i = 0; i < kLive; ++i) policy.paths[i] = target + "/" + std::string(kFrequencies[i].file);
    policy.paths[kLive] = target + "/scaling_governor";
    for (std::size_t i = kLive; i < kFrequencyCount; ++i)
      policy.hertz[i] = kilohertz(read_attribute(target + "/" + std::string(kFrequencies[i].file)));
    policy.governors = governors_in(read_file(target + "/scaling_available_governors", kLongestText).value_or({}));
    return policies_.size() - 1;
  }

  void read(Policy& policy) {
    const KeepOpen keep = policies_.size() * (kLive + 1) <= kMostOpen ? KeepOpen::yes : KeepOpen::no;
    for (std::size_t i = 0; i < kLive; ++i) {
      const bool told = policy.files[i].read(policy.paths[i].c_str(), keep, text_) == 0;
      policy.hertz[i] = told ? kilohertz(text_.view()) : std::nullopt;
    }
    policy.governor.clear();
    if (policy.files[kLive].read(policy.paths[kLive].c_str(), keep, text_) == 0) policy.governor = trim(text_.view());
  }

  void write(MetricSink& sink) const {
    for (std::size_t i = 0; i < kFrequencyCount; ++i) {
      auto family = sink.family(kFrequencies[i].metric);
      for (const Member& member : members_)
        if (const auto hertz = policies_[member.policy].hertz[i]) family.add(*hertz, cpu_label(member.cpu));
    }
    auto governor = sink.family(kGovernor);
    for (const Member& member : members_) {
      const Policy& policy = policies_[member.policy];
      if (policy.governor.empty()) continue;
      for (const std::string& name : policy.governors) governor.add(name == policy.governor, cpu_label(member.cpu), name);
    }
  }

  CpuSet cpus_;
  std::vector<Policy> policies_;
  std::vector<Member> members_;
  Buffer text_;
};

}  // namespace

extern const CollectorInfo cpufreq_collector{
    .name = "cpufreq",
    .summary = "Frequency of each CPU, its limits and who decides on it, from /sys/devices/system/cpu/cpu*/cpufreq.",
    .metrics = kMetrics,
    .make = make_collector<CpuFreq>,
};

}  // namespace finwatch::host
