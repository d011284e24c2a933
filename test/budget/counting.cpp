#include "budget/counting.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace {

std::atomic<bool> everywhere{false};
thread_local bool here = false;
std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> calls{0};

void count_allocation() {
  if (here || everywhere.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}

template <class Answer, class... Arguments>
Answer call_kernel(long number, Arguments... arguments) {
  if (here || everywhere.load(std::memory_order_relaxed)) calls.fetch_add(1, std::memory_order_relaxed);
  return static_cast<Answer>(::syscall(number, arguments...));
}

}  // namespace

namespace finwatch::test {

void begin_counting(bool every_thread) {
  allocations = 0;
  calls = 0;
  here = !every_thread;
  everywhere = every_thread;
}

Cost end_counting() {
  everywhere = false;
  here = false;
  return {allocations, calls};
}

}  // namespace finwatch::test

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  count_allocation();
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  count_allocation();
  return __libc_calloc(number, size);
}
void* realloc(void* old, std::size_t size) {
  count_allocation();
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  count_allocation();
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}

int epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) noexcept {
  return call_kernel<int>(SYS_epoll_ctl, epoll, operation, descriptor, event);
}
int epoll_wait(int epoll, epoll_event* events, int most, int milliseconds) {
  return call_kernel<int>(SYS_epoll_pwait, epoll, events, most, milliseconds, nullptr, 0);
}
int socket(int domain, int type, int protocol) noexcept { return call_kernel<int>(SYS_socket, domain, type, protocol); }
int connect(int socket, const sockaddr* address, socklen_t size) {
  return call_kernel<int>(SYS_connect, socket, address, size);
}
int getsockopt(int socket, int level, int name, void* value, socklen_t* size) noexcept {
  return call_kernel<int>(SYS_getsockopt, socket, level, name, value, size);
}
int setsockopt(int socket, int level, int name, const void* value, socklen_t size) noexcept {
  return call_kernel<int>(SYS_setsockopt, socket, level, name, value, size);
}
ssize_t recv(int socket, void* bytes, std::size_t size, int flags) {
  return call_kernel<ssize_t>(SYS_recvfrom, socket, bytes, size, flags, nullptr, nullptr);
}
ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
  return call_kernel<ssize_t>(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}
int poll(pollfd* all, nfds_t number, int milliseconds) {
  timespec wait{.tv_sec = milliseconds / 1'000, .tv_nsec = milliseconds % 1'000 * 1'000'000L};
  return call_kernel<int>(SYS_ppoll, all, number, milliseconds < 0 ? nullptr : &wait, nullptr, 0);
}
}
