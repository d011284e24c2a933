#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector mysql_slave_status_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::mysql_slave_status_collector;

TEST_CASE("mysql_slave_status: MariaDB, two connections, one of them down") {
  FakeServer server(Engine::mariadb, 101119);
  server.answer("SHOW ALL SLAVES STATUS",
                {"Connection_name", "Master_Host", "Slave_IO_Running", "Seconds_Behind_Master", "Last_IO_Error"},
                {{"7", "db1", "Yes", "3", "5"}, {"branch", "db2", "Connecting", kNull, ""}});
  const Collected got = read_once(mysql_slave_status_collector, server);
  REQUIRE(got.status);
  CHECK(
      got.samples ==
      R"(mysql_slave_status_slave_io_running{target="nc",master_host="db1",master_uuid="",channel_name="",connection_name="7"} 1
mysql_slave_status_slave_io_running{target="nc",master_host="db2",master_uuid="",channel_name="",connection_name="branch"} 0
mysql_slave_status_seconds_behind_master{target="nc",master_host="db1",master_uuid="",channel_name="",connection_name="7"} 3
)");
}

TEST_CASE("mysql_slave_status: MySQL under the old names, whichever it uses; since 8.4 under the new ones too") {
  FakeServer old(Engine::mysql, 80021);
  old.answer("SHOW SLAVE STATUS", {"Master_Host", "Seconds_Behind_Master", "Master_UUID", "Channel_Name"},
             {{"db1", "4", "u-1", "c"}});
  const std::string want =
      R"(mysql_slave_status_seconds_behind_master{target="nc",master_host="db1",master_uuid="u-1",channel_name="c",connection_name=""} 4
)";
  CHECK(read_once(mysql_slave_status_collector, old).samples == want);
  for (const int version : {80036, 80400, 90700}) {
    FakeServer server(Engine::mysql, version);
    server.answer("SHOW REPLICA STATUS", {"Source_Host", "Seconds_Behind_Source", "Source_UUID", "Channel_Name"},
                  {{"db1", "4", "u-1", "c"}});
    const std::string both =
        want +
        R"(mysql_slave_status_seconds_behind_source{target="nc",master_host="db1",master_uuid="u-1",channel_name="c",connection_name=""} 4
)";
    CHECK(read_once(mysql_slave_status_collector, server).samples == (version < 80400 ? want : both));
  }
}

TEST_CASE("mysql_slave_status: no channel writes nothing, a missing grant is permission") {
  FakeServer server(Engine::mariadb, 101119);
  server.answer("SHOW ALL SLAVES STATUS", {"Connection_name", "Seconds_Behind_Master"}, {});
  const Collected none = read_once(mysql_slave_status_collector, server);
  REQUIRE(none.status);
  CHECK(none.samples.empty());
  server.refuse("SHOW ALL SLAVES STATUS", Errc::permission);
  CHECK(read_once(mysql_slave_status_collector, server).status.error().code == Errc::permission);
}
