#include "run/sink_collectable.h"

#include <exception>
#include <string>

#include "core/text.h"

namespace finwatch {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

prometheus::MetricType type_of(std::string_view word) {
  if (word == "counter") return prometheus::MetricType::Counter;
  if (word == "gauge") return prometheus::MetricType::Gauge;
  if (word == "histogram") return prometheus::MetricType::Histogram;
  if (word == "summary") return prometheus::MetricType::Summary;
  return prometheus::MetricType::Untyped;
}

// One sample line of our own writer, taken apart: name{label="value",…} number
struct Sample {
  std::string_view name;
  std::vector<ClientMetric::Label> labels;
  double value = 0;
};

// The value behind an opening quote, up to and with the closing one.
std::string take_value(std::string_view& rest) {
  std::string value;
  while (!rest.empty() && rest[0] != '"') {
    if (rest[0] == '\\' && rest.size() > 1) {
      value += rest[1] == 'n' ? '\n' : rest[1];
      rest.remove_prefix(2);
    } else {
      value += rest[0];
      rest.remove_prefix(1);
    }
  }
  if (!rest.empty()) rest.remove_prefix(1);
  return value;
}

Sample take_apart(std::string_view line) {
  Sample sample;
  const std::size_t name_end = std::min(line.find_first_of("{ "), line.size());
  sample.name = line.substr(0, name_end);
  line.remove_prefix(name_end);
  while (!line.empty() && (line[0] == '{' || line[0] == ',')) {
    const std::size_t equals = std::min(line.find('='), line.size() - 1);
    std::string name(line.substr(1, equals - 1));
    line.remove_prefix(std::min(equals + 2, line.size()));
    sample.labels.push_back({std::move(name), take_value(line)});
  }
  sample.value = to_number<double>(line.substr(std::min(line.rfind(' ') + 1, line.size()))).value_or(0);
  return sample;
}

// Takes the label that a histogram or a summary adds (le, quantile) out, and gives its value.
double take_bound(Sample& sample, std::string_view label) {
  if (sample.labels.empty() || sample.labels.back().name != label) return 0;
  const double bound = to_number<double>(sample.labels.back().value).value_or(0);
  sample.labels.pop_back();
  return bound;
}

// A histogram or a summary is several lines that follow each other: the metric they belong to.
ClientMetric& metric_of(MetricFamily& family, const Sample& sample) {
  if (family.metric.empty() || !(family.metric.back().label == sample.labels))
    family.metric.emplace_back().label = sample.labels;
  return family.metric.back();
}

void add_to_histogram(MetricFamily& family, Sample sample) {
  const bool is_bucket = sample.name.ends_with("_bucket");
  const double bound = is_bucket ? take_bound(sample, "le") : 0;
  ClientMetric::Histogram& histogram = metric_of(family, sample).histogram;
  const auto count = static_cast<std::uint64_t>(sample.value);
  if (is_bucket)
    histogram.bucket.push_back({count, bound});
  else if (sample.name.ends_with("_sum"))
    histogram.sample_sum = sample.value;
  else
    histogram.sample_count = count;
}

void add_to_summary(MetricFamily& family, Sample sample) {
  const bool is_quantile = sample.name == family.name;
  const double quantile = is_quantile ? take_bound(sample, "quantile") : 0;
  ClientMetric::Summary& summary = metric_of(family, sample).summary;
  if (is_quantile)
    summary.quantile.push_back({quantile, sample.value});
  else if (sample.name.ends_with("_sum"))
    summary.sample_sum = sample.value;
  else
    summary.sample_count = static_cast<std::uint64_t>(sample.value);
}

void add_sample(MetricFamily& family, Sample sample) {
  if (family.type == prometheus::MetricType::Histogram) return add_to_histogram(family, std::move(sample));
  if (family.type == prometheus::MetricType::Summary) return add_to_summary(family, std::move(sample));
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(sample.labels);
  switch (family.type) {
    case prometheus::MetricType::Counter: metric.counter.value = sample.value; break;
    case prometheus::MetricType::Gauge: metric.gauge.value = sample.value; break;
    default: metric.untyped.value = sample.value;
  }
}

}  // namespace

std::vector<MetricFamily> to_prometheus_families(std::string_view page) {
  constexpr std::string_view kHelp = "# HELP ";
  constexpr std::string_view kType = "# TYPE ";
  std::vector<MetricFamily> families;
  for (LineReader lines(page); const auto line = lines.next();) {
    if (line->starts_with(kHelp)) {
      const std::string_view rest = line->substr(kHelp.size());
      const std::size_t blank = std::min(rest.find(' '), rest.size());
      MetricFamily& family = families.emplace_back();
      family.name = rest.substr(0, blank);
      family.help = rest.substr(std::min(blank + 1, rest.size()));
      family.type = prometheus::MetricType::Untyped;
    } else if (line->starts_with(kType) && !families.empty()) {
      families.back().type = type_of(line->substr(line->rfind(' ') + 1));
    } else if (!line->empty() && !line->starts_with('#') && !families.empty()) {
      add_sample(families.back(), take_apart(*line));
    }
  }
  return families;
}

std::vector<MetricFamily> SinkCollectable::Collect() const {
  try {
    return to_prometheus_families(runner_.scrape_now());
  } catch (const std::exception&) {  // no memory for the copies: this page is empty, the next one may not be
    return {};
  }
}

}  // namespace finwatch
