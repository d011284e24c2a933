#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector mysql_global_status_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::mysql_global_status_collector;

TEST_CASE("mysql_global_status: families, labels and types of every kind, MySQL and MariaDB") {
  for (const auto& [engine, version] : {std::pair{Engine::mysql, 80036}, {Engine::mysql, 90700}, {Engine::mariadb, 101119}}) {
    FakeServer server(engine, version);
    server.answer("SHOW GLOBAL STATUS", {"Variable_name", "Value"},
                  {{"Aborted_clients", "3"},
                   {"Com_select", "100"},
                   {"Com_insert", "7"},
                   {"Compression", "OFF"},
                   {"Connection_errors_max_connections", "2"},
                   {"Handler_commit", "40"},
                   {"Innodb_buffer_pool_dump_status", ""},
                   {"Innodb_buffer_pool_pages_data", "500"},
                   {"Innodb_buffer_pool_pages_dirty", "20"},
                   {"Innodb_buffer_pool_pages_flushed", "90"},
                   {"Innodb_buffer_pool_pages_free", "24"},
                   {"Innodb_buffer_pool_pages_old", "180"},
                   {"Innodb_buffer_pool_pages_total", "1024"},
                   {"Innodb_rows_read", "12345"},
                   {"Performance_schema_mutex_classes_lost", "0"},
                   {"Rsa_public_key", kNull},
                   {"Ssl_server_not_after", "Nov 26 02:07:17 2027 GMT"},
                   {"Max_used_connections_time", "2026-11-26 02:07:17"},
                   {"Ssl_server_not_before", "Nov 31 02:07:17 2027 GMT"},
                   {"Threads_running", "4"},
                   {"wsrep_cluster_status", "Disconnected"}});
    const Collected got = read_once(mysql_global_status_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == R"(mysql_global_status_aborted_clients{target="nc"} 3
mysql_global_status_compression{target="nc"} 0
mysql_global_status_ssl_server_not_after{target="nc"} 1827194837
mysql_global_status_threads_running{target="nc"} 4
mysql_global_status_wsrep_cluster_status{target="nc"} 0
mysql_global_status_commands_total{target="nc",command="select"} 100
mysql_global_status_commands_total{target="nc",command="insert"} 7
mysql_global_status_handlers_total{target="nc",handler="commit"} 40
mysql_global_status_connection_errors_total{target="nc",error="max_connections"} 2
mysql_global_status_buffer_pool_pages{target="nc",state="data"} 500
mysql_global_status_buffer_pool_pages{target="nc",state="free"} 24
mysql_global_status_buffer_pool_pages{target="nc",state="old"} 180
mysql_global_status_buffer_pool_page_changes_total{target="nc",operation="flushed"} 90
mysql_global_status_innodb_row_ops_total{target="nc",operation="read"} 12345
mysql_global_status_performance_schema_lost_total{target="nc",instrumentation="mutex_classes_lost"} 0
mysql_global_status_buffer_pool_dirty_pages{target="nc"} 20
)");
    CHECK(got.page.find("# TYPE mysql_global_status_aborted_clients counter\n") != std::string::npos);
    CHECK(got.page.find("# TYPE mysql_global_status_ssl_server_not_after gauge\n") != std::string::npos);
    CHECK(got.page.find("# TYPE mysql_global_status_threads_running gauge\n") != std::string::npos);
    CHECK(got.page.find("# TYPE mysql_global_status_wsrep_cluster_status gauge\n") != std::string::npos);
  }
}

TEST_CASE("mysql_global_status: a refused grant") {
  FakeServer server(Engine::mariadb, 101119);
  server.refuse("SHOW GLOBAL STATUS", Errc::permission);
  const Collected got = read_once(mysql_global_status_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}

TEST_CASE("mysql_global_status: a server that is upgraded tells other variables, in another order") {
  FakeServer server(Engine::mariadb, 101119);
  KeptReader reader(mysql_global_status_collector);
  server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Com_select", "1"}, {"Threads_running", "4"}});
  CHECK(reader.read(server).samples ==
        "mysql_global_status_threads_running{target=\"nc\"} 4\n"
        "mysql_global_status_commands_total{target=\"nc\",command=\"select\"} 1\n");
  server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Com_select", "2"}, {"Threads_running", "5"}});
  CHECK(reader.read(server).series == 2);
  server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Threads_running", "6"}, {"Com_select", "3"}});
  CHECK(reader.read(server).samples ==
        "mysql_global_status_threads_running{target=\"nc\"} 6\n"
        "mysql_global_status_commands_total{target=\"nc\",command=\"select\"} 3\n");
  server.answer("SHOW GLOBAL STATUS", {"", ""}, {{"Threads_cached", "7"}});
  CHECK(reader.read(server).samples == "mysql_global_status_threads_cached{target=\"nc\"} 7\n");
}
