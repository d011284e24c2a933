#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kLoad1{MetricType::gauge, "node_load1", "Load average over one minute, from /proc/loadavg."};
constexpr MetricDesc kLoad5{MetricType::gauge, "node_load5", "Load average over five minutes, from /proc/loadavg."};
constexpr MetricDesc kLoad15{MetricType::gauge, "node_load15", "Load average over fifteen minutes, from /proc/loadavg."};
constexpr MetricRef kMetrics[] = {kLoad1, kLoad5, kLoad15};

class LoadAverage final : public Collector {
 public:
  explicit LoadAverage(const Env& env) : file_(env.proc("loadavg")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    FieldReader fields(*text);
    const auto load1 = fields.next_number<double>();
    const auto load5 = fields.next_number<double>();
    const auto load15 = fields.next_number<double>();
    if (!load1 || !load5 || !load15) return {Errc::malformed, file_.path() + ": expected three load averages"};
    sink.add(kLoad1, *load1);
    sink.add(kLoad5, *load5);
    sink.add(kLoad15, *load15);
    return ok();
  }

 private:
  KeptFile file_;
};

}  // namespace

extern const CollectorInfo loadavg_collector{
    .name = "loadavg",
    .summary = "Load averages, from /proc/loadavg.",
    .metrics = kMetrics,
    .make = make_collector<LoadAverage>,
};

}  // namespace finwatch::host
