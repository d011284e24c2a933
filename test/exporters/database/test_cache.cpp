#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector cache_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::cache_collector;

TEST_CASE("cache: PostgreSQL, where what all databases share has no transactions") {
  FakeServer server(Engine::postgresql, 120000);
  server.answer("FROM pg_stat_database", {"", "", "", "", "", ""},
                {{"", "50", "5", kNull, kNull, "33554432"}, {"nc", "1000", "10", "7", "1", "33554432"}});
  const Collected got = read_once(cache_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_cache_hits_total{target="nc",engine="postgresql",database=""} 50
finwatch_db_cache_hits_total{target="nc",engine="postgresql",database="nc"} 1000
finwatch_db_cache_reads_total{target="nc",engine="postgresql",database=""} 5
finwatch_db_cache_reads_total{target="nc",engine="postgresql",database="nc"} 10
finwatch_db_commits_total{target="nc",engine="postgresql",database="nc"} 7
finwatch_db_rollbacks_total{target="nc",engine="postgresql",database="nc"} 1
finwatch_db_cache_bytes{target="nc",engine="postgresql"} 33554432
)");
}

TEST_CASE("cache: MySQL and MariaDB tell the same names") {
  const auto [engine, version, name] = GENERATE(table<Engine, int, std::string>(
      {{Engine::mysql, 80036, "mysql"}, {Engine::mysql, 90704, "mysql"}, {Engine::mariadb, 101119, "mariadb"}}));
  FakeServer server(engine, version);
  server.answer("innodb_buffer_pool_size", {""}, {{"134217728"}});
  server.answer("SHOW GLOBAL STATUS", {"", ""},
                {{"Com_commit", "7"},
                 {"Com_rollback", "1"},
                 {"Innodb_buffer_pool_bytes_data", "800"},
                 {"Innodb_buffer_pool_bytes_dirty", "300"},
                 {"Innodb_buffer_pool_read_requests", "1000"},
                 {"Innodb_buffer_pool_reads", "10"},
                 {"Questions", "43"}});
  const Collected got = read_once(cache_collector, server);
  REQUIRE(got.status);
  const std::string front = "{target=\"nc\",engine=\"" + name + '"';
  const std::string whole = front + ",database=\"\"} ";
  CHECK(got.samples == "finwatch_db_cache_bytes" + front + "} 134217728\nfinwatch_db_cache_hits_total" + whole +
                           "990\nfinwatch_db_cache_reads_total" + whole + "10\nfinwatch_db_cache_used_bytes" + front +
                           "} 800\nfinwatch_db_cache_dirty_bytes" + front + "} 300\nfinwatch_db_commits_total" + whole +
                           "7\nfinwatch_db_rollbacks_total" + whole + "1\nfinwatch_db_questions_total" + front + "} 43\n");
}

TEST_CASE("cache: a refusal") {
  FakeServer server(Engine::mariadb, 101119);
  server.refuse("innodb_buffer_pool_size", Errc::permission);
  CHECK(read_once(cache_collector, server).status.error().code == Errc::permission);
}
