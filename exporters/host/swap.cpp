#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kSize{MetricType::gauge, "node_swap_size_bytes", "Size of a swap area, from /proc/swaps.", "device",
                           "swap_type"};
constexpr MetricDesc kUsed{MetricType::gauge, "node_swap_used_bytes", "Used part of a swap area, from /proc/swaps.", "device",
                           "swap_type"};
constexpr MetricDesc kPriority{MetricType::gauge, "node_swap_priority",
                               "Priority of a swap area, the highest is filled first, from /proc/swaps.", "device",
                               "swap_type"};
constexpr MetricRef kMetrics[] = {kSize, kUsed, kPriority};

struct Area {
  std::string_view device;
  std::string_view type;
  double size_kib = 0;
  double used_kib = 0;
  std::int64_t priority = 0;
};

class Swap final : public Collector {
 public:
  explicit Swap(const Env& env) : file_(env.proc("swaps"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    areas_.clear();
    LineReader lines(*text);
    const auto header = lines.next();
    if (!header || !header->starts_with("Filename"))
      return {Errc::malformed, file_.path() + ": expected a first line that begins with 'Filename'"};
    while (const auto line = lines.next()) {
      FieldReader fields(*line);
      Area area{.device = fields.next(), .type = fields.next()};
      const auto size = fields.next_number<std::uint64_t>();
      const auto used = fields.next_number<std::uint64_t>();
      const auto priority = fields.next_number<std::int64_t>();
      if (!size || !used || !priority) continue;
      area.size_kib = static_cast<double>(*size);
      area.used_kib = static_cast<double>(*used);
      area.priority = *priority;
      areas_.push_back(area);
    }
    auto size = sink.family(kSize);
    for (const Area& area : areas_) size.add(area.size_kib * 1024, area.device, area.type);
    auto used = sink.family(kUsed);
    for (const Area& area : areas_) used.add(area.used_kib * 1024, area.device, area.type);
    auto priority = sink.family(kPriority);
    for (const Area& area : areas_) priority.add(area.priority, area.device, area.type);
    return ok();
  }

 private:
  KeptFile file_;
  std::vector<Area> areas_;
};

}  // namespace

extern const CollectorInfo swap_collector{
    .name = "swap",
    .summary = "Swap areas, from /proc/swaps.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Swap>,
};

}  // namespace finwatch::host
