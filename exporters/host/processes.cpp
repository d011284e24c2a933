#include <fcntl.h>

#include <array>

#include "core/text.h"
#include "host/sources/process_table.h"
#include "run/collector.h"

namespace finwatch::host {
namespace {

constexpr MetricDesc kThreads{MetricType::gauge, "node_processes_threads", "Threads of all processes, from /proc/PID/stat."};
constexpr MetricDesc kMaxThreads{MetricType::gauge, "node_processes_max_threads",
                                 "Most threads the machine may have, from /proc/sys/kernel/threads-max."};
constexpr MetricDesc kState{MetricType::gauge, "node_processes_state",
                            "Processes by the state letter the kernel gives them, from /proc/PID/stat.", "state"};
constexpr MetricDesc kThreadState{MetricType::gauge, "node_processes_threads_state",
                                  "Threads by the state letter the kernel gives them, from /proc/PID/task/TID/stat.",
                                  "thread_state"};
constexpr MetricDesc kPids{MetricType::gauge, "node_processes_pids", "Processes, the numbers in /proc."};
constexpr MetricDesc kMaxProcesses{MetricType::gauge, "node_processes_max_processes",
                                   "Largest process number plus one, from /proc/sys/kernel/pid_max."};
constexpr MetricRef kMetrics[] = {kThreads, kMaxThreads, kState, kThreadState, kPids, kMaxProcesses};

/// How many have each state; the letter is the place.
using States = std::array<std::uint64_t, 128>;

class Processes final : public Collector {
 public:
  explicit Processes(const Env& env)
      : path_(env.procfs),
        table_(env.shared<ProcessTable>()),
        pid_max_(env.proc("sys/kernel/pid_max")),
        threads_max_(env.proc("sys/kernel/threads-max")) {}

  Status collect(const Scrape& scrape, MetricSink& sink) override {
    if (const Status listed = table_->list(scrape.number, processes_); !listed) return listed;
    States states{};
    States thread_states{};
    std::uint64_t pids = 0;
    std::uint64_t threads = 0;
    for (const ListedProcess& process : processes_) {
      const std::optional<ProcessStat> stat = read_stat(path_.of(process.pid, "stat"));
      if (!stat) continue;  // ended since the folder was listed
      ++pids;
      ++states[place(stat->state)];
      threads += static_cast<std::uint64_t>(std::max<std::int64_t>(stat->threads, 0));
      if (stat->threads <= 1)
        ++thread_states[place(stat->state)];
      else
        count_threads(process.pid, stat->state, thread_states);
    }
    if (pids == 0) return {Errc::no_data, "no process could be read"};
    sink.add(kThreads, threads);
    write_limit(sink, kMaxThreads, threads_max_);
    write_states(sink, kState, states);
    write_states(sink, kThreadState, thread_states);
    sink.add(kPids, pids);
    write_limit(sink, kMaxProcesses, pid_max_);
    return ok();
  }

 private:
  static std::size_t place(char state) {
    const auto number = static_cast<unsigned char>(state);
    return number < std::tuple_size_v<States> ? number : '?';
  }

  std::optional<ProcessStat> read_stat(const char* path) {
    if (read_small(path, text_) != 0) return std::nullopt;
    return parse_process_stat(text_.view());
  }

  // The first thread has the process's own number and was read with it.
  void count_threads(int pid, char first_state, States& states) {
    ++states[place(first_state)];
    const Descriptor folder(::open(path_.of(pid, "task"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return;
    list_numbers(folder.get(), tasks_);
    for (const ListedProcess& task : tasks_) {
      if (task.pid == pid) continue;
      if (const auto stat = read_stat(path_.of_thread(pid, task.pid, "stat"))) ++states[place(stat->state)];
    }
  }

  static void write_states(MetricSink& sink, const MetricDesc<1>& desc, const States& states) {
    auto family = sink.family(desc);
    for (std::size_t i = 0; i < states.size(); ++i) {
      const char letter = static_cast<char>(i);
      if (states[i] > 0) family.add(states[i], std::string_view(&letter, 1));
    }
  }
  static void write_limit(MetricSink& sink, const MetricDesc<0>& desc, KeptFile& file) {
    const Result<std::string_view> text = file.read();
    if (!text) return;
    if (const auto limit = to_number<std::uint64_t>(trim(*text))) sink.add(desc, *limit);
  }

  ProcessPath path_;
  std::shared_ptr<ProcessTable> table_;
  KeptFile pid_max_;
  KeptFile threads_max_;
  std::vector<ListedProcess> processes_;
  std::vector<ListedProcess> tasks_;
  Buffer text_;
};

}  // namespace

extern const CollectorInfo processes_collector{
    .name = "processes",
    .summary = "How many processes and threads there are, by state, from /proc/PID/stat.",
    .by_default = ByDefault::off,
    .metrics = kMetrics,
    .make = make_collector<Processes>,
};

}  // namespace finwatch::host
