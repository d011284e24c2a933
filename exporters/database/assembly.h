// From the configuration to targets, the runner's one entry and the pages /probe and /locks.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "app.h"
#include "database/targets/hub.h"

namespace finwatch::database {

class Assembler {
 public:
  static constexpr std::string_view kSections[] = {"targets", "auth_modules", "queries"};
  static std::span<const CollectorInfo* const> collector_infos();
  /// What every page has: finwatch_db_up and its kin.
  static std::span<const CollectorInfo* const> always();

  /// config when the file is wrong, or has no target.
  Result<std::vector<RunnerEntry>> assemble(const Assembly& assembly, const Env& env);
  std::vector<Route> routes();

 private:
  struct World;
  class ProbeThreads;
  std::shared_ptr<World> world() const;
  void answer_probe(const WebRequest& request, WebReply reply, ProbeThreads& threads) const;
  void answer_locks(const WebRequest& request, WebReply reply) const;

  mutable std::mutex mutex_;
  std::shared_ptr<World> world_;  // replaced at a reload
};

}  // namespace finwatch::database
