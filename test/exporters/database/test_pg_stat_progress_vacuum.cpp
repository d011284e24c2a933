#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_stat_progress_vacuum_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_stat_progress_vacuum_collector;

TEST_CASE("pg_stat_progress_vacuum: one vacuum in its phase; nothing while none runs") {
  for (const int version : {120022, 130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_stat_progress_vacuum",
                  {"datname", "relname", "phase", "heap_blks_total", "heap_blks_scanned", "heap_blks_vacuumed",
                   "index_vacuum_count", "max_dead_tuples", "num_dead_tuples"},
                  {{"nc", "gl.voucher", "vacuuming heap", "100", "90", "10", "1", "291", "20"}});
    const Collected got = read_once(pg_stat_progress_vacuum_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_stat_progress_vacuum_heap_blks{target="nc",datname="nc",relname="gl.voucher"} 100
pg_stat_progress_vacuum_heap_blks_scanned{target="nc",datname="nc",relname="gl.voucher"} 90
pg_stat_progress_vacuum_heap_blks_vacuumed{target="nc",datname="nc",relname="gl.voucher"} 10
pg_stat_progress_vacuum_index_vacuums{target="nc",datname="nc",relname="gl.voucher"} 1
pg_stat_progress_vacuum_max_dead_tuples{target="nc",datname="nc",relname="gl.voucher"} 291
pg_stat_progress_vacuum_num_dead_tuples{target="nc",datname="nc",relname="gl.voucher"} 20
pg_stat_progress_vacuum_phase{target="nc",datname="nc",relname="gl.voucher",phase="initializing"} 0
pg_stat_progress_vacuum_phase{target="nc",datname="nc",relname="gl.voucher",phase="scanning heap"} 0
pg_stat_progress_vacuum_phase{target="nc",datname="nc",relname="gl.voucher",phase="vacuuming indexes"} 0
pg_stat_progress_vacuum_phase{target="nc",datname="nc",relname="gl.voucher",phase="vacuuming heap"} 1
pg_stat_progress_vacuum_phase{target="nc",datname="nc",relname="gl.voucher",phase="cleaning up indexes"} 0
pg_stat_progress_vacuum_phase{target="nc",datname="nc",relname="gl.voucher",phase="truncating heap"} 0
pg_stat_progress_vacuum_phase{target="nc",datname="nc",relname="gl.voucher",phase="performing final cleanup"} 0
)");
    const bool in_bytes = server.asked.back().find("num_dead_item_ids") != std::string::npos;
    CHECK(in_bytes == (version >= 170000));
    server.answer("FROM pg_stat_progress_vacuum", {"datname", "relname", "phase"}, {});
    const Collected idle = read_once(pg_stat_progress_vacuum_collector, server);
    REQUIRE(idle.status);
    CHECK(idle.samples.empty());
  }
}

TEST_CASE("pg_stat_progress_vacuum: a refused grant") {
  FakeServer server(Engine::postgresql, 180001);
  server.refuse("", Errc::permission);
  const Collected got = read_once(pg_stat_progress_vacuum_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
