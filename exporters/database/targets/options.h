// The configuration file of finwatch-database: which servers, how to log in, and how much of each to show.
//
//   targets:
//     - name: nc
//       engine: postgresql
//       host: db1.example
//       user: finwatch_monitor
//       password_file: /etc/finwatch/nc.password
//       database: nc
//       tls: verify_full
//
//   Result<std::vector<TargetOptions>> targets = read_targets(file);
//   if (!targets) return targets.error();          // file:line:column, and what would be right
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/tree.h"
#include "sql/login.h"

namespace finwatch::database {

struct TargetOptions : SqlLogin {
  std::string name;       // the label `target`
  int reserved_port = 0;  // MariaDB's extra_port, MySQL's admin_port: tried when every ordinary slot is taken; 0: none
  std::chrono::nanoseconds timeout = std::chrono::seconds{5};  // for all of the fast lane; the scrape's deadline may be nearer
  std::chrono::nanoseconds medium = std::chrono::seconds{60};
  std::chrono::nanoseconds slow = std::chrono::minutes{5};
  std::chrono::nanoseconds slow_timeout = std::chrono::seconds{30};  // for one collector of the medium or the slow lane
  std::size_t series_budget = 2000;
  bool established_names = true;        // pg_* and mysql_* beside finwatch_db_*
  std::vector<std::string> tables;      // always shown, "schema.table"; the largest ones come without being named
  std::vector<std::string> collectors;  // when not empty, only these
};

/// A template for `/probe?target=host:port&auth_module=name`: everything but the place, and where it may be used.
struct AuthModule {
  std::string name;
  TargetOptions options;
  std::vector<std::string> hosts;  // allowed, "db1.example" or "10.1.2.*"
};

struct DatabaseOptions {
  std::vector<TargetOptions> targets;
  std::vector<AuthModule> auth_modules;
};

/// Reads the parts `targets` and `auth_modules` of the file; other parts are for others.
Result<DatabaseOptions> read_options(const Tree* targets, const Tree* auth_modules);

}  // namespace finwatch::database
