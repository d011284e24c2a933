#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector mysql_info_schema_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::mysql_info_schema_collector;

namespace {

void fill(FakeServer& server) {
  server.answer("information_schema.INNODB_CMP",
                {"page_size", "compress_ops", "compress_ops_ok", "compress_time", "uncompress_ops", "uncompress_time"},
                {{"1024", "10", "9", "1", "5", "2"}});
  server.answer("information_schema.INNODB_CMPMEM",
                {"page_size", "buffer_pool", "pages_used", "pages_free", "relocation_ops", "relocation_time"},
                {{"1024", "0", "3", "4", "6", "2"}});
}

constexpr std::string_view kCompression =
    R"(mysql_info_schema_innodb_cmp_compress_ops_total{target="nc",page_size="1024"} 10
mysql_info_schema_innodb_cmp_compress_ops_ok_total{target="nc",page_size="1024"} 9
mysql_info_schema_innodb_cmp_compress_time_seconds_total{target="nc",page_size="1024"} 1
mysql_info_schema_innodb_cmp_uncompress_ops_total{target="nc",page_size="1024"} 5
mysql_info_schema_innodb_cmp_uncompress_time_seconds_total{target="nc",page_size="1024"} 2
mysql_info_schema_innodb_cmpmem_pages_used_total{target="nc",page_size="1024",buffer_pool="0"} 3
mysql_info_schema_innodb_cmpmem_pages_free_total{target="nc",page_size="1024",buffer_pool="0"} 4
mysql_info_schema_innodb_cmpmem_relocation_ops_total{target="nc",page_size="1024",buffer_pool="0"} 6
mysql_info_schema_innodb_cmpmem_relocation_time_seconds_total{target="nc",page_size="1024",buffer_pool="0"} 2
)";

}  // namespace

TEST_CASE("mysql_info_schema: without the plugin, MySQL and MariaDB") {
  for (const auto& [engine, version] : {std::pair{Engine::mysql, 80036}, {Engine::mysql, 90700}, {Engine::mariadb, 101119}}) {
    FakeServer server(engine, version);
    fill(server);
    const Collected got = read_once(mysql_info_schema_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == kCompression);
  }
}

TEST_CASE("mysql_info_schema: response times of MariaDB's plugin") {
  FakeServer server(Engine::mariadb, 101119);
  fill(server);
  server.answer(
      "QUERY_RESPONSE_TIME", {"TIME", "COUNT", "TOTAL"},
      {{"      0.000001", "2", "      0.000001"}, {"      0.100000", "5", "      0.250000"}, {"TOO LONG", "1", "TOO LONG"}});
  const Collected got = read_once(mysql_info_schema_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == std::string(kCompression) +
                           R"(mysql_info_schema_query_response_time_seconds_bucket{target="nc",le="1e-06"} 2
mysql_info_schema_query_response_time_seconds_bucket{target="nc",le="0.1"} 7
mysql_info_schema_query_response_time_seconds_bucket{target="nc",le="+Inf"} 8
mysql_info_schema_query_response_time_seconds_sum{target="nc"} 0.250001
mysql_info_schema_query_response_time_seconds_count{target="nc"} 8
)");
}

TEST_CASE("mysql_info_schema: a refused grant") {
  FakeServer server(Engine::mariadb, 101119);
  fill(server);
  server.refuse("INNODB_CMPMEM", Errc::permission);
  CHECK(read_once(mysql_info_schema_collector, server).status.error().code == Errc::permission);
}
