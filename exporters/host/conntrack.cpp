#include <array>
#include <optional>

#include "core/files.h"
#include "core/text.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kEntries{MetricType::gauge, "node_nf_conntrack_entries",
                              "Connections tracked now, from /proc/sys/net/netfilter/nf_conntrack_count."};
constexpr MetricDesc kLimit{MetricType::gauge, "node_nf_conntrack_entries_limit",
                            "Most connections that can be tracked, from /proc/sys/net/netfilter/nf_conntrack_max."};
constexpr MetricDesc kDrop{MetricType::gauge, "node_nf_conntrack_stat_drop",
                           "Packets dropped because tracking failed, from /proc/net/stat/nf_conntrack."};
constexpr MetricDesc kEarlyDrop{MetricType::gauge, "node_nf_conntrack_stat_early_drop",
                                "Entries thrown out early to make room, from /proc/net/stat/nf_conntrack."};
constexpr MetricDesc kFound{MetricType::gauge, "node_nf_conntrack_stat_found",
                            "Searches that found an entry, from /proc/net/stat/nf_conntrack."};
constexpr MetricDesc kIgnore{MetricType::gauge, "node_nf_conntrack_stat_ignore",
                             "Packets of connections that had an entry already, from /proc/net/stat/nf_conntrack."};
constexpr MetricDesc kInsert{MetricType::gauge, "node_nf_conntrack_stat_insert",
                             "Entries put into the table, from /proc/net/stat/nf_conntrack."};
constexpr MetricDesc kInsertFailed{MetricType::gauge, "node_nf_conntrack_stat_insert_failed",
                                   "Entries that could not be put into the table, from /proc/net/stat/nf_conntrack."};
constexpr MetricDesc kInvalid{MetricType::gauge, "node_nf_conntrack_stat_invalid",
                              "Packets that could not be tracked, from /proc/net/stat/nf_conntrack."};
constexpr MetricDesc kRestart{MetricType::gauge, "node_nf_conntrack_stat_search_restart",
                              "Searches begun again because the table was resized, from /proc/net/stat/nf_conntrack."};
constexpr MetricRef kMetrics[] = {kEntries, kLimit,  kDrop,         kEarlyDrop, kFound,
                                  kIgnore,  kInsert, kInsertFailed, kInvalid,   kRestart};

// A column of /proc/net/stat/nf_conntrack is found by its name: kernels have put others before it.
struct Statistic {
  std::string_view column;
  const MetricDesc<0>* desc;
};
constexpr std::array<Statistic, 8> kStatistics{{{"drop", &kDrop},
                                                {"early_drop", &kEarlyDrop},
                                                {"found", &kFound},
                                                {"ignore", &kIgnore},
                                                {"insert", &kInsert},
                                                {"insert_failed", &kInsertFailed},
                                                {"invalid", &kInvalid},
                                                {"search_restart", &kRestart}}};

class Conntrack final : public Collector {
 public:
  explicit Conntrack(const Env& env)
      : count_(env.proc("sys/net/netfilter/nf_conntrack_count")),
        most_(env.proc("sys/net/netfilter/nf_conntrack_max")),
        statistics_(env.proc("net/stat/nf_conntrack"), ReadMode::to_end) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    const Result<std::uint64_t> count = number(count_);
    if (!count) return count.error();
    const Result<std::uint64_t> most = number(most_);
    if (!most) return most.error();
    sink.add(kEntries, *count);
    sink.add(kLimit, *most);
    const Result<std::string_view> text = statistics_.read();
    if (!text) return text.error().code == Errc::no_data ? ok() : Status(text.error());  // a kernel option
    return write_sums(*text, sink);
  }

 private:
  static Result<std::uint64_t> number(KeptFile& file) {
    const Result<std::string_view> text = file.read();
    if (!text) return text.error();
    const auto value = to_number<std::uint64_t>(trim(*text));
    if (!value) return {Errc::malformed, file.path() + ": expected a number"};
    return *value;
  }

  Status write_sums(std::string_view text, MetricSink& sink) {
    LineReader lines(text);
    const std::string_view header = lines.next().value_or("");
    std::array<std::optional<std::uint64_t>, kStatistics.size()> sums{};
    while (const auto line = lines.next()) {
      FieldReader names(header);
      FieldReader values(*line);
      while (!names.done()) {
        const std::string_view name = names.next();
        const auto value = to_number<std::uint64_t>(values.next(), 16);
        if (!value) return {Errc::malformed, statistics_.path() + ": expected a hexadecimal number in each named column"};
        for (std::size_t i = 0; i < kStatistics.size(); ++i)
          if (kStatistics[i].column == name) sums[i] = sums[i].value_or(0) + *value;
      }
    }
    if (!sums[0]) return {Errc::malformed, statistics_.path() + ": expected a column named drop and a line for each CPU"};
    for (std::size_t i = 0; i < kStatistics.size(); ++i)
      if (sums[i]) sink.add(*kStatistics[i].desc, *sums[i]);
    return ok();
  }

  KeptFile count_;
  KeptFile most_;
  KeptFile statistics_;
};

}  // namespace

extern const CollectorInfo conntrack_collector{
    .name = "conntrack",
    .summary = "Connections that netfilter tracks, from /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack.",
    .metrics = kMetrics,
    .make = make_collector<Conntrack>,
};

}  // namespace finwatch::host
