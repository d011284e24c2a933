// The web side of the notifier: the webhook, pages for people, REST for programs, tables for spreadsheets.
//
//   Result<std::unique_ptr<Desk>> desk = Desk::open(*engine, [&] { return Store::open(reading, env); }, env);
//   for (Route& route : (*desk)->routes()) hooks.routes.push_back(std::move(route));
//
// It reads from a Store of its own on a thread of its own, and changes things through Engine::act alone. The engine must outlive it,
// and the web server must be stopped before it goes. A setup that the engine took after a reload is in force for the next request.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/environment.h"
#include "core/result.h"
#include "notifier/engine/engine.h"
#include "notifier/store/store.h"
#include "web/server.h"

namespace finwatch::notifier {

class Desk {
 public:
  using OpenReader = std::function<Result<std::unique_ptr<Store>>()>;

  /// A journal that is not there yet, or does not answer, is no error: pages say so until it does. config and permission are.
  static Result<std::unique_ptr<Desk>> open(Engine& engine, OpenReader open_reader, const Env& env);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  std::vector<Route> routes();

 private:
  struct Body;
  explicit Desk(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace finwatch::notifier
