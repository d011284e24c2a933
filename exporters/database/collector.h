// What a database collector is: statements and, beside them, the metrics they feed.
//
//   constexpr MetricDesc kSize{MetricType::gauge, "finwatch_db_size_bytes", "Size of a database, in bytes, from …",
//                              "target", "engine", "database"};
//   class Sizes final : public Reader {
//     Status read(Session& session, DatabasePage& page) override {
//       if (Status status = session.query("SELECT datname, pg_database_size(oid) FROM pg_database"); !status) return status;
//       auto size = page.family(kSize);
//       for (std::size_t row = 0; row < session.rows().rows(); ++row)
//         if (const auto bytes = session.rows().number(row, 1)) size.add(*bytes, session.rows().text(row, 0));   // NULL is no sample
//       return ok();
//     }
//   };
//   extern const DatabaseCollector sizes_collector{.info = {.name = "sizes", …, .metrics = kMetrics}, .lane = Lane::slow,
//                                           .make = make_reader<Sizes>};
//
// A reader belongs to one target and is called by one thread at a time; what it keeps between two calls (for deltas) is its own.
// An error throws away what it wrote: no_data when this server has no such thing, permission when a grant is missing. The values
// of the last good call stay on the page for the medium and the slow lane, and go from it for the fast one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "database/targets/options.h"
#include "run/collector.h"
#include "sql/sql.h"

namespace finwatch::database {

/// How often it is asked: at every scrape, each `medium` (60 s), each `slow` (5 min) of the target.
enum class Lane : unsigned char { fast, medium, slow };

constexpr std::string_view to_string(Lane lane) {
  return lane == Lane::fast ? "fast" : lane == Lane::medium ? "medium" : "slow";
}

enum : unsigned { kPostgresql = 1, kMysql = 2, kMariadb = 4, kMysqlKin = kMysql | kMariadb, kEveryEngine = 7 };

constexpr unsigned bit_of(Engine engine) { return 1U << static_cast<unsigned>(engine); }

/// pg_* and mysql_*: names that other exporters established, of families and of the collectors that write them.
constexpr bool is_established(std::string_view name) { return name.starts_with("pg_") || name.starts_with("mysql_"); }

/// The samples of one target: its name and engine stand in front of every label.
template <std::size_t N, std::size_t K>
class TargetFamily {
 public:
  TargetFamily(Family<N> family, const FirstLabels<K>& first) : family_(family), first_(first) {}
  template <class V, std::convertible_to<std::string_view>... L>
  TargetFamily& add(V number, const L&... values) {
    family_.add_after(first_, number, values...);
    return *this;
  }

 private:
  Family<N> family_;
  const FirstLabels<K>& first_;
};

class DatabasePage {
 public:
  DatabasePage(MetricSink& sink, std::string_view target, std::string_view engine)
      : sink_(sink),
        target_(target),
        both_(first_labels<2>({{"target", target}, {"engine", engine}})),
        one_(first_labels<1>({{"target", target}})) {}

  /// Of the model over all engines: finwatch_db_*{target,engine,…}.
  template <std::size_t N>
  TargetFamily<N, 2> family(const MetricDesc<N>& desc) {
    return {sink_.family(desc), both_};
  }
  /// Under a name that another exporter established: pg_*{target,…}, mysql_*{target,…}. `/probe` leaves the target away.
  template <std::size_t N>
  TargetFamily<N, 1> established(const MetricDesc<N>& desc) {
    return {sink_.family(desc), one_};
  }
  template <std::size_t N>
  TargetFamily<N, 1> established(const MetricDesc<N>& desc, std::string_view name) {
    return {sink_.family(desc, name), one_};
  }

  std::string_view target() const { return target_; }
  /// For families whose names and labels are known while running; put the target's label in yourself.
  MetricSink& sink() { return sink_; }

 private:
  MetricSink& sink_;
  std::string_view target_;
  FirstLabels<2> both_;
  FirstLabels<1> one_;
};

/// One lane's session while a collector reads.
class Session {
 public:
  Session(Sql& sql, const TargetOptions& target, const Env& env) : sql_(sql), target_(target), env_(env) {}

  /// Asks, and has the answer in rows(): only until the next query().
  Status query(std::string_view statement) { return sql_.query(statement, deadline, table_); }
  const SqlTable& rows() const { return table_; }
  /// The answer itself, for who goes on to ask something else.
  SqlTable take_rows() { return std::exchange(table_, {}); }

  /// The answer to what several collectors ask: asked by the first of them, kept until the run of the lane ends. Its failure is
  /// that of each of them.
  Result<const SqlTable*> shared(std::string_view statement) {
    const auto [at, first] = shared_.try_emplace(std::string(statement));
    Shared& answer = at->second;
    if (first) answer.status = sql_.query(statement, deadline, answer.rows);
    if (!answer.status) return answer.status.error();
    return &answer.rows;
  }
  /// The same for what need not be new at each scrape: kept for the target's medium interval, or until the session ends.
  Result<const SqlTable*> kept(std::string_view statement) {
    Kept& answer = kept_[std::string(statement)];
    const SteadyTime now = clock().steady();
    if (answer.until <= now) {
      if (Status status = sql_.query(statement, deadline, answer.rows); !status) return status.error();
      answer.until = now + std::chrono::duration_cast<SteadyTime::duration>(target_.medium);
    }
    return &answer.rows;
  }
  /// A run of the lane has ended: what was read goes, and its memory too.
  void end_run() {
    shared_.clear();
    table_ = {};
  }

  Engine engine() const { return sql_.engine(); }
  bool is_postgresql() const { return sql_.engine() == Engine::postgresql; }
  bool is_mariadb() const { return sql_.engine() == Engine::mariadb; }
  /// 150004, 80036, 101119: see Sql.
  int version() const { return sql_.version(); }
  std::string_view version_text() const { return sql_.version_text(); }
  const TargetOptions& target() const { return target_; }
  const Clock& clock() const { return *env_.clock; }

  SteadyTime deadline;  // of the collector that reads now

 private:
  Sql& sql_;
  const TargetOptions& target_;
  const Env& env_;
  SqlTable table_;
  struct Shared {
    SqlTable rows;
    Status status = ok();
  };
  std::map<std::string, Shared, std::less<>> shared_;  // by statement
  struct Kept {
    SqlTable rows;
    SteadyTime until{};
  };
  std::map<std::string, Kept, std::less<>> kept_;
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual Status read(Session& session, DatabasePage& page) = 0;
};

struct DatabaseCollector {
  CollectorInfo info;  // name, summary, metrics, flags; its `make` stays empty
  Lane lane = Lane::fast;
  unsigned engines = kEveryEngine;
  std::function<std::unique_ptr<Reader>(const Settings& settings, const TargetOptions& target)> make = {};
};

/// `make` for a reader whose constructor takes nothing, (settings) or (settings, target).
template <std::derived_from<Reader> R>
std::unique_ptr<Reader> make_reader(const Settings& settings, const TargetOptions& target) {
  if constexpr (std::constructible_from<R, const Settings&, const TargetOptions&>)
    return std::make_unique<R>(settings, target);
  else if constexpr (std::constructible_from<R, const Settings&>)
    return std::make_unique<R>(settings);
  else
    return std::make_unique<R>();
}

}  // namespace finwatch::database
