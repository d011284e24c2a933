// The one body of `main`: flags, configuration, collectors, runner, web, signals.
//
//   int main(int argc, char** argv) {
//     return finwatch::run_program({.name = "finwatch-host", .collectors = host::collectors(), …}, argc, argv);
//   }
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conf/flags.h"
#include "run/collector.h"
#include "run/runner.h"
#include "web/server.h"

namespace finwatch {

/// The exporter that a program can stand in for: its command line is understood too.
struct Peer {
  std::string_view name;                         // "node_exporter"
  std::string_view build_info = {};              // the family that dashboards ask for, see OwnMetrics::Names
  std::span<const FlagSpec> ignored_flags = {};  // accepted and without effect here; the help text says why
  std::span<const std::string_view> absent_collectors =
      {};  // not in this program: refused with a word, --no-collector.X accepted
};

/// A configuration that was read and found good, for a program whose collectors are not the runner's own entries.
struct Assembly {
  struct Chosen {
    const CollectorInfo* info;
    std::shared_ptr<const Settings> settings;
  };
  std::vector<Chosen> chosen;        // what is switched on, in the order of Program::collectors
  std::shared_ptr<const Tree> file;  // the whole file; the settings point into it
};

struct Program {
  std::string name;                      // "finwatch-host"
  std::string summary;                   // one sentence, for --help and the landing page
  std::string summary_zh;                // the same in Chinese, for the landing page
  std::string listen_address;            // the default: loopback
  std::string meta_prefix = "finwatch";  // of <prefix>_scrape_collector_success
  Peer peer = {};
  std::span<const CollectorInfo* const> collectors;
  std::span<const CollectorInfo* const> always = {};  // in the catalogue too, and not for the operator to switch off
  bool reads_host_trees = false;                      // has --path.procfs and its kin

  // For a program that watches other machines: its own parts of the file, and how they become entries of the runner. It is called at
  // the start and at each reload; an error leaves everything as it was.
  std::span<const std::string_view> sections = {};
  std::function<Result<std::vector<RunnerEntry>>(const Assembly&, const Env&)> assemble = {};
  std::vector<Route> routes = {};

  // For a program that works by itself and not when it is scraped. `answer_first` needs no configuration, `answer` comes after it was
  // read: commands such as --hash-password and --run-once, with the exit status. `begin` comes before the first page is served and may
  // bring routes that there were none of before; `stop` comes after the last page.
  std::span<const FlagSpec> flags = {};
  std::function<std::optional<int>(const Flags&)> answer_first = {};
  std::function<std::optional<int>(const Flags&)> answer = {};
  std::function<Status()> begin = {};
  std::function<std::vector<Route>()> routes_begun = {};
  std::function<void()> stop = {};
};

/// The exit status: 0 after a stop or an answer such as --help, 1 when it could not start, 2 for a wrong command line.
int run_program(const Program& program, int argc, char** argv);

}  // namespace finwatch
