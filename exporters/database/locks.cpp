#include <algorithm>
#include <map>
#include <set>

#include "database/targets/lock_page.h"
#include "database/targets/metadata_locks.h"
#include "database/targets/mysql_shared.h"
#include "database/targets/sql_text.h"

namespace finwatch::database {
namespace {

constexpr std::size_t kMostRoots = 5;
constexpr std::size_t kMostPairs = 20000;     // the LIMIT of the statements below
constexpr std::size_t kShownStatement = 500;  // bytes, on the page

constexpr MetricDesc kBlocked{MetricType::gauge, "finwatch_db_lock_blocked_sessions",
                              "Sessions that wait for a lock of another session, from pg_stat_activity, data_lock_waits or "
                              "INNODB_TRX, and metadata locks.",
                              "target", "engine"};
constexpr MetricDesc kRoots{MetricType::gauge, "finwatch_db_lock_blocking_roots",
                            "Sessions that block others and wait for nobody: the ones to act on.", "target", "engine"};
constexpr MetricDesc kWaitMax{MetricType::gauge, "finwatch_db_lock_wait_max_seconds",
                              "How long the longest of these waits has lasted, in seconds.", "target", "engine"};
constexpr MetricDesc kDepth{MetricType::gauge, "finwatch_db_lock_chain_depth",
                            "How many waits stand behind one another in the longest chain.", "target", "engine"};
constexpr MetricDesc kIdleRoot{MetricType::gauge, "finwatch_db_lock_root_idle_in_transaction",
                               "Whether one of the roots does nothing: its client holds the locks and sends no statement.",
                               "target", "engine"};
constexpr MetricDesc kRootInfo{MetricType::info,
                               "finwatch_db_lock_root_info",
                               "The five sessions that block the most others, and the table that is waited for.",
                               "target",
                               "engine",
                               "rank",
                               "user",
                               "application",
                               "client",
                               "database",
                               "table",
                               "state"};
constexpr MetricDesc kRootBlocked{MetricType::gauge,
                                  "finwatch_db_lock_root_blocked_sessions",
                                  "Sessions that wait for this root, directly or behind one another.",
                                  "target",
                                  "engine",
                                  "rank"};
constexpr MetricDesc kRootWait{MetricType::gauge,
                               "finwatch_db_lock_root_wait_seconds",
                               "The longest wait behind this root, in seconds.",
                               "target",
                               "engine",
                               "rank"};
constexpr MetricDesc kDeadlocks{MetricType::counter, "finwatch_db_deadlocks_total",
                                "Deadlocks that the server resolved, from pg_stat_database or INNODB_METRICS.", "target",
                                "engine"};
constexpr MetricDesc kTimeouts{MetricType::counter, "finwatch_db_lock_timeouts_total",
                               "Waits for row locks that the server gave up, from INNODB_METRICS.", "target", "engine"};
constexpr MetricRef kMetrics[] = {kBlocked,  kRoots,       kWaitMax,  kDepth,     kIdleRoot,
                                  kRootInfo, kRootBlocked, kRootWait, kDeadlocks, kTimeouts};

// Who waits, deadlocks, and whether the answer can be believed. When nobody waits it is the only statement.
constexpr std::string_view kPostgresQuiet = R"(
SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), (SELECT sum(deadlocks) FROM pg_stat_database),
       count(*) FILTER (WHERE query = '<insufficient privilege>') = 0
  FROM pg_stat_activity)";
// What MySQL does not tell in what all collectors share.
constexpr std::string_view kMysqlMetadata = R"(
SELECT (SELECT COUNT(DISTINCT OWNER_THREAD_ID) FROM performance_schema.metadata_locks WHERE LOCK_STATUS = 'PENDING'),
       @@GLOBAL.performance_schema)";

// Waiter and blocker. pg_blocking_pids() stops the lock manager for a moment: only for those who wait, and not for thousands.
constexpr std::string_view kPostgresWaits = R"(
WITH waiting AS MATERIALIZED (
  SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' ORDER BY state_change LIMIT 300)
SELECT DISTINCT pid, unnest(pg_blocking_pids(pid)) FROM waiting)";
// MySQL and MariaDB: pairs of transactions first. A queue of n has n * n / 2 of them: they are joined here, and not there.
constexpr std::string_view kMysqlPairs = R"(
SELECT REQUESTING_ENGINE_TRANSACTION_ID, BLOCKING_ENGINE_TRANSACTION_ID FROM performance_schema.data_lock_waits LIMIT 20000)";
constexpr std::string_view kMariadbPairs = R"(
SELECT requesting_trx_id, blocking_trx_id FROM information_schema.INNODB_LOCK_WAITS LIMIT 20000)";
// Whose transaction it is, and the table that it waits for; the lock is looked up by its key, as all locks may be millions.
constexpr std::string_view kMysqlTransactions = R"(
SELECT x.trx_id, x.trx_mysql_thread_id, CONCAT_WS('.', l.OBJECT_SCHEMA, l.OBJECT_NAME), x.trx_state = 'LOCK WAIT'
  FROM information_schema.INNODB_TRX x
  LEFT JOIN performance_schema.data_locks l ON l.ENGINE_LOCK_ID = x.trx_requested_lock_id AND l.ENGINE = 'INNODB')";
constexpr std::string_view kMariadbTransactions = R"(
SELECT x.trx_id, x.trx_mysql_thread_id, REPLACE(l.lock_table, '`', ''), x.trx_state = 'LOCK WAIT'
  FROM information_schema.INNODB_TRX x
  LEFT JOIN information_schema.INNODB_LOCKS l ON l.lock_id = x.trx_requested_lock_id)";

// Each session of the chain (?): id, database, user, application, client, state, age of its transaction, of its wait, table, text.
// A wait for a transaction is one for a row: its table is the one whose tuple the waiter has locked, or else one that it writes to.
constexpr std::string_view kPostgresSessions = R"(
WITH locks AS MATERIALIZED (
  SELECT l.pid, l.granted, #, coalesce(n.nspname || '.' || c.relname, 'oid ' || l.relation) AS name,
         CASE WHEN NOT l.granted THEN 1 WHEN l.locktype = 'tuple' THEN 2
              WHEN l.mode IN ('RowExclusiveLock', 'RowShareLock') AND c.relkind IN ('r', 'p') THEN 3 END AS nearness
    FROM pg_locks l
    LEFT JOIN pg_class c ON c.oid = l.relation AND l.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE l.pid IN (?)),
waits AS (
  SELECT pid, bool_or(NOT granted) AS waits, max(waitstart) FILTER (WHERE NOT granted) AS since,
         (array_agg(name ORDER BY nearness) FILTER (WHERE nearness IS NOT NULL AND name IS NOT NULL))[1] AS name
    FROM locks GROUP BY pid)
SELECT a.pid, a.datname, a.usename, a.application_name, host(a.client_addr), coalesce(a.state, a.backend_type),
       extract(epoch FROM clock_timestamp() - a.xact_start),
       CASE WHEN w.waits THEN extract(epoch FROM clock_timestamp() - coalesce(w.since, a.state_change)) END, w.name, left(a.query, 2000)
  FROM pg_stat_activity a LEFT JOIN waits w USING (pid)
 WHERE a.pid IN (?))";
constexpr std::string_view kPostgresPrepared = R"(
SELECT database, owner, extract(epoch FROM clock_timestamp() - prepared) FROM pg_prepared_xacts ORDER BY prepared LIMIT 1)";
// InnoDB's times are in the zone of the machine, NOW() is in that of the session.
constexpr std::string_view kMysqlSessions = R"(
SELECT t.PROCESSLIST_ID, t.PROCESSLIST_DB, t.PROCESSLIST_USER, '', t.PROCESSLIST_HOST,
       CASE WHEN t.PROCESSLIST_COMMAND <> 'Sleep' THEN 'active' WHEN x.trx_id IS NULL THEN 'idle with locks' ELSE 'idle in transaction' END,
       TIMESTAMPDIFF(SECOND, x.trx_started, n.now), COALESCE(TIMESTAMPDIFF(SECOND, x.trx_wait_started, n.now), t.PROCESSLIST_TIME),
       NULL, LEFT(t.PROCESSLIST_INFO, 2000)
  FROM (SELECT CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM') AS now) n
  JOIN performance_schema.threads t
  LEFT JOIN information_schema.INNODB_TRX x ON x.trx_mysql_thread_id = t.PROCESSLIST_ID
 WHERE t.PROCESSLIST_ID IN (?))";
constexpr std::string_view kMariadbSessions = R"(
SELECT p.ID, p.DB, p.USER, '', REGEXP_REPLACE(p.HOST, ':[0-9]+$', ''),
       CASE WHEN p.COMMAND <> 'Sleep' THEN 'active' WHEN x.trx_id IS NULL THEN 'idle with locks' ELSE 'idle in transaction' END,
       TIMESTAMPDIFF(SECOND, x.trx_started, n.now), COALESCE(TIMESTAMPDIFF(SECOND, x.trx_wait_started, n.now), p.TIME_MS / 1000),
       NULL, LEFT(p.INFO, 2000)
  FROM (SELECT CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM') AS now) n
  JOIN information_schema.PROCESSLIST p
  LEFT JOIN information_schema.INNODB_TRX x ON x.trx_mysql_thread_id = p.ID
 WHERE p.ID IN (?))";
// What an idle session ran last, and the name that its client gave: only for the page and the label `application`.
constexpr std::string_view kLastStatements = R"(
SELECT t.PROCESSLIST_ID, LEFT(s.SQL_TEXT, 2000), a.ATTR_VALUE
  FROM performance_schema.threads t
  LEFT JOIN performance_schema.events_statements_current s ON s.THREAD_ID = t.THREAD_ID AND s.NESTING_EVENT_ID IS NULL
  LEFT JOIN performance_schema.session_connect_attrs a ON a.PROCESSLIST_ID = t.PROCESSLIST_ID AND a.ATTR_NAME = 'program_name'
 WHERE t.PROCESSLIST_ID IN (?))";

std::string replace(std::string_view text, char mark, std::string_view with) {
  std::string out;
  for (const char c : text) c == mark ? out.append(with) : out.append(1, c);
  return out;
}

std::optional<double> age_of(const SqlTable& rows, std::size_t row, std::size_t column) {
  const std::optional<double> number = rows.number(row, column);
  return number ? std::optional(std::max(0.0, *number)) : std::nullopt;
}

class Locks final : public Reader {
 public:
  Locks(const Settings&, const TargetOptions& target) : board_(open_lock_board(target.name)) {}

  Status read(Session& session, DatabasePage& page) override {
    const Result<Waiting> waiting = session.is_postgresql() ? ask_postgres(session) : ask_mysql(session);
    if (!waiting) return waiting.error();
    if (waiting->deadlocks) page.family(kDeadlocks).add(*waiting->deadlocks);
    if (waiting->timeouts) page.family(kTimeouts).add(*waiting->timeouts);
    auto picture = std::make_shared<LockPicture>();
    picture->seen = session.clock().wall();
    if (waiting->for_rows + waiting->for_metadata > 0)
      if (Status status = draw(session, waiting->for_rows > 0, waiting->for_metadata > 0, *picture); !status) return status;
    for (const LockNode& node : picture->chain.nodes)
      if (node.nearest != LockNode::kNobody || node.in_circle) ++picture->waiting;
    // More wait than were asked after.
    picture->waiting = std::max(picture->waiting, static_cast<std::size_t>(waiting->for_rows + waiting->for_metadata));
    write(*picture, page);
    board_->put(std::move(picture));
    return ok();
  }

 private:
  struct Waiting {
    double for_rows = 0;  // on PostgreSQL: for anything
    double for_metadata = 0;
    std::optional<double> deadlocks, timeouts;
  };

  static Result<Waiting> ask_postgres(Session& session) {
    if (Status status = session.query(kPostgresQuiet); !status) return status.error();
    const SqlTable& rows = session.rows();
    if (rows.number(0, 2) != 1) return {Errc::permission, "sessions of others are hidden: GRANT pg_monitor"};
    return Waiting{.for_rows = rows.number(0, 0).value_or(0), .deadlocks = rows.number(0, 1), .timeouts = {}};
  }

  static Result<Waiting> ask_mysql(Session& session) {
    const Result<MysqlSessions> sessions = mysql_sessions(session);
    if (!sessions) return sessions.error();
    const Result<NamedValues> metrics = mysql_innodb_metrics(session);
    if (!metrics) return metrics.error();
    Waiting waiting{.for_rows = static_cast<double>(sessions->waiting_transactions),
                    .deadlocks = metrics->value("lock_deadlocks"),
                    .timeouts = metrics->value("lock_timeouts")};
    if (session.is_mariadb()) {
      const Result<NamedValues> status = mysql_status(session);
      if (!status) return status.error();
      waiting.deadlocks = status->value("Innodb_deadlocks");
      for (const MysqlSession& one : sessions->all)
        if (one.state.starts_with("Waiting for ") && one.state.ends_with(" lock")) ++waiting.for_metadata;
      return waiting;
    }
    if (Status status = session.query(kMysqlMetadata); !status) return status.error();
    if (session.rows().number(0, 1) != 1) return {Errc::no_data, "performance_schema is off"};
    waiting.for_metadata = session.rows().number(0, 0).value_or(0);
    return waiting;
  }

  static Status draw(Session& session, bool for_rows, bool for_metadata, LockPicture& picture) {
    LockWaits all;
    if (for_rows)
      if (Status status = ask_row_waits(session, all); !status) return status;
    if (for_metadata)
      if (Status status = ask_metadata_waits(session, all); !status) return status;
    picture.chain = chain_of(all.edges);
    if (picture.chain.nodes.empty()) return ok();
    return add_sessions(session, all.tables, picture);
  }

  static Status ask_row_waits(Session& session, LockWaits& all) {
    const SqlTable& rows = session.rows();
    if (session.is_postgresql()) {
      Status status = session.query(kPostgresWaits);
      if (status) all.add(rows);
      return status;
    }
    if (Status status = session.query(session.is_mariadb() ? kMariadbPairs : kMysqlPairs); !status) return status;
    LockWaits pairs;  // of transactions
    pairs.add(rows);
    if (Status status = session.query(session.is_mariadb() ? kMariadbTransactions : kMysqlTransactions); !status) return status;
    std::map<std::int64_t, std::size_t> places;
    std::set<std::int64_t> waiting;
    for (std::size_t row = 0; row < rows.rows(); ++row)
      if (const auto transaction = LockWaits::id(rows, row, 0)) {
        places.emplace(*transaction, row);
        if (rows.number(row, 3) == 1) waiting.insert(*transaction);
      }
    if (pairs.edges.size() >= kMostPairs) complete_edges(pairs.edges, waiting);
    for (const LockEdge& pair : pairs.edges) {
      const auto waiter = places.find(pair.waiter);
      const auto blocker = places.find(pair.blocker);
      if (waiter != places.end() && blocker != places.end()) all.add(rows, waiter->second, blocker->second);
    }
    return ok();
  }

  static Status add_sessions(Session& session, const LockWaits::Tables& tables, LockPicture& picture) {
    const auto& nodes = picture.chain.nodes;
    std::string ids;
    for (const LockNode& node : nodes)
      if (node.id > 0) ids += (ids.empty() ? "" : ",") + std::to_string(node.id);
    picture.sessions.resize(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      picture.sessions[i].pid = nodes[i].id;
      picture.sessions[i].state = nodes[i].id == 0 ? "prepared transaction" : "unknown";
      if (const auto table = tables.find(nodes[i].id); table != tables.end()) picture.sessions[i].table = table->second;
    }
    const auto place = [&](const SqlTable& rows, std::size_t row) -> LockSession* {
      const std::int64_t id = LockWaits::id(rows, row, 0).value_or(kUnknownHolder);
      const auto found =
          std::lower_bound(nodes.begin(), nodes.end(), id, [](const LockNode& n, std::int64_t i) { return n.id < i; });
      return found != nodes.end() && found->id == id ? &picture.sessions[static_cast<std::size_t>(found - nodes.begin())]
                                                     : nullptr;
    };
    const SqlTable& rows = session.rows();
    const auto statement = session.is_postgresql() ? kPostgresSessions
                           : session.is_mariadb()  ? kMariadbSessions
                                                   : kMysqlSessions;
    const std::string_view since = session.version() >= 140000 ? "l.waitstart" : "NULL::timestamptz AS waitstart";
    if (Status status = session.query(replace(replace(statement, '#', since), '?', ids)); !status) return status;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      LockSession* of = place(rows, row);
      if (of == nullptr) continue;
      of->database = rows.text(row, 1);
      of->user = rows.text(row, 2);
      of->application = rows.text(row, 3);
      of->client = rows.text(row, 4);
      of->state = rows.text(row, 5);
      of->transaction_seconds = age_of(rows, row, 6);
      of->wait_seconds = age_of(rows, row, 7);
      if (of->table.empty()) of->table = rows.text(row, 8);
      of->statement = show_statement(rows.text(row, 9), session.engine(), kShownStatement);
    }
    if (session.is_postgresql() && nodes.front().id == 0 && session.query(kPostgresPrepared) && rows.rows() > 0) {
      picture.sessions.front().database = rows.text(0, 0);
      picture.sessions.front().user = rows.text(0, 1);
      picture.sessions.front().transaction_seconds = age_of(rows, 0, 2);
    }
    // Its grant may be missing and its consumers off: the picture is then without them.
    if (!session.is_postgresql() && session.query(replace(kLastStatements, '?', ids)))
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (LockSession* of = place(rows, row); of != nullptr) {
          if (of->statement.empty()) of->statement = show_statement(rows.text(row, 1), session.engine(), kShownStatement);
          of->application = rows.text(row, 2);
        }
    finish(picture);
    return ok();
  }

  // Who does not wait has no wait; what is waited for is a root's table.
  static void finish(LockPicture& picture) {
    for (std::size_t i = 0; i < picture.sessions.size(); ++i) {
      const LockNode& node = picture.chain.nodes[i];
      if (node.nearest != LockNode::kNobody || node.in_circle) continue;
      picture.sessions[i].wait_seconds.reset();
      double longest = -1;
      for (const std::size_t waiter : node.waiters)
        if (picture.sessions[waiter].wait_seconds.value_or(0) > longest) {
          longest = picture.sessions[waiter].wait_seconds.value_or(0);
          picture.sessions[i].table = picture.sessions[waiter].table;
        }
    }
  }

  static void write(const LockPicture& picture, DatabasePage& page) {
    const LockChain& chain = picture.chain;
    std::optional<double> longest;
    for (const LockSession& each : picture.sessions) longest = std::max(longest, each.wait_seconds);
    bool idle = false;
    for (const std::size_t root : chain.roots) idle = idle || picture.sessions[root].state.starts_with("idle");
    page.family(kBlocked).add(picture.waiting);
    page.family(kRoots).add(chain.roots.size());
    if (picture.waiting == 0 || longest) page.family(kWaitMax).add(longest.value_or(0));
    page.family(kDepth).add(chain.depth);
    page.family(kIdleRoot).add(idle);
    const std::size_t shown = std::min(chain.roots.size(), kMostRoots);
    auto info = page.family(kRootInfo);
    for (std::size_t i = 0; i < shown; ++i) {
      const LockSession& root = picture.sessions[chain.roots[i]];
      info.add(1, std::to_string(i + 1), root.user, root.application, root.client, root.database, root.table, root.state);
    }
    auto blocked = page.family(kRootBlocked);
    for (std::size_t i = 0; i < shown; ++i) blocked.add(chain.nodes[chain.roots[i]].behind, std::to_string(i + 1));
    auto wait = page.family(kRootWait);
    for (std::size_t i = 0; i < shown; ++i) {
      std::optional<double> most;
      for (const std::size_t waiter : all_behind(chain, chain.roots[i]))
        most = std::max(most, picture.sessions[waiter].wait_seconds);
      if (most) wait.add(*most, std::to_string(i + 1));
    }
  }

  std::shared_ptr<LockBoard> board_;
};

}  // namespace

extern const DatabaseCollector locks_collector{
    .info = {.name = "locks",
             .summary = "Who blocks whom: waiting sessions, the roots they wait for, how deep and how long, and deadlocks.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .make = make_reader<Locks>};

}  // namespace finwatch::database
