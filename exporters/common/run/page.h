// A finished page, in the shapes its readers asked for, kept by whoever still sends it.
//
// Pages come from a pool and go back to it when the last PageRef lets go, so a scrape in steady state allocates nothing.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

#include "core/buffer.h"
#include "core/exposition.h"

namespace finwatch {

enum class Encoding : unsigned char { identity, gzip };

/// One of the four shapes a page can have.
struct PageShape {
  Format format = Format::text;
  Encoding encoding = Encoding::identity;
  std::size_t index() const { return static_cast<std::size_t>(format) * 2 + static_cast<std::size_t>(encoding); }
};

class Page {
 public:
  /// Filled for the shapes that were asked for, empty otherwise.
  std::string_view body(PageShape shape) const { return bodies_[shape.index()].view(); }

 private:
  friend class PageRef;
  friend class Runner;

  Buffer bodies_[4];
  std::atomic<int> readers_{0};
};

class PageRef {
 public:
  PageRef() = default;
  explicit PageRef(std::shared_ptr<Page> page) : page_(std::move(page)) {
    if (page_) page_->readers_.fetch_add(1, std::memory_order_relaxed);
  }
  PageRef(const PageRef& other) : PageRef(other.page_) {}
  PageRef(PageRef&& other) noexcept = default;
  PageRef& operator=(PageRef other) noexcept {
    std::swap(page_, other.page_);
    return *this;
  }
  ~PageRef() {
    if (page_) page_->readers_.fetch_sub(1, std::memory_order_release);
  }

  const Page* operator->() const { return page_.get(); }
  const Page& operator*() const { return *page_; }
  explicit operator bool() const { return static_cast<bool>(page_); }

 private:
  std::shared_ptr<Page> page_;  // the pool may be gone before the last reader is
};

}  // namespace finwatch
