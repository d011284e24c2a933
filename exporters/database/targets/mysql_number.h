// Texts of SHOW … as numbers, and their names as parts of metric names, the way mysqld_exporter made them known.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/sql.h"

namespace finwatch::database {

/// A number; ON, Yes and a Galera node's Primary are 1; OFF, No, DISABLED, Connecting and a node's other states are 0; the date
/// of a certificate ("Nov  6 02:07:17 2027 GMT") is seconds since 1970. Other text is nothing, as are dates without a time zone.
std::optional<double> mysql_number(const SqlTable& rows, std::size_t row, std::size_t column);

/// "mysql_global_status_" and the name in small letters; what no metric name may hold becomes "_".
std::string mysql_metric_name(std::string_view prefix, std::string_view name);
/// Whether `metric` is what mysql_metric_name() makes of the two.
bool is_mysql_metric_name(std::string_view metric, std::string_view prefix, std::string_view name);

}  // namespace finwatch::database
