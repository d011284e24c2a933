// The one body of `main`: flags, configuration, collectors, runner, web, signals.
//
//   int main(int argc, char** argv) {
//     return finwatch::run_program({.name = "finwatch-host", .collectors = host::collectors(), …}, argc, argv);
//   }
#pragma once

#include <span>
#include <string>

#include "run/collector.h"

namespace finwatch {

struct Program {
  std::string name;                                    // "finwatch-host"
  std::string summary;                                 // one sentence, for --help and the landing page
  std::string summary_zh;                              // the same in Chinese, for the landing page
  std::string listen_address;                          // the default: loopback
  std::string meta_prefix = "finwatch";                // of <prefix>_scrape_collector_success
  std::string compatible_build_info = {};              // see OwnMetrics::Names
  std::span<const CollectorInfo* const> collectors;
  bool reads_host_trees = false;                       // has --path.procfs and its kin
};

/// The exit status: 0 after a stop or an answer such as --help, 1 when it could not start, 2 for a wrong command line.
int run_program(const Program& program, int argc, char** argv);

}  // namespace finwatch
