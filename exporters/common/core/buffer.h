// A growing piece of text that is cleared and kept, so that the second scrape allocates nothing.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace finwatch {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }

  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_.get(), size_}; }

  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size; }

  /// At least `more` bytes can follow: returns where they go. Call commit() with how many were written.
  char* room(std::size_t more) {
    if (capacity_ - size_ < more) grow(size_ + more);
    return data_.get() + size_;
  }
  void commit(std::size_t written) { size_ += written; }

  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  /// Gives back what the text does not need: for one that is kept, and not written again.
  void shrink();
  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  /// Once more what stands in it already.
  void append_own(std::size_t begin, std::size_t length) {
    char* out = room(length);  // which may move the text
    std::memcpy(out, data_.get() + begin, length);
    size_ += length;
  }
  void append(char c) {
    *room(1) = c;
    ++size_;
  }
  void swap(Buffer& other) noexcept {
    data_.swap(other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  void grow(std::size_t least);
  void resize(std::size_t capacity);

  std::unique_ptr<char[], Free> data_;  // of malloc: realloc moves megabytes by their page table
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace finwatch
