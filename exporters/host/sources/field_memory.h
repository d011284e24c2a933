// What is known about the fields of a file that has them in the same order at every read: found again by position.
//
//   FieldMemory<Known> fields;
//   fields.restart();
//   for (…each line…) if (Known* known = fields.find(name, [](std::string_view n) { return learn(n); })) use(*known);
//
// In steady state a look-up is one comparison with the name that stood there last time.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace finwatch::host {

template <class T>
class FieldMemory {
 public:
  /// Begins a new read of the file.
  void restart() { cursor_ = 0; }

  /// What is known about `name`; `learn(name)` makes it the first time. nullptr when more than 1,024 names were seen.
  template <class Learn>
  T* find(std::string_view name, Learn&& learn) {
    if (cursor_ < entries_.size() && entries_[cursor_].name == name) return &entries_[cursor_++].known;
    if (const auto place = places_.find(name); place != places_.end()) {
      cursor_ = place->second + 1;
      return &entries_[place->second].known;
    }
    if (entries_.size() >= kMost || name.size() > kLongest) return nullptr;
    entries_.push_back({std::string(name), learn(name)});
    places_.emplace(entries_.back().name, entries_.size() - 1);
    cursor_ = entries_.size();
    return &entries_.back().known;
  }

  /// Calls `use(name, known)` for every field ever seen, in the order of their first appearance.
  template <class Use>
  void each(Use&& use) {
    for (Entry& entry : entries_) use(std::string_view(entry.name), entry.known);
  }

 private:
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kLongest = 256;
  struct Entry {
    std::string name;
    T known;
  };

  std::deque<Entry> entries_;  // addresses stay: places_ looks into the names
  std::unordered_map<std::string_view, std::size_t> places_;
  std::size_t cursor_ = 0;
};

/// `name` can be a part of a metric name: letters, digits and underscores only.
inline bool is_metric_word(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace finwatch::host
