#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector checkpoints_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::checkpoints_collector;

namespace {
const std::vector<std::string> kSeven(7);
}

TEST_CASE("checkpoints: PostgreSQL up to 16, and an archive that fails") {
  const int version = GENERATE(120000, 150004, 160000);
  FakeServer server(Engine::postgresql, version);
  server.answer("SELECT checkpoints_timed", kSeven, {{"10", "2", "1.5", "0.25", "100", "20", "3"}});
  server.answer("pg_stat_archiver", {"", "", "", ""}, {{"1", "40", "4", "1767225600"}});
  const Collected got = read_once(checkpoints_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_checkpoints_total{target="nc",engine="postgresql",kind="timed"} 10
finwatch_db_checkpoints_total{target="nc",engine="postgresql",kind="requested"} 2
finwatch_db_checkpoint_write_seconds_total{target="nc",engine="postgresql"} 1.5
finwatch_db_checkpoint_sync_seconds_total{target="nc",engine="postgresql"} 0.25
finwatch_db_buffers_written_total{target="nc",engine="postgresql",by="checkpointer"} 100
finwatch_db_buffers_written_total{target="nc",engine="postgresql",by="background_writer"} 20
finwatch_db_buffers_written_total{target="nc",engine="postgresql",by="backend"} 3
finwatch_db_archive_failing{target="nc",engine="postgresql"} 1
finwatch_db_archived_total{target="nc",engine="postgresql"} 40
finwatch_db_archive_failures_total{target="nc",engine="postgresql"} 4
finwatch_db_archive_last_success_timestamp_seconds{target="nc",engine="postgresql"} 1767225600
)");
}

TEST_CASE("checkpoints: PostgreSQL since 17 under the same names, and nothing is archived") {
  const int version = GENERATE(170000, 180000);
  FakeServer server(Engine::postgresql, version);
  server.answer("FROM pg_stat_checkpointer", kSeven, {{"10", "2", "1.5", "0.25", "100", "20", kNull}});
  server.answer("pg_stat_archiver", {"", "", "", ""}, {});
  const Collected got = read_once(checkpoints_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(finwatch_db_checkpoints_total{target="nc",engine="postgresql",kind="timed"} 10
finwatch_db_checkpoints_total{target="nc",engine="postgresql",kind="requested"} 2
finwatch_db_checkpoint_write_seconds_total{target="nc",engine="postgresql"} 1.5
finwatch_db_checkpoint_sync_seconds_total{target="nc",engine="postgresql"} 0.25
finwatch_db_buffers_written_total{target="nc",engine="postgresql",by="checkpointer"} 100
finwatch_db_buffers_written_total{target="nc",engine="postgresql",by="background_writer"} 20
)");
}

TEST_CASE("checkpoints: InnoDB tells an age, MariaDB a limit too, and a counter that is switched off nothing") {
  FakeServer maria(Engine::mariadb, 101119);
  maria.answer("SHOW GLOBAL STATUS", {"", ""},
               {{"Innodb_checkpoint_age", "2857585"}, {"Innodb_checkpoint_max_age", "80819529"}});
  CHECK(read_once(checkpoints_collector, maria).samples ==
        R"(finwatch_db_checkpoint_age_bytes{target="nc",engine="mariadb"} 2857585
finwatch_db_checkpoint_age_limit_bytes{target="nc",engine="mariadb"} 80819529
)");
  FakeServer mysql(Engine::mysql, 90704);
  mysql.answer("SHOW GLOBAL STATUS", {"", ""},
               {{"Innodb_redo_log_checkpoint_lsn", "19590900"}, {"Innodb_redo_log_current_lsn", "19590946"}});
  CHECK(read_once(checkpoints_collector, mysql).samples ==
        "finwatch_db_checkpoint_age_bytes{target=\"nc\",engine=\"mysql\"} 46\n");
  FakeServer before(Engine::mysql, 80029);
  before.answer("INNODB_METRICS", {"", ""}, {{"Innodb_checkpoint_age", "77"}});
  CHECK(read_once(checkpoints_collector, before).samples ==
        "finwatch_db_checkpoint_age_bytes{target=\"nc\",engine=\"mysql\"} 77\n");
  before.answer("INNODB_METRICS", {"", ""}, {});
  CHECK(read_once(checkpoints_collector, before).status.error().code == Errc::no_data);
  before.refuse("INNODB_METRICS", Errc::permission);
  CHECK(read_once(checkpoints_collector, before).status.error().code == Errc::permission);
}
