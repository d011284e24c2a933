#include <array>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/attribute.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kDisks{MetricType::gauge, "node_md_disks",
                            "Disks of the array that work, have failed, or stand by, from /proc/mdstat.", "device", "state"};
constexpr MetricDesc kRequired{MetricType::gauge, "node_md_disks_required",
                               "Disks the array has when it is complete, from /proc/mdstat.", "device"};
constexpr MetricDesc kState{MetricType::gauge, "node_md_state", "1 for the state the array is in, from /proc/mdstat.", "device",
                            "state"};
constexpr MetricDesc kBlocks{MetricType::gauge, "node_md_blocks", "Size in blocks of 1 KiB, from /proc/mdstat.", "device"};
constexpr MetricDesc kSynced{MetricType::gauge, "node_md_blocks_synced", "Blocks of 1 KiB that are in sync, from /proc/mdstat.",
                             "device"};
constexpr MetricDesc kDegraded{MetricType::gauge, "node_md_degraded",
                               "Disks that the array lacks, from /sys/block/*/md/degraded.", "device"};
constexpr MetricDesc kRaidDisks{MetricType::gauge, "node_md_raid_disks",
                                "Disks the array has when it is complete, from /sys/block/*/md/raid_disks.", "device"};
constexpr MetricRef kMetrics[] = {kDisks, kRequired, kState, kBlocks, kSynced, kDegraded, kRaidDisks};

constexpr std::string_view kStates[] = {"active", "inactive", "recovering", "resync", "check"};

struct Array {
  std::string name;
  Attribute degraded;
  Attribute raid_disks;
  Attribute level;
  std::string_view state;
  std::uint64_t active = 0;
  std::uint64_t failed = 0;
  std::uint64_t spare = 0;
  std::uint64_t required = 0;
  std::uint64_t blocks = 0;
  std::uint64_t synced = 0;
};

/// What the lines of one array say.
struct Lines {
  std::string_view device;  // md0 : active raid1 sdb1[1] sda1[0]
  std::string_view status;  //       524224 blocks super 1.2 [2/2] [UU]
  std::string_view sync;    //       [==>…]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec
};

std::uint64_t count(std::string_view text, std::string_view part) {
  std::uint64_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The number before and after a slash between `open` and `close`: [2/1], (37043392/292945152).
bool pair_in(std::string_view text, char open, char close, std::uint64_t& first, std::uint64_t& second) {
  for (std::size_t at = text.find(open); at != std::string_view::npos; at = text.find(open, at + 1)) {
    const std::string_view inside = text.substr(at + 1, text.find(close, at) - at - 1);
    const std::size_t slash = inside.find('/');
    if (slash == std::string_view::npos) continue;
    const auto left = to_number<std::uint64_t>(inside.substr(0, slash));
    const auto right = to_number<std::uint64_t>(inside.substr(slash + 1));
    if (!left || !right) continue;
    first = *left;
    second = *right;
    return true;
  }
  return false;
}

std::string_view state_of(std::string_view state, std::string_view sync) {
  if (sync.empty()) return state;
  if (contains(sync, "recovery")) return "recovering";
  if (contains(sync, "check")) return "check";
  if (contains(sync, "resync")) return "resync";
  return "reshape";  // none of the states that are shown
}

bool understand(const Lines& lines, Array& array) {
  FieldReader device(lines.device);
  device.skip(2);
  const std::string_view state = device.next();
  const auto blocks = FieldReader(lines.status).next_number<std::uint64_t>();
  if (!blocks) return false;
  array.blocks = *blocks;
  array.failed = count(lines.device, "(F)");
  array.spare = count(lines.device, "(S)");
  array.state = state == "inactive" ? "inactive" : state_of("active", lines.sync);
  if (contains(lines.device, " raid0 ") || contains(lines.device, " linear ")) {
    array.active = array.required = count(lines.device, "[");
  } else if (state == "inactive") {
    array.active = array.required = 0;
  } else if (!pair_in(lines.status, '[', ']', array.required, array.active)) {
    return false;
  }
  // One that waits for its turn (resync=PENDING, DELAYED) has no numbers yet.
  std::uint64_t all = 0;
  array.synced = array.blocks;
  if (!lines.sync.empty() && !pair_in(lines.sync, '(', ')', array.synced, all)) array.synced = 0;
  return true;
}

class SoftwareRaid final : public Collector {
 public:
  explicit SoftwareRaid(const Env& env) : block_(env.sys("block")), file_(env.proc("mdstat"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    if (!parse(*text))
      return {Errc::malformed, file_.path() + ": expected 'Personalities :' and lines such as 'md0 : active raid1 sda1[0]'"};
    write(sink);
    return ok();
  }

 private:
  /// False when the text does not look like mdstat at all.
  bool parse(std::string_view text) {
    std::size_t placed = 0;
    bool recognised = text.empty();
    Lines lines;
    const auto finish = [&] {
      if (!lines.device.empty()) {
        const std::string_view name = FieldReader(lines.device).next();
        Array& array = place(placed, name);
        if (understand(lines, array)) ++placed;
      }
      lines = {};
    };
    for (LineReader reader(text); const auto line = reader.next();) {
      if (line->starts_with("Personalities") || line->starts_with("unused devices")) recognised = true;
      const bool indented = line->starts_with(' ') || line->starts_with('\t');
      if (!indented) {
        finish();
        if (contains(*line, " : ") && !line->starts_with("Personalities")) lines.device = *line;
      } else if (lines.status.empty()) {
        lines.status = *line;
      } else if (contains(*line, "recovery") || contains(*line, "resync") || contains(*line, "check") ||
                 contains(*line, "reshape")) {
        lines.sync = *line;
      }
    }
    finish();
    arrays_.erase(arrays_.begin() + static_cast<std::ptrdiff_t>(placed), arrays_.end());
    return recognised;
  }

  Array& place(std::size_t index, std::string_view name) {
    return kept_row(
        arrays_, index, [&](const Array& array) { return array.name == name; },
        [&] {
          const std::string folder = Env::join(block_, std::string(name) + "/md/");
          return Array{.name = std::string(name),
                       .degraded = Attribute(folder + "degraded"),
                       .raid_disks = Attribute(folder + "raid_disks"),
                       .level = Attribute(folder + "level")};
        });
  }

  void write(MetricSink& sink) {
    {
      auto family = sink.family(kDisks);
      for (const Array& array : arrays_) {
        family.add(array.active, array.name, "active");
        family.add(array.failed, array.name, "failed");
        family.add(array.spare, array.name, "spare");
      }
    }
    const auto each = [&](const MetricDesc<1>& desc, std::uint64_t Array::*value) {
      auto family = sink.family(desc);
      for (const Array& array : arrays_) family.add(array.*value, array.name);
    };
    each(kRequired, &Array::required);
    {
      auto family = sink.family(kState);
      for (const Array& array : arrays_) family.add_states(kStates, array.state, array.name);
    }
    each(kBlocks, &Array::blocks);
    each(kSynced, &Array::synced);
    {
      auto family = sink.family(kDegraded);
      for (Array& array : arrays_) {
        auto degraded = array.degraded.number();
        // raid0 and linear have no such file: they are whole, or gone.
        if (!degraded && array.raid_disks.number()) {
          const std::string_view level = array.level.text();
          if (level == "raid0" || level == "linear") degraded = 0;
        }
        if (degraded) family.add(*degraded, array.name);
      }
    }
    auto family = sink.family(kRaidDisks);
    for (Array& array : arrays_)
      if (const auto disks = array.raid_disks.number()) family.add(*disks, array.name);
  }

  const std::string block_;
  KeptFile file_;
  std::vector<Array> arrays_;
};

}  // namespace

extern const CollectorInfo mdadm_collector{
    .name = "mdadm",
    .summary = "Software RAID: disks, state and progress of every md array, from /proc/mdstat and /sys/block/md*/md.",
    .metrics = kMetrics,
    .make = make_collector<SoftwareRaid>,
};

}  // namespace finwatch::host
