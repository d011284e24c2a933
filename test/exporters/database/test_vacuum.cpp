#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector vacuum_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::vacuum_collector;

TEST_CASE("vacuum: ages, limits of the version, worst tables") {
  const auto [version, limit] = GENERATE(table<int, std::string>({{120000, "2146483648"},
                                                                  {130000, "2146483648"},
                                                                  {140000, "2144483648"},
                                                                  {150004, "2144483648"},
                                                                  {180000, "2144483648"}}));
  FakeServer server(Engine::postgresql, version);
  server.answer("datfrozenxid", {"", "", "", ""}, {{"nc", "190000000", "12", "1"}, {"postgres", "50", kNull, "0"}});
  server.answer("autovacuum_freeze_max_age", {"", "", ""}, {{"200000000", "400000000", "3"}});
  server.answer("pg_stat_get_dead_tuples", {"", "", "", "", ""},
                {{"nc", "public", "voucher", "700", "1767225600"}, {"nc", "public", "entry", "2", kNull}});
  const Collected got = read_once(vacuum_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_wraparound_age_transactions{target="nc",engine="postgresql",database="nc"} 190000000
finwatch_db_wraparound_age_transactions{target="nc",engine="postgresql",database="postgres"} 50
finwatch_db_wraparound_age_multixacts{target="nc",engine="postgresql",database="nc"} 12
finwatch_db_vacuums_running{target="nc",engine="postgresql",database="nc"} 1
finwatch_db_vacuums_running{target="nc",engine="postgresql",database="postgres"} 0
finwatch_db_wraparound_forced_age{target="nc",engine="postgresql",of="transactions"} 200000000
finwatch_db_wraparound_forced_age{target="nc",engine="postgresql",of="multixacts"} 400000000
finwatch_db_vacuum_workers_limit{target="nc",engine="postgresql"} 3
finwatch_db_wraparound_limit{target="nc",engine="postgresql"} )" +
                           limit +
                           R"(
finwatch_db_dead_rows{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 700
finwatch_db_dead_rows{target="nc",engine="postgresql",database="nc",schema="public",table="entry"} 2
finwatch_db_last_vacuum_timestamp_seconds{target="nc",engine="postgresql",database="nc",schema="public",table="voucher"} 1767225600
)");
}

TEST_CASE("vacuum: a refusal, and an engine that has none") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("datfrozenxid", Errc::permission);
  CHECK(read_once(vacuum_collector, server).status.error().code == Errc::permission);
  CHECK(vacuum_collector.engines == finwatch::database::kPostgresql);
}
