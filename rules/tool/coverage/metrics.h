// The metrics that are known, from whom, and how surely they are there.
//
//   Metrics metrics;
//   if (Status read = add_catalogue(*json, metrics); !read) …      // what finwatch-host --catalogue prints
//   const Found found = metrics.find("node_cpu_seconds_total");    // exported, finwatch-host, {cpu, mode}
//
// Exported: a program of ours has it, with its settings as they come, or it stands on a page that was looked at. Conditional: a collector
// that is off until somebody turns it on, a family that is named after what the machine has, another exporter, a program still to come.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/tree.h"

namespace finwatch::rules {

enum class Standing : unsigned char { exported, conditional, missing };
constexpr std::string_view to_string(Standing standing) {
  constexpr std::string_view kNames[] = {"exported", "conditional", "missing"};
  return kNames[static_cast<unsigned char>(standing)];
}

/// Who says that there is such a metric.
enum class Origin : unsigned char { program, declared, peer, page };

/// kAnyLabel among them: nobody knows them all.
inline constexpr std::string_view kAnyLabel = "*";
using LabelNames = std::set<std::string, std::less<>>;

struct Metric {
  std::string name;  // may hold one '*', for any run of letters
  LabelNames labels;
  Standing standing = Standing::exported;
  std::string by;   // the program: "finwatch-host", "windows_exporter"
  std::string why;  // of what is conditional
  Origin origin = Origin::program;
};

/// What all who know a name say of it together: the surest standing, the labels of any of them.
struct Found {
  Standing standing = Standing::missing;
  LabelNames labels;
  std::string by, why;
  Origin origin = Origin::program;  // of the surest
};

class Metrics {
 public:
  void add(Metric metric);
  Found find(std::string_view name) const;
  /// The surest of all names that `matches` accepts; for selectors that name no metric exactly.
  Found find_where(const std::function<bool(std::string_view)>& matches) const;
  /// "; did you mean 'node_load5'?", or nothing.
  std::string did_you_mean(std::string_view name) const;

  const std::vector<Metric>& all() const { return all_; }

 private:
  std::vector<Metric> all_;
  std::multimap<std::string, std::size_t, std::less<>> exact_;
  std::vector<std::size_t> patterns_;
};

/// "node_vmstat_*" and node_vmstat_pgfault.
bool matches_name(std::string_view pattern, std::string_view name);

/// A catalogue as our programs print it. With `still_to_come` it is declared ahead of its program, and all of it is conditional.
Status add_catalogue(const Tree& catalogue, bool still_to_come, Metrics& metrics);

/// Established exporters: [{exporter, version, metrics: {name: [label, …]}}]. Conditional, but for what Prometheus itself adds.
Status add_peers(const Tree& file, Metrics& metrics);

}  // namespace finwatch::rules
