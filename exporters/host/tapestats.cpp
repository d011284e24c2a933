#include <array>
#include <vector>

#include "conf/pattern.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "host/sources/device_class.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

struct Statistic {
  std::string_view file;  // in /sys/class/scsi_tape/st*/stats
  MetricDesc<1> desc;
  bool nanoseconds = false;
};
constexpr Statistic kStatistics[] = {
    {"in_flight", {MetricType::gauge, "node_tape_io_now", "Requests that are under way, from stats/in_flight.", "device"}},
    {"io_ns",
     {MetricType::counter, "node_tape_io_time_seconds_total",
      "Seconds that all requests took, winding and rewinding included, from stats/io_ns.", "device"},
     true},
    {"other_cnt",
     {MetricType::counter, "node_tape_io_others_total", "Requests other than reads and writes, from stats/other_cnt.",
      "device"}},
    {"read_byte_cnt", {MetricType::counter, "node_tape_read_bytes_total", "Bytes read, from stats/read_byte_cnt.", "device"}},
    {"read_cnt", {MetricType::counter, "node_tape_reads_completed_total", "Reads, from stats/read_cnt.", "device"}},
    {"read_ns",
     {MetricType::counter, "node_tape_read_time_seconds_total", "Seconds that all reads took, from stats/read_ns.", "device"},
     true},
    {"resid_cnt",
     {MetricType::counter, "node_tape_residual_total",
      "Reads and writes that moved less than was asked for, from stats/resid_cnt.", "device"}},
    {"write_byte_cnt",
     {MetricType::counter, "node_tape_written_bytes_total", "Bytes written, from stats/write_byte_cnt.", "device"}},
    {"write_cnt", {MetricType::counter, "node_tape_writes_completed_total", "Writes, from stats/write_cnt.", "device"}},
    {"write_ns",
     {MetricType::counter, "node_tape_write_time_seconds_total", "Seconds that all writes took, from stats/write_ns.",
      "device"},
     true},
};
constexpr std::size_t kCount = std::size(kStatistics);

constexpr auto kMetrics = [] {
  std::array<MetricRef, kCount> all;
  for (std::size_t i = 0; i < kCount; ++i) all[i] = kStatistics[i].desc;
  return all;
}();

constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, "collector.tapestats.ignored-devices", "^$", "Tape drives to leave out, as a regular expression."},
};

struct Drive {
  std::string name;
  std::vector<Attribute> statistics;
};

/// st0 is the drive; nst0, st0a, st0l and st0m are other ways to open it.
bool is_drive(std::string_view name) { return name.starts_with("st") && to_number<unsigned>(name.substr(2)).has_value(); }

class TapeStats final : public Collector {
 public:
  TapeStats(const Env& env, Pattern ignored) : class_(env, "class/scsi_tape"), ignored_(std::move(ignored)) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    const Result<bool> changed = class_.refresh(scrape.number);
    if (!changed) return changed.error();
    if (*changed) list();
    for (std::size_t i = 0; i < kCount; ++i) {
      auto family = sink.family(kStatistics[i].desc);
      for (Drive& drive : drives_) {
        const auto value = drive.statistics[i].number();
        if (!value) continue;
        if (kStatistics[i].nanoseconds)
          family.add(static_cast<double>(*value) / 1e9, drive.name);
        else
          family.add(*value, drive.name);
      }
    }
    return ok();
  }

 private:
  void list() {
    drives_.clear();
    for (const std::string& name : class_.names()) {
      if (!is_drive(name) || ignored_.matches(name)) continue;
      Drive drive{.name = name, .statistics = {}};
      for (const Statistic& one : kStatistics)
        drive.statistics.emplace_back(class_.path(name) + "stats/" + std::string(one.file));
      drives_.push_back(std::move(drive));
    }
  }

  DeviceClass class_;
  Pattern ignored_;
  std::vector<Drive> drives_;
};

MadeCollector make_tapestats(const Env& env, const Settings& settings) {
  auto ignored = Pattern::compile(settings.text("collector.tapestats.ignored-devices"));
  if (!ignored) return ignored.error();
  return std::unique_ptr<Collector>(std::make_unique<TapeStats>(env, std::move(*ignored)));
}

}  // namespace

extern const CollectorInfo tapestats_collector{
    .name = "tapestats",
    .summary = "What SCSI tape drives read and wrote, from /sys/class/scsi_tape.",
    .metrics = kMetrics,
    .flags = kFlags,
    .make = make_tapestats,
};

}  // namespace finwatch::host
