// Runs all collectors and makes the page; never past the deadline.
//
//   Runner runner({.name_prefix = "node"}, env);
//   runner.replace(std::move(collectors));
//   runner.scrape({.selection = *runner.select({}, {}), .deadline = deadline, .shape = shape}, waiter);
//   // later, from a thread of the runner: waiter.page_ready(page)
//
// Scrapers that ask for the same collectors while a run is going on share that run, its rendering and its compression.
// A collector that is late, throws or fails costs only its own families, and the page says which and why:
//   <prefix>_scrape_collector_success{collector}            1 when its families are on the page
//   <prefix>_scrape_collector_duration_seconds{collector}   how long it took, or has been running
//   finwatch_collector_supported{collector}                 0 when its source is not on this machine
//   finwatch_collector_failed{collector,reason}             1 for each that is supported and has no success
//   finwatch_collector_failures_total{collector,reason}     the same, counted
//   finwatch_collector_stuck_threads                        threads that wait for a collector which does not return
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/environment.h"
#include "core/result.h"
#include "run/collector.h"
#include "run/page.h"

namespace finwatch {

inline constexpr std::size_t kMostCollectors = 256;

/// Which collectors a scraper wants: all of them, or those at some places of the set that `generation` names.
struct Selection {
  bool all = true;
  std::uint64_t generation = 0;
  std::bitset<kMostCollectors> places;

  bool operator==(const Selection&) const = default;
};

/// One collector in a runner. `always` marks the program's own metrics: on every page, whatever was selected, and not
/// reported by the scrape's meta metrics.
struct RunnerEntry {
  const CollectorInfo* info = nullptr;
  std::unique_ptr<Collector> collector;
  bool always = false;
};

class Runner {
 public:
  struct Options {
    std::string name_prefix = "finwatch";                                // of the meta metrics
    std::chrono::nanoseconds timeout = std::chrono::seconds{10};         // the longest a run may take
    std::chrono::nanoseconds patience = std::chrono::milliseconds{250};  // before the rest overtakes one collector
  };

  struct Request {
    Selection selection;
    SteadyTime deadline;
    PageShape shape;
  };

  /// Somebody who waits for a page. It must stay alive until page_ready was called, which happens exactly once.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    /// Called on a thread of the runner: hand the page on and return. The shape asked for is filled; when its gzip body is empty
    /// (there was no memory to compress), answer with its identity encoding.
    virtual void page_ready(PageRef page) noexcept = 0;

   private:
    friend class Runner;
    Waiter* next_ = nullptr;
    Request request_;
  };

  Runner(Options options, const Env& env);
  ~Runner();  // answers who still waits, with what there is
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Puts a new set in place of the old one, between two runs. What is stuck in the old set is left behind, and its successor of
  /// the same name waits for its return: however often one reloads, one thread hangs.
  void replace(std::vector<RunnerEntry> entries);

  /// The collectors that `collect[]` names, or all but those that `exclude[]` names; all when both are empty.
  /// config: both are given, or a name is unknown or switched off.
  Result<Selection> select(std::span<const std::string_view> collect, std::span<const std::string_view> exclude) const;

  void scrape(const Request& request, Waiter& waiter);

  /// scrape() and wait for it: for tests and --once.
  std::string scrape_now(PageShape shape = {}, std::span<const std::string_view> collect = {});

  /// When a scrape that begins now must be answered: the smaller of the configured timeout and the scraper's own
  /// (`X-Prometheus-Scrape-Timeout-Seconds`, 0 when absent) less a quarter of a second for the way back.
  SteadyTime deadline(double scraper_timeout_seconds) const;

  std::size_t stuck_threads() const;

  /// The families that the runner itself writes, for the catalogue; `*` stands for Options::name_prefix.
  static std::span<const MetricRef> metrics();

 private:
  struct Slot;
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace finwatch
