#include <optional>
#include <utility>

#include "host/sources/kernel_stat.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInterrupts{MetricType::counter, "node_intr_total", "Interrupts served, from /proc/stat."};
constexpr MetricDesc kContextSwitches{MetricType::counter, "node_context_switches_total",
                                      "Times a CPU went from one thread to another, from /proc/stat."};
constexpr MetricDesc kForks{MetricType::counter, "node_forks_total", "Processes and threads begun, from /proc/stat."};
constexpr MetricDesc kBootTime{MetricType::gauge, "node_boot_time_seconds",
                               "When the machine was booted, in seconds since 1970, from /proc/stat."};
constexpr MetricDesc kRunning{MetricType::gauge, "node_procs_running",
                              "Threads that run or wait for a CPU, this program's own included, from /proc/stat."};
constexpr MetricDesc kBlocked{MetricType::gauge, "node_procs_blocked",
                              "Threads that wait for input or output, from /proc/stat."};
constexpr MetricDesc kSoftirqs{MetricType::counter, "node_softirqs_total", "Software interrupts served, from /proc/stat.",
                               "vector"};
constexpr MetricRef kMetrics[] = {kInterrupts, kContextSwitches, kForks, kBootTime, kRunning, kBlocked, kSoftirqs};

constexpr std::string_view kSoftirqFlag = "collector.stat.softirq";
constexpr FlagSpec kFlags[] = {
    {FlagKind::boolean, kSoftirqFlag, "false", "Show software interrupts by vector."},
};

constexpr std::string_view kVectors[KernelStat::kSoftirqs] = {"hi",           "timer",   "net_tx", "net_rx",  "block",
                                                              "block_iopoll", "tasklet", "sched",  "hrtimer", "rcu"};

class Stat final : public Collector {
 public:
  Stat(const Env& env, const Settings& settings)
      : file_(env.shared<KernelStatFile>()), softirqs_(settings.boolean(kSoftirqFlag)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const auto read = file_->read(scrape.number);
    if (!read) return read.error();
    const KernelStat& stat = **read;
    const std::pair<const MetricDesc<0>*, std::optional<std::uint64_t>> facts[] = {
        {&kInterrupts, stat.interrupts}, {&kContextSwitches, stat.context_switches},
        {&kForks, stat.forks},           {&kBootTime, stat.boot_time},
        {&kRunning, stat.running},       {&kBlocked, stat.blocked},
    };
    for (const auto& [metric, value] : facts)
      if (value) sink.add(*metric, *value);
    if (sink.empty()) return {Errc::malformed, file_->path() + ": expected lines such as 'ctxt' and a number"};
    if (!softirqs_) return ok();
    auto softirqs = sink.family(kSoftirqs);
    for (std::size_t i = 0; i < stat.softirq_count; ++i) softirqs.add(stat.softirqs[i], kVectors[i]);
    return ok();
  }

 private:
  const std::shared_ptr<KernelStatFile> file_;
  const bool softirqs_;
};

}  // namespace

extern const CollectorInfo stat_collector{
    .name = "stat",
    .summary = "Boot time, context switches, interrupts, forks, running and blocked threads, from /proc/stat.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make_collector<Stat>,
};

}  // namespace finwatch::host
