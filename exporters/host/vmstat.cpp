#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/field_memory.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kField{MetricType::unknown, "node_vmstat_*",
                            "One field of /proc/vmstat, in the unit the kernel counts it in."};
constexpr MetricRef kMetrics[] = {kField};

constexpr std::string_view kFieldsFlag = "collector.vmstat.fields";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, kFieldsFlag, "^(oom_kill|pgpg|pswp|pg.*fault).*",
     "Fields of /proc/vmstat to show, as a regular expression."},
};

class Vmstat final : public Collector {
 public:
  Vmstat(const Env& env, Pattern wanted) : file_(env.proc("vmstat")), wanted_(std::move(wanted)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    bool any = false;
    fields_.restart();
    LineReader lines(*text);
    while (const auto line = lines.next()) {
      const std::size_t blank = line->find(' ');
      if (blank == std::string_view::npos) continue;
      Known* known = fields_.find(line->substr(0, blank), [&](std::string_view name) { return learn(name); });
      if (known == nullptr) continue;
      any = true;
      if (known->metric.empty() || known->seen_in == scrape.number) continue;
      const auto number = to_number<double>(trim(line->substr(blank)));
      if (!number) continue;
      known->seen_in = scrape.number;
      sink.family(kField, known->metric).add(*number);
    }
    if (!any) return {Errc::malformed, file_.path() + ": expected lines like 'pgfault 1024'"};
    return ok();
  }

 private:
  struct Known {
    std::string metric;  // empty: not wanted
    std::uint64_t seen_in = 0;
  };
  Known learn(std::string_view name) const {
    if (!is_metric_word(name) || !wanted_.matches(name)) return {};
    return {"node_vmstat_" + std::string(name)};
  }

  KeptFile file_;
  Pattern wanted_;
  FieldMemory<Known> fields_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  Result<Pattern> wanted = Pattern::compile(settings.text(kFieldsFlag));
  if (!wanted) return wanted.error();
  return std::unique_ptr<Collector>(std::make_unique<Vmstat>(env, std::move(*wanted)));
}

}  // namespace

extern const CollectorInfo vmstat_collector{
    .name = "vmstat",
    .summary = "Paging, swapping and OOM kills, from /proc/vmstat.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
