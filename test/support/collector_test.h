// A collector on a tree of files, and the page it makes.
//
//   TEST_CASE("loadavg: three averages") {
//     CHECK(collect(loadavg_collector, fixture_host()).page == "# HELP node_load1 …");
//     Tree-less faults: TemporaryTree tree; tree.write("proc/loadavg", "garbage"); CHECK(collect(…, tree.env()).status == …)
//   }
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "run/collector.h"

namespace finwatch::test {

/// Settings from literal text, with the collector's declared defaults: {{"collector.arp.device-exclude", "lo"}}.
class FakeSettings final : public Settings {
 public:
  FakeSettings(const CollectorInfo& info, const std::map<std::string, std::string>& values = {}, const Tree* section = nullptr);
  std::string_view text(std::string_view flag) const override;
  bool boolean(std::string_view flag) const override;
  long long integer(std::string_view flag) const override;
  std::chrono::nanoseconds duration(std::string_view flag) const override;
  std::span<const std::string> list(std::string_view flag) const override;  // split at commas
  const Tree* section() const override { return section_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::vector<std::string>, std::less<>> lists_;
  const Tree* section_;
};

struct Collected {
  Status status = ok();
  std::string page;     // text 0.0.4, with HELP and TYPE
  std::string samples;  // the sample lines alone
  std::size_t series = 0;
};

/// Makes the collector and runs it once.
Collected collect(const CollectorInfo& info, const Env& env, const std::map<std::string, std::string>& flags = {},
                  const Tree* section = nullptr);

/// A collector that stays, for tests of what changes between two scrapes.
class KeptCollector {
 public:
  KeptCollector(const CollectorInfo& info, const Env& env, const std::map<std::string, std::string>& flags = {},
                const Tree* section = nullptr);
  Collected collect(std::chrono::nanoseconds within = std::chrono::seconds{5});
  Collector& get() { return *collector_; }

 private:
  const Env env_;
  FakeSettings settings_;
  std::unique_ptr<Collector> collector_;
  MetricSink sink_;
  std::uint64_t scrape_ = 0;
};

/// The shared fixture machine, test/fixtures/host: {proc,sys,root,udev}.
Env fixture_host();

/// A file of test/fixtures.
std::string fixture_text(std::string_view path);

/// A tree of its own that goes away with the test: proc/, sys/ and root/ are empty at first.
class TemporaryTree {
 public:
  TemporaryTree();
  ~TemporaryTree();
  void write(std::string_view below, std::string_view text) const;   // makes the folders it needs
  void link(std::string_view below, std::string_view target) const;  // a symbolic link
  void remove(std::string_view below) const;
  std::string path(std::string_view below = {}) const;
  Env env(const Clock* clock = nullptr) const;

 private:
  std::string root_;
};

/// Compares `page` with test/golden/<name>; with FINWATCH_UPDATE_GOLDEN=1 in the environment writes it instead.
/// Empty when they agree, else the first line that differs.
std::string compare_golden(std::string_view name, std::string_view page);

}  // namespace finwatch::test
