#include <array>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kBacklog{MetricType::gauge, "node_softnet_backlog_len",
                              "Packets that wait in the CPU's receive queues, from /proc/net/softnet_stat.", "cpu"};
constexpr MetricDesc kCollision{MetricType::counter, "node_softnet_cpu_collision_total",
                                "Times the CPU found a device's transmit lock taken, from /proc/net/softnet_stat.", "cpu"};
constexpr MetricDesc kDropped{MetricType::counter, "node_softnet_dropped_total",
                              "Packets dropped because the CPU's backlog was full, from /proc/net/softnet_stat.", "cpu"};
constexpr MetricDesc kFlowLimit{MetricType::counter, "node_softnet_flow_limit_count_total",
                                "Packets that met the flow limit of the CPU, from /proc/net/softnet_stat.", "cpu"};
constexpr MetricDesc kProcessed{MetricType::counter, "node_softnet_processed_total",
                                "Packets the CPU took from the network cards, from /proc/net/softnet_stat.", "cpu"};
constexpr MetricDesc kRps{MetricType::counter, "node_softnet_received_rps_total",
                          "Times the CPU was woken to take packets over (RPS), from /proc/net/softnet_stat.", "cpu"};
constexpr MetricDesc kSqueezed{
    MetricType::counter, "node_softnet_times_squeezed_total",
    "Times the CPU stopped with packets left because its budget or time was used up, from /proc/net/softnet_stat.", "cpu"};
constexpr MetricRef kMetrics[] = {kBacklog, kCollision, kDropped, kFlowLimit, kProcessed, kRps, kSqueezed};

// Columns of a line, all hexadecimal. Kernels before 4.x wrote 9 or 11 of them, since 5.10 there are 13 and more.
enum Column : std::size_t { processed, dropped, squeezed, collision = 8, rps, flow_limit, backlog, cpu, column_count };
constexpr std::size_t kLeastColumns = 9;
constexpr std::size_t kMostCpus = 8192;

struct Row {
  std::array<std::uint32_t, column_count> values{};
  char label[12];
  unsigned char label_length = 0;
  std::string_view cpu_label() const { return {label, label_length}; }
};

class Softnet final : public Collector {
 public:
  explicit Softnet(const Env& env) : file_(env.proc("net/softnet_stat"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    rows_.clear();
    for (LineReader lines(*text); const auto line = lines.next();)
      if (!parse(*line)) return {Errc::malformed, file_.path() + ": expected at least 9 hexadecimal columns a line"};
    if (rows_.empty()) return {Errc::malformed, file_.path() + ": expected a line for each CPU"};
    write(sink, kBacklog, backlog);
    write(sink, kCollision, collision);
    write(sink, kDropped, dropped);
    write(sink, kFlowLimit, flow_limit);
    write(sink, kProcessed, processed);
    write(sink, kRps, rps);
    write(sink, kSqueezed, squeezed);
    return ok();
  }

 private:
  bool parse(std::string_view line) {
    Row row;
    std::size_t count = 0;
    for (FieldReader fields(line); count < column_count && !fields.done(); ++count) {
      const auto value = to_number<std::uint32_t>(fields.next(), 16);
      if (!value) return false;
      row.values[count] = *value;
    }
    if (count < kLeastColumns || rows_.size() == kMostCpus) return false;
    // Old kernels do not say whose line it is: then it is the next CPU's.
    if (count <= cpu) row.values[cpu] = static_cast<std::uint32_t>(rows_.size());
    for (const Row& other : rows_)
      if (other.values[cpu] == row.values[cpu]) return false;
    char* const end = std::to_chars(row.label, row.label + sizeof row.label, row.values[cpu]).ptr;
    row.label_length = static_cast<unsigned char>(end - row.label);
    rows_.push_back(row);
    return true;
  }

  void write(MetricSink& sink, const MetricDesc<1>& desc, Column column) {
    auto family = sink.family(desc);
    for (const Row& row : rows_) family.add(row.values[column], row.cpu_label());
  }

  KeptFile file_;
  std::vector<Row> rows_;
};

}  // namespace

extern const CollectorInfo softnet_collector{
    .name = "softnet",
    .summary = "Packets taken from the network cards by each CPU, from /proc/net/softnet_stat.",
    .metrics = kMetrics,
    .make = make_collector<Softnet>,
};

}  // namespace finwatch::host
