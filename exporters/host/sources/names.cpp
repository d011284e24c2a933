#include "host/sources/names.h"

#include <algorithm>

namespace finwatch::host {
namespace {

constexpr std::size_t kMostNames = 4096;  // a file that has more is none of the kernel's

}  // namespace

bool is_metric_name_part(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string_view FamilyNames::next(std::string_view first, std::string_view second) {
  if (next_ >= kMostNames) return {};
  const std::size_t at = next_++;
  if (at < entries_.size() && entries_[at].first == first && entries_[at].second == second) return entries_[at].name;
  entries_.resize(at);  // the layout changed here: what came behind is made anew
  return make(first, second);
}

std::string_view FamilyNames::make(std::string_view first, std::string_view second) {
  std::string name;
  if (is_metric_name_part(first) && is_metric_name_part(second)) {
    name.append(prefix_).append(first).append("_").append(second);
    const auto same = [&](const Entry& entry) { return entry.name == name; };
    if (std::any_of(entries_.begin(), entries_.end(), same)) name.clear();
  }
  return entries_.emplace_back(Entry{std::string(first), std::string(second), std::move(name)}).name;
}

}  // namespace finwatch::host
