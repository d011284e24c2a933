#include <algorithm>
#include <cmath>
#include <vector>

#include "core/device_watch.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/field_memory.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kLevel{MetricType::gauge, "node_memory_numa_*",
                            "One field of a node's meminfo under /sys/devices/system/node, in bytes (HugePages_*: pages).",
                            "node"};
constexpr MetricDesc kCounter{MetricType::counter, "node_memory_numa_*_total",
                              "Pages allocated, one field of a node's numastat under /sys/devices/system/node.", "node"};
constexpr MetricRef kMetrics[] = {kCounter, kLevel};

struct Node {
  std::string number;
  KeptFile meminfo;
  KeptFile numastat;
};

// One family: a value for each node, NaN where the node does not have it.
struct Row {
  std::string metric;
  std::vector<double> values;
};

std::string level_name(std::string_view field) {
  std::string name = "node_memory_numa_";
  for (const char c : field)  // Active(anon) → Active_anon
    if (c != ')') name += c == '(' ? '_' : c;
  return name;
}
std::string counter_name(std::string_view field) { return "node_memory_numa_" + std::string(field) + "_total"; }

class MeminfoNuma final : public Collector {
 public:
  explicit MeminfoNuma(const Env& env) : folder_(env.sys("devices/system/node")), watch_(env.shared<DeviceWatch>()) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (const Status listed = list_nodes(scrape); !listed) return listed;
    const auto forget = [](std::string_view, Row& row) { row.values.clear(); };
    levels_.each(forget);
    counters_.each(forget);
    bool any = false;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (const auto text = nodes_[i].meminfo.read()) any |= read_levels(*text, i);
      if (const auto text = nodes_[i].numastat.read()) any |= read_counters(*text, i);
    }
    if (!any) return {Errc::malformed, folder_ + "/node*: expected lines like 'Node 0 MemTotal: 1024 kB' in meminfo"};
    levels_.each([&](std::string_view, const Row& row) { write(sink, kLevel, row); });
    counters_.each([&](std::string_view, const Row& row) { write(sink, kCounter, row); });
    return ok();
  }

 private:
  Status list_nodes(const Scrape& scrape) {
    const std::uint64_t generation = watch_->generation(scrape.number);
    if (generation == generation_) return ok();
    const auto names = list_folder(folder_);
    if (!names) return names.error();
    std::vector<Node> nodes;
    for (const std::string& name : *names) {
      const std::string_view number = std::string_view(name).substr(name.starts_with("node") ? 4 : 0);
      if (number.size() == name.size() || !to_number<unsigned>(number)) continue;
      const auto known = std::find_if(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.number == number; });
      if (known != nodes_.end())
        nodes.push_back(std::move(*known));
      else
        nodes.push_back(
            {std::string(number), KeptFile(folder_ + "/" + name + "/meminfo"), KeptFile(folder_ + "/" + name + "/numastat")});
    }
    nodes_ = std::move(nodes);
    if (nodes_.empty()) return {Errc::no_data, folder_ + ": no nodes"};
    generation_ = generation;
    return ok();
  }

  void keep(Row& row, std::size_t node, double value) const {
    if (row.values.empty()) row.values.assign(nodes_.size(), std::nan(""));
    if (std::isnan(row.values[node])) row.values[node] = value;
  }

  // "Node 0 Active(anon):  2609152 kB"
  bool read_levels(std::string_view text, std::size_t node) {
    bool any = false;
    levels_.restart();
    LineReader lines(text);
    while (const auto line = lines.next()) {
      FieldReader fields(*line);
      std::string_view name = fields.skip(2).next();
      const auto number = fields.next_number<double>();
      const std::string_view unit = fields.next();
      if (!name.ends_with(':') || !number || (!unit.empty() && unit != "kB")) continue;
      name.remove_suffix(1);
      Row* row = levels_.find(name, [](std::string_view n) { return Row{level_name(n), {}}; });
      if (row == nullptr || !is_metric_word(row->metric)) continue;
      keep(*row, node, unit.empty() ? *number : *number * 1024);
      any = true;
    }
    return any;
  }

  // "numa_hit 49107038561"
  bool read_counters(std::string_view text, std::size_t node) {
    bool any = false;
    counters_.restart();
    LineReader lines(text);
    while (const auto line = lines.next()) {
      FieldReader fields(*line);
      const std::string_view name = fields.next();
      const auto number = fields.next_number<double>();
      if (!number) continue;
      Row* row = counters_.find(name, [](std::string_view n) { return Row{counter_name(n), {}}; });
      if (row == nullptr || !is_metric_word(row->metric)) continue;
      keep(*row, node, *number);
      any = true;
    }
    return any;
  }

  void write(MetricSink& sink, const MetricDesc<1>& desc, const Row& row) const {
    auto family = sink.family(desc, row.metric);
    for (std::size_t i = 0; i < row.values.size(); ++i)
      if (!std::isnan(row.values[i])) family.add(row.values[i], nodes_[i].number);
  }

  std::string folder_;
  std::shared_ptr<DeviceWatch> watch_;
  std::uint64_t generation_ = 0;
  std::vector<Node> nodes_;
  FieldMemory<Row> levels_;
  FieldMemory<Row> counters_;
};

}  // namespace

extern const CollectorInfo meminfo_numa_collector{
    .name = "meminfo_numa",
    .summary = "Memory of each NUMA node, from /sys/devices/system/node/node*/{meminfo,numastat}.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<MeminfoNuma>,
};

}  // namespace finwatch::host
