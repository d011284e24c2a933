#include <string>
#include <vector>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/cpu_numbers.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kInterrupts{MetricType::counter,
                                 "node_interrupts_total",
                                 "Interrupts served by the CPU, from /proc/interrupts.",
                                 "cpu",
                                 "type",
                                 "info",
                                 "devices"};
constexpr MetricRef kMetrics[] = {kInterrupts};

constexpr std::string_view kIncludeFlag = "collector.interrupts.name-include";
constexpr std::string_view kExcludeFlag = "collector.interrupts.name-exclude";
constexpr std::string_view kZerosFlag = "collector.interrupts.include-zeros";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, kIncludeFlag, "",
     "Interrupts to show by 'type;info;devices', all others are left out, as a regular expression."},
    {FlagKind::regexp, kExcludeFlag, "", "Interrupts to leave out by 'type;info;devices', as a regular expression."},
    {FlagKind::boolean, kZerosFlag, "true", "Show interrupts that a CPU never served, too."},
};

/// What a line says beside its numbers; rendered when the line appears or its words change.
struct Line {
  std::string type;
  std::string words;  // as the kernel wrote them
  std::string info;
  std::string devices;
  bool wanted = true;
};

// "IO-APIC  16-fasteoi   ehci_hcd:usb1, mmc0": of a numbered interrupt the first word is its controller.
void render(Line& line) {
  const bool numbered = to_number<std::uint32_t>(line.type).has_value();
  line.info.clear();
  line.devices.clear();
  for (FieldReader words(line.words); !words.done();) {
    std::string& into = numbered && !line.info.empty() ? line.devices : line.info;
    if (!into.empty()) into += ' ';
    into += words.next();
  }
}

class Interrupts final : public Collector {
 public:
  Interrupts(const Env& env, NameFilter filter, bool zeros)
      : file_(env.proc("interrupts"), ReadMode::to_end), filter_(std::move(filter)), zeros_(zeros) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    LineReader lines(*text);
    if (!parse_cpu_heading(lines.next().value_or(""), cpus_))
      return {Errc::malformed, file_.path() + ": expected the heading 'CPU0 CPU1 …'"};
    placed_ = 0;
    auto interrupts = sink.family(kInterrupts);
    while (const auto line = lines.next())
      if (const std::size_t colon = line->find(':'); colon != std::string_view::npos)
        if (!write(trim(line->substr(0, colon)), line->substr(colon + 1), interrupts))
          return {Errc::malformed, file_.path() + ": expected a number for each CPU in a line"};
    lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(placed_), lines_.end());
    return ok();
  }

 private:
  bool write(std::string_view type, std::string_view rest, Family<4>& interrupts) {
    counts_.clear();
    FieldReader fields(rest);
    while (counts_.size() < cpus_.size() && !fields.done()) {
      const auto count = fields.next_number<std::uint64_t>();
      if (!count) return false;
      counts_.push_back(*count);
    }
    // ERR and MIS have one number for all CPUs and no words: nothing that could be shown by CPU.
    if (counts_.size() < cpus_.size() || fields.done()) return true;
    const Line* const line = place(type, trim(fields.rest()));
    if (line == nullptr || !line->wanted) return true;
    for (std::size_t i = 0; i < cpus_.size(); ++i)
      if (zeros_ || counts_[i] != 0) interrupts.add(counts_[i], cpu_label(cpus_[i]), line->type, line->info, line->devices);
    return true;
  }

  /// nullptr when this type has been seen in this scrape.
  const Line* place(std::string_view type, std::string_view words) {
    const bool in_place = placed_ < lines_.size() && lines_[placed_].type == type;
    if (!in_place)
      for (std::size_t i = 0; i < placed_; ++i)
        if (lines_[i].type == type) return nullptr;
    Line& line = kept_row(
        lines_, placed_++, [&](const Line& known) { return known.type == type; },
        [&] { return Line{.type = std::string(type)}; });
    if (line.words == words) return &line;
    line.words = words;
    render(line);
    line.wanted = filter_.accepts(line.type + ";" + line.info + ";" + line.devices);
    return &line;
  }

  KeptFile file_;
  NameFilter filter_;
  const bool zeros_;
  std::vector<std::uint32_t> cpus_;
  std::vector<std::uint64_t> counts_;
  std::vector<Line> lines_;
  std::size_t placed_ = 0;
};

MadeCollector make(const Env& env, const Settings& settings) {
  Result<NameFilter> filter = NameFilter::make(settings.text(kIncludeFlag), settings.text(kExcludeFlag));
  if (!filter) return filter.error();
  return std::unique_ptr<Collector>(std::make_unique<Interrupts>(env, *std::move(filter), settings.boolean(kZerosFlag)));
}

}  // namespace

extern const CollectorInfo interrupts_collector{
    .name = "interrupts",
    .summary = "Interrupts by line, device and CPU, from /proc/interrupts.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make,
};

}  // namespace finwatch::host
