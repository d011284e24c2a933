// What a Prometheus server is asked, and what it answers.
//
//   Result<std::vector<Sample>> now = prometheus.at("up == 0", moment);
//   Result<std::vector<Series>> day = prometheus.over("up", from, to, std::chrono::minutes{1});
//   label(now->front().labels, "instance");                      // empty when there is none
//
// HttpPrometheus (client.h) asks a real one; a test answers by itself.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace finwatch::rules {

using Labels = std::map<std::string, std::string, std::less<>>;
using Moment = std::chrono::sys_seconds;

struct Sample {
  Labels labels;
  double value = 0;
};

struct Point {
  double at = 0;  // seconds since 1970
  double value = 0;
};

struct Series {
  Labels labels;
  std::vector<Point> points;  // in the order of time
};

class Prometheus {
 public:
  virtual ~Prometheus() = default;

  /// The value of an expression at one moment; a number is one sample without labels.
  /// Errors: unavailable, timeout, permission, config (Prometheus does not understand the expression), malformed.
  virtual Result<std::vector<Sample>> at(const std::string& expression, Moment when) = 0;
  /// Its values at `from`, `from` + `step` and so on up to `to`; Prometheus gives at most 11,000 of them.
  virtual Result<std::vector<Series>> over(const std::string& expression, Moment from, Moment to,
                                           std::chrono::seconds step) = 0;
  /// What the server said beside its answers ("a remote store did not answer: the result is not whole"), each once.
  virtual const std::vector<std::string>& warnings() const = 0;
};

inline std::string_view label(const Labels& labels, std::string_view name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace finwatch::rules
