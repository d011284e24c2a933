// The JSON that Prometheus answers with, read.
#pragma once

#include "rules/tool/prometheus/prometheus.h"

namespace finwatch::rules {

struct Answer {
  std::vector<Sample> samples;  // of a vector or a scalar
  std::vector<Series> series;   // of a matrix
  std::vector<std::string> warnings;
};

/// The body of a 200. config when it holds Prometheus' own error, malformed when it is no answer of Prometheus.
Result<Answer> read_answer(std::string_view body);

/// "bad_data: invalid parameter …" out of the body of a 4xx or 5xx; empty when Prometheus did not write it.
std::string prometheus_error(std::string_view body);

}  // namespace finwatch::rules
