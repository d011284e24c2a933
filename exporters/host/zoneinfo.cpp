#include <array>
#include <bitset>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

consteval MetricDesc<2> pages(std::string_view name, std::string_view help) {
  return {MetricType::gauge, name, help, "node", "zone"};
}
consteval MetricDesc<2> counted(std::string_view name, std::string_view help) {
  return {MetricType::counter, name, help, "node", "zone"};
}

struct Field {
  std::string_view name;  // in /proc/zoneinfo
  MetricDesc<2> metric;
};

constexpr Field kFields[] = {
    {"nr_free_pages", pages("node_zoneinfo_nr_free_pages", "Free pages of the zone, from /proc/zoneinfo.")},
    {"min", pages("node_zoneinfo_min_pages", "Free pages below which only the kernel may allocate, from /proc/zoneinfo.")},
    {"low", pages("node_zoneinfo_low_pages", "Free pages below which reclaim begins, from /proc/zoneinfo.")},
    {"high", pages("node_zoneinfo_high_pages", "Free pages at which reclaim ends, from /proc/zoneinfo.")},
    {"scanned", pages("node_zoneinfo_scanned_pages", "Pages scanned since the last reclaim, from /proc/zoneinfo.")},
    {"spanned",
     pages("node_zoneinfo_spanned_pages", "Pages between the ends of the zone, holes included, from /proc/zoneinfo.")},
    {"present", pages("node_zoneinfo_present_pages", "Pages of the zone that exist, from /proc/zoneinfo.")},
    {"managed", pages("node_zoneinfo_managed_pages", "Pages that the page allocator hands out, from /proc/zoneinfo.")},
    {"nr_active_anon", pages("node_zoneinfo_nr_active_anon_pages", "Anonymous pages used lately, from /proc/zoneinfo.")},
    {"nr_inactive_anon",
     pages("node_zoneinfo_nr_inactive_anon_pages", "Anonymous pages not used lately, from /proc/zoneinfo.")},
    {"nr_isolated_anon",
     pages("node_zoneinfo_nr_isolated_anon_pages", "Anonymous pages taken off the lists for reclaim, from /proc/zoneinfo.")},
    {"nr_anon_pages", pages("node_zoneinfo_nr_anon_pages", "Anonymous pages mapped into processes, from /proc/zoneinfo.")},
    {"nr_anon_transparent_hugepages",
     pages("node_zoneinfo_nr_anon_transparent_hugepages", "Transparent huge pages in use, from /proc/zoneinfo.")},
    {"nr_active_file", pages("node_zoneinfo_nr_active_file_pages", "File pages used lately, from /proc/zoneinfo.")},
    {"nr_inactive_file", pages("node_zoneinfo_nr_inactive_file_pages", "File pages not used lately, from /proc/zoneinfo.")},
    {"nr_isolated_file",
     pages("node_zoneinfo_nr_isolated_file_pages", "File pages taken off the lists for reclaim, from /proc/zoneinfo.")},
    {"nr_file_pages", pages("node_zoneinfo_nr_file_pages", "Pages of the page cache, from /proc/zoneinfo.")},
    {"nr_slab_reclaimable",
     pages("node_zoneinfo_nr_slab_reclaimable_pages", "Slab pages that can be reclaimed, from /proc/zoneinfo.")},
    {"nr_slab_unreclaimable",
     pages("node_zoneinfo_nr_slab_unreclaimable_pages", "Slab pages that cannot be reclaimed, from /proc/zoneinfo.")},
    {"nr_mlock_stack",
     pages("node_zoneinfo_nr_mlock_stack_pages", "Locked pages found during reclaim and moved aside, from /proc/zoneinfo.")},
    {"nr_kernel_stack",
     pages("node_zoneinfo_nr_kernel_stacks", "Kernel stacks, in KiB on present kernels, from /proc/zoneinfo.")},
    {"nr_mapped", pages("node_zoneinfo_nr_mapped_pages", "File pages mapped into processes, from /proc/zoneinfo.")},
    {"nr_dirty", pages("node_zoneinfo_nr_dirty_pages", "Pages that wait to be written, from /proc/zoneinfo.")},
    {"nr_writeback", pages("node_zoneinfo_nr_writeback_pages", "Pages being written, from /proc/zoneinfo.")},
    {"nr_unevictable", pages("node_zoneinfo_nr_unevictable_pages", "Pages that cannot be evicted, from /proc/zoneinfo.")},
    {"nr_shmem", pages("node_zoneinfo_nr_shmem_pages", "Pages of shared memory and tmpfs, from /proc/zoneinfo.")},
    {"nr_dirtied", counted("node_zoneinfo_nr_dirtied_total", "Pages that became dirty since boot, from /proc/zoneinfo.")},
    {"nr_written", counted("node_zoneinfo_nr_written_total", "Pages written since boot, from /proc/zoneinfo.")},
    {"numa_hit", counted("node_zoneinfo_numa_hit_total", "Pages allocated on the node that was wanted, from /proc/zoneinfo.")},
    {"numa_miss",
     counted("node_zoneinfo_numa_miss_total", "Pages allocated here though another node was wanted, from /proc/zoneinfo.")},
    {"numa_foreign",
     counted("node_zoneinfo_numa_foreign_total", "Pages wanted here and allocated on another node, from /proc/zoneinfo.")},
    {"numa_interleave",
     counted("node_zoneinfo_numa_interleave_total", "Interleaved pages that landed where wanted, from /proc/zoneinfo.")},
    {"numa_local",
     counted("node_zoneinfo_numa_local_total", "Pages allocated by processors of this node, from /proc/zoneinfo.")},
    {"numa_other",
     counted("node_zoneinfo_numa_other_total", "Pages allocated by processors of other nodes, from /proc/zoneinfo.")},
};
constexpr std::size_t kFieldCount = std::size(kFields);

constexpr MetricDesc kProtection{MetricType::gauge, "node_zoneinfo_protection_*",
                                 "Pages kept back from allocations meant for zone number *, from /proc/zoneinfo.", "node",
                                 "zone"};
constexpr std::string_view kProtectionNames[] = {
    "node_zoneinfo_protection_0", "node_zoneinfo_protection_1", "node_zoneinfo_protection_2", "node_zoneinfo_protection_3",
    "node_zoneinfo_protection_4", "node_zoneinfo_protection_5", "node_zoneinfo_protection_6", "node_zoneinfo_protection_7"};
constexpr std::size_t kMostProtections = std::size(kProtectionNames);

constexpr auto kMetrics = [] {
  std::array<MetricRef, kFieldCount + 1> refs;
  for (std::size_t i = 0; i < kFieldCount; ++i) refs[i] = kFields[i].metric;
  refs[kFieldCount] = kProtection;
  return refs;
}();

struct Zone {
  std::string_view node;
  std::string_view name;
  std::array<std::int64_t, kFieldCount> values{};
  std::bitset<kFieldCount> present;
  std::array<std::int64_t, kMostProtections> protection{};
  std::size_t protections = 0;
};

// "Node 0, zone   Normal"
bool begin_zone(std::string_view line, Zone& zone) {
  FieldReader fields(line);
  if (fields.next() != "Node") return false;
  zone.node = fields.next();
  if (!zone.node.ends_with(',') || fields.next() != "zone") return false;
  zone.node.remove_suffix(1);
  zone.name = fields.next();
  return !zone.name.empty();
}

// "(0, 1800, 31900)"
void read_protection(std::string_view text, Zone& zone) {
  zone.protections = 0;
  FieldReader fields(text);
  while (!fields.done() && zone.protections < kMostProtections) {
    std::string_view field = fields.next();
    if (field.starts_with('(')) field.remove_prefix(1);
    while (field.ends_with(',') || field.ends_with(')')) field.remove_suffix(1);
    const auto number = to_number<std::int64_t>(field);
    if (!number) return;
    zone.protection[zone.protections++] = *number;
  }
}

class Zoneinfo final : public Collector {
 public:
  explicit Zoneinfo(const Env& env) : file_(env.proc("zoneinfo"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    read_zones(*text);
    if (zones_.empty()) return {Errc::malformed, file_.path() + ": expected lines like 'Node 0, zone Normal'"};
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      auto family = sink.family(kFields[i].metric);
      for (const Zone& zone : zones_)
        if (zone.present[i]) family.add(zone.values[i], zone.node, zone.name);
    }
    for (std::size_t i = 0; i < kMostProtections; ++i) {
      auto family = sink.family(kProtection, kProtectionNames[i]);
      for (const Zone& zone : zones_)
        if (i < zone.protections) family.add(zone.protection[i], zone.node, zone.name);
    }
    return ok();
  }

 private:
  void read_zones(std::string_view text) {
    zones_.clear();
    LineReader lines(text);
    while (const auto line = lines.next()) {
      if (line->starts_with("Node ")) {
        Zone zone;
        if (begin_zone(*line, zone)) zones_.push_back(zone);
        continue;
      }
      if (zones_.empty()) continue;
      FieldReader fields(*line);
      const std::string_view name = fields.next();
      if (name == "protection:") {
        read_protection(fields.rest(), zones_.back());
        continue;
      }
      for (std::size_t i = 0; i < kFieldCount; ++i) {
        if (kFields[i].name != name) continue;
        if (const auto number = fields.next_number<std::int64_t>()) {
          zones_.back().values[i] = *number;
          zones_.back().present.set(i);
        }
        break;
      }
    }
  }

  KeptFile file_;
  std::vector<Zone> zones_;
};

}  // namespace

extern const CollectorInfo zoneinfo_collector{
    .name = "zoneinfo",
    .summary = "Memory zones of each node, from /proc/zoneinfo.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Zoneinfo>,
};

}  // namespace finwatch::host
