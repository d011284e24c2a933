#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector replication_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::replication_collector;

namespace {

const std::vector<std::string> kSeven(7);

FakeServer postgres(int version, const char* recovers) {
  FakeServer server(Engine::postgresql, version);
  server.answer("pg_has_role", {"", ""}, {{recovers, "t"}});
  server.answer("FROM pg_stat_replication", std::vector<std::string>(5), {});
  server.answer("FROM pg_replication_slots", kSeven, {});
  return server;
}

/// now, last replay, all replayed, paused, receivers, age of the last message
void standby(FakeServer& server, FakeServer::Cells cells) {
  server.answer("pg_stat_wal_receiver", std::vector<std::string>(6), {std::move(cells)});
}

std::string lag_of(KeptReader& reader, FakeServer& server) {
  const Collected got = reader.read(server);
  REQUIRE(got.status);
  std::string found;
  for (const std::string name : {"replica_connected", "replica_lag_seconds"}) {
    const std::string series = "finwatch_db_" + name + "{target=\"nc\",engine=\"postgresql\",channel=\"\"} ";
    const std::size_t at = got.samples.find(series);
    found += at == std::string::npos
                 ? "none "
                 : got.samples.substr(at + series.size(), got.samples.find('\n', at) - at - series.size()) + " ";
  }
  return found;
}

}  // namespace

TEST_CASE("replication: a primary of PostgreSQL, its replicas and slots by version") {
  const int version = GENERATE(120022, 130018, 140015, 150004, 160000, 170000, 180000);
  FakeServer server = postgres(version, "f");
  server.answer("pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)", std::vector<std::string>(5),
                {{"nc2", "10.1.2.3", "streaming", "0.25", "4096"},
                 {"nc3", "", "catchup", kNull, "1048576"},
                 {"old", "", "startup", kNull, kNull}});
  const bool has_status = version >= 130000;
  const bool has_since = version >= 170000;
  server.answer(has_since    ? "wal_status, safe_wal_size, extract(epoch FROM clock_timestamp() - inactive_since)"
                : has_status ? "wal_status, safe_wal_size, NULL"
                             : "NULL, NULL, NULL",
                kSeven,
                {{"nc2", "physical", "t", "8192", has_status ? "reserved" : kNull, has_status ? "1000" : kNull, kNull},
                 {"cdc", "logical", "f", kNull, has_status ? "lost" : kNull, kNull, has_since ? "3600" : kNull}});
  const Collected got = read_once(replication_collector, server);
  REQUIRE(got.status);
  const std::string both = "{target=\"nc\",engine=\"postgresql\"";
  const std::string status = "finwatch_db_replication_slot_wal_status" + both;
  CHECK(
      got.samples ==
      "finwatch_db_in_recovery" + both + "} 0\n" +  //
          "finwatch_db_replication_lag_seconds" + both +
          ",application=\"nc2\",address=\"10.1.2.3\",state=\"streaming\"} 0.25\n" + "finwatch_db_replication_lag_bytes" + both +
          ",application=\"nc2\",address=\"10.1.2.3\",state=\"streaming\"} 4096\n" + "finwatch_db_replication_lag_bytes" + both +
          ",application=\"nc3\",address=\"\",state=\"catchup\"} 1048576\n" + "finwatch_db_replication_slot_active" + both +
          ",slot=\"nc2\",type=\"physical\"} 1\n" + "finwatch_db_replication_slot_active" + both +
          ",slot=\"cdc\",type=\"logical\"} 0\n" + "finwatch_db_replication_slot_retained_bytes" + both +
          ",slot=\"nc2\",type=\"physical\"} 8192\n" +
          (has_status ? "finwatch_db_replication_slot_safe_wal_bytes" + both + ",slot=\"nc2\",type=\"physical\"} 1000\n" : "") +
          (has_since ? "finwatch_db_replication_slot_inactive_seconds" + both + ",slot=\"cdc\",type=\"logical\"} 3600\n" : "") +
          (!has_status ? ""
                       : status + ",slot=\"nc2\",type=\"physical\",status=\"reserved\"} 1\n" + status +
                             ",slot=\"nc2\",type=\"physical\",status=\"extended\"} 0\n" + status +
                             ",slot=\"nc2\",type=\"physical\",status=\"unreserved\"} 0\n" + status +
                             ",slot=\"nc2\",type=\"physical\",status=\"lost\"} 0\n" + status +
                             ",slot=\"cdc\",type=\"logical\",status=\"reserved\"} 0\n" + status +
                             ",slot=\"cdc\",type=\"logical\",status=\"extended\"} 0\n" + status +
                             ",slot=\"cdc\",type=\"logical\",status=\"unreserved\"} 0\n" + status +
                             ",slot=\"cdc\",type=\"logical\",status=\"lost\"} 1\n"));
}

TEST_CASE("replication: a standby of PostgreSQL, and the position that cascading replicas are measured from") {
  FakeServer server = postgres(150004, "t");
  server.answer("pg_wal_lsn_diff(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), replay_lsn)",
                std::vector<std::string>(5), {{"cascade", "", "streaming", "0", "0"}});
  standby(server, {"1000", "990.5", "f", "t", "1", "2.5"});
  const Collected got = read_once(replication_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples ==
        R"(finwatch_db_in_recovery{target="nc",engine="postgresql"} 1
finwatch_db_replication_lag_seconds{target="nc",engine="postgresql",application="cascade",address="",state="streaming"} 0
finwatch_db_replication_lag_bytes{target="nc",engine="postgresql",application="cascade",address="",state="streaming"} 0
finwatch_db_replica_connected{target="nc",engine="postgresql",channel=""} 1
finwatch_db_replica_lag_seconds{target="nc",engine="postgresql",channel=""} 9.5
finwatch_db_replica_paused{target="nc",engine="postgresql",channel=""} 1
finwatch_db_replica_last_message_age_seconds{target="nc",engine="postgresql",channel=""} 2.5
)");
}

TEST_CASE("replication: neither an idle primary nor one that is cut off deceives a standby") {
  KeptReader reader(replication_collector);
  FakeServer server = postgres(150004, "t");
  standby(server, {"50000", "1000", "t", "f", "1", "20"});
  CHECK(lag_of(reader, server) == "1 0 ");  // idle for hours, nothing missing
  standby(server, {"50010", "1000", "f", "f", "1", "0"});
  CHECK(lag_of(reader, server) == "1 10 ");  // the first record after hours is no lag of hours
  standby(server, {"50020", "50015", "f", "f", "1", "0"});
  CHECK(lag_of(reader, server) == "1 5 ");
  standby(server, {"50080", "50015", "t", "f", "0", kNull});
  CHECK(lag_of(reader, server) == "0 65 ");  // cut off: equal positions are no comfort
  standby(server, {"50680", "50015", "t", "f", "0", kNull});
  CHECK(lag_of(reader, server) == "0 665 ");
  KeptReader fresh(replication_collector);
  CHECK(lag_of(fresh, server) == "0 665 ");
  standby(server, {"50680", kNull, kNull, "f", "0", kNull});
  KeptReader unknowing(replication_collector);
  CHECK(lag_of(unknowing, server) == "0 none ");  // nothing replayed yet: unknown, not 0
}

TEST_CASE("replication: MySQL and MariaDB, by the names of their versions") {
  struct Case {
    Engine engine;
    int version;
    const char* statement;
    std::vector<std::string> columns;
  };
  const std::vector<std::string> former = {"Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master",
                                           "Last_IO_Errno",    "Last_SQL_Errno",    "Channel_Name"};
  const std::vector<std::string> now = {"Replica_IO_Running", "Replica_SQL_Running", "Seconds_Behind_Source",
                                        "Last_IO_Errno",      "Last_SQL_Errno",      "Channel_Name"};
  std::vector<std::string> mariadb = former;
  mariadb.back() = "Connection_name";
  const Case one = GENERATE_COPY(
      Case{Engine::mysql, 80021, "SHOW SLAVE STATUS", former}, Case{Engine::mysql, 80036, "SHOW REPLICA STATUS", now},
      Case{Engine::mysql, 90100, "SHOW REPLICA STATUS", now}, Case{Engine::mariadb, 100622, "SHOW ALL SLAVES STATUS", mariadb},
      Case{Engine::mariadb, 110802, "SHOW ALL SLAVES STATUS", mariadb});
  FakeServer server(one.engine, one.version);
  server.answer(one.statement, one.columns,
                {{"Yes", "Yes", "3", "0", "0", ""},
                 {"Connecting", "No", kNull, "2003", "1062", "nc2"},
                 {"No", "No", kNull, "0", "0", "group_replication_recovery"}});
  const Collected got = read_once(replication_collector, server);
  REQUIRE(got.status);
  const std::string both = std::string("{target=\"nc\",engine=\"") + (one.engine == Engine::mysql ? "mysql" : "mariadb") + "\"";
  const auto line = [&](const std::string& name, const std::string& rest) {
    return "finwatch_db_replica_" + name + both + ",channel=\"" + rest + "\n";
  };
  CHECK(got.samples == line("connected", "\"} 1") + line("connected", "nc2\"} 0") + line("io_running", "\"} 1") +
                           line("io_running", "nc2\"} 0") + line("sql_running", "\"} 1") + line("sql_running", "nc2\"} 0") +
                           line("lag_seconds", "\"} 3") + line("last_error", "\",thread=\"io\"} 0") +
                           line("last_error", "nc2\",thread=\"io\"} 2003") + line("last_error", "\",thread=\"sql\"} 0") +
                           line("last_error", "nc2\",thread=\"sql\"} 1062"));
  server.answer(one.statement, one.columns, {});
  CHECK(read_once(replication_collector, server).samples.empty());  // it follows nobody
  server.refuse(one.statement, Errc::permission);
  CHECK(read_once(replication_collector, server).status.error().code == Errc::permission);
}

TEST_CASE("replication: an account that sees no replicas is told so") {
  FakeServer server(Engine::postgresql, 150004);
  server.answer("pg_has_role", {"", ""}, {{"f", "f"}});
  CHECK(read_once(replication_collector, server).status.error().code == Errc::permission);
}
