// From the configuration to the engine at work, the runner's entries and the pages.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "app.h"
#include "notifier/desk/desk.h"
#include "notifier/engine/engine.h"
#include "notifier/setup.h"

namespace finwatch::notifier {

class Assembler {
 public:
  static std::span<const CollectorInfo* const> collector_infos();
  static std::span<const FlagSpec> flags();

  /// config when the file, the contract or a secret is wrong; what ran before goes on then.
  Result<std::vector<RunnerEntry>> assemble(const Assembly& assembly, const Env& env);
  /// --hash-password.
  static std::optional<int> answer_first(const Flags& flags);
  /// The journal is open, messages go out.
  Status begin();
  std::vector<Route> routes();
  void stop();

 private:
  class Shown;
  const Figures& figures_of(const Scrape& scrape) const;

  Env env_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Setup> setup_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Desk> desk_;
  mutable std::optional<Figures> figures_;  // of the scrape of that number
  mutable std::uint64_t scrape_ = 0;
};

}  // namespace finwatch::notifier
