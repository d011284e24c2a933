#include <algorithm>
#include <optional>
#include <string>

#include "database/collector.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kInRecovery{
    MetricType::gauge, "finwatch_db_in_recovery",
    "Whether the server replays the log of another one (1) or is a primary (0), from pg_is_in_recovery().", "target", "engine"};
// What a server sees of those that follow it.
constexpr MetricDesc kLag{
    MetricType::gauge,
    "finwatch_db_replication_lag_seconds",
    "How far behind a replica replays, in seconds, from pg_stat_replication.replay_lag; 0 when it has replayed all there is.",
    "target",
    "engine",
    "application",
    "address",
    "state"};
constexpr MetricDesc kLagBytes{MetricType::gauge,
                               "finwatch_db_replication_lag_bytes",
                               "Log that a replica has still to replay, in bytes, from pg_stat_replication.replay_lsn.",
                               "target",
                               "engine",
                               "application",
                               "address",
                               "state"};
constexpr MetricDesc kRetained{
    MetricType::gauge,
    "finwatch_db_replication_slot_retained_bytes",
    "Log that the server keeps because of a replication slot, in bytes, from pg_replication_slots.restart_lsn.",
    "target",
    "engine",
    "slot",
    "type"};
constexpr MetricDesc kActive{MetricType::gauge,
                             "finwatch_db_replication_slot_active",
                             "Whether somebody reads from a slot (1), from pg_replication_slots.",
                             "target",
                             "engine",
                             "slot",
                             "type"};
constexpr MetricDesc kWalStatus{MetricType::gauge,
                                "finwatch_db_replication_slot_wal_status",
                                "1 for what the log that a slot needs is now (reserved, extended, unreserved, lost), 0 for the "
                                "others, from pg_replication_slots, PostgreSQL 13 and later.",
                                "target",
                                "engine",
                                "slot",
                                "type",
                                "status"};
constexpr MetricDesc kSafe{MetricType::gauge,
                           "finwatch_db_replication_slot_safe_wal_bytes",
                           "Log that can be written before a slot may be lost, in bytes, from safe_wal_size, PostgreSQL 13 and "
                           "later; only with max_slot_wal_keep_size.",
                           "target",
                           "engine",
                           "slot",
                           "type"};
constexpr MetricDesc kInactive{
    MetricType::gauge,
    "finwatch_db_replication_slot_inactive_seconds",
    "How long nobody has read from a slot, in seconds, from pg_replication_slots.inactive_since, PostgreSQL 17 and later.",
    "target",
    "engine",
    "slot",
    "type"};
// What a replica knows of itself.
constexpr MetricDesc kConnected{MetricType::gauge,
                                "finwatch_db_replica_connected",
                                "Whether a replica receives from its primary (1), from pg_stat_wal_receiver or the IO thread.",
                                "target",
                                "engine",
                                "channel"};
constexpr MetricDesc kReplicaLag{MetricType::gauge,
                                 "finwatch_db_replica_lag_seconds",
                                 "How far a replica is behind, in seconds: 0 while it is connected and has replayed all it "
                                 "received, growing while it is cut "
                                 "off, from pg_last_xact_replay_timestamp(), or Seconds_Behind_Source.",
                                 "target",
                                 "engine",
                                 "channel"};
constexpr MetricDesc kPaused{MetricType::gauge,
                             "finwatch_db_replica_paused",
                             "Whether somebody stopped the replay (1), from pg_is_wal_replay_paused().",
                             "target",
                             "engine",
                             "channel"};
constexpr MetricDesc kMessage{
    MetricType::gauge,
    "finwatch_db_replica_last_message_age_seconds",
    "Age of the last message from the primary, in seconds, from pg_stat_wal_receiver; an idle primary "
    "sends one at least every half wal_receiver_timeout.",
    "target",
    "engine",
    "channel"};
constexpr MetricDesc kIo{MetricType::gauge,
                         "finwatch_db_replica_io_running",
                         "Whether the thread that receives runs and is connected (1), from SHOW REPLICA STATUS.",
                         "target",
                         "engine",
                         "channel"};
constexpr MetricDesc kSql{MetricType::gauge,
                          "finwatch_db_replica_sql_running",
                          "Whether the thread that applies runs (1), from SHOW REPLICA STATUS.",
                          "target",
                          "engine",
                          "channel"};
constexpr MetricDesc kError{
    MetricType::gauge,
    "finwatch_db_replica_last_error",
    "Number of the last error of a replica's thread, 0 for none, from Last_IO_Errno and Last_SQL_Errno.",
    "target",
    "engine",
    "channel",
    "thread"};
constexpr MetricRef kMetrics[] = {kInRecovery, kLag,        kLagBytes, kRetained, kActive, kWalStatus, kSafe, kInactive,
                                  kConnected,  kReplicaLag, kPaused,   kMessage,  kIo,     kSql,       kError};

// Without the role, what stands in the rows of others is NULL.
constexpr std::string_view kRole = "SELECT pg_is_in_recovery(), pg_has_role('pg_read_all_stats', 'USAGE')";

// replay_lag becomes NULL on an idle primary although nothing is missing: then the distance says so. A base backup replays nothing.
// No greatest(distance, 0): that would make 0 of NULL, which is what a replica has that came just now.
constexpr std::string_view kSenders = R"(
SELECT application, address, state, max(CASE WHEN distance <= 0 THEN 0 ELSE lag END), max(CASE WHEN distance < 0 THEN 0 ELSE distance END)
  FROM (SELECT coalesce(application_name, '') AS application, coalesce(host(client_addr), '') AS address, state,
               extract(epoch FROM replay_lag) AS lag, pg_wal_lsn_diff(@HERE, replay_lsn) AS distance
          FROM pg_stat_replication WHERE state <> 'backup') AS senders
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3)";

// A temporary slot has a process in its name and ends with it.
constexpr std::string_view kSlots = R"(
SELECT slot_name, slot_type, active, pg_wal_lsn_diff(@HERE, restart_lsn), @STATUS, @SAFE, @INACTIVE
  FROM pg_replication_slots WHERE NOT temporary ORDER BY 1)";

// The last position: written on a primary, received or replayed on a standby.
constexpr std::string_view kPrimaryHere = "pg_current_wal_lsn()";
constexpr std::string_view kStandbyHere = "greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())";

// latest_end_lsn is where the primary was when it sent the last message: over a slow line it is ahead of what was received.
constexpr std::string_view kStandby = R"(
SELECT extract(epoch FROM clock_timestamp()), extract(epoch FROM pg_last_xact_replay_timestamp()),
       pg_last_wal_replay_lsn() >= greatest(pg_last_wal_receive_lsn(), (SELECT latest_end_lsn FROM pg_stat_wal_receiver)),
       pg_is_wal_replay_paused(),
       (SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'),
       (SELECT extract(epoch FROM clock_timestamp() - last_msg_receipt_time) FROM pg_stat_wal_receiver))";

std::string with(std::string_view statement, std::string_view word, std::string_view value) {
  std::string made(statement);
  made.replace(made.find(word), word.size(), value);
  return made;
}

void add_senders(const SqlTable& rows, DatabasePage& page) {
  auto lag = page.family(kLag);
  for (std::size_t row = 0; row < rows.rows(); ++row)
    if (const auto seconds = rows.number(row, 3)) lag.add(*seconds, rows.text(row, 0), rows.text(row, 1), rows.text(row, 2));
  auto distance = page.family(kLagBytes);
  for (std::size_t row = 0; row < rows.rows(); ++row)
    if (const auto bytes = rows.number(row, 4)) distance.add(*bytes, rows.text(row, 0), rows.text(row, 1), rows.text(row, 2));
}

void add_slots(const SqlTable& rows, DatabasePage& page) {
  const auto add = [&](const MetricDesc<4>& desc, std::size_t column) {
    auto family = page.family(desc);
    for (std::size_t row = 0; row < rows.rows(); ++row)
      if (const auto number = rows.number(row, column))
        family.add(std::max(*number, 0.0), rows.text(row, 0), rows.text(row, 1));
  };
  add(kActive, 2);
  add(kRetained, 3);
  add(kSafe, 5);
  add(kInactive, 6);
  auto statuses = page.family(kWalStatus);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.is_null(row, 4)) continue;
    for (const std::string_view status : {"reserved", "extended", "unreserved", "lost"})
      statuses.add(rows.text(row, 4) == status ? 1 : 0, rows.text(row, 0), rows.text(row, 1), status);
  }
}

class Replication final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return session.is_postgresql() ? read_postgres(session, page) : read_mysql(session, page);
  }

 private:
  Status read_postgres(Session& session, DatabasePage& page) {
    if (Status status = session.query(kRole); !status) return status;
    const bool recovers = session.rows().number(0, 0) == 1;
    if (session.rows().number(0, 1) != 1) return {Errc::permission, "pg_stat_replication hides the replicas: GRANT pg_monitor"};
    page.family(kInRecovery).add(recovers ? 1 : 0);
    const std::string_view here = recovers ? kStandbyHere : kPrimaryHere;
    if (Status status = session.query(with(kSenders, "@HERE", here)); !status) return status;
    add_senders(session.rows(), page);
    std::string slots = with(kSlots, "@HERE", here);
    slots = with(slots, "@STATUS", session.version() >= 130000 ? "wal_status" : "NULL");
    slots = with(slots, "@SAFE", session.version() >= 130000 ? "safe_wal_size" : "NULL");
    slots = with(slots, "@INACTIVE",
                 session.version() >= 170000 ? "extract(epoch FROM clock_timestamp() - inactive_since)" : "NULL");
    if (Status status = session.query(slots); !status) return status;
    add_slots(session.rows(), page);
    if (!recovers) {
      caught_up_.reset();
      return ok();
    }
    if (Status status = session.query(kStandby); !status) return status;
    add_standby(session.rows(), page);
    return ok();
  }

  /// The last transaction's time alone would take an idle primary for one that is far ahead; equal positions alone would take a
  /// primary that is cut off for an idle one.
  void add_standby(const SqlTable& rows, DatabasePage& page) {
    const auto now = rows.number(0, 0);
    const auto replayed = rows.number(0, 1);
    const bool connected = rows.number(0, 4).value_or(0) > 0;
    if (now && connected && rows.number(0, 2) == 1) caught_up_ = now;
    page.family(kConnected).add(connected ? 1 : 0, "");
    // Whatever is later: the time of what was replayed last, or when nothing was missing.
    const auto since = std::max(replayed, caught_up_);  // an empty one is less than any
    if (now && since) page.family(kReplicaLag).add(std::max(*now - *since, 0.0), "");
    if (const auto paused = rows.number(0, 3)) page.family(kPaused).add(*paused, "");
    if (const auto age = rows.number(0, 5)) page.family(kMessage).add(std::max(*age, 0.0), "");
  }

  static Status read_mysql(Session& session, DatabasePage& page) {
    const std::string_view statement = session.is_mariadb()         ? "SHOW ALL SLAVES STATUS"
                                       : session.version() >= 80022 ? "SHOW REPLICA STATUS"
                                                                    : "SHOW SLAVE STATUS";
    const Result<const SqlTable*> answer = session.shared(statement);
    if (!answer) return answer.error();
    const SqlTable& rows = **answer;
    const auto column = [&](std::string_view name, std::string_view former) {
      const auto found = rows.column(name);
      return found ? found : rows.column(former);
    };
    const auto channel = column("Channel_Name", "Connection_name");
    // Group replication shows its own channels there, which stand still when all is well.
    const auto each = [&](std::optional<std::size_t> from, auto&& add) {
      for (std::size_t row = 0; from && row < rows.rows(); ++row) {
        const std::string_view name = channel ? rows.text(row, *channel) : "";
        if (!name.starts_with("group_replication_") && !rows.is_null(row, *from)) add(row, *from, name);
      }
    };
    const auto running = [&](const MetricDesc<3>& desc, std::optional<std::size_t> from) {
      auto family = page.family(desc);
      each(from, [&](std::size_t row, std::size_t at, std::string_view name) {
        family.add(rows.text(row, at) == "Yes" ? 1 : 0, name);
      });
    };
    const auto io = column("Replica_IO_Running", "Slave_IO_Running");
    running(kConnected, io);
    running(kIo, io);
    running(kSql, column("Replica_SQL_Running", "Slave_SQL_Running"));
    auto lag = page.family(kReplicaLag);
    each(column("Seconds_Behind_Source", "Seconds_Behind_Master"), [&](std::size_t row, std::size_t at, std::string_view name) {
      if (const auto seconds = rows.number(row, at)) lag.add(*seconds, name);
    });
    auto error = page.family(kError);
    for (const auto& [from, thread] : {std::pair{rows.column("Last_IO_Errno"), "io"}, {rows.column("Last_SQL_Errno"), "sql"}})
      each(from, [&, which = thread](std::size_t row, std::size_t at, std::string_view name) {
        if (const auto number = rows.number(row, at)) error.add(*number, name, which);
      });
    return ok();
  }

  std::optional<double> caught_up_;  // the standby's clock when nothing was missing
};

}  // namespace

extern const DatabaseCollector replication_collector{
    .info = {.name = "replication",
             .summary =
                 "Lag and slots of the replicas as the primary sees them, and whether a replica is connected and how far "
                 "behind it is.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .make = make_reader<Replication>};

}  // namespace finwatch::database
