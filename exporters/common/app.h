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

/// The exporter that a program can stand in for: its command line is understood too.
struct Peer {
  std::string_view name;                         // "node_exporter"
  std::string_view build_info = {};              // the family that dashboards ask for, see OwnMetrics::Names
  std::span<const FlagSpec> ignored_flags = {};  // accepted and without effect here; the help text says why
  std::span<const std::string_view> absent_collectors =
      {};  // not in this program: refused with a word, --no-collector.X accepted
};

struct Program {
  std::string name;                      // "finwatch-host"
  std::string summary;                   // one sentence, for --help and the landing page
  std::string summary_zh;                // the same in Chinese, for the landing page
  std::string listen_address;            // the default: loopback
  std::string meta_prefix = "finwatch";  // of <prefix>_scrape_collector_success
  Peer peer = {};
  std::span<const CollectorInfo* const> collectors;
  bool reads_host_trees = false;  // has --path.procfs and its kin
};

/// The exit status: 0 after a stop or an answer such as --help, 1 when it could not start, 2 for a wrong command line.
int run_program(const Program& program, int argc, char** argv);

}  // namespace finwatch
