// What a program says of itself: how it was built, what it uses, its requests and its configuration.
//
//   OwnMetrics own({.program = "finwatch-host"}, env);
//   own.answered(200);
//   own.reloaded(true);
//   entries.push_back({&OwnMetrics::info(), own.make_collector(), true});
//
// The counters are prometheus-cpp objects, so a library that counts with prometheus-cpp can join registry(). They are written
// by our sink from their values, without the registry's copies: nothing is allocated in steady state.
#pragma once

#include <memory>
#include <string>

#include "core/environment.h"
#include "run/collector.h"

namespace finwatch {

class OwnMetrics {
 public:
  enum class Scope : unsigned char { everything, configuration };  // configuration: without process_* and requests

  struct Names {
    std::string program;                     // label of finwatch_build_info
    std::string compatible_build_info = {};  // another program's family that dashboards ask for; "" for none
    Scope scope = Scope::everything;
  };

  OwnMetrics(Names names, const Env& env);
  ~OwnMetrics();

  void answered(int http_code);
  void reloaded(bool successful);

  /// The collector that writes all this. It must not outlive the OwnMetrics.
  std::unique_ptr<Collector> make_collector();
  static const CollectorInfo& info();

 private:
  struct Body;
  class Writer;
  std::unique_ptr<Body> body_;
};

}  // namespace finwatch
