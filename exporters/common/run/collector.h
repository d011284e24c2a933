// The one verb of a collector, and the one row that registers it.
//
//   class LoadAverage final : public Collector {
//    public:
//     explicit LoadAverage(const Env& env) : file_(env.proc("loadavg")) {}
//     Status collect(const Scrape&, MetricSink& sink) override;
//   };
//   const CollectorInfo loadavg_collector{
//       .name = "loadavg", .summary = "Load averages.", .metrics = kMetrics, .make = make_collector<LoadAverage>};
//
// collect() is called by one thread at a time. It returns no_data when its source is not on this machine ("supported 0"),
// another error when the source is there and broken: then what it wrote is thrown away. It may take its time only up to
// scrape.deadline; what stays longer is left behind, its families are missing from the page, and nobody else waits.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>

#include "core/environment.h"
#include "core/flag.h"
#include "core/metric.h"
#include "core/result.h"
#include "core/sink.h"
#include "core/tree.h"

namespace finwatch {

struct Scrape {
  SteadyTime deadline;
  std::uint64_t number = 0;  // rises with every run: the key of what is read once a scrape
};

/// What an operator set for one collector: its flags, and its section of the configuration file when there is one.
class Settings {
 public:
  virtual ~Settings() = default;
  /// The value of a declared flag (full name), or its default.
  virtual std::string_view text(std::string_view flag) const = 0;
  virtual bool boolean(std::string_view flag) const = 0;
  virtual long long integer(std::string_view flag) const = 0;
  virtual std::chrono::nanoseconds duration(std::string_view flag) const = 0;
  virtual std::span<const std::string> list(std::string_view flag) const = 0;
  /// The collector's own map in the configuration file (collectors.<name>), nullptr when it has none.
  virtual const Tree* section() const = 0;
};

class Collector {
 public:
  virtual ~Collector() = default;
  virtual Status collect(const Scrape& scrape, MetricSink& sink) = 0;
};

using MadeCollector = Result<std::unique_ptr<Collector>>;

enum class ByDefault : unsigned char { on, off };

struct CollectorInfo {
  std::string_view name;
  std::string_view summary;  // one sentence: what it shows and where it reads it
  ByDefault by_default = ByDefault::on;
  std::span<const MetricRef> metrics;          // every family it may emit: the catalogue
  std::span<const FlagSpec> flags;             // full names, "collector.<name>.…"
  std::span<const std::string_view> sections;  // keys of its own in the configuration file, besides its flags
  MadeCollector (*make)(const Env&, const Settings&) = nullptr;
};

/// `make` for a collector whose constructor cannot fail and takes (env) or (env, settings).
template <std::derived_from<Collector> C>
MadeCollector make_collector(const Env& env, const Settings& settings) {
  if constexpr (std::constructible_from<C, const Env&, const Settings&>)
    return std::unique_ptr<Collector>(std::make_unique<C>(env, settings));
  else
    return std::unique_ptr<Collector>(std::make_unique<C>(env));
}

}  // namespace finwatch
