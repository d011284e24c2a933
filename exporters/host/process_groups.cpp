#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cerrno>
#include <unordered_map>

#include "core/files.h"
#include "core/text.h"
#include "host/sources/process_matcher.h"
#include "host/sources/process_table.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kProcesses{MetricType::gauge, "namedprocess_namegroup_num_procs", "Processes of the group.", "groupname"};
constexpr MetricDesc kCpu{MetricType::counter, "namedprocess_namegroup_cpu_seconds_total",
                          "Processor time the group used, in seconds, from /proc/PID/stat.", "groupname", "mode"};
constexpr MetricDesc kRead{MetricType::counter, "namedprocess_namegroup_read_bytes_total",
                           "Bytes the group had read from storage, from /proc/PID/io.", "groupname"};
constexpr MetricDesc kWrite{MetricType::counter, "namedprocess_namegroup_write_bytes_total",
                            "Bytes the group had written to storage, from /proc/PID/io.", "groupname"};
constexpr MetricDesc kMajorFaults{MetricType::counter, "namedprocess_namegroup_major_page_faults_total",
                                  "Page faults of the group that had to wait for storage, from /proc/PID/stat.", "groupname"};
constexpr MetricDesc kMinorFaults{MetricType::counter, "namedprocess_namegroup_minor_page_faults_total",
                                  "Page faults of the group that were served from memory, from /proc/PID/stat.", "groupname"};
constexpr MetricDesc kSwitches{MetricType::counter, "namedprocess_namegroup_context_switches_total",
                               "Context switches of the group's main threads, from /proc/PID/status.", "groupname",
                               "ctxswitchtype"};
constexpr MetricDesc kMemory{
    MetricType::gauge, "namedprocess_namegroup_memory_bytes",
    "Memory of the group in bytes, shared pages counted for each process, from /proc/PID/{stat,status}.", "groupname",
    "memtype"};
constexpr MetricDesc kOpenFiles{MetricType::gauge, "namedprocess_namegroup_open_filedesc",
                                "Open file descriptors of the group, from /proc/PID/fd.", "groupname"};
constexpr MetricDesc kWorstFiles{
    MetricType::gauge, "namedprocess_namegroup_worst_fd_ratio",
    "Open descriptors per allowed descriptor of the process nearest to its limit, from /proc/PID/limits.", "groupname"};
constexpr MetricDesc kOldest{MetricType::gauge, "namedprocess_namegroup_oldest_start_time_seconds",
                             "When the group's oldest process began, in seconds since 1970, from /proc/PID/stat.", "groupname"};
constexpr MetricDesc kThreads{MetricType::gauge, "namedprocess_namegroup_num_threads",
                              "Threads of the group, from /proc/PID/stat.", "groupname"};
constexpr MetricDesc kStates{MetricType::gauge, "namedprocess_namegroup_states",
                             "Processes of the group by what they do, from /proc/PID/stat.", "groupname", "state"};
constexpr MetricRef kMetrics[] = {kProcesses, kCpu,       kRead,       kWrite,  kMajorFaults, kMinorFaults, kSwitches,
                                  kMemory,    kOpenFiles, kWorstFiles, kOldest, kThreads,     kStates};

constexpr std::string_view kSections[] = {"groups"};

constexpr std::size_t kMostGroups = 256;
constexpr std::size_t kMostKept = 64;         // processes whose files stay open
constexpr std::uint64_t kLimitsEvery = 32;    // scrapes; limits change seldom
constexpr std::uint64_t kBootTimeEvery = 64;  // scrapes; it moves when somebody sets the clock
constexpr std::uint64_t kYoungSeconds = 10;   // so long a process may still become another program

constexpr std::string_view kStateNames[] = {"Running", "Sleeping", "Waiting", "Zombie", "Other"};
constexpr std::size_t kStateCount = std::size(kStateNames);

std::size_t state_place(char letter) {
  if (letter == 'R') return 0;
  if (letter == 'S') return 1;
  if (letter == 'D') return 2;
  return letter == 'Z' ? 3 : 4;
}

/// What only ever grows.
enum Count : std::size_t { kUser, kSystem, kMinor, kMajor, kReadBytes, kWrittenBytes, kVoluntary, kInvoluntary, kCounts };
using Counts = std::array<std::uint64_t, kCounts>;

struct Group {
  std::string name;
  Counts total{};
  bool seen = false;     // it had a process at some time
  bool io_seen = false;  // and its io could be read
  bool files_seen = false;

  // Of this scrape.
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  std::uint64_t resident = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t swapped = 0;
  std::uint64_t open_files = 0;
  double worst_files = 0;
  std::uint64_t oldest = 0;  // ticks since boot
  std::array<std::uint64_t, kStateCount> states{};
  bool io_denied = false;
  bool files_denied = false;

  void begin() {
    processes = threads = resident = virtual_bytes = swapped = open_files = oldest = 0;
    worst_files = 0;
    states = {};
    io_denied = files_denied = false;
  }
};

constexpr int kNoGroup = -1;

struct Process {
  std::uint64_t inode = 0;
  std::uint64_t start = 0;
  std::uint64_t seen_in = 0;
  int group = kNoGroup;
  bool young = false;
  Counts last{};
  std::bitset<kCounts> counted;  // which of `last` later values are compared with
  std::uint64_t file_limit = 0;
  std::uint64_t limit_read_in = 0;
  bool keeps = false;
  SmallFile stat, status, io;

  void close() {
    stat.close();
    status.close();
    io.close();
  }
};

// The number in a line like "VmSwap:\t  128 kB" of /proc/PID/status, or "read_bytes: 4096" of /proc/PID/io.
std::optional<std::uint64_t> value_of(std::string_view text, std::string_view name) {
  LineReader lines(text);
  while (const auto line = lines.next()) {
    if (!line->starts_with(name) || line->size() == name.size() || (*line)[name.size()] != ':') continue;
    FieldReader fields(line->substr(name.size() + 1));
    return fields.next_number<std::uint64_t>();
  }
  return std::nullopt;
}

// Since Linux 6.2 the size of /proc/PID/fd is the number of open descriptors, for everybody to see.
bool folder_size_counts(const Env& env) {
  struct ::stat info {};
  return env.live_proc() && ::stat("/proc/self/fd", &info) == 0 && info.st_size > 0;
}

class ProcessGroups final : public Collector {
 public:
  ProcessGroups(const Env& env, ProcessMatcher matcher)
      : live_(env.live_proc()),
        fd_size_counts_(folder_size_counts(env)),
        table_(env.shared<ProcessTable>()),
        path_(env.procfs),
        uptime_(env.proc("uptime")),
        stat_(env.proc("stat"), ReadMode::to_end),
        log_(*env.log),
        matcher_(std::move(matcher)) {
    for (const std::string& name : matcher_.fixed_names()) group_number(name);
  }

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (matcher_.empty()) return Errc::no_data;  // nothing configured costs nothing
    if (const Status listed = table_->list(scrape.number, listed_); !listed) return listed;
    read_uptime();
    for (Group& group : groups_) group.begin();
    hidden_ = true;
    for (const ListedProcess& process : listed_) look_at(process, scrape.number);
    sweep(scrape.number);
    last_ticks_ = now_ticks_;
    // Without process 1 we are not shown everybody's processes, and a group without a process would mean nothing.
    if (hidden_)
      return {Errc::permission,
              "/proc hides other users' processes (hidepid): run the exporter in the group of the mount option gid="};
    read_boot_time(scrape.number);
    write(sink);
    return ok();
  }

 private:
  void sweep(std::uint64_t scrape) {
    for (auto known = known_.begin(); known != known_.end();) {
      if (known->second.seen_in == scrape) {
        ++known;
        continue;
      }
      forget(known->second);
      known = known_.erase(known);
    }
  }

  void read_uptime() {
    now_ticks_.reset();
    const Result<std::string_view> text = uptime_.read();
    if (!text) return;
    FieldReader fields(*text);
    const auto seconds = fields.next_number<double>();
    if (seconds && *seconds >= 0 && *seconds < 1e12)
      now_ticks_ = static_cast<std::uint64_t>(*seconds * static_cast<double>(hertz_));
  }

  void read_boot_time(std::uint64_t scrape) {
    if (boot_time_ && scrape - boot_time_read_in_ < kBootTimeEvery) return;
    boot_time_read_in_ = scrape;
    const Result<std::string_view> text = stat_.read();
    boot_time_.reset();
    if (!text) return;
    LineReader lines(*text);
    while (const auto line = lines.next())
      if (line->starts_with("btime ")) boot_time_ = to_number<std::uint64_t>(trim(line->substr(6)));
    stat_.close();
  }

  void look_at(const ListedProcess& listed, std::uint64_t scrape) {
    const auto [place, fresh] = known_.try_emplace(listed.pid);
    Process& process = place->second;
    // Equal (pid, inode) is the same process, and one that belongs nowhere stays so once it has grown up.
    if (!fresh && live_ && process.inode == listed.inode && process.group == kNoGroup && !process.young) {
      process.seen_in = scrape;
      if (listed.pid == 1) hidden_ = false;
      return;
    }
    if (!fresh && process.inode != listed.inode) process.close();
    process.inode = listed.inode;
    if (read(process, process.stat, listed.pid, "stat") != 0) return;
    const std::optional<ProcessStat> stat = parse_process_stat(text_.view());
    if (!stat) return;
    if (listed.pid == 1) hidden_ = false;
    process.seen_in = scrape;
    const bool is_new = fresh || process.start != stat->start;
    if (is_new) {
      forget(process);
      process.group = kNoGroup;
      process.start = stat->start;
      process.young = true;
      process.last = {};
      process.counted.reset();
      process.limit_read_in = 0;
    }
    const int before = process.group;
    if (process.young) {
      process.young = now_ticks_ && *now_ticks_ < process.start + kYoungSeconds * hertz_;
      process.group = classified(listed.pid, stat->comm);
    }
    if (process.group == kNoGroup) return forget(process);
    // What a process did before we could see it is not counted; one that began since the last scrape is counted whole.
    if (process.group != before) {
      const bool whole = is_new && last_ticks_ && process.start > *last_ticks_;
      whole ? process.counted.set() : process.counted.reset();
    }
    add(process, *stat, listed.pid, scrape);
  }

  int classified(int pid, std::string_view comm) {
    if (!matcher_.may_match(comm)) return kNoGroup;
    if (read_small(path_.of(pid, "cmdline"), text2_) != 0) text2_.clear();
    const std::optional<std::string> name = matcher_.group_of(comm, text2_.view());
    return name ? group_number(*name) : kNoGroup;
  }

  int group_number(const std::string& name) {
    const auto known = std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.name == name; });
    if (known != groups_.end()) return static_cast<int>(known - groups_.begin());
    if (groups_.size() + 1 >= kMostGroups && name != kRest) {
      log_.warn("too many process groups, the rest goes into one", {{"collector", "process_groups"}, {"group", kRest}});
      return group_number(std::string(kRest));
    }
    groups_.emplace_back().name = name;
    return static_cast<int>(groups_.size() - 1);
  }

  void add(Process& process, const ProcessStat& stat, int pid, std::uint64_t scrape) {
    Group& group = groups_[static_cast<std::size_t>(process.group)];
    group.seen = true;
    ++group.processes;
    ++group.states[state_place(stat.state)];
    group.threads += static_cast<std::uint64_t>(std::max<std::int64_t>(stat.threads, 0));
    group.virtual_bytes += stat.virtual_bytes;
    group.resident += stat.resident_pages * page_size_;
    group.oldest = group.processes == 1 ? stat.start : std::min(group.oldest, stat.start);
    const auto count = [&](Count which, std::optional<std::uint64_t> now) {
      if (!now) return;
      if (process.counted[which] && *now > process.last[which]) group.total[which] += *now - process.last[which];
      process.last[which] = *now;
      process.counted.set(which);
    };
    count(kUser, stat.user_ticks);
    count(kSystem, stat.system_ticks);
    count(kMinor, stat.minor_faults);
    count(kMajor, stat.major_faults);
    if (!process.keeps && kept_ < kMostKept) {
      process.keeps = true;
      ++kept_;
    }
    if (read(process, process.status, pid, "status") == 0) {
      group.swapped += value_of(text_.view(), "VmSwap").value_or(0) * 1024;
      count(kVoluntary, value_of(text_.view(), "voluntary_ctxt_switches"));
      count(kInvoluntary, value_of(text_.view(), "nonvoluntary_ctxt_switches"));
    }
    const int io_error = read(process, process.io, pid, "io");
    if (io_error == 0) {
      group.io_seen = true;
      count(kReadBytes, value_of(text_.view(), "read_bytes"));
      count(kWrittenBytes, value_of(text_.view(), "write_bytes"));
    }
    group.io_denied = group.io_denied || io_error == EACCES || io_error == EPERM;
    count_files(process, group, pid, scrape);
  }

  void count_files(Process& process, Group& group, int pid, std::uint64_t scrape) {
    const std::optional<std::uint64_t> open = open_files(pid, group);
    if (!open) return;
    group.files_seen = true;
    group.open_files += *open;
    if (process.limit_read_in == 0 || scrape - process.limit_read_in >= kLimitsEvery) {
      process.limit_read_in = scrape;
      process.file_limit = 0;
      if (read_small(path_.of(pid, "limits"), text_) == 0) {
        LineReader lines(text_.view());
        while (const auto line = lines.next()) {
          constexpr std::string_view kOpenFilesLine = "Max open files";
          if (!line->starts_with(kOpenFilesLine)) continue;
          FieldReader fields(line->substr(kOpenFilesLine.size()));
          process.file_limit = fields.next_number<std::uint64_t>().value_or(0);
        }
      }
    }
    if (process.file_limit > 0)
      group.worst_files = std::max(group.worst_files, static_cast<double>(*open) / static_cast<double>(process.file_limit));
  }

  std::optional<std::uint64_t> open_files(int pid, Group& group) {
    const char* path = path_.of(pid, "fd");
    if (fd_size_counts_) {
      struct ::stat info {};
      if (::stat(path, &info) != 0) return std::nullopt;
      return static_cast<std::uint64_t>(info.st_size);
    }
    const Descriptor folder(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
      group.files_denied = group.files_denied || errno == EACCES || errno == EPERM;
      return std::nullopt;
    }
    list_numbers(folder.get(), files_);
    return files_.size();
  }

  int read(const Process& process, SmallFile& file, int pid, std::string_view name) {
    return file.read(path_.of(pid, name), process.keeps ? KeepOpen::yes : KeepOpen::no, text_);
  }

  void forget(Process& process) {
    process.close();
    if (process.keeps) --kept_;
    process.keeps = false;
  }

  template <class Use>
  void each(Use&& use) const {
    for (const Group& group : groups_)
      if (group.seen) use(group);
  }
  void write_count(MetricSink& sink, const MetricDesc<1>& desc, Count which) const {
    auto family = sink.family(desc);
    each([&](const Group& group) { family.add(group.total[which], group.name); });
  }

  void write(MetricSink& sink) const {
    auto processes = sink.family(kProcesses);
    for (const Group& group : groups_) processes.add(group.processes, group.name);
    auto cpu = sink.family(kCpu);
    each([&](const Group& group) {
      cpu.add(static_cast<double>(group.total[kUser]) / static_cast<double>(hertz_), group.name, "user");
      cpu.add(static_cast<double>(group.total[kSystem]) / static_cast<double>(hertz_), group.name, "system");
    });
    auto reads = sink.family(kRead);
    each([&](const Group& group) {
      if (group.io_seen && !group.io_denied) reads.add(group.total[kReadBytes], group.name);
    });
    auto writes = sink.family(kWrite);
    each([&](const Group& group) {
      if (group.io_seen && !group.io_denied) writes.add(group.total[kWrittenBytes], group.name);
    });
    write_count(sink, kMajorFaults, kMajor);
    write_count(sink, kMinorFaults, kMinor);
    auto switches = sink.family(kSwitches);
    each([&](const Group& group) {
      switches.add(group.total[kVoluntary], group.name, "voluntary");
      switches.add(group.total[kInvoluntary], group.name, "nonvoluntary");
    });
    auto memory = sink.family(kMemory);
    each([&](const Group& group) {
      memory.add(group.resident, group.name, "resident");
      memory.add(group.virtual_bytes, group.name, "virtual");
      memory.add(group.swapped, group.name, "swapped");
    });
    auto files = sink.family(kOpenFiles);
    each([&](const Group& group) {
      if (group.files_seen && !group.files_denied) files.add(group.open_files, group.name);
    });
    auto worst = sink.family(kWorstFiles);
    each([&](const Group& group) {
      if (group.files_seen && !group.files_denied) worst.add(group.worst_files, group.name);
    });
    auto oldest = sink.family(kOldest);
    each([&](const Group& group) {
      if (group.processes > 0 && boot_time_) oldest.add(*boot_time_ + group.oldest / hertz_, group.name);
    });
    auto threads = sink.family(kThreads);
    each([&](const Group& group) { threads.add(group.threads, group.name); });
    auto states = sink.family(kStates);
    each([&](const Group& group) {
      for (std::size_t i = 0; i < kStateCount; ++i) states.add(group.states[i], group.name, kStateNames[i]);
    });
  }

  static constexpr std::string_view kRest = "other";
  const std::uint64_t hertz_ = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_CLK_TCK)));
  const std::uint64_t page_size_ = static_cast<std::uint64_t>(std::max(1L, ::sysconf(_SC_PAGESIZE)));

  const bool live_;
  const bool fd_size_counts_;
  std::shared_ptr<ProcessTable> table_;
  ProcessPath path_;
  KeptFile uptime_;
  KeptFile stat_;
  Log& log_;
  ProcessMatcher matcher_;

  std::vector<Group> groups_;
  std::unordered_map<int, Process> known_;
  std::size_t kept_ = 0;
  bool hidden_ = false;
  std::optional<std::uint64_t> now_ticks_;
  std::optional<std::uint64_t> last_ticks_;
  std::optional<std::uint64_t> boot_time_;
  std::uint64_t boot_time_read_in_ = 0;

  std::vector<ListedProcess> listed_;
  std::vector<ListedProcess> files_;
  Buffer text_;
  Buffer text2_;
};

MadeCollector make(const Env& env, const Settings& settings) {
  const Tree* section = settings.section();
  const Tree* groups = section == nullptr ? nullptr : section->find("groups");
  if (groups == nullptr) return std::unique_ptr<Collector>(std::make_unique<ProcessGroups>(env, ProcessMatcher{}));
  Result<ProcessMatcher> matcher = ProcessMatcher::make(*groups);
  if (!matcher) return matcher.error();
  return std::unique_ptr<Collector>(std::make_unique<ProcessGroups>(env, std::move(*matcher)));
}

}  // namespace

extern const CollectorInfo process_groups_collector{
    .name = "process_groups",
    .summary = "What configured groups of processes use, from /proc/PID/{stat,status,io,fd,limits}.",
    .metrics = kMetrics,
    .sections = kSections,
    .make = make,
};

}  // namespace finwatch::host
