// Reading the exposition text 0.0.4 that a script left in a file.
//
//   PromText text;
//   if (const auto problem = text.parse(bytes)) complain(problem->line, problem->message);
//   for (const PromFamily& family : text.families()) …
//
// Strict, because what goes through here stands on our page: a file is read whole or not at all. The labels of a series come
// sorted by name and without empty values, which mean the same as absent ones. Everything points into the PromText.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/buffer.h"
#include "core/metric.h"
#include "core/sink.h"

namespace finwatch::host {

/// One bucket of a histogram (`bound` is le) or one quantile of a summary. `label` is the bound as it was written.
struct PromPoint {
  std::uint32_t series = 0;
  double bound = 0;
  std::string_view label;
  double value = 0;
};

/// One set of labels of a family; of a histogram or a summary all that belongs to it, its points in ascending order.
struct PromSeries {
  std::uint32_t first_label = 0;
  std::uint32_t label_count = 0;
  std::uint32_t first_point = 0;
  std::uint32_t point_count = 0;
  double value = 0;
  std::optional<double> sum;
  std::optional<double> count;
};

struct PromFamily {
  MetricType type = MetricType::unknown;  // counter, gauge, unknown, histogram or summary
  std::string_view name;
  std::optional<std::string_view> help;
  bool typed = false;
  std::vector<PromSeries> series;
  std::vector<PromPoint> points;
};

struct PromProblem {
  enum class Kind : unsigned char { malformed, timestamp };
  Kind kind = Kind::malformed;
  int line = 0;  // from 1
  std::string message;
};

class PromText {
 public:
  /// Replaces what was here. Nothing when all is well; else the first problem, and no families.
  std::optional<PromProblem> parse(std::string_view text);

  const std::vector<PromFamily>& families() const { return families_; }
  std::span<const LabelPair> labels(const PromSeries& series) const {
    return {labels_.data() + series.first_label, series.label_count};
  }

 private:
  class Reader;

  Buffer text_;  // a copy, in which escapes were replaced in place
  std::vector<LabelPair> labels_;
  std::vector<PromFamily> families_;
};

}  // namespace finwatch::host
