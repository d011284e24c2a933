#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "database/collector.h"
#include "database/targets/sql_text.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kCalls{
    MetricType::counter,
    "finwatch_db_statement_calls_total",
    "Times a statement was executed, as the server counts since its statistics were reset, from pg_stat_statements or "
    "events_statements_summary_by_digest.",
    "target",
    "engine",
    "database",
    "user",
    "statement"};
constexpr MetricDesc kSeconds{
    MetricType::counter,
    "finwatch_db_statement_seconds_total",
    "Time spent executing a statement, in seconds, from total_exec_time (total_time before extension 1.8) or SUM_TIMER_WAIT.",
    "target",
    "engine",
    "database",
    "user",
    "statement"};
constexpr MetricDesc kRows{MetricType::counter,
                           "finwatch_db_statement_rows_total",
                           "Rows that a statement returned or changed, from rows or SUM_ROWS_SENT with SUM_ROWS_AFFECTED.",
                           "target",
                           "engine",
                           "database",
                           "user",
                           "statement"};
constexpr MetricDesc kP95{
    MetricType::gauge,
    "finwatch_db_statement_percentile_95_seconds",
    "Time within which 95 of 100 executions ended since the statistics were reset, in seconds, from QUANTILE_95 (MySQL).",
    "target",
    "engine",
    "database",
    "user",
    "statement"};
constexpr MetricDesc kInfo{
    MetricType::info,
    "finwatch_db_statement_info",
    "What a statement is: its text without literals and comments, cut to 200 bytes, from pg_stat_statements or DIGEST_TEXT.",
    "target",
    "engine",
    "database",
    "user",
    "statement",
    "text"};
constexpr MetricDesc kTracked{MetricType::gauge, "finwatch_db_statements_tracked",
                              "Statements that the server keeps numbers of; of more than 20000, those that took longest.",
                              "target", "engine"};
constexpr MetricDesc kDeallocations{
    MetricType::counter, "finwatch_db_statements_deallocations_total",
    "Times the server forgot its least executed statements for lack of room, from pg_stat_statements_info.", "target",
    "engine"};
constexpr MetricRef kMetrics[] = {kCalls, kSeconds, kRows, kP95, kInfo, kTracked, kDeallocations};

constexpr std::string_view kTopFlag = "collector.statements.top";
constexpr FlagSpec kFlags[] = {
    {FlagKind::integer, kTopFlag, "20",
     "Statements to choose at each reading, by the time they took since the one before; 1 to 500."},
};

constexpr std::chrono::hours kStays{1};
constexpr std::size_t kTextBytes = 200;

// In a schema of its own the extension is not found by its name alone, and what it has depends on its own version: pg_upgrade
// leaves it as it was. Without the role the statements of others have no id.
constexpr std::string_view kExtension = R"(
SELECT quote_ident(n.nspname), split_part(e.extversion, '.', 1)::int * 100 + split_part(e.extversion, '.', 2)::int,
       pg_has_role('pg_read_all_stats', 'USAGE')
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements')";

// Both pairs of statements give these columns. A statement is its id in its scope; false: without the file of texts.
enum Number : std::size_t { kScope, kId, kCallCount, kTime, kRowCount, kQuantile };
enum Text : std::size_t { kTextScope, kTextId, kUser, kDatabase, kText };

constexpr std::string_view kPostgresNumbers = R"(
SELECT userid || '.' || dbid, queryid, sum(calls), sum(TIME) / 1000, sum(rows), NULL
  FROM SCHEMA.pg_stat_statements(false) WHERE queryid IS NOT NULL GROUP BY userid, dbid, queryid ORDER BY 4 DESC LIMIT 20000)";
constexpr std::string_view kPostgresTexts = R"(
SELECT s.userid || '.' || s.dbid, s.queryid, pg_get_userbyid(s.userid), coalesce(d.datname, ''), left(s.query, 4000)
  FROM SCHEMA.pg_stat_statements(true) s LEFT JOIN pg_database d ON d.oid = s.dbid WHERE s.queryid IN ()";

// The variable first: it needs no grant, and MariaDB comes with performance_schema off.
constexpr std::string_view kMysqlEnabled = "SELECT @@performance_schema";
constexpr std::string_view kMysqlConsumer =
    "SELECT ENABLED FROM performance_schema.setup_consumers WHERE NAME = 'statements_digest'";
// The digest NULL is that of all statements for which there was no room.
constexpr std::string_view kMysqlNumbers = R"(
SELECT coalesce(SCHEMA_NAME, ''), left(DIGEST, 16), COUNT_STAR, SUM_TIMER_WAIT / 1e12, SUM_ROWS_SENT + SUM_ROWS_AFFECTED, QUANTILE
  FROM performance_schema.events_statements_summary_by_digest WHERE DIGEST IS NOT NULL ORDER BY SUM_TIMER_WAIT DESC LIMIT 20000)";
constexpr std::string_view kMysqlTexts = R"(
SELECT coalesce(SCHEMA_NAME, ''), left(DIGEST, 16), '', coalesce(SCHEMA_NAME, ''), left(DIGEST_TEXT, 4000)
  FROM performance_schema.events_statements_summary_by_digest WHERE left(DIGEST, 16) IN ()";

std::string with(std::string_view statement, std::string_view word, std::string_view value) {
  std::string made(statement);
  made.replace(made.find(word), word.size(), value);
  return made;
}

std::uint64_t key_of(std::string_view scope, std::string_view id) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  return (std::hash<std::string_view>{}(scope)*kOdd) ^ std::hash<std::string_view>{}(id);
}

/// A queryid is signed and decimal; a digest is hexadecimal already.
std::string hexadecimal(std::string_view id, Engine engine) {
  const auto number = to_number<std::int64_t>(id);
  if (engine != Engine::postgresql || !number) return std::string(id);
  char digits[16];
  const auto made = std::to_chars(std::begin(digits), std::end(digits), static_cast<std::uint64_t>(*number), 16);
  const std::string_view text(digits, static_cast<std::size_t>(made.ptr - digits));
  return std::string(16 - text.size(), '0').append(text);
}

class Statements final : public Reader {
 public:
  explicit Statements(const Settings& settings)
      : top_(static_cast<std::size_t>(std::clamp(settings.integer(kTopFlag), 1LL, 500LL))) {}

  Status read(Session& session, DatabasePage& page) override {
    std::string numbers;
    std::string texts;
    bool knows_deallocations = false;
    std::string schema;
    if (session.is_postgresql()) {
      if (Status status = session.query(kExtension); !status) return status;
      if (session.rows().rows() == 0) return {Errc::no_data, "no extension pg_stat_statements in this database"};
      if (session.rows().number(0, 2) != 1)
        return {Errc::permission, "pg_stat_statements hides the statements of others: GRANT pg_monitor"};
      schema = session.rows().text(0, 0);
      const double version = session.rows().number(0, 1).value_or(0);
      knows_deallocations = version >= 109;
      numbers = with(with(kPostgresNumbers, "SCHEMA", schema), "TIME", version >= 108 ? "total_exec_time" : "total_time");
      texts = with(kPostgresTexts, "SCHEMA", schema);
    } else {
      if (Status status = session.query(kMysqlEnabled); !status) return status;
      if (session.rows().number(0, 0) != 1) return {Errc::no_data, "performance_schema is off"};
      if (Status status = session.query(kMysqlConsumer); !status) return status;
      if (session.rows().rows() == 0 || session.rows().text(0, 0) != "YES")
        return {Errc::no_data, "the consumer statements_digest is off"};
      numbers = with(kMysqlNumbers, "QUANTILE", session.is_mariadb() ? "NULL" : "QUANTILE_95 / 1e12");
      texts = kMysqlTexts;
    }
    if (Status status = session.query(numbers); !status) {
      const bool loaded = status.error().message.find("shared_preload_libraries") == std::string::npos;
      return loaded ? status : Status{Errc::no_data, "pg_stat_statements is not in shared_preload_libraries"};
    }
    choose(session.rows(), session.engine(), session.clock().steady());
    page.family(kTracked).add(session.rows().rows());
    if (Status status = name_new_ones(session, texts); !status) return status;
    add_samples(page);
    if (!knows_deallocations) return ok();
    if (Status status = session.query("SELECT dealloc FROM " + schema + ".pg_stat_statements_info"); !status) return status;
    if (const auto times = session.rows().number(0, 0)) page.family(kDeallocations).add(*times);
    return ok();
  }

 private:
  /// What must be kept of each statement to know what it took since.
  struct Seen {
    std::uint64_t key;
    double seconds;
  };
  struct Chosen {
    std::uint64_t key = 0;
    std::string id;  // as the server spells it
    std::string statement, user, database, text;
    SteadyTime in_top;
    double calls = 0, seconds = 0, rows = 0;
    std::optional<double> p95;
    bool named = false, still_there = false;
  };

  /// The seconds since the reading before; all of them when the statement is new or was reset.
  double gained(const Seen& now) const {
    const auto before =
        std::lower_bound(seen_.begin(), seen_.end(), now.key, [](const Seen& a, std::uint64_t key) { return a.key < key; });
    return before != seen_.end() && before->key == now.key && before->seconds <= now.seconds ? now.seconds - before->seconds
                                                                                             : now.seconds;
  }

  void choose(const SqlTable& rows, Engine engine, SteadyTime now) {
    std::vector<Seen> seen;
    std::vector<std::pair<double, std::size_t>> order;  // seconds gained, row
    seen.reserve(rows.rows());
    for (Chosen& chosen : chosen_) chosen.still_there = false;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const Seen one{key_of(rows.text(row, kScope), rows.text(row, kId)), rows.number(row, kTime).value_or(0)};
      if (const double gain = gained(one); gain > 0) order.emplace_back(gain, row);
      if (Chosen* chosen = find(one.key)) take_numbers(*chosen, rows, row);
      seen.push_back(one);
    }
    const std::size_t count = std::min(top_, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
        [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = order[i].second;
      Chosen* chosen = find(seen[row].key);
      if (chosen == nullptr) {
        chosen = &chosen_.emplace_back();
        chosen->key = seen[row].key;
        chosen->id = rows.text(row, kId);
        chosen->statement = hexadecimal(chosen->id, engine);
        take_numbers(*chosen, rows, row);
      }
      chosen->in_top = now;
    }
    std::erase_if(chosen_, [now](const Chosen& one) { return !one.still_there || now - one.in_top > kStays; });
    std::stable_sort(chosen_.begin(), chosen_.end(), [](const Chosen& a, const Chosen& b) { return a.in_top > b.in_top; });
    if (chosen_.size() > 2 * top_) chosen_.erase(chosen_.begin() + static_cast<std::ptrdiff_t>(2 * top_), chosen_.end());
    std::ranges::sort(seen, {}, &Seen::key);
    seen_ = std::move(seen);
  }

  Chosen* find(std::uint64_t key) {
    const auto found = std::ranges::find(chosen_, key, &Chosen::key);
    return found == chosen_.end() ? nullptr : &*found;
  }

  static void take_numbers(Chosen& chosen, const SqlTable& rows, std::size_t row) {
    chosen.calls = rows.number(row, kCallCount).value_or(0);
    chosen.seconds = rows.number(row, kTime).value_or(0);
    chosen.rows = rows.number(row, kRowCount).value_or(0);
    chosen.p95 = rows.number(row, kQuantile);
    chosen.still_there = true;
  }

  /// Reading texts is what costs: only for those that came in, once for each.
  Status name_new_ones(Session& session, std::string statement) {
    bool any = false;
    for (const Chosen& chosen : chosen_) {
      if (chosen.named) continue;
      statement.append(any ? ", '" : "'").append(chosen.id).append("'");
      any = true;
    }
    if (!any) return ok();
    if (Status status = session.query(statement.append(")")); !status) return status;
    const SqlTable& rows = session.rows();
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      Chosen* chosen = find(key_of(rows.text(row, kTextScope), rows.text(row, kTextId)));
      if (chosen == nullptr) continue;  // the same statement of another user
      chosen->user = rows.text(row, kUser);
      chosen->database = rows.text(row, kDatabase);
      chosen->text = show_statement(rows.text(row, kText), session.engine(), kTextBytes);
      chosen->named = true;
    }
    return ok();
  }

  void add_samples(DatabasePage& page) {
    // Without a name, the server forgot it between the two questions: it comes back by its time or not at all.
    std::erase_if(chosen_, [](const Chosen& one) { return !one.named; });
    auto calls = page.family(kCalls);
    for (const Chosen& one : chosen_) calls.add(one.calls, one.database, one.user, one.statement);
    auto seconds = page.family(kSeconds);
    for (const Chosen& one : chosen_) seconds.add(one.seconds, one.database, one.user, one.statement);
    auto rows = page.family(kRows);
    for (const Chosen& one : chosen_) rows.add(one.rows, one.database, one.user, one.statement);
    auto p95 = page.family(kP95);
    for (const Chosen& one : chosen_)
      if (one.p95) p95.add(*one.p95, one.database, one.user, one.statement);
    auto info = page.family(kInfo);
    for (const Chosen& one : chosen_) info.add(1, one.database, one.user, one.statement, one.text);
  }

  std::size_t top_;
  std::vector<Seen> seen_;  // by key
  std::vector<Chosen> chosen_;
};

}  // namespace

extern const DatabaseCollector statements_collector{
    .info = {.name = "statements",
             .summary = "The statements that took most time since the last reading, from pg_stat_statements or the digests of "
                        "performance_schema.",
             .metrics = kMetrics,
             .flags = kFlags},
    .lane = Lane::medium,
    .make = make_reader<Statements>};

}  // namespace finwatch::database
