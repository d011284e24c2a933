#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kCgroups{MetricType::gauge, "node_cgroups_cgroups",
                              "Control groups that this controller has, from /proc/cgroups.", "subsys_name"};
constexpr MetricDesc kEnabled{MetricType::gauge, "node_cgroups_enabled",
                              "Whether the kernel has this controller switched on (1) or off (0), from /proc/cgroups.",
                              "subsys_name"};
constexpr MetricRef kMetrics[] = {kCgroups, kEnabled};

struct Controller {
  std::string_view name;
  std::uint64_t groups = 0;
  std::uint64_t enabled = 0;
};

class Cgroups final : public Collector {
 public:
  explicit Cgroups(const Env& env) : file_(env.proc("cgroups"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    controllers_.clear();
    LineReader lines(*text);
    while (const auto line = lines.next()) {
      if (line->starts_with('#')) continue;
      FieldReader fields(*line);
      const std::string_view name = fields.next();
      const auto hierarchy = fields.next_number<std::uint64_t>();
      const auto groups = fields.next_number<std::uint64_t>();
      const auto enabled = fields.next_number<std::uint64_t>();
      if (hierarchy && groups && enabled) controllers_.push_back({name, *groups, *enabled});
    }
    if (controllers_.empty()) return {Errc::malformed, file_.path() + ": expected lines like 'memory 0 12 1'"};
    auto groups = sink.family(kCgroups);
    for (const Controller& controller : controllers_) groups.add(controller.groups, controller.name);
    auto enabled = sink.family(kEnabled);
    for (const Controller& controller : controllers_) enabled.add(controller.enabled, controller.name);
    return ok();
  }

 private:
  KeptFile file_;
  std::vector<Controller> controllers_;
};

}  // namespace

extern const CollectorInfo cgroups_collector{
    .name = "cgroups",
    .summary = "Control groups by controller, from /proc/cgroups.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Cgroups>,
};

}  // namespace finwatch::host
