// A text that thousands of things have in common, kept once for all of them: eight bytes a place, where a std::string takes 32.
//
//   SharedText severity = "severe";                       // copies cost a count, no memory
//   severity == "severe";                                 // compares as any text does
//   contract.severity(severity);                          // read as a std::string_view or a const std::string&
//   std::string("of ") + severity.text();
//
// Never changed, only replaced; the last one that has it lets it go. Several threads may have the same text, as they may have a
// std::shared_ptr to it. For ids, names and codes: a text that only one thing has costs more so than as a std::string.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace finwatch {

class SharedText;
template <class T>
concept PlainText = std::convertible_to<const T&, std::string_view> && !std::same_as<T, SharedText>;

class SharedText {
 public:
  SharedText() = default;  // empty, as is what is made of an empty text: no lock, no count
  template <PlainText T>
  SharedText(const T& text) : kept_(keep(text)) {}
  SharedText(const SharedText& other) noexcept : kept_(other.kept_) {
    if (kept_ != nullptr) kept_->second.fetch_add(1, std::memory_order_relaxed);
  }
  SharedText(SharedText&& other) noexcept : kept_(std::exchange(other.kept_, nullptr)) {}
  SharedText& operator=(SharedText other) noexcept {
    std::swap(kept_, other.kept_);
    return *this;
  }
  ~SharedText() {
    if (kept_ != nullptr) let_go();
  }

  /// Stays where it is for as long as any SharedText has it.
  const std::string& text() const { return kept_ == nullptr ? kEmpty : kept_->first; }
  operator const std::string&() const { return text(); }
  operator std::string_view() const { return text(); }
  bool empty() const { return kept_ == nullptr; }

  friend bool operator==(const SharedText& a, const SharedText& b) { return a.kept_ == b.kept_; }
  template <PlainText T>
  friend bool operator==(const SharedText& a, const T& b) {
    return std::string_view(a) == std::string_view(b);
  }

 private:
  using Kept = std::pair<const std::string, std::atomic<std::uint32_t>>;  // with the number of those that have it
  static Kept* keep(std::string_view text);
  void let_go() const;

  static const std::string kEmpty;
  Kept* kept_ = nullptr;
};

}  // namespace finwatch
