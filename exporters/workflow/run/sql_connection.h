// A database that steps and checks may ask, as the configuration names it.
//
//   Result<std::vector<SqlConnection>> connections = read_connections(tree.find("connections"), "connections");
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "core/tree.h"
#include "sql/login.h"

namespace finwatch::workflow {

struct SqlConnection {
  std::string name;
  SqlLogin login;  // statement_timeout_ms is the longest that any statement may run
  int most_sessions = 2;
};

/// `connections` of the configuration: by name, a login (sql/login.h) with host, port, socket, statement_timeout (60s),
/// lock_timeout (200ms) and most_sessions (2). None for nullptr. config with file:line:column.
Result<std::vector<SqlConnection>> read_connections(const Tree* section, const std::string& path);

}  // namespace finwatch::workflow
