// Tables for spreadsheets: RFC 4180, with the mark by which Excel knows UTF-8, and no cell that a spreadsheet would run as a formula.
//
//   Csv csv({"number", "title"});
//   csv.row({"INC-42", "=cmd|' /C calc'!A0"});            // the second is written as '=cmd…
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace finwatch::notifier {

class Csv {
 public:
  explicit Csv(const std::vector<std::string>& heading);
  void row(const std::vector<std::string>& cells);
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string csv_cell(std::string_view text);

}  // namespace finwatch::notifier
