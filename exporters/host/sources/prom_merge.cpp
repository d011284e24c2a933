#include "host/sources/prom_merge.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "host/sources/family_claims.h"

namespace finwatch::host {
namespace {

constexpr std::string_view kNoHelp = "Read from a textfile, which gives no help for it.";

int compare(std::span<const LabelPair> a, std::span<const LabelPair> b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (const int names = a[i].name.compare(b[i].name); names != 0) return names;
    if (const int values = a[i].value.compare(b[i].value); values != 0) return values;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

}  // namespace

std::string_view to_string(TextfileProblem problem) {
  constexpr std::string_view kNames[kTextfileProblems] = {"unreadable", "not_a_file", "too_large", "too_many", "bad_name",
                                                          "malformed",  "timestamp",  "reserved",  "conflict", "duplicate"};
  return kNames[static_cast<unsigned char>(problem)];
}

void PromMerge::add(std::size_t file, const PromText& text) {
  for (const PromFamily& family : text.families()) {
    if (family.series.empty()) continue;
    if (is_reserved(family.type, family.name))
      complain_(file, TextfileProblem::reserved, std::string(family.name) + " is a name of finwatch-host itself");
    else if (!claim(family))
      complain_(file, TextfileProblem::conflict, std::string(family.name) + " does not go together with a family before it");
    else
      parts_.push_back({file, &text, &family});
  }
}

// Takes the names of a family, unless another one has one of them. The same family of another file may share them.
bool PromMerge::claim(const PromFamily& family) {
  std::vector<std::string> claims = family_claims(family.type, family.name);
  for (const std::string& name : claims) {
    const auto taken = claims_.find(name);
    if (taken != claims_.end() && (taken->second->name != family.name || taken->second->type != family.type)) return false;
  }
  for (std::string& name : claims) claims_.emplace(std::move(name), &family);
  return true;
}

void PromMerge::write(MetricSink& sink) {
  std::stable_sort(parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return a.family->name < b.family->name; });
  for (std::size_t begin = 0; begin < parts_.size();) {
    std::size_t end = begin + 1;
    while (end < parts_.size() && parts_[end].family->name == parts_[begin].family->name) ++end;
    write_family(sink, {parts_.data() + begin, end - begin});
    begin = end;
  }
}

void PromMerge::write_family(MetricSink& sink, std::span<const Part> parts) {
  std::string help(kNoHelp);
  const auto has_help =
      std::find_if(parts.begin(), parts.end(), [](const Part& part) { return part.family->help.has_value(); });
  if (has_help != parts.end()) help = valid_utf8(*has_help->family->help);
  rows_.clear();
  for (const Part& part : parts)
    for (const PromSeries& series : part.family->series) rows_.push_back({&part, &series});
  std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return compare(a.labels(), b.labels()) < 0; });
  sink.open_family(parts.front().family->type, parts.front().family->name, help);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (i > 0 && compare(rows_[i - 1].labels(), rows_[i].labels()) == 0)
      complain_(rows_[i].part->file, TextfileProblem::duplicate,
                "a series of " + std::string(parts.front().family->name) + " stands twice");
    else
      write_series(sink, rows_[i]);
  }
}

void PromMerge::write_series(MetricSink& sink, const Row& row) {
  const PromFamily& family = *row.part->family;
  const PromSeries& series = *row.series;
  const std::span<const LabelPair> labels = row.labels();
  const bool histogram = family.type == MetricType::histogram;
  if (!histogram && family.type != MetricType::summary) return sink.add_sample("", labels, series.value);
  labels_.assign(labels.begin(), labels.end());
  labels_.emplace_back();
  bool has_infinity = false;
  for (std::size_t i = series.first_point; i < std::size_t{series.first_point} + series.point_count; ++i) {
    const PromPoint& point = family.points[i];
    has_infinity = std::isinf(point.bound) && point.bound > 0;
    write_point(sink, histogram ? "_bucket" : "", histogram ? "le" : "quantile", point.label, point.value);
  }
  if (histogram && !has_infinity) write_point(sink, "_bucket", "le", "+Inf", *series.count);
  if (series.sum) sink.add_sample("_sum", labels, *series.sum);
  if (series.count) sink.add_sample("_count", labels, *series.count);
}

void PromMerge::write_point(MetricSink& sink, std::string_view suffix, std::string_view name, std::string_view bound,
                            double value) {
  labels_.back() = {name, bound};
  sink.add_sample(suffix, labels_, value);
}

}  // namespace finwatch::host
