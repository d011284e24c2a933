#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <optional>
#include <set>

#include "conf/pattern.h"
#include "core/files.h"
#include "core/text.h"
#include "host/sources/cgroup_tree.h"
#include "host/sources/field_memory.h"
#include "host/sources/small_file.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kRunning{
    MetricType::gauge, "finwatch_unit_running",
    "Whether the unit has a control group (1) or not (0); 0 only for units named in the configuration.", "unit"};
constexpr MetricDesc kCpu{MetricType::counter, "finwatch_unit_cpu_seconds_total",
                          "Processor time of the unit in seconds, from cpu.stat.", "unit", "mode"};
constexpr MetricDesc kThrottled{MetricType::counter, "finwatch_unit_cpu_throttled_seconds_total",
                                "How long the unit's tasks were held back by its processor limit, in seconds, from cpu.stat.",
                                "unit"};
constexpr MetricDesc kMemory{MetricType::gauge, "finwatch_unit_memory_bytes",
                             "Memory of the unit with its page cache, in bytes, from memory.current.", "unit"};
constexpr MetricDesc kMemoryLimit{MetricType::gauge, "finwatch_unit_memory_limit_bytes",
                                  "Most memory the unit may have, in bytes, from memory.max; no sample without a limit.",
                                  "unit"};
constexpr MetricDesc kSwap{MetricType::gauge, "finwatch_unit_swap_bytes",
                           "Swap of the unit in bytes, from memory.swap.current.", "unit"};
constexpr MetricDesc kLimitHits{MetricType::counter, "finwatch_unit_memory_limit_hits_total",
                                "How often the unit was about to exceed its memory limit, from memory.events.", "unit"};
constexpr MetricDesc kOomKills{MetricType::counter, "finwatch_unit_oom_kills_total",
                               "Processes of the unit that were killed for lack of memory, from memory.events.", "unit"};
constexpr MetricDesc kReadBytes{MetricType::counter, "finwatch_unit_read_bytes_total",
                                "Bytes the unit read from disks that lie on no other disk, from io.stat.", "unit"};
constexpr MetricDesc kWrittenBytes{MetricType::counter, "finwatch_unit_written_bytes_total",
                                   "Bytes the unit wrote to disks that lie on no other disk, from io.stat.", "unit"};
constexpr MetricDesc kReads{MetricType::counter, "finwatch_unit_reads_total",
                            "Reads of the unit from disks that lie on no other disk, from io.stat.", "unit"};
constexpr MetricDesc kWrites{MetricType::counter, "finwatch_unit_writes_total",
                             "Writes of the unit to disks that lie on no other disk, from io.stat.", "unit"};
constexpr MetricDesc kTasks{MetricType::gauge, "finwatch_unit_tasks", "Processes and threads of the unit, from pids.current.",
                            "unit"};
constexpr MetricDesc kTasksLimit{MetricType::gauge, "finwatch_unit_tasks_limit",
                                 "Most processes and threads the unit may have, from pids.max; no sample without a limit.",
                                 "unit"};
constexpr MetricDesc kPressure{
    MetricType::counter,
    "finwatch_unit_pressure_seconds_total",
    "How long some or all (full) tasks of the unit waited for a resource, in seconds, from *.pressure.",
    "unit",
    "resource",
    "kind"};
constexpr MetricRef kMetrics[] = {kRunning, kCpu,       kThrottled, kMemory,     kMemoryLimit,
                                  kSwap,    kLimitHits, kOomKills,  kReadBytes,  kWrittenBytes,
                                  kReads,   kWrites,    kTasks,     kTasksLimit, kPressure};

constexpr std::string_view kInclude = "collector.units.include";
constexpr FlagSpec kFlags[] = {
    {FlagKind::regexp, kInclude, "", "Systemd units to show besides the named ones, as a regular expression."},
};
constexpr std::string_view kSections[] = {"names"};

constexpr std::size_t kMostUnits = 256;
constexpr std::size_t kMostKept = 40;  // units whose files stay open
constexpr std::chrono::seconds kLongestTrust{60};

enum File : std::size_t {
  kCpuStat,
  kMemoryCurrent,
  kMemoryMax,
  kSwapCurrent,
  kMemoryEvents,
  kIoStat,
  kPidsCurrent,
  kPidsMax,
  kCpuPressure,
  kMemoryPressure,
  kIoPressure,
  kFiles
};
constexpr std::string_view kFileNames[kFiles] = {"cpu.stat",      "memory.current",  "memory.max",   "memory.swap.current",
                                                 "memory.events", "io.stat",         "pids.current", "pids.max",
                                                 "cpu.pressure",  "memory.pressure", "io.pressure"};

enum Value : std::size_t {
  kCpuUser,
  kCpuSystem,
  kThrottledTime,
  kMemoryNow,
  kMemoryMost,
  kSwapNow,
  kHits,
  kKills,
  kRead,
  kWritten,
  kReadCount,
  kWriteCount,
  kTaskCount,
  kTaskMost,
  kCpuSome,
  kCpuFull,
  kMemorySome,
  kMemoryFull,
  kIoSome,
  kIoFull,
  kValues
};
using Values = std::array<std::optional<std::uint64_t>, kValues>;

struct Unit {
  std::string name;
  std::array<std::string, kFiles> paths;
  std::array<SmallFile, kFiles> files;
  std::bitset<kFiles> absent;  // until the next walk: the controller is switched off for this unit
  Values values;
  bool there = false;
};

// "usage_usec 12\nuser_usec 8\n": the number behind a word.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view word) {
  LineReader lines(text);
  while (const auto line = lines.next()) {
    FieldReader fields(*line);
    if (fields.next() == word) return fields.next_number<std::uint64_t>();
  }
  return std::nullopt;
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234": the total behind a word.
std::optional<std::uint64_t> total_of(std::string_view text, std::string_view word) {
  constexpr std::string_view kTotal = "total=";
  LineReader lines(text);
  while (const auto line = lines.next()) {
    FieldReader fields(*line);
    if (fields.next() != word) continue;
    while (!fields.done())
      if (const std::string_view field = fields.next(); field.starts_with(kTotal))
        return to_number<std::uint64_t>(field.substr(kTotal.size()));
  }
  return std::nullopt;
}

class Units final : public Collector {
 public:
  Units(const Env& env, std::set<std::string, std::less<>> names, std::optional<Pattern> include)
      : env_(env), live_(env.live_sys()), names_(std::move(names)), include_(std::move(include)), descendants_({}) {}

  Status collect(const Scrape&, MetricSink& sink) override {
    if (names_.empty() && !include_) return Errc::no_data;  // nothing configured costs nothing
    if (root_.empty()) {
      root_ = cgroup_root(env_);
      descendants_ = KeptFile(root_ + "/cgroup.stat");
    }
    if (root_.empty()) return {Errc::no_data, env_.sys("fs/cgroup") + ": no control groups of version 2"};
    if (must_walk()) walk();
    if (!read_all()) {  // a unit was stopped, or restarted in another place
      walk();
      read_all();
    }
    write(sink);
    return ok();
  }

 private:
  // Another number of groups than last time, and once a minute in any case.
  bool must_walk() {
    const SteadyTime now = env_.clock->steady();
    std::optional<std::uint64_t> descendants;
    if (const auto text = descendants_.read()) descendants = number_after(*text, "nr_descendants");
    if (live_ && walked_ && descendants && descendants == last_descendants_ && now - *walked_ < kLongestTrust) return false;
    last_descendants_ = descendants;
    walked_ = now;
    return true;
  }

  void walk() {
    const auto wanted = [this](std::string_view name) {
      return names_.contains(name) || (include_ && include_->matches(name));
    };
    std::vector<UnitFolder> folders = find_units(root_, wanted, kMostUnits);
    std::vector<Unit> units;
    units.reserve(folders.size());
    for (const UnitFolder& folder : folders) {
      const std::string first = folder.path + "/" + std::string(kFileNames[0]);
      const auto known = std::find_if(units_.begin(), units_.end(), [&](const Unit& unit) { return unit.paths[0] == first; });
      if (known != units_.end()) {
        known->absent.reset();
        units.push_back(std::move(*known));
        continue;
      }
      Unit& unit = units.emplace_back();
      unit.name = folder.unit;
      for (std::size_t i = 0; i < kFiles; ++i) unit.paths[i] = folder.path + "/" + std::string(kFileNames[i]);
    }
    units_ = std::move(units);
    missing_.clear();
    for (const std::string& name : names_)
      if (std::none_of(units_.begin(), units_.end(), [&](const Unit& unit) { return unit.name == name; }))
        missing_.push_back(name);
  }

  bool read_all() {
    bool all = true;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      read(units_[i], i < kMostKept ? KeepOpen::yes : KeepOpen::no);
      all = all && units_[i].there;
    }
    return all;
  }

  void read(Unit& unit, KeepOpen keep) {
    unit.values = {};
    unit.there = false;
    const auto text_of = [&](File file) -> std::optional<std::string_view> {
      if (unit.absent[file]) return std::nullopt;
      const int error = unit.files[file].read(unit.paths[file].c_str(), keep, text_);
      unit.absent[file] = error == ENOENT;
      if (error != 0) return std::nullopt;
      unit.there = true;
      return text_.view();
    };
    Values& values = unit.values;
    if (const auto text = text_of(kCpuStat)) {
      values[kCpuUser] = number_after(*text, "user_usec");
      values[kCpuSystem] = number_after(*text, "system_usec");
      values[kThrottledTime] = number_after(*text, "throttled_usec");
    }
    const std::pair<File, Value> singles[] = {{kMemoryCurrent, kMemoryNow},
                                              {kMemoryMax, kMemoryMost},
                                              {kSwapCurrent, kSwapNow},
                                              {kPidsCurrent, kTaskCount},
                                              {kPidsMax, kTaskMost}};
    for (const auto& [file, value] : singles)
      if (const auto text = text_of(file)) values[value] = to_number<std::uint64_t>(trim(*text));  // "max" is no limit
    if (const auto text = text_of(kMemoryEvents)) {
      values[kHits] = number_after(*text, "max");
      values[kKills] = number_after(*text, "oom_kill");
    }
    if (const auto text = text_of(kIoStat)) read_io(*text, values);
    const std::pair<File, Value> pressures[] = {
        {kCpuPressure, kCpuSome}, {kMemoryPressure, kMemorySome}, {kIoPressure, kIoSome}};
    for (const auto& [file, value] : pressures)
      if (const auto text = text_of(file)) {
        values[value] = total_of(*text, "some");
        values[value + 1] = total_of(*text, "full");
      }
  }

  // "8:0 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0", one line a device. A logical volume and the
  // disk below it both have the same bytes: only the disk counts.
  void read_io(std::string_view text, Values& values) {
    std::uint64_t sums[4] = {};
    constexpr std::string_view kKeys[] = {"rbytes=", "wbytes=", "rios=", "wios="};
    devices_.restart();
    LineReader lines(text);
    while (const auto line = lines.next()) {
      FieldReader fields(*line);
      const std::string_view device = fields.next();
      const bool* stacked = devices_.find(device, [this](std::string_view name) { return is_stacked(name); });
      if (stacked == nullptr || *stacked) continue;
      while (!fields.done()) {
        const std::string_view field = fields.next();
        for (std::size_t i = 0; i < std::size(kKeys); ++i)
          if (field.starts_with(kKeys[i])) sums[i] += to_number<std::uint64_t>(field.substr(kKeys[i].size())).value_or(0);
      }
    }
    for (std::size_t i = 0; i < std::size(kKeys); ++i) values[kRead + i] = sums[i];
  }

  bool is_stacked(std::string_view device) const {
    if (device.find_first_not_of("0123456789:") != std::string_view::npos) return true;  // no device at all
    const auto slaves = list_folder(env_.sys("dev/block/" + std::string(device) + "/slaves"));
    return slaves && !slaves->empty();
  }

  template <class Use>
  void each(Value value, Use&& use) const {
    for (const Unit& unit : units_)
      if (unit.values[value]) use(unit, *unit.values[value]);
  }
  void write_plain(MetricSink& sink, const MetricDesc<1>& desc, Value value) const {
    auto family = sink.family(desc);
    each(value, [&](const Unit& unit, std::uint64_t number) { family.add(number, unit.name); });
  }
  static double seconds(std::uint64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

  void write(MetricSink& sink) const {
    auto running = sink.family(kRunning);
    for (const Unit& unit : units_)
      if (unit.there || names_.contains(unit.name)) running.add(unit.there, unit.name);
    for (const std::string& name : missing_) running.add(false, name);
    auto cpu = sink.family(kCpu);
    for (const Unit& unit : units_) {
      if (unit.values[kCpuUser]) cpu.add(seconds(*unit.values[kCpuUser]), unit.name, "user");
      if (unit.values[kCpuSystem]) cpu.add(seconds(*unit.values[kCpuSystem]), unit.name, "system");
    }
    auto throttled = sink.family(kThrottled);
    each(kThrottledTime, [&](const Unit& unit, std::uint64_t time) { throttled.add(seconds(time), unit.name); });
    write_plain(sink, kMemory, kMemoryNow);
    write_plain(sink, kMemoryLimit, kMemoryMost);
    write_plain(sink, kSwap, kSwapNow);
    write_plain(sink, kLimitHits, kHits);
    write_plain(sink, kOomKills, kKills);
    write_plain(sink, kReadBytes, kRead);
    write_plain(sink, kWrittenBytes, kWritten);
    write_plain(sink, kReads, kReadCount);
    write_plain(sink, kWrites, kWriteCount);
    write_plain(sink, kTasks, kTaskCount);
    write_plain(sink, kTasksLimit, kTaskMost);
    constexpr std::string_view kResources[] = {"cpu", "memory", "io"};
    auto pressure = sink.family(kPressure);
    for (const Unit& unit : units_)
      for (std::size_t i = 0; i < std::size(kResources); ++i) {
        const std::size_t some = kCpuSome + 2 * i;
        if (unit.values[some]) pressure.add(seconds(*unit.values[some]), unit.name, kResources[i], "some");
        if (unit.values[some + 1]) pressure.add(seconds(*unit.values[some + 1]), unit.name, kResources[i], "full");
      }
  }

  const Env env_;
  const bool live_;
  std::set<std::string, std::less<>> names_;
  std::optional<Pattern> include_;
  std::string root_;
  KeptFile descendants_;
  std::optional<std::uint64_t> last_descendants_;
  std::optional<SteadyTime> walked_;
  std::vector<Unit> units_;
  std::vector<std::string> missing_;
  FieldMemory<bool> devices_;
  Buffer text_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  std::optional<Pattern> include;
  if (!settings.text(kInclude).empty()) {
    Result<Pattern> pattern = Pattern::compile(settings.text(kInclude));
    if (!pattern) return pattern.error();
    include = std::move(*pattern);
  }
  std::set<std::string, std::less<>> names;
  const Tree* section = settings.section();
  const Tree* listed = section == nullptr ? nullptr : section->find("names");
  if (listed != nullptr) {
    if (listed->kind != Tree::Kind::list) return {Errc::config, listed->where.text() + ": names: expected a list of units"};
    for (const Tree& item : listed->items) {
      if (item.kind != Tree::Kind::scalar || !is_unit_name(item.scalar) || item.scalar.find('/') != std::string::npos)
        return {Errc::config, item.where.text() + ": names: expected a unit like oracle.service"};
      names.insert(item.scalar);
    }
  }
  return std::unique_ptr<Collector>(std::make_unique<Units>(env, std::move(names), std::move(include)));
}

}  // namespace

extern const CollectorInfo units_collector{
    .name = "units",
    .summary = "What configured systemd units use and wait for, from control groups of version 2.",
    .metrics = kMetrics,
    .flags = kFlags,
    .sections = kSections,
    .make = make,
};

}  // namespace finwatch::host
