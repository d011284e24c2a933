// The configuration of finwatch-workflow, read and checked as a whole.
//
//   calendar: {time_zone: Asia/Shanghai, holidays: [calendars/cn.yml]}     # when/almanac.h
//   connections: {ledger: {engine: postgresql, host: db1, …}}              # run/sql_pool.h
//   state: /var/lib/finwatch/workflow                                      # must be there when a flow writes
//   flows:
//     - file: packs/tryton.yml
//       prefix: tryton_
//       parameters: {database: books}
//       secrets: {maker_password_file: /etc/finwatch/maker}
//       only: [voucher_entry, trial_balance]
//       allow: {mode: write, hosts: [erp1], ledgers: [books], writes_per_day: 3000}
//       schedules: {voucher_entry: {every: 5m}}
//   checks: […]                                                            # check/check.h
//   modules: {http_2xx: {prober: http}}                                    # probe/module.h, in the form of blackbox_exporter
//   modules_file: blackbox.yml                                             # the same, where it already is
//   probe: {hosts: ["*.example"]}                                          # what /probe may call
//
//   Result<std::shared_ptr<const Setup>> setup = read_setup(file);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "workflow/check/check.h"
#include "workflow/flow/flow.h"
#include "workflow/probe/desk.h"
#include "workflow/run/sql_pool.h"
#include "workflow/when/almanac.h"

namespace finwatch::workflow {

inline constexpr std::string_view kSetupSections[] = {"calendar", "checks",       "connections", "flows",
                                                      "modules",  "modules_file", "probe",       "state"};

struct Setup {
  Almanac almanac;
  std::vector<SqlConnection> connections;
  std::vector<std::shared_ptr<const Flow>> flows;
  std::vector<std::shared_ptr<const Book>> books;
  std::shared_ptr<const ProbeSetup> probing;
  std::string state;

  /// A flow writes, and is granted to.
  bool needs_state() const;
};

/// config with file:line:column and the next step.
Result<std::shared_ptr<const Setup>> read_setup(const Tree& file);

}  // namespace finwatch::workflow
