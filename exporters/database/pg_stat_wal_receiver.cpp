#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kColumns[] = {
    {"upstream_host", "upstream_host"},
    {"slot_name", "slot_name"},
    {"status", MetricType::gauge, "pg_stat_wal_receiver_status",
     "0 stopped, 1 starting, 2 streaming, 3 waiting, 4 restarting, -1 stopping, -2 anything else, from pg_stat_wal_receiver."},
    {"receive_start_lsn", MetricType::counter, "pg_stat_wal_receiver_receive_start_lsn",
     "Where the receiver began, in bytes of WAL, from pg_stat_wal_receiver."},
    {"receive_start_tli", MetricType::gauge, "pg_stat_wal_receiver_receive_start_tli",
     "Timeline on which the receiver began, from pg_stat_wal_receiver."},
    {"flushed_lsn", MetricType::counter, "pg_stat_wal_receiver_flushed_lsn",
     "What was received and written to the disk, in bytes of WAL, from pg_stat_wal_receiver."},
    {"received_tli", MetricType::gauge, "pg_stat_wal_receiver_received_tli",
     "Timeline of what was received last, from pg_stat_wal_receiver."},
    {"last_msg_send_time", MetricType::counter, "pg_stat_wal_receiver_last_msg_send_time",
     "When the primary sent its last message, in seconds since 1970, from pg_stat_wal_receiver."},
    {"last_msg_receipt_time", MetricType::counter, "pg_stat_wal_receiver_last_msg_receipt_time",
     "When that message came, in seconds since 1970, from pg_stat_wal_receiver."},
    {"latest_end_lsn", MetricType::counter, "pg_stat_wal_receiver_latest_end_lsn",
     "What was reported to the primary last, in bytes of WAL, from pg_stat_wal_receiver."},
    {"latest_end_time", MetricType::counter, "pg_stat_wal_receiver_latest_end_time",
     "When that was, in seconds since 1970, from pg_stat_wal_receiver."},
    {"upstream_node", MetricType::gauge, "pg_stat_wal_receiver_upstream_node",
     "Number of the primary in repmgr, from the name of its slot in pg_stat_wal_receiver."},
};
const QueryTable kTable(kColumns);

constexpr int kFirstWithFlushed = 130000;
// {flushed}: received_lsn, before version 13. A standby without a slot has a name of the slot that is empty.
constexpr std::string_view kSql = R"(
SELECT sender_host AS upstream_host, coalesce(slot_name, '') AS slot_name,
       CASE status WHEN 'stopped' THEN 0 WHEN 'starting' THEN 1 WHEN 'streaming' THEN 2 WHEN 'waiting' THEN 3 WHEN 'restarting' THEN 4
            WHEN 'stopping' THEN -1 ELSE -2 END AS status,
       receive_start_lsn - '0/0' AS receive_start_lsn, receive_start_tli, {flushed} - '0/0' AS flushed_lsn, received_tli,
       extract(epoch FROM last_msg_send_time) AS last_msg_send_time, extract(epoch FROM last_msg_receipt_time) AS last_msg_receipt_time,
       latest_end_lsn - '0/0' AS latest_end_lsn, extract(epoch FROM latest_end_time) AS latest_end_time,
       substring(slot_name FROM 'repmgr_slot_([0-9]+)') AS upstream_node
  FROM pg_stat_wal_receiver)";

std::string statement_for(int version) {
  constexpr std::string_view kHole = "{flushed}";
  std::string statement(kSql);
  return statement.replace(statement.find(kHole), kHole.size(), version < kFirstWithFlushed ? "received_lsn" : "flushed_lsn");
}

class WalReceiver final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return read_table(session, page, statement_for(session.version()), kTable);
  }
};

}  // namespace

extern const DatabaseCollector pg_stat_wal_receiver_collector{
    .info = {.name = "pg_stat_wal_receiver",
             .summary = "What a standby receives and from whom, under the names of postgres_exporter.",
             .by_default = ByDefault::off,
             .metrics = kTable.metrics()},
    .lane = Lane::fast,
    .engines = kPostgresql,
    .make = make_reader<WalReceiver>};

}  // namespace finwatch::database
