#include "database/collector.h"
#include "database/targets/shared_statements.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kSize{MetricType::gauge,
                           "finwatch_db_size_bytes",
                           "Size of a database in bytes, from pg_database_size() or the sum of its InnoDB tablespaces.",
                           "target",
                           "engine",
                           "database"};
constexpr MetricDesc kLogBytes{MetricType::gauge, "finwatch_db_log_bytes",
                               "Bytes of write-ahead log (pg_ls_waldir) or binary log (SHOW BINARY LOGS) that lie on the disk.",
                               "target", "engine"};
constexpr MetricDesc kLogFiles{MetricType::gauge, "finwatch_db_log_files",
                               "Files of write-ahead log (pg_ls_waldir) or binary log (SHOW BINARY LOGS) that lie on the disk.",
                               "target", "engine"};
constexpr MetricDesc kTempBytes{MetricType::counter,
                                "finwatch_db_temp_bytes_total",
                                "Bytes that statements wrote to temporary files, from pg_stat_database.",
                                "target",
                                "engine",
                                "database"};
constexpr MetricDesc kTempFiles{
    MetricType::counter,
    "finwatch_db_temp_files_total",
    "Temporary files that statements made, from pg_stat_database or, with an empty database, Created_tmp_files.",
    "target",
    "engine",
    "database"};
constexpr MetricDesc kTempTables{MetricType::counter, "finwatch_db_temp_disk_tables_total",
                                 "Internal temporary tables that went to the disk, from Created_tmp_disk_tables.", "target",
                                 "engine"};
constexpr MetricRef kMetrics[] = {kSize, kLogBytes, kLogFiles, kTempBytes, kTempFiles, kTempTables};

constexpr std::string_view kPostgresLog = "SELECT sum(size), count(*) FROM pg_ls_waldir()";

// A dash in the name of a database is written @002d.
constexpr std::string_view kMysqlSizes = R"(
SELECT replace(substring_index(NAME, '/', 1), '@002d', '-'), sum(FILE_SIZE) FROM information_schema.INNODB_TABLESPACES
 WHERE NAME LIKE '%/%' GROUP BY 1 ORDER BY 1)";
constexpr std::string_view kMariadbSizes = R"(
SELECT replace(substring_index(NAME, '/', 1), '@002d', '-'), sum(FILE_SIZE) FROM information_schema.INNODB_SYS_TABLESPACES
 WHERE NAME LIKE '%/%' GROUP BY 1 ORDER BY 1)";

class Sizes final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    return session.is_postgresql() ? read_postgres(session, page) : read_mysql(session, page);
  }

 private:
  template <std::size_t N>
  static void add(DatabasePage& page, const MetricDesc<N>& desc, const SqlTable& rows, std::size_t column) {
    auto family = page.family(desc);
    for (std::size_t row = 0; row < rows.rows(); ++row)
      if (const auto number = rows.number(row, column)) family.add(*number, rows.text(row, 0));
  }

  static Status read_postgres(Session& session, DatabasePage& page) {
    const auto databases = session.shared(kDatabaseSizes);
    if (!databases) return databases.error();
    const auto add_column = [&](const auto& desc, std::string_view name) {
      if (const auto column = (*databases)->column(name)) add(page, desc, **databases, *column);
    };
    add_column(kSize, "size_bytes");
    add_column(kTempBytes, "temp_bytes");
    add_column(kTempFiles, "temp_files");
    if (Status status = session.query(kPostgresLog); !status) return status;
    if (session.rows().rows() == 0) return ok();
    if (const auto bytes = session.rows().number(0, 0)) page.family(kLogBytes).add(*bytes);
    if (const auto files = session.rows().number(0, 1)) page.family(kLogFiles).add(*files);
    return ok();
  }

  static Status read_mysql(Session& session, DatabasePage& page) {
    if (Status status = session.query(session.is_mariadb() ? kMariadbSizes : kMysqlSizes); !status) return status;
    add(page, kSize, session.rows(), 1);
    if (Status status =
            session.query("SHOW GLOBAL STATUS WHERE Variable_name IN ('Created_tmp_disk_tables', 'Created_tmp_files')");
        !status)
      return status;
    for (std::size_t row = 0; row < session.rows().rows(); ++row) {
      const auto number = session.rows().number(row, 1);
      if (!number) continue;
      if (session.rows().text(row, 0) == "Created_tmp_disk_tables") page.family(kTempTables).add(*number);
      if (session.rows().text(row, 0) == "Created_tmp_files") page.family(kTempFiles).add(*number, "");
    }
    // SHOW BINARY LOGS is an error on a server that writes none.
    if (Status status = session.query("SELECT @@GLOBAL.log_bin"); !status) return status;
    if (session.rows().rows() == 0 || session.rows().number(0, 0) != 1) return ok();
    if (Status status = session.query("SHOW BINARY LOGS"); !status) return status;
    double bytes = 0;
    for (std::size_t row = 0; row < session.rows().rows(); ++row) bytes += session.rows().number(row, 1).value_or(0);
    page.family(kLogBytes).add(bytes);
    page.family(kLogFiles).add(static_cast<double>(session.rows().rows()));
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector sizes_collector{
    .info = {.name = "sizes",
             .summary =
                 "Size of each database, of the write-ahead or binary log, and what statements put into temporary files.",
             .metrics = kMetrics},
    .lane = Lane::slow,
    .make = make_reader<Sizes>};

}  // namespace finwatch::database
