#include "notifier/engine/engine.h"

#include "notifier/engine/worker.h"

namespace finwatch::notifier {

Result<std::unique_ptr<Engine>> Engine::start(std::shared_ptr<const Setup> setup, const Env& env) {
  auto worker = std::make_unique<EngineWorker>(std::move(setup), env);
  if (Status status = worker->begin(); !status) return status.error();
  return std::unique_ptr<Engine>(std::move(worker));
}

}  // namespace finwatch::notifier
