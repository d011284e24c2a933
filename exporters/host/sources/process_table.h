// The numbers in /proc, listed once a scrape for every collector that looks at processes.
//
//   auto table = env.shared<ProcessTable>();
//   if (const Status listed = table->list(scrape.number, processes_); !listed) return listed;
//   for (const ListedProcess& process : processes_) …
//
// The inode number costs nothing extra and tells a process from a later one with the same number: on a live /proc an equal
// (pid, inode) is the same process. A process may end at any moment after it was listed.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/buffer.h"
#include "core/environment.h"
#include "core/files.h"
#include "host/sources/small_file.h"

namespace finwatch::host {

struct ListedProcess {
  int pid = 0;
  std::uint64_t inode = 0;
};

/// What /proc/PID/stat (or task/TID/stat) says. Times in clock ticks, `start` since boot.
struct ProcessStat {
  std::string_view comm;
  char state = '?';
  int parent = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::int64_t threads = 0;
  std::uint64_t start = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

/// Nothing when the text is no stat line. `comm` may hold blanks and parentheses and points into `text`.
std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// The numbers that are names in a folder of /proc, in the folder's order. `folder` is read from its beginning.
void list_numbers(int folder, std::vector<ListedProcess>& into);

/// Paths like /proc/811/stat, built in kept memory. Each is valid until the next one is made.
class ProcessPath {
 public:
  explicit ProcessPath(std::string procfs) : procfs_(std::move(procfs)) {}
  const char* of(int pid, std::string_view file);
  const char* of_thread(int pid, int thread, std::string_view file);

 private:
  void begin(int pid);
  void append(int number);

  std::string procfs_;
  Buffer text_;
};

class ProcessTable {
 public:
  explicit ProcessTable(const Env& env) : path_(env.procfs) {}

  /// All processes, copied into `into`. no_data when there is no /proc, or not one process in it.
  Status list(std::uint64_t scrape, std::vector<ListedProcess>& into);

 private:
  Status read();

  std::string path_;
  std::mutex mutex_;
  Descriptor folder_;
  std::uint64_t scrape_ = 0;
  Status status_ = ok();
  std::vector<ListedProcess> processes_;
};

}  // namespace finwatch::host
