// From the configuration to a running world, the runner's entries and the pages.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "app.h"
#include "workflow/setup.h"
#include "workflow/world.h"

namespace finwatch::workflow {

class Assembler {
 public:
  static std::span<const CollectorInfo* const> collector_infos();
  static std::span<const FlagSpec> flags();

  /// config when the file is wrong, or has neither flows, checks nor modules.
  Result<std::vector<RunnerEntry>> assemble(const Assembly& assembly, const Env& env);
  /// --run-once and --dry-run.
  std::optional<int> answer(const Flags& flags) const;
  /// Flows run from now on.
  Status begin();
  void stop();
  std::vector<Route> routes();

 private:
  void answer_flows(const WebRequest& request, WebReply reply) const;

  Boards boards_;
  Env env_;
  std::atomic<Zone> zone_;  // apart from the mutex, which a reload and a stop hold for long
  mutable std::mutex mutex_;
  std::shared_ptr<const Setup> setup_;
  std::unique_ptr<World> world_;
  ProbeDesk probes_;
};

}  // namespace finwatch::workflow
