// What /proc/stat says, read and parsed once a scrape for every collector that needs it: on a large machine the kernel adds
// up a counter for each interrupt and processor whenever somebody reads this file.
//
//   const auto stat = env.shared<KernelStatFile>()->read(scrape.number);      // Result<shared_ptr<const KernelStat>>
//   for (const CpuTicks& cpu : (*stat)->cpus) …
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/environment.h"
#include "core/files.h"
#include "core/result.h"

namespace finwatch::host {

/// The clock of all times in /proc, whatever the kernel's own is.
inline constexpr std::uint64_t kTicksPerSecond = 100;

/// One line "cpu3 …". The modes are user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice.
struct CpuTicks {
  static constexpr std::size_t kIdle = 3;
  static constexpr std::size_t kLeastModes = 4;
  static constexpr std::size_t kModes = 10;

  std::uint32_t number = 0;
  std::uint32_t modes = 0;  // how many of `ticks` the kernel told
  std::array<std::uint64_t, kModes> ticks{};
};

struct KernelStat {
  static constexpr std::size_t kSoftirqs = 10;

  std::vector<CpuTicks> cpus;  // those that are online, by rising number
  std::optional<std::uint64_t> interrupts;
  std::optional<std::uint64_t> context_switches;
  std::optional<std::uint64_t> boot_time;  // seconds since 1970
  std::optional<std::uint64_t> forks;
  std::optional<std::uint64_t> running;
  std::optional<std::uint64_t> blocked;
  std::array<std::uint64_t, kSoftirqs> softirqs{};
  std::size_t softirq_count = 0;  // how many of `softirqs` the kernel told
};

class KernelStatFile {
 public:
  explicit KernelStatFile(const Env& env) : file_(env.proc("stat")) {}

  /// Within one scrape the same table. Errors: those of KeptFile; malformed when a line of a processor cannot be read.
  Result<std::shared_ptr<const KernelStat>> read(std::uint64_t scrape);
  const std::string& path() const { return file_.path(); }

 private:
  Status refill(KernelStat& stat);

  std::mutex mutex_;
  KeptFile file_;
  std::uint64_t scrape_ = 0;
  Result<std::shared_ptr<const KernelStat>> current_{Errc::no_data};
  std::shared_ptr<KernelStat> table_;
};

/// Reads the text of /proc/stat into `stat`, whose memory is kept; the line that cannot be read, empty when all can.
std::string_view parse_kernel_stat(std::string_view text, KernelStat& stat);

}  // namespace finwatch::host
