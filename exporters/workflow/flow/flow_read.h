// Flow files: YAML with `flows`, and `parameters` and `secrets` that the configuration gives a value.
//
//   parameters:
//     url: {default: "http://127.0.0.1:8000"}
//     database: {}                        # must be given
//   secrets: [maker_password]
//   flows:
//     - name: voucher_entry
//       title: {zh: 凭证录入, en: Voucher entry}
//       mode: write
//       ledger: "${database}"
//       schedule: {every: 60s}
//       budget: {total: 20s, cleanup: 10s, slo: 2s}
//       session: {keep: 15m}
//       login: […]  sweep: […]  steps: […]  finally: […]  logout: […]    # only `steps` must be there
//
//   Result<std::vector<std::shared_ptr<const Flow>>> flows = read_flows(file, almanac);
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/yaml.h"
#include "core/secret.h"
#include "workflow/flow/flow.h"

namespace finwatch::workflow {

/// One file of flows, as the configuration names it.
struct FlowFile {
  std::string path;
  std::string prefix;  // in front of the names of its flows
  std::map<std::string, std::string, std::less<>> parameters;
  std::map<std::string, Secret, std::less<>> secrets;
  std::vector<std::string> only;  // flows of the file that are wanted; empty: all that need not be named
  Grant grant;
  std::shared_ptr<const Calendar> calendar;            // what functions ask about days; nullptr: UTC and plain weekends
  std::map<std::string, Tree, std::less<>> schedules;  // of a flow, in place of the file's own
  Position where;                                      // in the configuration
};

/// The key `mode`, read_only when it is left out; nothing for another word, which goes to the reader.
std::optional<Mode> read_mode(MapReader& reader);

/// config with file:line:column and the next step.
Result<std::vector<std::shared_ptr<const Flow>>> read_flows(const FlowFile& file, const Almanac& almanac,
                                                            const Context& context);

}  // namespace finwatch::workflow
