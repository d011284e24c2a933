#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kStateColumns[] = {
    {"lag", MetricType::gauge, "pg_replication_lag_seconds",
     "Age of the last transaction that a standby replayed, in seconds, 0 when it has all, from "
     "pg_last_xact_replay_timestamp()."},
    {"is_replica", MetricType::gauge, "pg_replication_is_replica",
     "Whether the server is a standby, from pg_is_in_recovery()."},
    {"last_replay", MetricType::gauge, "pg_replication_last_replay_seconds",
     "Age of the last transaction that a standby replayed, in seconds, from pg_last_xact_replay_timestamp()."},
};
constexpr QueryColumn kSlotColumns[] = {
    {"slot_name", "slot_name"},
    {"slot_type", "slot_type"},
    {"current_wal_lsn", MetricType::gauge, "pg_replication_slot_slot_current_wal_lsn",
     "Where the server writes, or what a standby received, in bytes of WAL, from pg_current_wal_lsn()."},
    {"confirmed_flush_lsn", MetricType::gauge, "pg_replication_slot_slot_confirmed_flush_lsn",
     "What the reader of a logical slot confirmed, in bytes of WAL, from pg_replication_slots."},
    {"active", MetricType::gauge, "pg_replication_slot_slot_is_active",
     "Whether somebody reads the slot, from pg_replication_slots."},
    {"safe_wal_size", MetricType::gauge, "pg_replication_slot_safe_wal_size_bytes",
     "WAL that can be written before the slot is lost, in bytes, from pg_replication_slots, since PostgreSQL 13."},
};
constexpr QueryColumn kWalStatusColumns[] = {
    {"slot_name", "slot_name"},
    {"slot_type", "slot_type"},
    {"wal_status", "wal_status"},
    {"one", MetricType::gauge, "pg_replication_slot_wal_status",
     "Whether the WAL that a slot needs is there: 1, with the answer as a label, from pg_replication_slots, since PostgreSQL "
     "13."},
};
constexpr QueryColumn kOldSlotColumns[] = {
    {"slot_name", "slot_name"},
    {"database", "database"},
    {"active", MetricType::gauge, "pg_replication_slots_active", "Whether somebody reads the slot, from pg_replication_slots."},
    {"kept", MetricType::gauge, "pg_replication_slots_pg_wal_lsn_diff",
     "WAL that is kept for a slot, in bytes, from pg_replication_slots."},
};
constexpr QueryColumn kSenderColumns[] = {
    {"application_name", "application_name"},
    {"client_addr", "client_addr"},
    {"state", "state"},
    {"slot_name", "slot_name"},
    {"position", MetricType::gauge, "pg_stat_replication_pg_current_wal_lsn_bytes",
     "Where the server writes, in bytes of WAL, from pg_current_wal_lsn()."},
    {"behind", MetricType::gauge, "pg_stat_replication_pg_wal_lsn_diff",
     "WAL that a standby has not replayed yet, in bytes, from pg_stat_replication."},
};
const QueryTable kState(kStateColumns);
const QueryTable kSlots(kSlotColumns);
const QueryTable kWalStatus(kWalStatusColumns);
const QueryTable kOldSlots(kOldSlotColumns);
const QueryTable kSenders(kSenderColumns);
const std::vector<MetricRef> kMetrics =
    joined_metrics({kState.metrics(), kSlots.metrics(), kWalStatus.metrics(), kOldSlots.metrics(), kSenders.metrics()});

constexpr std::string_view kStateSql = R"(
SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END AS lag,
       pg_is_in_recovery()::int AS is_replica,
       extract(epoch FROM now() - pg_last_xact_replay_timestamp()) AS last_replay)";

// A temporary slot is named after a process and gone in a moment.
constexpr std::string_view kSlotSql = R"(
SELECT s.slot_name, s.slot_type, coalesce(s.database, '') AS database, s.active::int AS active, w.lsn - '0/0' AS current_wal_lsn,
       s.confirmed_flush_lsn - '0/0' AS confirmed_flush_lsn, w.lsn - s.restart_lsn AS kept
  FROM pg_replication_slots s,
       (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END AS lsn) w
 WHERE NOT s.temporary ORDER BY s.slot_name)";
constexpr std::string_view kSlotSqlSince13 = R"(
SELECT s.slot_name, s.slot_type, coalesce(s.database, '') AS database, s.active::int AS active, w.lsn - '0/0' AS current_wal_lsn,
       s.confirmed_flush_lsn - '0/0' AS confirmed_flush_lsn, w.lsn - s.restart_lsn AS kept, s.safe_wal_size, s.wal_status,
       CASE WHEN s.wal_status IS NOT NULL THEN 1 END AS one
  FROM pg_replication_slots s,
       (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END AS lsn) w
 WHERE NOT s.temporary ORDER BY s.slot_name)";

constexpr std::string_view kSenderSql = R"(
SELECT r.application_name, host(r.client_addr) AS client_addr, r.state, s.slot_name, max(w.lsn - '0/0') AS position,
       max(w.lsn - r.replay_lsn) AS behind
  FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid AND NOT s.temporary,
       (SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END AS lsn) w
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4)";

class Replication final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = read_table(session, page, kStateSql, kState); !status) return status;
    const std::string_view slots = session.version() >= 130000 ? kSlotSqlSince13 : kSlotSql;
    if (Status status = session.query(slots); !status) return status;
    for (const QueryTable* table : {&kSlots, &kWalStatus, &kOldSlots}) table->write(session.rows(), page.target(), page.sink());
    return read_table(session, page, kSenderSql, kSenders);
  }
};

}  // namespace

extern const DatabaseCollector pg_replication_collector{
    .info = {.name = "pg_replication",
             .summary = "Lag of a standby, slots and the standbys of a primary, under the names of postgres_exporter.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<Replication>};

}  // namespace finwatch::database
