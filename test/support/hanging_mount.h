// A real mount that answers when we like: the smallest FUSE server there is. Needs root and /dev/fuse; a test asks first.
//
//   HangingMount mount(folder);
//   if (!mount.refused().empty()) { WARN("skipped: " << mount.refused()); return; }
//   … whoever calls statfs(folder) waits …
//   mount.answer();
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/files.h"

namespace finwatch::test {

class HangingMount {
 public:
  /// statfs: whoever asks for its size. everything: also who opens a file below it, until killed (a dead NFS server).
  /// deaf: the same, and not even SIGKILL ends the waiting (a dead disk).
  enum class Hangs : unsigned char { statfs, everything, deaf };

  explicit HangingMount(const std::string& folder, Hangs hangs = Hangs::statfs);
  ~HangingMount();
  HangingMount(const HangingMount&) = delete;
  HangingMount& operator=(const HangingMount&) = delete;

  /// Why there is no mount; empty when there is.
  const std::string& refused() const { return refused_; }
  /// From now on everything is answered, also what waits.
  void answer();

 private:
  struct Waiting {
    std::uint64_t request = 0;
    std::uint32_t operation = 0;
  };

  void serve();
  void interrupt(std::uint64_t request);
  void reply_to(const Waiting& waiting) const;
  void reply(std::uint64_t request, int error, const void* body, std::size_t size) const;

  const std::string folder_;
  const Hangs hangs_;
  Descriptor device_;
  std::string refused_;
  std::mutex mutex_;
  bool answers_ = false;
  std::vector<Waiting> waiting_;
  std::thread server_;
};

}  // namespace finwatch::test
