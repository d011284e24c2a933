#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kHung{
    MetricType::counter, "node_kernel_hung_tasks_total",
    "Tasks found stuck in uninterruptible sleep for longer than kernel.hung_task_timeout_secs since boot, "
    "from /proc/sys/kernel/hung_task_detect_count."};
constexpr MetricRef kMetrics[] = {kHung};

class KernelHung final : public Collector {
 public:
  explicit KernelHung(const Env& env) : file_(env.proc("sys/kernel/hung_task_detect_count")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    const auto count = to_number<std::uint64_t>(trim(*text));
    if (!count) return {Errc::malformed, file_.path() + ": expected one count"};
    sink.add(kHung, *count);
    return ok();
  }

 private:
  KeptFile file_;
};

}  // namespace

extern const CollectorInfo kernel_hung_collector{
    .name = "kernel_hung",
    .summary = "Tasks that the kernel found hanging, from /proc/sys/kernel/hung_task_detect_count.",
    .metrics = kMetrics,
    .make = make_collector<KernelHung>,
};

}  // namespace finwatch::host
