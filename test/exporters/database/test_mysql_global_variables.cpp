#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector mysql_global_variables_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::mysql_global_variables_collector;

TEST_CASE("mysql_global_variables: MariaDB 10.11") {
  FakeServer server(Engine::mariadb, 101119);
  server.answer("SHOW GLOBAL VARIABLES", {"Variable_name", "Value"},
                {{"autocommit", "ON"},
                 {"datadir", "/var/lib/mysql/"},
                 {"have_ssl", "DISABLED"},
                 {"innodb_version", "10.11.19"},
                 {"max_connections", "151"},
                 {"max_connections", "151"},
                 {"tx_isolation", "REPEATABLE-READ"},
                 {"version", "10.11.19-MariaDB"},
                 {"version_comment", "Debian 12"},
                 {"wsrep_cluster_name", "books"}});
  const Collected got = read_once(mysql_global_variables_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples ==
        R"(mysql_global_variables_autocommit{target="nc"} 1
mysql_global_variables_have_ssl{target="nc"} 0
mysql_global_variables_max_connections{target="nc"} 151
mysql_version_info{target="nc",innodb_version="10.11.19",version="10.11.19-MariaDB",version_comment="Debian 12"} 1
mysql_transaction_isolation{target="nc",level="REPEATABLE-READ"} 1
mysql_galera_variables_info{target="nc",wsrep_cluster_name="books"} 1
)");
}

TEST_CASE("mysql_global_variables: MySQL 8 and 9, where the isolation has another name") {
  for (const int version : {80036, 90700}) {
    FakeServer server(Engine::mysql, version);
    server.answer("SHOW GLOBAL VARIABLES", {"Variable_name", "Value"},
                  {{"binlog_transaction_compression_level_zstd", "3"},
                   {"innodb_version", "8.0.36"},
                   {"transaction_isolation", "READ-COMMITTED"},
                   {"version", "8.0.36"},
                   {"version_comment", "MySQL Community Server - GPL"}});
    const Collected got = read_once(mysql_global_variables_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples ==
          R"(mysql_global_variables_binlog_transaction_compression_level_zstd{target="nc"} 3
mysql_version_info{target="nc",innodb_version="8.0.36",version="8.0.36",version_comment="MySQL Community Server - GPL"} 1
mysql_transaction_isolation{target="nc",level="READ-COMMITTED"} 1
)");
  }
}

TEST_CASE("mysql_global_variables: a refused grant") {
  FakeServer server(Engine::mysql, 80036);
  server.refuse("SHOW GLOBAL VARIABLES", Errc::permission);
  const Collected got = read_once(mysql_global_variables_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
