// Text for a terminal: how wide it is there, and columns that stand under each other whatever script is in them.
//
//   Columns columns;
//   columns.add({"INC-42", "凭证录入失败", "answer 12 min left"});
//   columns.text({.most = 100, .gives_way = 1});           // the second column is cut where 100 are not enough
//
// What came from elsewhere cannot steer the terminal: everything that is no printable character becomes U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace finwatch::rules::notifier {

/// In one line; breaks and tabs become blanks.
std::string printable(std::string_view text);
/// Columns of a terminal; a Chinese character takes two. Of printable text.
std::size_t display_width(std::string_view text);
/// Not wider than `most`; with … where something was left out.
std::string cut_to(std::string_view text, std::size_t most);

class Columns {
 public:
  struct Form {
    std::size_t most = 0;       // width of a line; 0: as wide as it gets
    std::size_t gives_way = 0;  // the column that is cut, to 12 at the least
    std::string_view indent = {};
  };
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  std::string text(const Form& form) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace finwatch::rules::notifier
