#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_bgwriter_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_bgwriter_collector;

TEST_CASE("pg_stat_bgwriter: the same families before and since PostgreSQL 17") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer(
        "FROM pg_stat_bgwriter",
        {"checkpoints_timed", "checkpoints_req", "checkpoint_write_time", "checkpoint_sync_time", "buffers_checkpoint",
         "buffers_clean", "maxwritten_clean", "buffers_backend", "buffers_backend_fsync", "buffers_alloc", "stats_reset"},
        {{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"}});
    const Collected got = read_once(pg_stat_bgwriter_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_stat_bgwriter_checkpoints_timed_total{target="nc"} 1
pg_stat_bgwriter_checkpoints_req_total{target="nc"} 2
pg_stat_bgwriter_checkpoint_write_time_total{target="nc"} 3
pg_stat_bgwriter_checkpoint_sync_time_total{target="nc"} 4
pg_stat_bgwriter_buffers_checkpoint_total{target="nc"} 5
pg_stat_bgwriter_buffers_clean_total{target="nc"} 6
pg_stat_bgwriter_maxwritten_clean_total{target="nc"} 7
pg_stat_bgwriter_buffers_backend_total{target="nc"} 8
pg_stat_bgwriter_buffers_backend_fsync_total{target="nc"} 9
pg_stat_bgwriter_buffers_alloc_total{target="nc"} 10
pg_stat_bgwriter_stats_reset_total{target="nc"} 11
)");
    CHECK((server.asked.back().find("pg_stat_checkpointer") != std::string::npos) == (version >= 170000));
  }
}

TEST_CASE("pg_stat_bgwriter: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("pg_stat_bgwriter", Errc::permission);
  const Collected got = read_once(pg_stat_bgwriter_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
