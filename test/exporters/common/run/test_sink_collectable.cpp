#include "run/sink_collectable.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "core/exposition.h"
#include "support/catch.h"
#include "support/page_check.h"

using namespace finwatch;
using finwatch::test::check_page;
using namespace std::chrono_literals;

namespace {

constexpr MetricDesc kReads{MetricType::counter, "test_reads_total", "Reads, \"quoted\" \\ and\non two lines.", "device"};
constexpr MetricDesc kLevel{MetricType::gauge, "test_level", "A level."};
constexpr MetricDesc kOdd{MetricType::unknown, "test_odd", "Of no known type.", "name", "value"};
constexpr MetricDesc kBuild{MetricType::info, "test_build_info", "What was built.", "version"};
constexpr MetricDesc kTook{MetricType::histogram, "test_took_seconds", "How long it took.", "flow"};
constexpr MetricDesc kLast{MetricType::gauge, "test_last", "After the histogram."};

void write_all(MetricSink& sink) {
  sink.family(kReads).add(12, "sda").add(std::uint64_t{1} << 40, "C:\\ \"x\"\nΩ}{,=\"");
  sink.add(kLevel, -0.25);
  sink.family(kOdd).add(std::nan(""), "a", "").add(HUGE_VAL, "b", "2").add(-HUGE_VAL, "c", "3");
  sink.family(kBuild).add(true, "1.2");
  const Exemplar exemplar{.label = "trace_id", .value = "abc", .observed = 0.2, .timestamp_seconds = 1};
  const HistogramBucket buckets[] = {{0.1, 3, nullptr}, {1.5, 5, &exemplar}};
  sink.family(kTook).add_histogram({buckets, 6, 4.5}, "login").add_histogram({buckets, 7, 5.5}, "post");
  sink.add(kLast, 1);
}

std::string page_of(const MetricSink& sink) {
  Buffer page;
  write_page(sink, Format::text, page);
  return std::string(page.view());
}

class Everything final : public Collector {
 public:
  Status collect(const Scrape&, MetricSink& sink) override {
    write_all(sink);
    return ok();
  }
};
class Throwing final : public Collector {
 public:
  Status collect(const Scrape&, MetricSink&) override { throw std::runtime_error("no"); }
};
class Slow final : public Collector {
 public:
  Status collect(const Scrape& scrape, MetricSink&) override {
    while (std::chrono::steady_clock::now() < scrape.deadline + 50ms) std::this_thread::sleep_for(5ms);
    return ok();
  }
};

const CollectorInfo kEverything{.name = "everything", .summary = "One of each."};
const CollectorInfo kThrowing{.name = "throwing", .summary = "Throws."};
const CollectorInfo kSlow{.name = "slow", .summary = "Is late."};

const prometheus::MetricFamily* find(const std::vector<prometheus::MetricFamily>& families, std::string_view name) {
  for (const prometheus::MetricFamily& family : families)
    if (family.name == name) return &family;
  return nullptr;
}

}  // namespace

TEST_CASE("sink collectable: prometheus-cpp writes what our own writer writes") {
  MetricSink sink;
  write_all(sink);
  const auto families = to_prometheus_families(page_of(sink));
  REQUIRE(families.size() == 6);
  const std::string theirs = prometheus::TextSerializer().Serialize(families);
  CHECK(check_page(theirs).problem == "");
  const auto ours = check_page(page_of(sink)).families;
  for (const auto& [name, family] : check_page(theirs).families) {
    CAPTURE(name);
    REQUIRE(ours.contains(name));
    CHECK(ours.at(name).type == family.type);
    const auto sorted = [](auto labels) {  // it writes _count and _sum first
      std::sort(labels.begin(), labels.end());
      return labels;
    };
    CHECK(sorted(ours.at(name).labels) == sorted(family.labels));
  }
  CHECK(theirs.find("# HELP test_reads_total Reads, \"quoted\" \\\\ and\\non two lines.\n") != std::string::npos);
  CHECK(theirs.find("test_reads_total{device=\"sda\"} 12\n") != std::string::npos);
  CHECK(theirs.find("test_took_seconds_count{flow=\"post\"} 7\n") != std::string::npos);
}

TEST_CASE("sink collectable: values, bounds and labels arrive unchanged") {
  MetricSink sink;
  write_all(sink);
  const auto families = to_prometheus_families(page_of(sink));
  const auto& reads = find(families, "test_reads_total")->metric;
  CHECK(reads[1].label == std::vector<prometheus::ClientMetric::Label>{{"device", "C:\\ \"x\"\nΩ}{,=\""}});
  CHECK(reads[1].counter.value == 1099511627776.0);
  CHECK(find(families, "test_level")->metric[0].gauge.value == -0.25);
  const auto& odd = find(families, "test_odd")->metric;
  CHECK(std::isnan(odd[0].untyped.value));
  CHECK(odd[1].untyped.value == HUGE_VAL);
  CHECK(odd[2].untyped.value == -HUGE_VAL);
  CHECK(odd[0].label[1].value.empty());
  const auto& took = find(families, "test_took_seconds")->metric;
  REQUIRE(took.size() == 2);
  REQUIRE(took[0].histogram.bucket.size() == 3);
  CHECK(took[0].histogram.bucket[1].upper_bound == 1.5);
  CHECK(took[0].histogram.bucket[2].upper_bound == HUGE_VAL);
  CHECK(took[1].histogram.sample_count == 7);
  CHECK(took[1].histogram.sample_sum == 5.5);
}

TEST_CASE("sink collectable: summaries keep their quantiles") {
  MetricSink sink;
  sink.open_family(MetricType::summary, "test_wait", "Waiting.");
  const LabelPair low[] = {{"queue", "a"}, {"quantile", "0.5"}};
  const LabelPair high[] = {{"queue", "a"}, {"quantile", "0.99"}};
  const LabelPair plain[] = {{"queue", "a"}};
  sink.add_sample("", low, 1.5);
  sink.add_sample("", high, 9);
  sink.add_sample("_sum", plain, 30);
  sink.add_sample("_count", plain, 12);
  const auto families = to_prometheus_families(page_of(sink));
  REQUIRE(families[0].metric.size() == 1);
  const auto& summary = families[0].metric[0].summary;
  CHECK(summary.quantile.size() == 2);
  CHECK(summary.quantile[1].quantile == 0.99);
  CHECK(summary.quantile[1].value == 9);
  CHECK(summary.sample_count == 12);
}

TEST_CASE("sink collectable: broken lines are no crash") {
  for (const char* page :
       {"", "\n", "x 1\n", "# HELP\n", "# HELP x\n# TYPE x\nx{", "# HELP x y\n# TYPE x gauge\nx{a\nx{a=\nx{a=\"\\\nx\n ",
        "# HELP x y\n# TYPE x histogram\nx_bucket 1\nx_bucket{le=\"z\"} 1\n"})
    CHECK_NOTHROW(to_prometheus_families(page));
}

TEST_CASE("sink collectable: what throws or is late costs its own families only") {
  Runner runner({.name_prefix = "embed", .timeout = 50ms, .patience = 5ms}, Env{});
  std::vector<RunnerEntry> entries;
  entries.push_back({&kThrowing, std::make_unique<Throwing>()});
  entries.push_back({&kSlow, std::make_unique<Slow>()});
  entries.push_back({&kEverything, std::make_unique<Everything>()});
  runner.replace(std::move(entries));
  const SinkCollectable bridge(runner);
  const auto families = bridge.Collect();
  CHECK(find(families, "test_level") != nullptr);
  const prometheus::MetricFamily* success = find(families, "embed_scrape_collector_success");
  REQUIRE(success != nullptr);
  REQUIRE(success->metric.size() == 3);
  CHECK(success->metric[0].gauge.value == 0);
  CHECK(success->metric[1].gauge.value == 0);
  CHECK(success->metric[2].gauge.value == 1);
}
