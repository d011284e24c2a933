// Statements whose answer feeds two collectors of one lane: asked once for both, through Session::shared().
#pragma once

#include <string>
#include <string_view>

namespace finwatch::database {

/// datname, size_bytes, connection_limit, temp_bytes, temp_files of every database.
extern const std::string_view kDatabaseSizes;

/// The columns of pg_stat_user_tables, those of pg_statio_user_tables and the sizes of the `top` largest tables of the target's
/// database; 0 or less takes all of them.
std::string user_tables_statement(long long top);

}  // namespace finwatch::database
