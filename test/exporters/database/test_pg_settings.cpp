#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_settings_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_settings_collector;

TEST_CASE("pg_settings: units become seconds and bytes, -1 stays, what is no number is left out") {
  for (const auto& [version, shown] : {std::pair{120022, "12.22.0"}, {150004, "15.4.0"}, {180001, "18.1.0"}}) {
    FakeServer server(Engine::postgresql, version);
    server.answer("FROM pg_settings", {"name", "setting", "unit", "vartype"},
                  {{"autovacuum", "on", "", "bool"},
                   {"checkpoint_timeout", "300", "s", "integer"},
                   {"deadlock_timeout", "200", "ms", "integer"},
                   {"log_rotation_age", "1440", "min", "integer"},
                   {"log_temp_files", "-1", "kB", "integer"},
                   {"max_wal_size", "1024", "MB", "integer"},
                   {"pg_stat_statements.max", "5000", "", "integer"},
                   {"random_page_cost", "4", "", "real"},
                   {"shared_buffers", "16384", "8kB", "integer"},
                   {"strange", "1", "furlong", "integer"},
                   {"wal_segment_size", "16777216", "B", "integer"}});
    server.answer("version()", {"version"}, {{"PostgreSQL, as it says"}});
    const Collected got = read_once(pg_settings_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(pg_settings_autovacuum{target="nc"} 1
pg_settings_checkpoint_timeout_seconds{target="nc"} 300
pg_settings_deadlock_timeout_seconds{target="nc"} 0.2
pg_settings_log_rotation_age_seconds{target="nc"} 86400
pg_settings_log_temp_files_bytes{target="nc"} -1
pg_settings_max_wal_size_bytes{target="nc"} 1073741824
pg_settings_pg_stat_statements_max{target="nc"} 5000
pg_settings_random_page_cost{target="nc"} 4
pg_settings_shared_buffers_bytes{target="nc"} 134217728
pg_settings_wal_segment_size_bytes{target="nc"} 16777216
pg_static{target="nc",version="PostgreSQL, as it says",short_version=")" +
                             std::string(shown) + "\"} 1\n");
  }
}

TEST_CASE("pg_settings: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("pg_settings", Errc::permission);
  const Collected got = read_once(pg_settings_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
