#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kAvailable{MetricType::gauge, "node_entropy_available_bits",
                                "Bits of randomness that the kernel has gathered, from /proc/sys/kernel/random/entropy_avail."};
constexpr MetricDesc kPoolSize{MetricType::gauge, "node_entropy_pool_size_bits",
                               "Bits of randomness that the kernel can hold, from /proc/sys/kernel/random/poolsize."};
constexpr MetricRef kMetrics[] = {kAvailable, kPoolSize};

class Entropy final : public Collector {
 public:
  explicit Entropy(const Env& env)
      : available_(env.proc("sys/kernel/random/entropy_avail")), pool_size_(env.proc("sys/kernel/random/poolsize")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    if (Status added = add(kAvailable, available_, sink); !added) return added;
    return add(kPoolSize, pool_size_, sink);
  }

 private:
  static Status add(const MetricDesc<0>& desc, KeptFile& file, MetricSink& sink) {
    const Result<std::string_view> text = file.read();
    if (!text) return text.error();
    const auto bits = to_number<std::uint64_t>(trim(*text));
    if (!bits) return {Errc::malformed, file.path() + ": expected a number of bits"};
    sink.add(desc, *bits);
    return ok();
  }

  KeptFile available_;
  KeptFile pool_size_;
};

}  // namespace

extern const CollectorInfo entropy_collector{
    .name = "entropy",
    .summary = "Randomness that the kernel holds, from /proc/sys/kernel/random.",
    .metrics = kMetrics,
    .make = make_collector<Entropy>,
};

}  // namespace finwatch::host
