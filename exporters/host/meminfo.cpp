#include <bitset>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/field_memory.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kBytes{MetricType::gauge, "node_memory_*_bytes", "One field of /proc/meminfo, in bytes."};
constexpr MetricDesc kHugePages{MetricType::gauge, "node_memory_HugePages_*",
                                "A count of huge pages from /proc/meminfo, in pages."};
constexpr MetricRef kMetrics[] = {kBytes, kHugePages};

struct Field {
  std::string_view name;
  std::string_view metric;
};

// In the order of the file. Those that node_exporter 1.11 stopped to show are marked: 1.5, which Debian 12 has, shows them.
constexpr Field kFields[] = {
    {"MemTotal", "node_memory_MemTotal_bytes"},
    {"MemFree", "node_memory_MemFree_bytes"},
    {"MemAvailable", "node_memory_MemAvailable_bytes"},
    {"Buffers", "node_memory_Buffers_bytes"},
    {"Cached", "node_memory_Cached_bytes"},
    {"SwapCached", "node_memory_SwapCached_bytes"},
    {"Active", "node_memory_Active_bytes"},
    {"Inactive", "node_memory_Inactive_bytes"},
    {"Active(anon)", "node_memory_Active_anon_bytes"},
    {"Inactive(anon)", "node_memory_Inactive_anon_bytes"},
    {"Active(file)", "node_memory_Active_file_bytes"},
    {"Inactive(file)", "node_memory_Inactive_file_bytes"},
    {"Unevictable", "node_memory_Unevictable_bytes"},
    {"Mlocked", "node_memory_Mlocked_bytes"},
    {"SwapTotal", "node_memory_SwapTotal_bytes"},
    {"SwapFree", "node_memory_SwapFree_bytes"},
    {"Zswap", "node_memory_Zswap_bytes"},
    {"Zswapped", "node_memory_Zswapped_bytes"},
    {"Dirty", "node_memory_Dirty_bytes"},
    {"Writeback", "node_memory_Writeback_bytes"},
    {"AnonPages", "node_memory_AnonPages_bytes"},
    {"Mapped", "node_memory_Mapped_bytes"},
    {"Shmem", "node_memory_Shmem_bytes"},
    {"KReclaimable", "node_memory_KReclaimable_bytes"},  // 1.5
    {"Slab", "node_memory_Slab_bytes"},
    {"SReclaimable", "node_memory_SReclaimable_bytes"},
    {"SUnreclaim", "node_memory_SUnreclaim_bytes"},
    {"KernelStack", "node_memory_KernelStack_bytes"},
    {"PageTables", "node_memory_PageTables_bytes"},
    {"SecPageTables", "node_memory_SecPageTables_bytes"},  // 1.5
    {"NFS_Unstable", "node_memory_NFS_Unstable_bytes"},
    {"Bounce", "node_memory_Bounce_bytes"},
    {"WritebackTmp", "node_memory_WritebackTmp_bytes"},
    {"CommitLimit", "node_memory_CommitLimit_bytes"},
    {"Committed_AS", "node_memory_Committed_AS_bytes"},
    {"VmallocTotal", "node_memory_VmallocTotal_bytes"},
    {"VmallocUsed", "node_memory_VmallocUsed_bytes"},
    {"VmallocChunk", "node_memory_VmallocChunk_bytes"},
    {"Percpu", "node_memory_Percpu_bytes"},
    {"HardwareCorrupted", "node_memory_HardwareCorrupted_bytes"},
    {"AnonHugePages", "node_memory_AnonHugePages_bytes"},
    {"ShmemHugePages", "node_memory_ShmemHugePages_bytes"},
    {"ShmemPmdMapped", "node_memory_ShmemPmdMapped_bytes"},
    {"FileHugePages", "node_memory_FileHugePages_bytes"},  // 1.5
    {"FilePmdMapped", "node_memory_FilePmdMapped_bytes"},  // 1.5
    {"CmaTotal", "node_memory_CmaTotal_bytes"},
    {"CmaFree", "node_memory_CmaFree_bytes"},
    {"Unaccepted", "node_memory_Unaccepted_bytes"},  // 1.5
    {"Balloon", "node_memory_Balloon_bytes"},        // 1.5
    {"HugePages_Total", "node_memory_HugePages_Total"},
    {"HugePages_Free", "node_memory_HugePages_Free"},
    {"HugePages_Rsvd", "node_memory_HugePages_Rsvd"},
    {"HugePages_Surp", "node_memory_HugePages_Surp"},
    {"Hugepagesize", "node_memory_Hugepagesize_bytes"},
    {"Hugetlb", "node_memory_Hugetlb_bytes"},  // 1.5
    {"DirectMap4k", "node_memory_DirectMap4k_bytes"},
    {"DirectMap2M", "node_memory_DirectMap2M_bytes"},
    {"DirectMap1G", "node_memory_DirectMap1G_bytes"},
};
constexpr std::size_t kFieldCount = std::size(kFields);

std::size_t place_of(std::string_view name) {
  for (std::size_t i = 0; i < kFieldCount; ++i)
    if (kFields[i].name == name) return i;
  return kFieldCount;
}

class Meminfo final : public Collector {
 public:
  explicit Meminfo(const Env& env) : file_(env.proc("meminfo")) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::string_view> text = file_.read();
    if (!text) return text.error();
    std::bitset<kFieldCount> seen;
    places_.restart();
    LineReader lines(*text);
    while (const auto line = lines.next()) {
      const std::size_t colon = line->find(':');
      if (colon == std::string_view::npos) continue;
      const std::size_t* place = places_.find(line->substr(0, colon), place_of);
      if (place == nullptr || *place == kFieldCount || seen[*place]) continue;
      FieldReader fields(line->substr(colon + 1));
      const auto number = fields.next_number<std::uint64_t>();
      const std::string_view unit = fields.next();
      if (!number || (!unit.empty() && unit != "kB")) continue;
      seen.set(*place);
      const std::string_view metric = kFields[*place].metric;
      if (unit.empty())
        sink.family(kHugePages, metric).add(*number);
      else
        sink.family(kBytes, metric).add(static_cast<double>(*number) * 1024);
    }
    if (seen.none()) return {Errc::malformed, file_.path() + ": expected lines like 'MemTotal: 1024 kB'"};
    return ok();
  }

 private:
  KeptFile file_;
  FieldMemory<std::size_t> places_;
};

}  // namespace

extern const CollectorInfo meminfo_collector{
    .name = "meminfo",
    .summary = "Memory of the machine, from /proc/meminfo.",
    .metrics = kMetrics,
    .make = make_collector<Meminfo>,
};

}  // namespace finwatch::host
