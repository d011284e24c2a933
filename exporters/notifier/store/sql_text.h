// Values as SQL literals, and rows as statements that hold many of them.
//
//   sql_text("it's");                                                    // 'it''s'
//   RowsText rows(out, "INSERT INTO incidents (id) VALUES ", " ON CONFLICT (id) DO NOTHING");
//   for (const std::int64_t id : ids) append_number(rows.row(std::to_string(id)), id), rows.end_row();
//   rows.end();
//
// A backslash is a letter like any other (PostgreSQL: standard_conforming_strings). What no engine takes in a text is replaced by
// U+FFFD: NUL, and bytes that are no UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/clock.h"

namespace finwatch::notifier {

void append_text(std::string& out, std::string_view value);
void append_number(std::string& out, std::int64_t value);
/// Shortest text that reads back as the same number; NULL for what is no number, which the tables refuse.
void append_number(std::string& out, double value);

std::string sql_text(std::string_view value);
/// "1,2,3", for IN (…).
std::string sql_list(std::span<const std::int64_t> values);

/// Instants are nanoseconds since 1970: (fingerprint, startsAt) must come back exactly, or the alert is taken for another one.
std::int64_t to_nanoseconds(WallTime at);
WallTime from_nanoseconds(std::int64_t count);
std::string sql_time(WallTime at);

/// Statements of up to 200 rows or 256 KiB each.
class RowsText {
 public:
  RowsText(std::string& out, std::string head, std::string tail) : out_(out), head_(std::move(head)), tail_(std::move(tail)) {}

  /// Where the values of the next row go. One key comes once in a statement, because PostgreSQL changes no row twice in one; an
  /// empty key is no key.
  std::string& row(const std::string& key);
  void end_row() { out_ += ')'; }
  void end();

 private:
  std::string& out_;
  const std::string head_, tail_;
  std::unordered_set<std::string> keys_;
  std::size_t rows_ = 0, begun_ = 0;
};

}  // namespace finwatch::notifier
