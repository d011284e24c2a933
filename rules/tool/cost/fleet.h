// What is watched: how many hosts, databases, flows; and which series of a metric that makes.
//
//   Result<Fleet> fleet = Fleet::read("hosts=250,databases=40");
//   fleet->select(selector).series();                                  // 250 × 8 for node_cpu_seconds_total{mode="idle"}
//   fleet->add_recording("instance:node_cpus:count", vector, 2min);    // what is recorded can be selected as well
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

/// A label and what it may be. Where only how many is known, `values` is empty.
struct Dimension {
  std::string label;
  std::vector<std::string> values;
  double count = 0;
};

/// Every combination of its labels, or a share of them.
struct Shape {
  std::vector<Dimension> dimensions;
  double share = 1;

  double series() const;
  const Dimension* find(std::string_view label) const;
};

struct SeriesSet {
  std::vector<Shape> shapes;

  double series() const;
};

class Fleet {
 public:
  /// "hosts=1000,databases=200": what is not named stays as by default. config, with the nearest word, for one that there is not.
  static Result<Fleet> read(std::string_view text);
  static Fleet by_default();

  /// "hosts=1000, postgresql=100, …"
  std::string text() const;
  /// One line a family and shape, between tabs: family, seconds between its samples, the share of the combinations that there is,
  /// then label=a|b or label*count. For whoever makes such series, as test/bench does.
  std::string families() const;

  /// What a selector finds; where the family is in no table, one series a unit of its prefix, and its name comes to `unknown`.
  SeriesSet select(const Selector& selector, std::vector<std::string>& unknown) const;
  /// How often a family is written: each scrape, or as its recording is.
  std::chrono::milliseconds step_of(std::string_view family) const;

  /// A recording that the table already knows keeps the table's shape.
  void add_recording(const std::string& name, const SeriesSet& what, std::chrono::milliseconds every);
  /// Of all its units; 0 when it is in no table.
  double series_of(std::string_view family) const;
  /// Nothing when `name` is no recording that was added.
  std::optional<std::chrono::milliseconds> recorded_every(std::string_view name) const;

 private:
  std::map<std::string, double, std::less<>> numbers_;  // by key of `read`
  std::map<std::string, std::vector<Shape>, std::less<>> families_;
  std::map<std::string, std::chrono::milliseconds, std::less<>> recordings_;

  std::vector<Dimension> identity_of(std::string_view unit) const;
  void fill();
};

}  // namespace finwatch::rules
