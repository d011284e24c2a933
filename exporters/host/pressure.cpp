#include <array>
#include <optional>
#include <utility>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kCpuWaiting{MetricType::counter, "node_pressure_cpu_waiting_seconds_total",
                                 "Seconds in which at least one thread waited for a CPU, from /proc/pressure/cpu."};
constexpr MetricDesc kIoWaiting{MetricType::counter, "node_pressure_io_waiting_seconds_total",
                                "Seconds in which at least one thread waited for input or output, from /proc/pressure/io."};
constexpr MetricDesc kIoStalled{
    MetricType::counter, "node_pressure_io_stalled_seconds_total",
    "Seconds in which all threads that had work waited for input or output, from /proc/pressure/io."};
constexpr MetricDesc kMemoryWaiting{MetricType::counter, "node_pressure_memory_waiting_seconds_total",
                                    "Seconds in which at least one thread waited for memory, from /proc/pressure/memory."};
constexpr MetricDesc kMemoryStalled{
    MetricType::counter, "node_pressure_memory_stalled_seconds_total",
    "Seconds in which all threads that had work waited for memory, from /proc/pressure/memory."};
constexpr MetricDesc kIrqStalled{MetricType::counter, "node_pressure_irq_stalled_seconds_total",
                                 "Seconds that interrupts took from threads that had work, from /proc/pressure/irq."};
constexpr MetricRef kMetrics[] = {kCpuWaiting, kIoWaiting, kIoStalled, kMemoryWaiting, kMemoryStalled, kIrqStalled};

/// A file and what its lines "some …" and "full …" become; nullptr for a line that is not shown. The whole machine's `full`
/// of cpu is 0 by definition, and irq has no `some`.
struct Resource {
  KeptFile file;
  const MetricDesc<0>* waiting = nullptr;
  const MetricDesc<0>* stalled = nullptr;
};

class Pressure final : public Collector {
 public:
  explicit Pressure(const Env& env)
      : resources_{{{KeptFile(env.proc("pressure/cpu")), &kCpuWaiting, nullptr},
                    {KeptFile(env.proc("pressure/io")), &kIoWaiting, &kIoStalled},
                    {KeptFile(env.proc("pressure/memory")), &kMemoryWaiting, &kMemoryStalled},
                    {KeptFile(env.proc("pressure/irq")), nullptr, &kIrqStalled}}} {}

  Status collect(const Scrape&, MetricSink& sink) override {
    Status absent = Errc::no_data;
    for (Resource& resource : resources_) {
      const Result<std::string_view> text = resource.file.read();
      // Each came with another kernel, and the kernel refuses (EOPNOTSUPP) what was switched off when it was booted.
      if (!text && text.error().code == Errc::no_data) {
        absent = text.error();
        continue;
      }
      if (!text) return text.error();
      if (!write(resource, *text, sink))
        return {Errc::malformed, resource.file.path() + ": expected lines such as 'some avg10=0.00 … total=0'"};
    }
    return sink.empty() ? std::move(absent) : ok();
  }

 private:
  /// False when the text holds no line that is to be shown.
  static bool write(const Resource& resource, std::string_view text, MetricSink& sink) {
    bool any = false;
    for (const auto& [kind, metric] : {std::pair("some", resource.waiting), std::pair("full", resource.stalled)}) {
      if (metric == nullptr) continue;
      const auto microseconds = total(text, kind);
      if (!microseconds) continue;
      sink.add(*metric, static_cast<double>(*microseconds) / 1e6);
      any = true;
    }
    return any;
  }

  // "some avg10=0.00 avg60=1.20 avg300=0.75 total=14036781"
  static std::optional<std::uint64_t> total(std::string_view text, std::string_view kind) {
    for (LineReader lines(text); const auto line = lines.next();) {
      FieldReader fields(*line);
      if (fields.next() != kind) continue;
      while (!fields.done())
        if (const std::string_view field = fields.next(); field.starts_with("total="))
          return to_number<std::uint64_t>(field.substr(6));
    }
    return std::nullopt;
  }

  std::array<Resource, 4> resources_;
};

}  // namespace

extern const CollectorInfo pressure_collector{
    .name = "pressure",
    .summary = "Time lost to lack of CPU, memory, input and output (PSI), from /proc/pressure.",
    .metrics = kMetrics,
    .make = make_collector<Pressure>,
};

}  // namespace finwatch::host
