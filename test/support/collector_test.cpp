#include "support/collector_test.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "core/exposition.h"
#include "core/files.h"
#include "core/text.h"
#include "support/test_folder.h"

namespace finwatch::test {
namespace fs = std::filesystem;
namespace {

const FlagSpec& declared(const CollectorInfo& info, std::string_view flag) {
  for (const FlagSpec& spec : info.flags)
    if (spec.name == flag) return spec;
  throw std::logic_error("collector " + std::string(info.name) + " declares no flag " + std::string(flag));
}

std::chrono::nanoseconds to_duration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const double number = to_number<double>(text.substr(0, digits)).value_or(0);
  const std::string_view unit = digits == std::string_view::npos ? "" : text.substr(digits);
  const double factor = unit == "ms" ? 1e6 : unit == "s" ? 1e9 : unit == "m" ? 60e9 : unit == "h" ? 3600e9 : 0;
  return std::chrono::nanoseconds{static_cast<std::int64_t>(number * factor)};
}

Collected run(Collector& collector, MetricSink& sink, const Scrape& scrape) {
  sink.clear();
  Collected result;
  result.status = collector.collect(scrape, sink);
  Buffer page;
  write_page(sink, Format::text, page);
  result.page = page.view();
  result.samples = sink.samples();
  result.series = sink.series();
  return result;
}

}  // namespace

FakeSettings::FakeSettings(const CollectorInfo& info, const std::map<std::string, std::string>& values, const Tree* section)
    : section_(section) {
  for (const FlagSpec& spec : info.flags) values_.emplace(spec.name, spec.default_value);
  for (const auto& [flag, value] : values) {
    declared(info, flag);
    values_[flag] = value;
  }
  for (const FlagSpec& spec : info.flags) {
    if (spec.kind != FlagKind::list) continue;
    std::vector<std::string>& items = lists_[std::string(spec.name)];
    const std::string& value = values_[std::string(spec.name)];
    for (FieldReader fields(value, ','); !fields.done();) items.emplace_back(fields.next());
  }
}

std::string_view FakeSettings::text(std::string_view flag) const { return values_.find(flag)->second; }
bool FakeSettings::boolean(std::string_view flag) const { return text(flag) == "true"; }
long long FakeSettings::integer(std::string_view flag) const { return to_number<long long>(text(flag)).value(); }
std::chrono::nanoseconds FakeSettings::duration(std::string_view flag) const { return to_duration(text(flag)); }
std::span<const std::string> FakeSettings::list(std::string_view flag) const { return lists_.find(flag)->second; }

KeptCollector::KeptCollector(const CollectorInfo& info, const Env& env, const std::map<std::string, std::string>& flags,
                             const Tree* section)
    : env_(env), settings_(info, flags, section) {
  MadeCollector made = info.make(env_, settings_);
  if (!made) throw std::runtime_error(made.error().message);
  collector_ = std::move(*made);
}

Collected KeptCollector::collect(std::chrono::nanoseconds within) {
  const SteadyTime now = std::chrono::steady_clock::now();
  return run(*collector_, sink_,
             {.deadline = now + std::chrono::duration_cast<SteadyTime::duration>(within), .number = ++scrape_});
}

Collected collect(const CollectorInfo& info, const Env& env, const std::map<std::string, std::string>& flags,
                  const Tree* section) {
  return KeptCollector(info, env, flags, section).collect();
}

Env fixture_host() {
  const std::string folder = test_folder("fixtures/host/");
  static const ManualClock clock;
  Env env;
  env.procfs = folder + "proc";
  env.sysfs = folder + "sys";
  env.rootfs = folder + "root";
  env.udev_data = folder + "udev";
  env.clock = &clock;
  return env;
}

std::string fixture_text(std::string_view path) { return *read_file(test_folder("fixtures/" + std::string(path))); }

TemporaryTree::TemporaryTree() {
  std::string name = (fs::temp_directory_path() / "finwatch-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder: " + name);
  root_ = name;
  for (const char* folder : {"proc", "sys", "root", "udev"}) fs::create_directory(root_ + "/" + folder);
}

TemporaryTree::~TemporaryTree() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string TemporaryTree::path(std::string_view below) const { return Env::join(root_, below); }

void TemporaryTree::write(std::string_view below, std::string_view text) const {
  const fs::path file = path(below);
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

void TemporaryTree::link(std::string_view below, std::string_view target) const {
  const fs::path file = path(below);
  fs::create_directories(file.parent_path());
  fs::create_symlink(target, file);
}

void TemporaryTree::remove(std::string_view below) const { fs::remove_all(path(below)); }

Env TemporaryTree::env(const Clock* clock) const {
  Env env;
  env.procfs = path("proc");
  env.sysfs = path("sys");
  env.rootfs = path("root");
  env.udev_data = path("udev");
  if (clock != nullptr) env.clock = clock;
  return env;
}

std::string compare_golden(std::string_view name, std::string_view page) {
  const std::string path = test_folder("golden/" + std::string(name));
  if (std::getenv("FINWATCH_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << page;
    return {};
  }
  const Result<std::string> golden = read_file(path);
  if (!golden) return golden.error().message + " (run with FINWATCH_UPDATE_GOLDEN=1 to write it)";
  if (*golden == page) return {};
  LineReader expected(*golden);
  LineReader found(page);
  for (int line = 1;; ++line) {
    const auto want = expected.next();
    const auto have = found.next();
    if (want != have)
      return path + ":" + std::to_string(line) + ":\n  expected: " + std::string(want.value_or("(end)")) +
             "\n  found:    " + std::string(have.value_or("(end)"));
    if (!want) return path + ": differs in its last byte";
  }
}

}  // namespace finwatch::test
