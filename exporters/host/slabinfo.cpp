#include <vector>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/field_memory.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kActive{MetricType::gauge, "node_slabinfo_active_objects",
                             "Objects in use in a slab cache, from /proc/slabinfo.", "slab"};
constexpr MetricDesc kObjects{MetricType::gauge, "node_slabinfo_objects",
                              "Objects a slab cache has room for, in use or not, from /proc/slabinfo.", "slab"};
constexpr MetricDesc kObjectSize{MetricType::gauge, "node_slabinfo_object_size_bytes",
                                 "Size of one object of a slab cache in bytes, from /proc/slabinfo.", "slab"};
constexpr MetricDesc kObjectsPerSlab{MetricType::gauge, "node_slabinfo_objects_per_slab",
                                     "Objects in one slab of a slab cache, from /proc/slabinfo.", "slab"};
constexpr MetricDesc kPagesPerSlab{MetricType::gauge, "node_slabinfo_pages_per_slab",
                                   "Pages in one slab of a slab cache, from /proc/slabinfo.", "slab"};
constexpr MetricRef kMetrics[] = {kActive, kObjects, kObjectSize, kObjectsPerSlab, kPagesPerSlab};

constexpr std::string_view kInclude = "collector.slabinfo.slabs-include";
constexpr std::string_view kExclude = "collector.slabinfo.slabs-exclude";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, kInclude, ".*", "Slab caches to show, as a regular expression."},
    {FlagKind::regexp, kExclude, "", "Slab caches to leave out, as a regular expression."},
};

struct Slab {
  std::string_view name;
  std::uint64_t active, objects, object_size, objects_per_slab, pages_per_slab;
};

class Slabinfo final : public Collector {
 public:
  Slabinfo(const Env& env, NameFilter include, NameFilter exclude)
      : file_(env.proc("slabinfo"), ReadMode::to_end), include_(std::move(include)), exclude_(std::move(exclude)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    if (!text->starts_with("slabinfo - version: 2."))
      return {Errc::malformed, file_.path() + ": expected 'slabinfo - version: 2.1' in its first line"};
    slabs_.clear();
    known_.restart();
    LineReader lines(*text);
    while (const auto line = lines.next()) {
      FieldReader fields(*line);
      const std::string_view name = fields.next();
      const auto active = fields.next_number<std::uint64_t>();
      const auto objects = fields.next_number<std::uint64_t>();
      const auto size = fields.next_number<std::uint64_t>();
      const auto per_slab = fields.next_number<std::uint64_t>();
      const auto pages = fields.next_number<std::uint64_t>();
      if (!active || !objects || !size || !per_slab || !pages) continue;
      Known* known = known_.find(name, [&](std::string_view n) { return Known{include_.accepts(n) && exclude_.accepts(n)}; });
      if (known == nullptr || !known->wanted || known->seen_in == scrape.number) continue;  // the kernel allows namesakes
      known->seen_in = scrape.number;
      slabs_.push_back({name, *active, *objects, *size, *per_slab, *pages});
    }
    write(sink, kActive, &Slab::active);
    write(sink, kObjects, &Slab::objects);
    write(sink, kObjectSize, &Slab::object_size);
    write(sink, kObjectsPerSlab, &Slab::objects_per_slab);
    write(sink, kPagesPerSlab, &Slab::pages_per_slab);
    return ok();
  }

 private:
  struct Known {
    bool wanted = false;
    std::uint64_t seen_in = 0;
  };

  void write(MetricSink& sink, const MetricDesc<1>& desc, std::uint64_t Slab::*value) const {
    auto family = sink.family(desc);
    for (const Slab& slab : slabs_) family.add(slab.*value, slab.name);
  }

  KeptFile file_;
  NameFilter include_;
  NameFilter exclude_;
  FieldMemory<Known> known_;
  std::vector<Slab> slabs_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  // Two filters, because here both expressions may be given at once.
  const std::string_view wanted = settings.text(kInclude);
  Result<NameFilter> include = NameFilter::make(wanted == ".*" ? std::string_view{} : wanted, {});
  if (!include) return include.error();
  Result<NameFilter> exclude = NameFilter::make({}, settings.text(kExclude));
  if (!exclude) return exclude.error();
  return std::unique_ptr<Collector>(std::make_unique<Slabinfo>(env, std::move(*include), std::move(*exclude)));
}

}  // namespace

extern const CollectorInfo slabinfo_collector{
    .name = "slabinfo",
    .summary = "The kernel's slab caches, from /proc/slabinfo.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
