#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/cpu_numbers.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kRunning{MetricType::counter, "node_schedstat_running_seconds_total",
                              "Seconds that threads ran on the CPU, from /proc/schedstat.", "cpu"};
constexpr MetricDesc kWaiting{MetricType::counter, "node_schedstat_waiting_seconds_total",
                              "Seconds that threads which could run waited for the CPU, from /proc/schedstat.", "cpu"};
constexpr MetricDesc kTimeslices{MetricType::counter, "node_schedstat_timeslices_total",
                                 "Turns that threads had on the CPU, from /proc/schedstat.", "cpu"};
constexpr MetricRef kMetrics[] = {kRunning, kWaiting, kTimeslices};

struct Cpu {
  std::uint32_t number = 0;
  std::uint64_t running = 0;  // nanoseconds
  std::uint64_t waiting = 0;  // nanoseconds
  std::uint64_t timeslices = 0;
};

class Schedstat final : public Collector {
 public:
  explicit Schedstat(const Env& env) : file_(env.proc("schedstat"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    cpus_.clear();
    for (LineReader lines(*text); const auto line = lines.next();)
      if (line->starts_with("cpu") && !parse(*line)) return malformed();
    if (cpus_.empty()) return malformed();
    auto running = sink.family(kRunning);
    for (const Cpu& cpu : cpus_) running.add(static_cast<double>(cpu.running) / 1e9, cpu_label(cpu.number));
    auto waiting = sink.family(kWaiting);
    for (const Cpu& cpu : cpus_) waiting.add(static_cast<double>(cpu.waiting) / 1e9, cpu_label(cpu.number));
    auto timeslices = sink.family(kTimeslices);
    for (const Cpu& cpu : cpus_) timeslices.add(cpu.timeslices, cpu_label(cpu.number));
    return ok();
  }

 private:
  // "cpu0 0 0 0 0 0 0 2045936778163 343796328169 4767485306", the same in versions 15 to 17 of the file.
  bool parse(std::string_view line) {
    FieldReader fields(line);
    const auto number = parse_cpu_name(fields.next(), "cpu");
    fields.skip(6);
    const auto running = fields.next_number<std::uint64_t>();
    const auto waiting = fields.next_number<std::uint64_t>();
    const auto timeslices = fields.next_number<std::uint64_t>();
    if (!number || !running || !waiting || !timeslices) return false;
    if (!cpus_.empty() && cpus_.back().number >= *number) return false;
    cpus_.push_back({*number, *running, *waiting, *timeslices});
    return true;
  }

  Error malformed() const {
    return {Errc::malformed, file_.path() + ": expected lines of 'cpu', a rising number and 9 numbers"};
  }

  KeptFile file_;
  std::vector<Cpu> cpus_;
};

}  // namespace

extern const CollectorInfo schedstat_collector{
    .name = "schedstat",
    .summary = "How long threads ran on each CPU and waited for it, from /proc/schedstat.",
    .metrics = kMetrics,
    .make = make_collector<Schedstat>,
};

}  // namespace finwatch::host
