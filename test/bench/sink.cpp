// The sink beside prometheus-cpp's registry and text serializer: the same 10,000 series, in one run.
//
//   build/release/bin/bench_sink
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/exposition.h"
#include "run/gzip.h"

using namespace finwatch;

namespace {

constexpr int kFamilies = 100;
constexpr int kSeries = 100;  // a family
constexpr int kRounds = 31;

constexpr MetricDesc kMetric{MetricType::gauge, "bench_*", "A value of the benchmark, in no unit.", "device", "mode"};

template <class Work>
double median_microseconds(Work work) {
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work(round);
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
  return times[kRounds / 2];
}

void print(const char* what, double microseconds, double base) {
  std::printf("| %-42s | %9.1f | %8.1f | %6.2f |\n", what, microseconds, microseconds * 1000 / (kFamilies * kSeries),
              microseconds / base);
}

}  // namespace

int main() {
  std::vector<std::string> names;
  std::vector<std::string> devices;
  for (int i = 0; i < kFamilies; ++i) names.push_back("bench_family_" + std::to_string(i));
  for (int i = 0; i < kSeries; ++i) devices.push_back("device-" + std::to_string(i));

  MetricSink sink;
  Buffer page;
  const double ours = median_microseconds([&](int round) {
    sink.clear();
    page.clear();
    for (const std::string& name : names) {
      auto family = sink.family(kMetric, name);
      for (int i = 0; i < kSeries; ++i) family.add(i * 1234.567 + round, devices[static_cast<std::size_t>(i)], "idle");
    }
    write_page(sink, Format::text, page);
  });
  const double integers = median_microseconds([&](int round) {
    sink.clear();
    page.clear();
    for (const std::string& name : names) {
      auto family = sink.family(kMetric, name);
      for (int i = 0; i < kSeries; ++i) family.add(i * 123456 + round, devices[static_cast<std::size_t>(i)], "idle");
    }
    write_page(sink, Format::text, page);
  });
  Gzip gzip;
  Buffer packed;
  const double compress = median_microseconds([&](int) {
    if (!gzip.begin(packed)) return;
    gzip.add(page.view());
    gzip.end();
  });

  prometheus::Registry registry;
  std::vector<prometheus::Gauge*> gauges;
  for (const std::string& name : names) {
    auto& family = prometheus::BuildGauge().Name(name).Help("A value of the benchmark, in no unit.").Register(registry);
    for (const std::string& device : devices) gauges.push_back(&family.Add({{"device", device}, {"mode", "idle"}}));
  }
  const prometheus::TextSerializer serializer;
  const double theirs = median_microseconds([&](int round) {
    for (std::size_t i = 0; i < gauges.size(); ++i) gauges[i]->Set(static_cast<double>(i % kSeries) * 1234.567 + round);
    const std::string text = serializer.Serialize(registry.Collect());
    if (text.empty()) std::puts("nothing was written");
  });

  std::puts("| 10,000 series, median                      |        us | ns/series | ratio |");
  std::puts("|--------------------------------------------|-----------|----------|--------|");
  print("sink, fractions, page in text 0.0.4", ours, ours);
  print("sink, integers", integers, ours);
  print("gzip of that page, ISA-L 1", compress, ours);
  print("prometheus-cpp registry and serializer", theirs, ours);
}
