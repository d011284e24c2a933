// Reading the kernel's small files cheaply: a descriptor that stays open, one pread a scrape.
//
//   KeptFile loadavg_{env.proc("loadavg")};
//   Result<std::string_view> text = loadavg_.read();      // valid until this file is read again
//
// A read asks for 4 KiB first, because /proc/sys clears as much kernel memory as it is asked for (a 1 MiB request costs 50
// times as much). `ReadMode::one` is for files that the kernel hands out in one piece (sysfs attributes, /proc/sys, stat,
// meminfo, vmstat, net/snmp …): no second read to see the end. `ReadMode::to_end` is for those that come record by record
// (mountinfo, diskstats, cpuinfo, net/dev, net/udp, softnet_stat, slabinfo …).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/buffer.h"
#include "core/result.h"

namespace finwatch {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int release() {
    const int number = number_;
    number_ = -1;
    return number;
  }
  void reset(int number = -1);

 private:
  int number_ = -1;
};

enum class ReadMode : unsigned char { one, to_end };

class KeptFile {
 public:
  explicit KeptFile(std::string path, ReadMode mode = ReadMode::one) : path_(std::move(path)), mode_(mode) {}

  /// The whole text. Reopens a descriptor that went stale (a device that was removed and came back).
  /// Errors: no_data when the file is not there, permission, unavailable (the read failed), malformed above 16 MiB.
  Result<std::string_view> read();

  const std::string& path() const { return path_; }
  /// Gives the descriptor back: for files that are read once, or whose device is gone.
  void close() { descriptor_.reset(); }

 private:
  Result<std::string_view> fill();

  std::string path_;
  ReadMode mode_;
  Descriptor descriptor_;
  Buffer text_;
};

/// The whole text of a file that is read once or seldom. Same errors as KeptFile::read().
Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t{16} << 20);

/// read_file, trimmed; empty when it cannot be read or is larger than 64 KiB: for attributes that may be absent.
std::string read_attribute(const std::string& path);

/// The names in a folder without "." and "..", sorted. no_data when it is not there.
Result<std::vector<std::string>> list_folder(const std::string& path);

/// Where a symbolic link points, as written; empty when it is none.
std::string read_link(const std::string& path);

/// The last part of a path.
constexpr std::string_view base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace finwatch
