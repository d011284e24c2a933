// Records to rows of SQL and back, by their fields.
//
//   append_rows(statements, changes.incidents);                        // INSERT … ON CONFLICT … DO UPDATE …
//   query("SELECT " + columns_of<Incident>() + " FROM incidents", rows);
//   Result<std::vector<Incident>> incidents = read_rows<Incident>(rows);
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/text.h"
#include "notifier/store/fields.h"
#include "notifier/store/sql_text.h"
#include "sql/sql.h"

namespace finwatch::notifier {

// Lists in one column, as JSON.
std::string spans_text(const std::vector<Span>& spans);
bool read_spans(std::string_view text, std::vector<Span>& spans);
std::string word_list_text(const std::vector<std::string>& words);
bool read_word_list(std::string_view text, std::vector<std::string>& words);

template <class E>
concept Named = std::is_enum_v<E> && requires(E value) {
  names_of(value);
};

class ValueWriter {
 public:
  explicit ValueWriter(std::string& out) : out_(out) {}

  void operator()(std::string_view, const std::string& value) { append_text(next(), value); }
  void operator()(std::string_view, const SharedText& value) { append_text(next(), value); }
  template <std::integral T>
  void operator()(std::string_view, const T& value) {
    append_number(next(), static_cast<std::int64_t>(value));
  }
  void operator()(std::string_view, const double& value) { append_number(next(), value); }
  void operator()(std::string_view, const WallTime& value) { append_number(next(), to_nanoseconds(value)); }
  void operator()(std::string_view name, const std::optional<WallTime>& value) {
    if (value)
      (*this)(name, *value);
    else
      next() += "NULL";
  }
  template <Named E>
  void operator()(std::string_view, const E& value) {
    append_text(next(), to_string(value));
  }
  void operator()(std::string_view, const std::vector<Span>& value) { append_text(next(), spans_text(value)); }
  void operator()(std::string_view, const std::vector<std::string>& value) { append_text(next(), word_list_text(value)); }
  void kept(std::string_view, const std::string& value) { append_text(next(), value); }
  void document(std::string_view, const std::string& value) { append_text(next(), value); }
  void given(std::string_view, const std::int64_t&) {}

 private:
  std::string& next() {
    if (!first_) out_ += ',';
    first_ = false;
    return out_;
  }
  std::string& out_;
  bool first_ = true;
};

/// Reads the columns one after another; what does not fit is remembered.
class ValueReader {
 public:
  ValueReader(const SqlTable& rows, std::size_t row) : rows_(rows), row_(row) {}

  void operator()(std::string_view, std::string& value) { value = next(); }
  void operator()(std::string_view, SharedText& value) { value = next(); }
  template <std::integral T>
  void operator()(std::string_view name, T& value) {
    const auto number = to_number<std::int64_t>(next());
    if constexpr (std::same_as<T, bool>) {
      value = number.value_or(0) != 0;
    } else {
      if (number && std::in_range<T>(*number))
        value = static_cast<T>(*number);
      else
        wrong(name);
    }
  }
  void operator()(std::string_view name, double& value) {
    if (const auto number = to_number<double>(next()))
      value = *number;
    else
      wrong(name);
  }
  void operator()(std::string_view name, WallTime& value) {
    std::int64_t count = 0;
    (*this)(name, count);
    value = from_nanoseconds(count);
  }
  void operator()(std::string_view name, std::optional<WallTime>& value) {
    if (rows_.is_null(row_, column_)) {
      ++column_;
      value.reset();
    } else {
      (*this)(name, value.emplace());
    }
  }
  template <Named E>
  void operator()(std::string_view name, E& value) {
    const auto names = names_of(E{});
    const std::string_view text = next();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == text) {
        value = static_cast<E>(i);
        return;
      }
    wrong(name);
  }
  void operator()(std::string_view name, std::vector<Span>& value) {
    if (!read_spans(next(), value)) wrong(name);
  }
  void operator()(std::string_view name, std::vector<std::string>& value) {
    if (!read_word_list(next(), value)) wrong(name);
  }
  void kept(std::string_view, std::string& value) { value = next(); }
  void document(std::string_view, std::string& value) { value = next(); }
  void given(std::string_view name, std::int64_t& value) { (*this)(name, value); }

  std::string_view wrong_column() const { return wrong_; }

 private:
  std::string_view next() { return rows_.text(row_, column_++); }
  void wrong(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const SqlTable& rows_;
  const std::size_t row_;
  std::size_t column_ = 0;
  std::string_view wrong_;
};

enum class Documents : unsigned char { read, leave };

/// Every column's name, in the order of the fields.
class ColumnNames {
 public:
  enum class For : unsigned char { insert, select, select_without_documents };
  explicit ColumnNames(For purpose) : purpose_(purpose) {}

  template <class T>
  void operator()(std::string_view name, const T&) {
    add(name);
    update(name, std::string("excluded.").append(name));
  }
  void document(std::string_view name, const std::string&) {
    add(purpose_ == For::select_without_documents ? std::string_view("''") : name);
    update_where_given(name);
  }
  void kept(std::string_view name, const std::string&) {
    add(name);
    update_where_given(name);
  }
  void given(std::string_view name, const std::int64_t&) {
    if (purpose_ != For::insert) add(name);
  }
  ColumnNames& of_table(std::string_view table) {
    table_ = table;
    return *this;
  }

  const std::string& names() const { return names_; }
  const std::string& updates() const { return updates_; }

 private:
  void add(std::string_view name) { names_.append(names_.empty() ? "" : ", ").append(name); }
  void update_where_given(std::string_view name) {
    const std::string column(name);
    // Of the row that is there and of the new one; both engines call the first by the name of its table.
    update(name, "CASE WHEN excluded." + column + " = '' THEN " + table_ + '.' + column + " ELSE excluded." + column + " END");
  }
  void update(std::string_view name, const std::string& value) {
    updates_.append(updates_.empty() ? "" : ", ").append(name).append(" = ").append(value);
  }
  const For purpose_;
  std::string table_, names_, updates_;
};

template <class T>
std::string columns_of(Documents documents = Documents::read) {
  ColumnNames columns(documents == Documents::read ? ColumnNames::For::select : ColumnNames::For::select_without_documents);
  const T record;
  Record<T>::each(record, columns);
  return columns.names();
}

/// Writes them over what is there of the same key.
template <class T>
void append_rows(std::string& out, const std::vector<T>& records) {
  if (records.empty()) return;
  ColumnNames columns(ColumnNames::For::insert);
  columns.of_table(Record<T>::kTable);
  Record<T>::each(records.front(), columns);
  const std::string key(Record<T>::kKey);
  RowsText rows(out, "INSERT INTO " + std::string(Record<T>::kTable) + " (" + columns.names() + ") VALUES\n",
                key.empty() ? "" : "\nON CONFLICT (" + key + ") DO UPDATE SET " + columns.updates());
  for (const T& record : records) {
    ValueWriter values(rows.row(Record<T>::key(record)));
    Record<T>::each(record, values);
    rows.end_row();
  }
  rows.end();
}

/// malformed when a row holds what we did not write.
template <class T>
Result<std::vector<T>> read_rows(const SqlTable& rows) {
  std::vector<T> records(rows.rows());
  for (std::size_t row = 0; row < records.size(); ++row) {
    ValueReader values(rows, row);
    Record<T>::each(records[row], values);
    if (!values.wrong_column().empty())
      return {Errc::malformed, "the journal's table " + std::string(Record<T>::kTable) + " holds in column " +
                                   std::string(values.wrong_column()) +
                                   " what no finwatch-notifier wrote; put back what was changed by hand, or a backup"};
  }
  return records;
}

}  // namespace finwatch::notifier
