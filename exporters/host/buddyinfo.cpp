#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kBlocks{MetricType::gauge,
                             "node_buddyinfo_blocks",
                             "Free blocks of 2^size pages that lie together, from /proc/buddyinfo.",
                             "node",
                             "zone",
                             "size"};
constexpr MetricRef kMetrics[] = {kBlocks};

constexpr std::string_view kOrders[] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10",
                                        "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21"};

class Buddyinfo final : public Collector {
 public:
  explicit Buddyinfo(const Env& env) : file_(env.proc("buddyinfo"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    auto blocks = sink.family(kBlocks);
    bool any = false;
    LineReader lines(*text);
    while (const auto line = lines.next()) {
      FieldReader fields(*line);
      if (fields.next() != "Node") continue;
      std::string_view node = fields.next();
      if (fields.next() != "zone" || !node.ends_with(',')) continue;
      node.remove_suffix(1);
      const std::string_view zone = fields.next();
      for (const std::string_view order : kOrders) {
        const auto free = fields.next_number<std::uint64_t>();
        if (!free) break;
        blocks.add(*free, node, zone, order);
        any = true;
      }
    }
    if (!any) return {Errc::malformed, file_.path() + ": expected lines like 'Node 0, zone Normal 4 2 1'"};
    return ok();
  }

 private:
  KeptFile file_;
};

}  // namespace

extern const CollectorInfo buddyinfo_collector{
    .name = "buddyinfo",
    .summary = "How fragmented the free memory is, from /proc/buddyinfo.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Buddyinfo>,
};

}  // namespace finwatch::host
