#include "database/targets/hub.h"

#include <algorithm>
#include <unordered_map>

namespace finwatch::database {
namespace {

constexpr std::chrono::milliseconds kForThePage{60};  // between the last answer and the deadline

constexpr MetricDesc kUp{MetricType::gauge, "finwatch_db_up",
                         "Whether the server answered everything that is asked at each scrape, inside the deadline.", "target",
                         "engine"};
// Under the names that the alerts of other exporters ask for.
constexpr MetricDesc kPgUp{Established{}, MetricType::gauge, "pg_up",
                           "Whether PostgreSQL answered everything that is asked at each scrape, as finwatch_db_up.", "target"};
constexpr MetricDesc kMysqlUp{Established{}, MetricType::gauge, "mysql_up",
                              "Whether MySQL or MariaDB answered everything that is asked at each scrape, as finwatch_db_up.",
                              "target"};
constexpr MetricDesc kDown{MetricType::gauge,
                           "finwatch_db_down_reason",
                           "Why it did not: 1 at one of the reasons, 0 at the others.",
                           "target",
                           "engine",
                           "reason"};
constexpr MetricDesc kVersion{
    MetricType::info, "finwatch_db_version_info", "The server's version, as it says itself.", "target", "engine", "version"};
constexpr MetricDesc kSessions{MetricType::gauge, "finwatch_db_own_sessions",
                               "Sessions that this program holds there, at most two.", "target", "engine"};
constexpr MetricDesc kReserved{MetricType::gauge, "finwatch_db_own_reserved_slot",
                               "Whether it watches from the slot behind reserved_port, every ordinary one being taken.",
                               "target", "engine"};
constexpr MetricDesc kLogins{MetricType::counter, "finwatch_db_own_logins_total", "Sessions that this program opened there.",
                             "target", "engine"};
constexpr MetricDesc kFailures{MetricType::counter, "finwatch_db_own_login_failures_total",
                               "Attempts to open a session that failed.", "target", "engine"};
constexpr MetricDesc kConnect{MetricType::gauge, "finwatch_db_connect_seconds",
                              "How long the last attempt to connect took, in seconds.", "target", "engine"};
constexpr MetricDesc kSuccess{MetricType::gauge,
                              "finwatch_db_collector_success",
                              "Whether the collector's last run on this target went well.",
                              "target",
                              "engine",
                              "collector"};
constexpr MetricDesc kReason{MetricType::gauge,
                             "finwatch_db_collector_failed",
                             "Collectors whose last run failed, and why.",
                             "target",
                             "engine",
                             "collector",
                             "reason"};
constexpr MetricDesc kDuration{MetricType::gauge,
                               "finwatch_db_collector_duration_seconds",
                               "How long the collector's last run took, in seconds.",
                               "target",
                               "engine",
                               "collector"};
constexpr MetricDesc kLast{MetricType::gauge,
                           "finwatch_db_collector_last_success_timestamp_seconds",
                           "When the values of this collector were read, in seconds since 1970.",
                           "target",
                           "engine",
                           "collector"};
constexpr MetricDesc kCut{MetricType::gauge,
                          "finwatch_db_series_cut",
                          "Series left out of this page because the target's series_budget was used up.",
                          "target",
                          "engine",
                          "collector"};
constexpr MetricRef kMetrics[] = {kUp,       kPgUp,    kMysqlUp, kDown,   kVersion,  kSessions, kReserved, kLogins,
                                  kFailures, kConnect, kSuccess, kReason, kDuration, kLast,     kCut};

struct Seen {
  const Target* target;
  TargetView view;
  std::size_t budget;            // series that may still come
  std::vector<std::size_t> cut;  // series left out, a collector
};

// The part of one collector's text that belongs to one family.
struct Piece {
  std::string_view lines;
  std::size_t series;
  std::size_t next;  // of the same family
};
struct FamilyPieces {
  MetricType type;
  std::string_view help;
  std::size_t first, last;
};
constexpr std::size_t kEnd = ~std::size_t{0};

// By find(), which looks at many bytes at a time.
std::size_t lines_in(std::string_view text) {
  std::size_t lines = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) ++lines;
  return lines;
}

class Merger {
 public:
  void take(const MetricSink& from, std::size_t& budget, std::size_t& cut) {
    const auto marks = from.marks();
    for (std::size_t i = 0; i < marks.size(); ++i) {
      const std::size_t end = i + 1 < marks.size() ? marks[i + 1].offset : from.samples().size();
      std::string_view lines = from.samples().substr(marks[i].offset, end - marks[i].offset);
      std::size_t series = lines_in(lines);
      if (series > budget) {
        cut += series - budget;
        std::size_t length = 0;
        for (std::size_t line = 0; line < budget; ++line) length = lines.find('\n', length) + 1;
        lines = lines.substr(0, length);
        series = budget;
      }
      budget -= series;
      if (series > 0) add(from.name_of(marks[i]), marks[i].type, from.help_of(marks[i]), lines, series);
    }
  }
  void write(MetricSink& sink) const {
    for (const std::string_view name : order_) {
      const FamilyPieces& family = families_.at(name);
      sink.open_family(family.type, name, family.help);
      for (std::size_t piece = family.first; piece != kEnd; piece = pieces_[piece].next)
        sink.borrow_lines(pieces_[piece].lines, pieces_[piece].series);
    }
  }

 private:
  void add(std::string_view name, MetricType type, std::string_view help, std::string_view lines, std::size_t series) {
    const std::size_t place = pieces_.size();
    pieces_.push_back({lines, series, kEnd});
    const auto [at, is_new] = families_.try_emplace(name, FamilyPieces{type, help, place, place});
    if (is_new) {
      order_.push_back(name);
    } else {
      pieces_[at->second.last].next = place;
      at->second.last = place;
    }
  }
  std::vector<Piece> pieces_;
  std::unordered_map<std::string_view, FamilyPieces> families_;
  std::vector<std::string_view> order_;
};

std::string_view engine_of(const Seen& seen) { return to_string(seen.target->engine()); }

template <std::size_t N, class Add>
void each_collector(MetricSink& sink, const std::vector<Seen>& all, const MetricDesc<N>& desc, Add add) {
  auto family = sink.family(desc);
  for (const Seen& seen : all)
    for (std::size_t i = 0; i < seen.view.collectors.size(); ++i) add(family, seen, i);
}

void write_own(MetricSink& sink, const std::vector<Seen>& all) {
  const auto each = [&](const auto& desc, auto value) {
    auto family = sink.family(desc);
    for (const Seen& seen : all) family.add(value(seen.view), seen.target->name(), engine_of(seen));
  };
  each(kUp, [](const TargetView& view) { return view.up; });
  const auto each_established = [&](const auto& desc, bool postgresql) {
    auto family = sink.family(desc);
    for (const Seen& seen : all)
      if (seen.target->options().established_names && (seen.target->engine() == Engine::postgresql) == postgresql)
        family.add(seen.view.up, seen.target->name());
  };
  each_established(kPgUp, true);
  each_established(kMysqlUp, false);
  auto down = sink.family(kDown);
  for (const Seen& seen : all)
    for (const SqlReason reason : kSqlReasons)
      down.add(!seen.view.up && seen.view.reason == reason, seen.target->name(), engine_of(seen), to_string(reason));
  auto version = sink.family(kVersion);
  for (const Seen& seen : all)
    if (!seen.view.version.empty()) version.add(1, seen.target->name(), engine_of(seen), seen.view.version);
  each(kSessions, [](const TargetView& view) { return view.sessions; });
  auto reserved = sink.family(kReserved);
  for (const Seen& seen : all)
    if (seen.target->options().reserved_port != 0) reserved.add(seen.view.reserved, seen.target->name(), engine_of(seen));
  each(kLogins, [](const TargetView& view) { return view.logins; });
  each(kFailures, [](const TargetView& view) { return view.failures; });
  each(kConnect, [](const TargetView& view) { return view.connect_seconds; });
  each_collector(sink, all, kSuccess, [](auto& family, const Seen& seen, std::size_t i) {
    const CollectorView& view = seen.view.collectors[i];
    if (view.attempted && view.supported) family.add(view.success, seen.target->name(), engine_of(seen), view.row->info.name);
  });
  each_collector(sink, all, kReason, [](auto& family, const Seen& seen, std::size_t i) {
    const CollectorView& view = seen.view.collectors[i];
    if (view.attempted && view.supported && !view.success)
      family.add(true, seen.target->name(), engine_of(seen), view.row->info.name, to_string(view.reason));
  });
  each_collector(sink, all, kDuration, [](auto& family, const Seen& seen, std::size_t i) {
    const CollectorView& view = seen.view.collectors[i];
    if (view.attempted && view.supported)
      family.add(view.duration_seconds, seen.target->name(), engine_of(seen), view.row->info.name);
  });
  each_collector(sink, all, kLast, [](auto& family, const Seen& seen, std::size_t i) {
    const CollectorView& view = seen.view.collectors[i];
    if (view.last_success != WallTime{})
      family.add(to_seconds(view.last_success), seen.target->name(), engine_of(seen), view.row->info.name);
  });
  each_collector(sink, all, kCut, [](auto& family, const Seen& seen, std::size_t i) {
    if (seen.cut[i] > 0) family.add(seen.cut[i], seen.target->name(), engine_of(seen), seen.view.collectors[i].row->info.name);
  });
}

void write_all(MetricSink& sink, std::vector<Seen>& all) {
  Merger merger;
  // Our own model first: what is cut is what other exporters would have said too.
  for (const bool established : {false, true})
    for (Seen& seen : all)
      for (std::size_t i = 0; i < seen.view.collectors.size(); ++i) {
        const CollectorView& view = seen.view.collectors[i];
        if (!view.published || is_established(view.row->info.name) != established) continue;
        merger.take(*view.published, seen.budget, seen.cut[i]);
        sink.keep(view.published);
      }
  write_own(sink, all);
  merger.write(sink);
}

Seen look(Target& target, std::uint64_t run) {
  Seen seen{.target = &target, .view = target.take(run), .budget = target.options().series_budget, .cut = {}};
  seen.cut.resize(seen.view.collectors.size());
  return seen;
}

}  // namespace

std::span<const MetricRef> Hub::metrics() { return kMetrics; }

void Hub::collect(SteadyTime deadline, MetricSink& sink) {
  deadline -= kForThePage;
  std::vector<std::uint64_t> runs;
  runs.reserve(targets_.size());
  for (const auto& target : targets_) runs.push_back(target->begin(deadline));
  std::vector<Seen> all;
  all.reserve(targets_.size());
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const auto most =
        std::chrono::steady_clock::now() + std::chrono::duration_cast<SteadyTime::duration>(targets_[i]->options().timeout);
    targets_[i]->wait(runs[i], std::min(deadline, most));
    if (first_) targets_[i]->wait_for_first_round(std::min(deadline, most));
  }
  first_ = false;
  for (std::size_t i = 0; i < targets_.size(); ++i) all.push_back(look(*targets_[i], runs[i]));
  write_all(sink, all);
}

void collect_one(Target& target, SteadyTime deadline, MetricSink& sink) {
  deadline -= kForThePage;
  const std::uint64_t run = target.begin(deadline);
  target.wait(run, deadline);
  target.wait_for_first_round(deadline);
  std::vector<Seen> all;
  all.push_back(look(target, run));
  write_all(sink, all);
}

}  // namespace finwatch::database
