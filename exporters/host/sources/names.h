// The full names of families whose last part the kernel decides, made once and kept.
//
//   names_.begin();
//   for (…) sink.family(kField, names_.next(protocol, key)).add(value);
//
// The n-th call of a scrape finds the n-th name of the scrape before when the parts are the same, so a file that keeps its
// layout costs two comparisons a field and no allocation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace finwatch::host {

class FamilyNames {
 public:
  /// Names are <prefix><first>_<second>.
  explicit FamilyNames(std::string_view prefix) : prefix_(prefix) {}

  void begin() { next_ = 0; }
  /// Empty when the parts make no metric name, or one that this scrape has seen already. Valid until the next call.
  std::string_view next(std::string_view first, std::string_view second);

 private:
  struct Entry {
    std::string first;
    std::string second;
    std::string name;
  };

  std::string_view make(std::string_view first, std::string_view second);

  std::string_view prefix_;
  std::vector<Entry> entries_;
  std::size_t next_ = 0;
};

/// Letters, digits and underscores only.
bool is_metric_name_part(std::string_view text);

}  // namespace finwatch::host
