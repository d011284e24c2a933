// The sink and the page around it: whatever stands in help, label values, numbers and exemplars, Prometheus reads the page.
#include <bit>
#include <string>
#include <vector>

#include "core/exposition.h"
#include "core/sink.h"
#include "core/text.h"
#include "fuzz/fuzz.h"
#include "support/page_check.h"

using namespace finwatch;
using fuzz::require;

namespace {

constexpr MetricDesc kPlain{MetricType::gauge, "fuzz_plain", "A gauge without labels."};
constexpr MetricDesc kLabelled{MetricType::counter, "fuzz_labelled_total", "A counter.", "first", "second"};
constexpr MetricDesc kInfo{MetricType::info, "fuzz_info", "An info metric.", "text"};
constexpr MetricDesc kState{MetricType::stateset, "fuzz_state", "A set of states.", "name", "state"};
constexpr MetricDesc kHistogram{MetricType::histogram, "fuzz_latency_seconds", "A histogram.", "name"};

void write_histogram(fuzz::Bytes& bytes, MetricSink& sink) {
  const std::string label(bytes.piece());
  const Exemplar exemplar{.label = "trace_id",
                          .value = bytes.piece(),
                          .observed = std::bit_cast<double>(bytes.number()),
                          .timestamp_seconds = static_cast<double>(bytes.byte())};
  std::vector<HistogramBucket> buckets;
  for (int i = bytes.byte() % 8; i > 0; --i)
    buckets.push_back({std::bit_cast<double>(bytes.number()), bytes.number(), i % 2 == 0 ? &exemplar : nullptr});
  sink.family(kHistogram).add_histogram({buckets, bytes.number(), std::bit_cast<double>(bytes.number())}, label);
}

// Every family once at most, as a collector writes them.
void fill(fuzz::Bytes& bytes, MetricSink& sink) {
  const unsigned wanted = bytes.byte();
  if (wanted & 1U) sink.add(kPlain, std::bit_cast<double>(bytes.number()));
  if (wanted & 2U) {
    auto family = sink.family(kLabelled);
    for (int i = bytes.byte() % 4; i > 0; --i) family.add(bytes.number(), bytes.piece(), bytes.piece());
  }
  if (wanted & 4U) sink.family(kInfo).add(1, bytes.piece());
  if (wanted & 8U) {
    constexpr std::string_view kStates[] = {"on", "off"};
    sink.family(kState).add_states(kStates, bytes.byte() % 2 == 0 ? "on" : "unheard of", bytes.piece());
  }
  if (wanted & 16U) write_histogram(bytes, sink);
  if (wanted & 32U) {
    const LabelPair labels[] = {{"a", bytes.piece()}, {"b", bytes.piece()}};
    sink.open_family(static_cast<MetricType>(bytes.byte() % 3), "fuzz_foreign", bytes.piece());
    sink.add_sample("", std::span(labels, bytes.byte() % 3U), std::bit_cast<double>(bytes.number()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  MetricSink sink;
  fill(bytes, sink);
  MetricSink copy;
  copy.append(sink);

  Buffer text;
  write_page(copy, Format::text, text);
  const test::CheckedPage page = test::check_page(text.view());
  require(page.problem.empty(), page.problem);
  std::size_t series = 0;
  for (const auto& [name, family] : page.families) series += family.series.size();
  require(series == sink.series(), "as many series on the page as were written");

  Buffer open_metrics;
  write_page(sink, Format::open_metrics, open_metrics);
  open_metrics.append(end_of_page(Format::open_metrics));
  require(utf8_prefix(open_metrics.view()) == open_metrics.size(), "OpenMetrics is UTF-8");
  require(open_metrics.view().ends_with("# EOF\n"), "OpenMetrics ends as it must");
  return 0;
}
