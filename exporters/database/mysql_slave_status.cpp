#include <string>

#include "database/collector.h"
#include "database/targets/mysql_number.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kField{Established{},
                            MetricType::unknown,
                            "mysql_slave_status_*",
                            "A field of SHOW SLAVE STATUS, SHOW ALL SLAVES STATUS or SHOW REPLICA STATUS that is a number.",
                            "target",
                            "master_host",
                            "master_uuid",
                            "channel_name",
                            "connection_name"};
constexpr MetricRef kMetrics[] = {kField};

// MySQL 8.0.22 renamed the statement and its columns; dashboards know the old names.
constexpr int kReplicaSince = 80022;
// Here the old statement is gone, so the other exporter shows the new names: both are written.
constexpr int kOnlyReplicaSince = 80400;
constexpr std::string_view kPrefix = "mysql_slave_status_";

std::string_view statement_of(const Session& session) {
  if (session.is_mariadb()) return "SHOW ALL SLAVES STATUS";
  return session.version() >= kReplicaSince ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

void replace(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// "Seconds_Behind_Source" is mysql_slave_status_seconds_behind_master.
std::string family_of(std::string_view column) {
  std::string name = mysql_metric_name(kPrefix, column);
  replace(name, "source", "master");
  replace(name, "replica", "slave");
  return name;
}

std::string_view text_of(const SqlTable& rows, std::size_t row, std::string_view old_name, std::string_view new_name) {
  auto column = rows.column(old_name);
  if (!column) column = rows.column(new_name);
  return column ? rows.text(row, *column) : std::string_view{};
}

// Names, places and GTIDs can look like numbers: "7" is a channel, not a measurement.
bool is_text(std::string_view family) {
  for (const std::string_view end : {"_host", "_user", "channel_name", "connection_name", "_uuid", "_bind", "_error", "_state",
                                     "_log_file", "_gtid_set", "_io_pos", "_info_file", "_domain"})
    if (family.ends_with(end)) return true;
  return false;
}

class SlaveStatus final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    const Result<const SqlTable*> answer = session.shared(statement_of(session));
    if (!answer) return answer.error();
    const SqlTable& rows = **answer;
    if (rows.rows() == 0) return ok();  // a primary: the names of sixty columns are not worth making
    for (std::size_t column = 0; column < rows.columns(); ++column) {
      const std::string name = family_of(rows.column_name(column));
      if (is_text(name)) continue;
      add(rows, column, name, page);
      const std::string new_name = mysql_metric_name(kPrefix, rows.column_name(column));
      if (new_name != name && !session.is_mariadb() && session.version() >= kOnlyReplicaSince)
        add(rows, column, new_name, page);
    }
    return ok();
  }

 private:
  static void add(const SqlTable& rows, std::size_t column, const std::string& name, DatabasePage& page) {
    auto family = page.established(kField, name);
    for (std::size_t row = 0; row < rows.rows(); ++row)
      if (const auto value = mysql_number(rows, row, column))
        family.add(*value, text_of(rows, row, "Master_Host", "Source_Host"), text_of(rows, row, "Master_UUID", "Source_UUID"),
                   text_of(rows, row, "Channel_Name", "Channel_name"),
                   text_of(rows, row, "Connection_name", "Connection_Name"));
  }
};

}  // namespace

extern const DatabaseCollector mysql_slave_status_collector{
    .info = {.name = "mysql_slave_status",
             .summary = "The numeric fields of each replication channel, under the names of mysqld_exporter.",
             .metrics = kMetrics},
    .lane = Lane::fast,
    .engines = kMysqlKin,
    .make = make_reader<SlaveStatus>};

}  // namespace finwatch::database
