#include "footprint.h"

#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace finwatch {
namespace {

// Whole pages only: one at the edge may be shared with a neighbour.
void forget_pages(std::uintptr_t begin, std::uintptr_t end) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  begin = (begin + page - 1) & ~(page - 1);
  end &= ~(page - 1);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of segments come as numbers
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

int forget_object(dl_phdr_info* object, std::size_t, void*) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    forget_pages(begin, begin + segment.p_memsz);
  }
  return 0;
}

}  // namespace

void limit_heap() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  ::mallopt(M_MMAP_THRESHOLD, 32 * 1024);  // what is longer goes back whole, and leaves no hole in the heap
}

void forget_the_start() {
  ::dl_iterate_phdr(forget_object, nullptr);
  ::malloc_trim(0);  // also whole free pages in the middle of the heap
}

void forget_the_stack() {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return;
  void* lowest = nullptr;
  std::size_t size = 0;
  const bool known = ::pthread_attr_getstack(&attributes, &lowest, &size) == 0;
  ::pthread_attr_destroy(&attributes);
  if (!known) return;
  constexpr std::uintptr_t kCalls = 8192;  // what is called from here needs a little of it
  forget_pages(reinterpret_cast<std::uintptr_t>(lowest), reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - kCalls);
}

}  // namespace finwatch
