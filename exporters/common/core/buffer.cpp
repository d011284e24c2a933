#include "core/buffer.h"

#include <algorithm>
#include <new>

namespace finwatch {

void Buffer::grow(std::size_t least) { resize(std::max({least, capacity_ * 2, std::size_t{256}})); }

void Buffer::shrink() {
  if (size_ == 0) {
    data_.reset();
    capacity_ = 0;
  } else if (size_ < capacity_) {
    resize(size_);
  }
}

void Buffer::resize(std::size_t capacity) {
  auto* moved = static_cast<char*>(std::realloc(data_.get(), capacity));
  if (moved == nullptr) throw std::bad_alloc();
  (void)data_.release();  // realloc has freed it, or it is the same
  data_.reset(moved);
  capacity_ = capacity;
}

}  // namespace finwatch
