#include "host/sources/process_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>

#include "core/text.h"

namespace finwatch::host {
std::optional<ProcessStat> parse_process_stat(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  ProcessStat stat;
  stat.comm = text.substr(open + 1, close - open - 1);
  FieldReader fields(trim(text.substr(close + 1)));
  const std::string_view state = fields.next();
  const auto parent = fields.next_number<int>();
  const auto minor_faults = fields.skip(5).next_number<std::uint64_t>();
  const auto major_faults = fields.skip(1).next_number<std::uint64_t>();
  const auto user = fields.skip(1).next_number<std::uint64_t>();
  const auto system = fields.next_number<std::uint64_t>();
  const auto threads = fields.skip(4).next_number<std::int64_t>();
  const auto start = fields.skip(1).next_number<std::uint64_t>();
  const auto virtual_bytes = fields.next_number<std::uint64_t>();
  const auto resident = fields.next_number<std::uint64_t>();
  if (state.size() != 1 || !parent || !minor_faults || !major_faults || !user || !system || !threads || !start ||
      !virtual_bytes || !resident)
    return std::nullopt;
  stat.state = state[0];
  stat.parent = *parent;
  stat.minor_faults = *minor_faults;
  stat.major_faults = *major_faults;
  stat.user_ticks = *user;
  stat.system_ticks = *system;
  stat.threads = *threads;
  stat.start = *start;
  stat.virtual_bytes = *virtual_bytes;
  stat.resident_pages = *resident;
  return stat;
}

void list_numbers(int folder, std::vector<ListedProcess>& into) {
  into.clear();
  ::lseek(folder, 0, SEEK_SET);
  alignas(dirent64) char entries[32 * 1024];
  while (true) {
    const ssize_t length = ::getdents64(folder, entries, sizeof entries);
    if (length <= 0) return;
    for (ssize_t at = 0; at < length;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name[0] < '0' || name[0] > '9') continue;
      if (const auto number = to_number<int>(name)) into.push_back({*number, entry->d_ino});
    }
  }
}

const char* ProcessPath::of(int pid, std::string_view file) {
  begin(pid);
  text_.append(file);
  text_.append('\0');
  return text_.data();
}

const char* ProcessPath::of_thread(int pid, int thread, std::string_view file) {
  begin(pid);
  text_.append("task/");
  append(thread);
  text_.append('/');
  text_.append(file);
  text_.append('\0');
  return text_.data();
}

void ProcessPath::begin(int pid) {
  text_.clear();
  text_.append(procfs_);
  text_.append('/');
  append(pid);
  text_.append('/');
}

void ProcessPath::append(int number) {
  constexpr std::size_t kDigits = 12;
  char* begin = text_.room(kDigits);
  text_.commit(static_cast<std::size_t>(std::to_chars(begin, begin + kDigits, number).ptr - begin));
}

Status ProcessTable::list(std::uint64_t scrape, std::vector<ListedProcess>& into) {
  const std::lock_guard lock(mutex_);
  if (scrape != scrape_) {
    status_ = read();
    scrape_ = scrape;
  }
  if (into.capacity() < processes_.size()) into.reserve(processes_.size() * 2);  // a few more processes cost nothing
  into.assign(processes_.begin(), processes_.end());
  return status_;
}

Status ProcessTable::read() {
  processes_.clear();
  if (!folder_) {
    folder_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) return error_from_errno(errno, path_);
  }
  list_numbers(folder_.get(), processes_);
  if (processes_.empty()) {
    folder_.reset();
    return {Errc::no_data, path_ + ": no processes"};
  }
  return ok();
}

}  // namespace finwatch::host
