#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_wal_receiver_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_wal_receiver_collector;

TEST_CASE("pg_stat_wal_receiver: all families; a primary receives nothing") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer(
        "FROM pg_stat_wal_receiver",
        {"upstream_host", "slot_name", "status", "receive_start_lsn", "receive_start_tli", "flushed_lsn", "received_tli",
         "last_msg_send_time", "last_msg_receipt_time", "latest_end_lsn", "latest_end_time", "upstream_node"},
        {{"db1", "repmgr_slot_7", "2", "100", "1", "200", "1", "10.5", "11", "190", "12", "7"}});
    const Collected got = read_once(pg_stat_wal_receiver_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_stat_wal_receiver_status{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 2
pg_stat_wal_receiver_receive_start_lsn{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 100
pg_stat_wal_receiver_receive_start_tli{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 1
pg_stat_wal_receiver_flushed_lsn{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 200
pg_stat_wal_receiver_received_tli{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 1
pg_stat_wal_receiver_last_msg_send_time{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 10.5
pg_stat_wal_receiver_last_msg_receipt_time{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 11
pg_stat_wal_receiver_latest_end_lsn{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 190
pg_stat_wal_receiver_latest_end_time{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 12
pg_stat_wal_receiver_upstream_node{target="nc",upstream_host="db1",slot_name="repmgr_slot_7"} 7
)");
    const bool flushed = server.asked.back().find("flushed_lsn - '0/0'") != std::string::npos;
    CHECK(flushed == (version >= 130000));
    server.answer("FROM pg_stat_wal_receiver", {"upstream_host"}, {});
    const Collected primary = read_once(pg_stat_wal_receiver_collector, server);
    REQUIRE(primary.status);
    CHECK(primary.samples.empty());
  }
}

TEST_CASE("pg_stat_wal_receiver: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_stat_wal_receiver_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
