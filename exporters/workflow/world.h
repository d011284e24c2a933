// Everything that runs: one thread with its loop, and on it the engine of flows and the runner of checks.
//
//   Result<std::unique_ptr<World>> world = World::start(setup, boards, env);
//   (*world)->apply(new_setup);             // after the configuration was read anew
//   (*world)->stop();                       // runs that are on are cut off and clean up; at most a minute
#pragma once

#include <memory>
#include <thread>

#include "core/environment.h"
#include "workflow/check/check_run.h"
#include "workflow/run/engine.h"
#include "workflow/setup.h"

namespace finwatch::workflow {

/// What pages read; they live longer than a world.
struct Boards {
  FlowBoard flows;
  CheckBoard checks;
};

class World {
 public:
  static Result<std::unique_ptr<World>> start(const std::shared_ptr<const Setup>& setup, Boards& boards, const Env& env);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// config when it asks for another state folder than the one that is in use.
  Status apply(const std::shared_ptr<const Setup>& setup);
  void stop();

  Loop& loop() { return *loop_; }
  Resolver& resolver() { return resolver_; }
  TlsStore& tls() { return tls_; }
  HttpClient& http() { return http_; }

 private:
  World(std::unique_ptr<Loop> loop, Boards& boards, const Env& env);
  Status open_journal(const Setup& setup);
  void take(const Setup& setup);

  const Env env_;
  Boards& boards_;
  std::unique_ptr<Loop> loop_;
  Resolver resolver_;
  TlsStore tls_;
  HttpClient http_;
  std::string state_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<FlowEngine> engine_;
  std::shared_ptr<SqlPool> sql_;
  std::unique_ptr<CheckRunner> checks_;
  std::thread thread_;
};

}  // namespace finwatch::workflow
