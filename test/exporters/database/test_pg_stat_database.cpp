#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_database_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_database_collector;

namespace {

constexpr std::string_view kDatabases =
    R"(pg_stat_database_numbackends{target="nc",datid="5",datname="nc"} 1
pg_stat_database_xact_commit{target="nc",datid="5",datname="nc"} 2
pg_stat_database_xact_rollback{target="nc",datid="5",datname="nc"} 3
pg_stat_database_blks_read{target="nc",datid="5",datname="nc"} 4
pg_stat_database_blks_hit{target="nc",datid="5",datname="nc"} 5
pg_stat_database_tup_returned{target="nc",datid="5",datname="nc"} 6
pg_stat_database_tup_fetched{target="nc",datid="5",datname="nc"} 7
pg_stat_database_tup_inserted{target="nc",datid="5",datname="nc"} 8
pg_stat_database_tup_updated{target="nc",datid="5",datname="nc"} 9
pg_stat_database_tup_deleted{target="nc",datid="5",datname="nc"} 10
pg_stat_database_conflicts{target="nc",datid="5",datname="nc"} 11
pg_stat_database_temp_files{target="nc",datid="5",datname="nc"} 12
pg_stat_database_temp_bytes{target="nc",datid="5",datname="nc"} 13
pg_stat_database_deadlocks{target="nc",datid="5",datname="nc"} 14
pg_stat_database_blk_read_time{target="nc",datid="5",datname="nc"} 15
pg_stat_database_blk_write_time{target="nc",datid="5",datname="nc"} 16
)";
constexpr std::string_view kConflicts =
    R"(pg_stat_database_conflicts_confl_tablespace{target="nc",datid="5",datname="nc"} 1
pg_stat_database_conflicts_confl_lock{target="nc",datid="5",datname="nc"} 2
pg_stat_database_conflicts_confl_snapshot{target="nc",datid="5",datname="nc"} 3
pg_stat_database_conflicts_confl_bufferpin{target="nc",datid="5",datname="nc"} 4
pg_stat_database_conflicts_confl_deadlock{target="nc",datid="5",datname="nc"} 5
)";

}  // namespace

TEST_CASE("pg_stat_database: PostgreSQL 12 and 13; never reset is no sample") {
  for (const int version : {120022, 130016}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_stat_database ",
                  {"datid", "datname", "numbackends", "xact_commit", "xact_rollback", "blks_read", "blks_hit", "tup_returned",
                   "tup_fetched", "tup_inserted", "tup_updated", "tup_deleted", "conflicts", "temp_files", "temp_bytes",
                   "deadlocks", "blk_read_time", "blk_write_time", "stats_reset"},
                  {{"5", "nc", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", kNull}});
    server.answer("pg_stat_database_conflicts",
                  {"datid", "datname", "confl_tablespace", "confl_lock", "confl_snapshot", "confl_bufferpin", "confl_deadlock"},
                  {{"5", "nc", "1", "2", "3", "4", "5"}});
    const Collected got = read_once(pg_stat_database_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == std::string(kDatabases) + std::string(kConflicts));
    CHECK(server.asked.front().find("active_time") == std::string::npos);
  }
}

TEST_CASE("pg_stat_database: the time in statements since PostgreSQL 14, the slots lost since 16") {
  for (const int version : {140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer(
        "active_time / 1000",
        {"datid",        "datname",     "numbackends",   "xact_commit",    "xact_rollback", "blks_read",  "blks_hit",
         "tup_returned", "tup_fetched", "tup_inserted",  "tup_updated",    "tup_deleted",   "conflicts",  "temp_files",
         "temp_bytes",   "deadlocks",   "blk_read_time", "blk_write_time", "stats_reset",   "active_time"},
        {{"5", "nc", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", kNull, "99.5"}});
    if (version >= 160000)
      server.answer("pg_stat_database_conflicts",
                    {"datid", "datname", "confl_tablespace", "confl_lock", "confl_snapshot", "confl_bufferpin",
                     "confl_deadlock", "confl_active_logicalslot"},
                    {{"5", "nc", "1", "2", "3", "4", "5", "6"}});
    else
      server.answer(
          "pg_stat_database_conflicts",
          {"datid", "datname", "confl_tablespace", "confl_lock", "confl_snapshot", "confl_bufferpin", "confl_deadlock"},
          {{"5", "nc", "1", "2", "3", "4", "5"}});
    const Collected got = read_once(pg_stat_database_collector, server);
    REQUIRE(got.status);
    std::string want(kDatabases);
    want += "pg_stat_database_active_time_seconds_total{target=\"nc\",datid=\"5\",datname=\"nc\"} 99.5\n";
    want += kConflicts;
    if (version >= 160000)
      want += "pg_stat_database_conflicts_confl_active_logicalslot{target=\"nc\",datid=\"5\",datname=\"nc\"} 6\n";
    CHECK(got.samples == want);
  }
}

TEST_CASE("pg_stat_database: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("pg_stat_database", Errc::permission);
  const Collected got = read_once(pg_stat_database_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
