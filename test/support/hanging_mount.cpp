#include "support/hanging_mount.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace finwatch::test {

HangingMount::HangingMount(const std::string& folder, Hangs hangs)
    : folder_(folder), hangs_(hangs), device_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
  if (!device_) {
    refused_ = std::string("/dev/fuse: ") + std::strerror(errno);
    return;
  }
  const std::string options = "fd=" + std::to_string(device_.get()) + ",rootmode=40000,user_id=0,group_id=0";
  if (::mount("finwatch-test", folder.c_str(), "fuse.finwatch", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    refused_ = std::string("mount(2): ") + std::strerror(errno);
    return;
  }
  server_ = std::thread([this] { serve(); });
}

HangingMount::~HangingMount() {
  if (!server_.joinable()) return;
  answer();
  ::umount2(folder_.c_str(), MNT_DETACH);
  server_.join();
}

void HangingMount::answer() {
  const std::lock_guard lock(mutex_);
  answers_ = true;
  for (const Waiting& each : waiting_) reply_to(each);
  waiting_.clear();
}

void HangingMount::serve() {
  alignas(fuse_in_header) char request[FUSE_MIN_READ_BUFFER + 4096];
  while (true) {
    const ssize_t length = ::read(device_.get(), request, sizeof request);
    if (length < 0 && (errno == EINTR || errno == ENOENT)) continue;
    if (length < static_cast<ssize_t>(sizeof(fuse_in_header))) return;  // unmounted
    fuse_in_header head;
    std::memcpy(&head, request, sizeof head);
    if (head.opcode == FUSE_FORGET || head.opcode == FUSE_BATCH_FORGET) continue;
    const std::lock_guard lock(mutex_);
    if (head.opcode == FUSE_INTERRUPT) {
      fuse_interrupt_in which;
      std::memcpy(&which, request + sizeof head, sizeof which);
      interrupt(which.unique);
      continue;
    }
    const bool may_hang = head.opcode == FUSE_STATFS || (hangs_ != Hangs::statfs && head.opcode != FUSE_INIT);
    if (may_hang && !answers_)
      waiting_.push_back({head.unique, head.opcode});
    else
      reply_to({head.unique, head.opcode});
  }
}

// Whoever waits was killed.
void HangingMount::interrupt(std::uint64_t request) {
  if (hangs_ == Hangs::deaf) return;
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& each) { return each.request == request; });
  if (found == waiting_.end()) return;
  reply(request, -EINTR, nullptr, 0);
  waiting_.erase(found);
}

void HangingMount::reply_to(const Waiting& waiting) const {
  if (waiting.operation == FUSE_INIT) {
    fuse_init_out init{};
    init.major = FUSE_KERNEL_VERSION;
    init.minor = FUSE_KERNEL_MINOR_VERSION;
    init.max_write = 4096;
    reply(waiting.request, 0, &init, sizeof init);
  } else if (waiting.operation == FUSE_STATFS) {
    fuse_statfs_out out{};
    out.st.bsize = out.st.frsize = 4096;
    out.st.blocks = 1000;
    out.st.bfree = out.st.bavail = 250;
    reply(waiting.request, 0, &out, sizeof out);
  } else {
    reply(waiting.request, waiting.operation == FUSE_LOOKUP ? -ENOENT : -ENOSYS, nullptr, 0);
  }
}

void HangingMount::reply(std::uint64_t request, int error, const void* body, std::size_t size) const {
  char message[256];
  const fuse_out_header head{static_cast<std::uint32_t>(sizeof head + size), error, request};
  std::memcpy(message, &head, sizeof head);
  if (size > 0) std::memcpy(message + sizeof head, body, size);
  [[maybe_unused]] const ssize_t written = ::write(device_.get(), message, sizeof head + size);
}

}  // namespace finwatch::test
