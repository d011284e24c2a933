#include <unistd.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/cpu_info.h"
#include "host/sources/cpu_numbers.h"
#include "host/sources/cpu_set.h"
#include "host/sources/cpu_throttles.h"
#include "host/sources/kernel_stat.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kSeconds{MetricType::counter, "node_cpu_seconds_total",
                              "Seconds that the CPU spent in each mode, from /proc/stat.", "cpu", "mode"};
constexpr MetricDesc kGuest{MetricType::counter, "node_cpu_guest_seconds_total",
                            "Seconds that the CPU spent for guests (virtual machines); they are in user and nice as well, "
                            "from /proc/stat.",
                            "cpu", "mode"};
constexpr MetricDesc kCoreThrottles{
    MetricType::counter, "node_cpu_core_throttles_total",
    "Times the core was slowed down for heat, from /sys/devices/system/cpu/cpu*/thermal_throttle.", "package", "core"};
constexpr MetricDesc kPackageThrottles{
    MetricType::counter, "node_cpu_package_throttles_total",
    "Times the package was slowed down for heat, from /sys/devices/system/cpu/cpu*/thermal_throttle.", "package"};
constexpr MetricDesc kIsolated{MetricType::gauge, "node_cpu_isolated",
                               "1 for a CPU that the scheduler leaves alone, from /sys/devices/system/cpu/isolated.", "cpu"};
constexpr MetricDesc kOnline{MetricType::gauge, "node_cpu_online",
                             "1 when the CPU is in use, 0 when it is switched off, from /sys/devices/system/cpu/online.",
                             "cpu"};
constexpr MetricDesc kInfo{MetricType::info, "node_cpu_info", "What the CPU is, value is always 1, from /proc/cpuinfo.",
                           "package",        "core",          "cpu",
                           "vendor",         "family",        "model",
                           "model_name",     "microcode",     "stepping",
                           "cachesize"};
constexpr MetricDesc kFrequency{
    MetricType::gauge, "node_cpu_frequency_hertz", "Hertz that the CPU runs at, from /proc/cpuinfo.", "package", "core", "cpu"};
constexpr MetricDesc kFlag{MetricType::info, "node_cpu_flag_info",
                           "What the first CPU can do, as the kernel names it, value is always 1, from /proc/cpuinfo.", "flag"};
constexpr MetricDesc kBug{MetricType::info, "node_cpu_bug_info",
                          "Flaws of the first CPU, as the kernel names them, value is always 1, from /proc/cpuinfo.", "bug"};
constexpr MetricRef kMetrics[] = {kSeconds, kGuest, kCoreThrottles, kPackageThrottles, kIsolated, kOnline, kInfo, kFrequency,
                                  kFlag,    kBug};

constexpr std::string_view kGuestFlag = "collector.cpu.guest";
constexpr std::string_view kInfoFlag = "collector.cpu.info";
constexpr std::string_view kFlagsFlag = "collector.cpu.info.flags-include";
constexpr std::string_view kBugsFlag = "collector.cpu.info.bugs-include";
constexpr FlagSpec kFlags[] = {
    {FlagKind::boolean, kGuestFlag, "true", "Show the seconds spent for guests (virtual machines)."},
    {FlagKind::boolean, kInfoFlag, "false", "Show what each CPU is and its frequency, from /proc/cpuinfo."},
    {FlagKind::regexp, kFlagsFlag, "", "CPU flags to show, as a regular expression; switches collector.cpu.info on."},
    {FlagKind::regexp, kBugsFlag, "", "CPU flaws to show, as a regular expression; switches collector.cpu.info on."},
};

constexpr std::string_view kModes[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};
constexpr std::string_view kGuestModes[] = {"user", "nice"};
constexpr std::size_t kModeCount = std::size(kModes);

// The kernel's counters, idle and iowait above all, now and then step back a little, which rate() would take for a restart:
// the larger value stays. When idle falls far, the CPU was switched off and on, and all of its counters begin anew.
constexpr std::uint64_t kJumpBack = 3 * kTicksPerSecond;

void keep_larger(CpuTicks& kept, const CpuTicks& now) {
  const std::uint64_t was_idle = kept.ticks[CpuTicks::kIdle];
  const std::uint64_t idle = now.ticks[CpuTicks::kIdle];
  if (was_idle > idle && was_idle - idle >= kJumpBack) kept.ticks = {};
  kept.modes = now.modes;
  for (std::size_t i = 0; i < CpuTicks::kModes; ++i) kept.ticks[i] = std::max(kept.ticks[i], now.ticks[i]);
}

double to_seconds(std::uint64_t ticks) { return static_cast<double>(ticks) / kTicksPerSecond; }

struct CpuOptions {
  bool guest = true;
  bool info = false;
  std::optional<NameFilter> flags;
  std::optional<NameFilter> bugs;
};

class Cpu final : public Collector {
 public:
  Cpu(const Env& env, CpuOptions options)
      : options_(std::move(options)),
        stat_(env.shared<KernelStatFile>()),
        info_(env.proc("cpuinfo"), ReadMode::to_end),
        cpus_(env) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const auto stat = stat_->read(scrape.number);
    if (!stat) return stat.error();
    if ((*stat)->cpus.empty()) return {Errc::malformed, stat_->path() + ": expected lines such as 'cpu0' and 10 numbers"};
    write_seconds(**stat, sink);
    if (options_.info)
      if (const Status status = write_info(sink); !status && status.error().code != Errc::no_data) return status;
    write_folders(sink);
    return ok();
  }

 private:
  void write_seconds(const KernelStat& stat, MetricSink& sink) {
    if (const std::size_t most = stat.cpus.back().number + 1; kept_.size() < most) kept_.resize(most);
    auto cpu = stat.cpus.begin();
    for (std::uint32_t number = 0; number < kept_.size(); ++number) {
      if (cpu != stat.cpus.end() && cpu->number == number)
        keep_larger(kept_[number], *cpu++);
      else
        kept_[number] = {};
    }
    auto seconds = sink.family(kSeconds);
    for (const CpuTicks& each : stat.cpus)
      for (std::size_t i = 0; i < std::min<std::size_t>(each.modes, kModeCount); ++i)
        seconds.add(to_seconds(kept_[each.number].ticks[i]), cpu_label(each.number), kModes[i]);
    if (!options_.guest) return;
    auto guest = sink.family(kGuest);
    for (const CpuTicks& each : stat.cpus)
      for (std::size_t i = kModeCount; i < each.modes; ++i)
        guest.add(to_seconds(kept_[each.number].ticks[i]), cpu_label(each.number), kGuestModes[i - kModeCount]);
  }

  Status write_info(MetricSink& sink) {
    const Result<std::string_view> text = info_.read();
    if (!text) return text.error();
    if (!parse_cpu_info(*text, infos_))
      return {Errc::malformed, info_.path() + ": expected a line 'processor', a colon and a rising number for each CPU"};
    using F = CpuField;
    auto info = sink.family(kInfo);
    for (const CpuInfo& cpu : infos_)
      info.add(1, cpu[F::package], cpu[F::core], cpu[F::number], cpu[F::vendor], cpu[F::family], cpu[F::model],
               cpu[F::model_name], cpu[F::microcode], cpu[F::stepping], cpu[F::cache_size]);
    auto frequency = sink.family(kFrequency);
    for (const CpuInfo& cpu : infos_)
      if (const auto hertz = cpu.hertz()) frequency.add(*hertz, cpu[F::package], cpu[F::core], cpu[F::number]);
    write_words(sink, kFlag, infos_.front()[F::flags], options_.flags);
    write_words(sink, kBug, infos_.front()[F::bugs], options_.bugs);
    return ok();
  }

  void write_folders(MetricSink& sink) {
    if (cpus_.refresh()) look_again();
    auto cores = sink.family(kCoreThrottles);
    throttles_.each_core([&](const auto& core, std::uint64_t count) { cores.add(count, core.package, core.core); });
    auto packages = sink.family(kPackageThrottles);
    throttles_.each_package([&](const auto& package, std::uint64_t count) { packages.add(count, package.package); });
    auto isolated = sink.family(kIsolated);
    for (const std::uint32_t number : isolated_) isolated.add(1, cpu_label(number));
    if (!can_switch_off_) return;
    auto online = sink.family(kOnline);
    for (const CpuSet::Cpu& cpu : cpus_.all()) online.add(cpu.online, cpu_label(cpu.number));
  }

  void look_again() {
    throttles_.find(cpus_.all());
    if (!parse_cpu_list(read_attribute(cpus_.folder() + "isolated"), isolated_)) isolated_.clear();
    can_switch_off_ = !cpus_.all().empty() && ::access((cpus_.all().front().folder + "online").c_str(), F_OK) == 0;
  }

  static void write_words(MetricSink& sink, const MetricDesc<1>& desc, std::string_view words,
                          std::optional<NameFilter>& wanted) {
    if (!wanted) return;
    auto family = sink.family(desc);
    for (FieldReader fields(words); !fields.done();)
      if (const std::string_view word = fields.next(); wanted->accepts(word)) family.add(1, word);
  }

  CpuOptions options_;
  const std::shared_ptr<KernelStatFile> stat_;
  std::vector<CpuTicks> kept_;  // by number; a CPU that is switched off is forgotten
  KeptFile info_;
  std::vector<CpuInfo> infos_;
  CpuSet cpus_;
  CpuThrottles throttles_;
  std::vector<std::uint32_t> isolated_;
  bool can_switch_off_ = false;
};

MadeCollector make(const Env& env, const Settings& settings) {
  CpuOptions options;
  options.guest = settings.boolean(kGuestFlag);
  options.info = settings.boolean(kInfoFlag);
  for (auto [flag, into] : {std::pair(kFlagsFlag, &options.flags), std::pair(kBugsFlag, &options.bugs)}) {
    if (settings.text(flag).empty()) continue;
    Result<NameFilter> filter = NameFilter::make(settings.text(flag), {});
    if (!filter) return filter.error();
    *into = std::move(*filter);
    options.info = true;
  }
  return std::unique_ptr<Collector>(std::make_unique<Cpu>(env, std::move(options)));
}

}  // namespace

extern const CollectorInfo cpu_collector{
    .name = "cpu",
    .summary = "What each CPU spends its time on, throttling by heat, and what it is, from /proc/stat, /proc/cpuinfo and /sys.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
