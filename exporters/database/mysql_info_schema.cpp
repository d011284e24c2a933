#include <cstdint>
#include <vector>

#include "core/text.h"
#include "database/targets/query_table.h"

namespace finwatch::database {
namespace {

constexpr QueryColumn kCompression[] = {
    {"page_size", "page_size"},
    {"compress_ops", MetricType::counter, "mysql_info_schema_innodb_cmp_compress_ops_total",
     "Pages that InnoDB compressed, from INNODB_CMP."},
    {"compress_ops_ok", MetricType::counter, "mysql_info_schema_innodb_cmp_compress_ops_ok_total",
     "Pages that fitted after compressing, from INNODB_CMP."},
    {"compress_time", MetricType::counter, "mysql_info_schema_innodb_cmp_compress_time_seconds_total",
     "Time spent compressing pages, in seconds, from INNODB_CMP."},
    {"uncompress_ops", MetricType::counter, "mysql_info_schema_innodb_cmp_uncompress_ops_total",
     "Pages that InnoDB uncompressed, from INNODB_CMP."},
    {"uncompress_time", MetricType::counter, "mysql_info_schema_innodb_cmp_uncompress_time_seconds_total",
     "Time spent uncompressing pages, in seconds, from INNODB_CMP."}};
constexpr std::string_view kCompressionSql = R"(
SELECT page_size AS page_size, compress_ops AS compress_ops, compress_ops_ok AS compress_ops_ok, compress_time AS compress_time,
       uncompress_ops AS uncompress_ops, uncompress_time AS uncompress_time
  FROM information_schema.INNODB_CMP)";

// They are levels, and yet the other exporter calls them counters: the names must stay. The manuals give RELOCATION_TIME in
// microseconds and the other exporter divides it by 1000; the servers' source divides by a million before it shows it.
constexpr QueryColumn kMemory[] = {
    {"page_size", "page_size"},
    {"buffer_pool", "buffer_pool"},
    {"pages_used", MetricType::counter, "mysql_info_schema_innodb_cmpmem_pages_used_total",
     "Blocks of the page size that are in use, from INNODB_CMPMEM."},
    {"pages_free", MetricType::counter, "mysql_info_schema_innodb_cmpmem_pages_free_total",
     "Blocks of the page size that are free, from INNODB_CMPMEM."},
    {"relocation_ops", MetricType::counter, "mysql_info_schema_innodb_cmpmem_relocation_ops_total",
     "Blocks that were moved, from INNODB_CMPMEM."},
    {"relocation_time", MetricType::counter, "mysql_info_schema_innodb_cmpmem_relocation_time_seconds_total",
     "Time spent moving blocks, in whole seconds, from INNODB_CMPMEM."}};
constexpr std::string_view kMemorySql = R"(
SELECT page_size AS page_size, buffer_pool_instance AS buffer_pool, pages_used AS pages_used, pages_free AS pages_free,
       relocation_ops AS relocation_ops, relocation_time AS relocation_time
  FROM information_schema.INNODB_CMPMEM)";

constexpr MetricDesc kResponse{Established{}, MetricType::histogram, "mysql_info_schema_query_response_time_seconds",
                               "Statements by how long they took, in seconds, from QUERY_RESPONSE_TIME of a plugin.", "target"};
constexpr std::string_view kResponseSql = "SELECT TIME, COUNT, TOTAL FROM information_schema.QUERY_RESPONSE_TIME";

const QueryTable kCompressionTable(kCompression);
const QueryTable kMemoryTable(kMemory);
constexpr MetricRef kResponseMetrics[] = {kResponse};
const std::vector<MetricRef> kMetrics = joined_metrics({kCompressionTable.metrics(), kMemoryTable.metrics(), kResponseMetrics});

// Rows are padded with blanks; the last one, TOO LONG, is what lies beyond all bounds.
void add_response(const SqlTable& rows, DatabasePage& page) {
  std::vector<HistogramBucket> buckets;
  std::uint64_t count = 0;
  double sum = 0;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    count += static_cast<std::uint64_t>(rows.number(row, 1).value_or(0));
    sum += to_number<double>(trim(rows.text(row, 2))).value_or(0);
    if (const auto bound = to_number<double>(trim(rows.text(row, 0))))
      buckets.push_back({.upper_bound = *bound, .cumulative_count = count});
  }
  page.sink().family(kResponse).add_histogram({.buckets = buckets, .count = count, .sum = sum}, page.target());
}

class InfoSchema final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = read_table(session, page, kCompressionSql, kCompressionTable); !status) return status;
    if (Status status = read_table(session, page, kMemorySql, kMemoryTable); !status) return status;
    const Status status = session.query(kResponseSql);
    if (!status) return status.error().code == Errc::malformed ? ok() : status;  // without the plugin there is no such table
    if (session.rows().rows() > 0) add_response(session.rows(), page);
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector mysql_info_schema_collector{
    .info = {.name = "mysql_info_schema",
             .summary =
                 "InnoDB's page compression, and response times where a plugin counts them, as mysqld_exporter shows them.",
             .metrics = kMetrics},
    .lane = Lane::medium,
    .engines = kMysqlKin,
    .make = make_reader<InfoSchema>};

}  // namespace finwatch::database
