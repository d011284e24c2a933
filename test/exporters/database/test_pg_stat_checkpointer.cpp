#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_checkpointer_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_checkpointer_collector;

TEST_CASE("pg_stat_checkpointer: all families since PostgreSQL 17") {
  for (const int version : {170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_stat_checkpointer",
                  {"num_timed", "num_requested", "restartpoints_timed", "restartpoints_req", "restartpoints_done", "write_time",
                   "sync_time", "buffers_written", "stats_reset"},
                  {{"1", "2", "3", "4", "5", "6.5", "7", "8", "9"}});
    const Collected got = read_once(pg_stat_checkpointer_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_stat_checkpointer_num_timed_total{target="nc"} 1
pg_stat_checkpointer_num_requested_total{target="nc"} 2
pg_stat_checkpointer_restartpoints_timed_total{target="nc"} 3
pg_stat_checkpointer_restartpoints_req_total{target="nc"} 4
pg_stat_checkpointer_restartpoints_done_total{target="nc"} 5
pg_stat_checkpointer_write_time_total{target="nc"} 6.5
pg_stat_checkpointer_sync_time_total{target="nc"} 7
pg_stat_checkpointer_buffers_written_total{target="nc"} 8
pg_stat_checkpointer_stats_reset_total{target="nc"} 9
)");
  }
}

TEST_CASE("pg_stat_checkpointer: an older server has no such view, and is not asked") {
  FakeServer server(Engine::postgresql, 160009);
  CHECK(read_once(pg_stat_checkpointer_collector, server).status.error().code == Errc::no_data);
  CHECK(server.asked.empty());
}

TEST_CASE("pg_stat_checkpointer: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_stat_checkpointer_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
