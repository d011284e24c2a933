#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/cpu_numbers.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kFunctions{MetricType::counter, "node_softirqs_functions_total",
                                "Software interrupts served by the CPU, from /proc/softirqs.", "cpu", "type"};
constexpr MetricRef kMetrics[] = {kFunctions};

constexpr std::string_view kTypes[] = {"HI",       "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
                                       "IRQ_POLL", "TASKLET", "SCHED",  "HRTIMER", "RCU"};

class Softirqs final : public Collector {
 public:
  explicit Softirqs(const Env& env) : file_(env.proc("softirqs")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    LineReader lines(*text);
    if (!parse_cpu_heading(lines.next().value_or(""), cpus_))
      return {Errc::malformed, file_.path() + ": expected the heading 'CPU0 CPU1 …'"};
    std::array<bool, std::size(kTypes)> seen{};
    auto functions = sink.family(kFunctions);
    while (const auto line = lines.next()) {
      const std::size_t colon = line->find(':');
      if (colon == std::string_view::npos) continue;
      const auto* const type = std::find(std::begin(kTypes), std::end(kTypes), trim(line->substr(0, colon)));
      if (type == std::end(kTypes) || std::exchange(seen[static_cast<std::size_t>(type - kTypes)], true)) continue;
      FieldReader counts(line->substr(colon + 1));
      for (const std::uint32_t cpu : cpus_) {
        const auto count = counts.next_number<std::uint64_t>();
        if (!count) return {Errc::malformed, file_.path() + ": expected a number for each CPU in a line"};
        functions.add(*count, cpu_label(cpu), *type);
      }
    }
    if (sink.empty()) return {Errc::malformed, file_.path() + ": expected lines such as 'NET_RX:' and a number for each CPU"};
    return ok();
  }

 private:
  KeptFile file_;
  std::vector<std::uint32_t> cpus_;
};

}  // namespace

extern const CollectorInfo softirqs_collector{
    .name = "softirqs",
    .summary = "Software interrupts by kind and CPU, from /proc/softirqs.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Softirqs>,
};

}  // namespace finwatch::host
