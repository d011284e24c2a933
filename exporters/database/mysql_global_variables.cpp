#include <algorithm>
#include <string>
#include <vector>

#include "database/collector.h"
#include "database/targets/mysql_number.h"

namespace finwatch::database {
namespace {

constexpr MetricDesc kVariable{Established{}, MetricType::gauge, "mysql_global_variables_*", "From SHOW GLOBAL VARIABLES.",
                               "target"};
constexpr MetricDesc kVersion{Established{},
                              MetricType::gauge,
                              "mysql_version_info",
                              "The server's version and distribution, from SHOW GLOBAL VARIABLES.",
                              "target",
                              "innodb_version",
                              "version",
                              "version_comment"};
constexpr MetricDesc kIsolation{Established{},
                                MetricType::gauge,
                                "mysql_transaction_isolation",
                                "The level that new sessions begin with, from SHOW GLOBAL VARIABLES.",
                                "target",
                                "level"};
constexpr MetricDesc kGalera{Established{},
                             MetricType::gauge,
                             "mysql_galera_variables_info",
                             "The name of the Galera cluster, from SHOW GLOBAL VARIABLES.",
                             "target",
                             "wsrep_cluster_name"};
constexpr MetricRef kMetrics[] = {kVariable, kVersion, kIsolation, kGalera};

class GlobalVariables final : public Reader {
 public:
  Status read(Session& session, DatabasePage& page) override {
    if (Status status = session.query("SHOW GLOBAL VARIABLES"); !status) return status;
    const SqlTable& rows = session.rows();
    std::vector<std::string_view> seen;  // MariaDB tells some of a plugin's twice
    const auto text_of = [&](std::string_view name) {
      for (std::size_t row = 0; row < rows.rows(); ++row)
        if (rows.text(row, 0) == name) return rows.text(row, 1);
      return std::string_view{};
    };
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const auto value = mysql_number(rows, row, 1);
      const std::string_view name = rows.text(row, 0);
      if (!value || std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
      seen.push_back(name);
      const std::string family = mysql_metric_name("mysql_global_variables_", name);
      page.established(kVariable, family).add(*value);
    }
    page.established(kVersion).add(1, text_of("innodb_version"), text_of("version"), text_of("version_comment"));
    std::string_view isolation = text_of("transaction_isolation");
    if (isolation.empty()) isolation = text_of("tx_isolation");  // MariaDB before 11.1
    if (!isolation.empty()) page.established(kIsolation).add(1, isolation);
    if (const std::string_view cluster = text_of("wsrep_cluster_name"); !cluster.empty())
      page.established(kGalera).add(1, cluster);
    return ok();
  }
};

}  // namespace

extern const DatabaseCollector mysql_global_variables_collector{
    .info = {.name = "mysql_global_variables",
             .summary = "The numeric system variables, the version and the isolation level under the names of mysqld_exporter.",
             .metrics = kMetrics},
    .lane = Lane::medium,
    .engines = kMysqlKin,
    .make = make_reader<GlobalVariables>};

}  // namespace finwatch::database
