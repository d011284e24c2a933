#include "notifier/store/sql_text.h"

#include <charconv>
#include <cmath>

#include "core/text.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostRows = 200;
constexpr std::size_t kMostBytes = std::size_t{256} << 10;

}  // namespace

void append_text(std::string& out, std::string_view value) {
  if (utf8_prefix(value) != value.size()) return append_text(out, valid_utf8(value));
  out += '\'';
  for (const char c : value) {
    if (c == '\0') {
      out += "\xEF\xBF\xBD";
    } else {
      if (c == '\'') out += '\'';
      out += c;
    }
  }
  out += '\'';
}

void append_number(std::string& out, std::int64_t value) { out += std::to_string(value); }

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "NULL";
    return;
  }
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  out.append(text, end);
}

std::string sql_text(std::string_view value) {
  std::string out;
  append_text(out, value);
  return out;
}

std::string sql_list(std::span<const std::int64_t> values) {
  std::string out;
  for (const std::int64_t value : values) {
    if (!out.empty()) out += ',';
    append_number(out, value);
  }
  return out;
}

std::int64_t to_nanoseconds(WallTime at) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

WallTime from_nanoseconds(std::int64_t count) {
  return WallTime{std::chrono::duration_cast<WallTime::duration>(std::chrono::nanoseconds{count})};
}

std::string sql_time(WallTime at) { return std::to_string(to_nanoseconds(at)); }

std::string& RowsText::row(const std::string& key) {
  if (rows_ >= kMostRows || out_.size() - begun_ >= kMostBytes || (!key.empty() && keys_.contains(key))) end();
  if (rows_ == 0) begun_ = out_.size();
  out_ += rows_ == 0 ? head_ + "(" : std::string(",\n(");
  if (!key.empty()) keys_.insert(key);
  ++rows_;
  return out_;
}

void RowsText::end() {
  if (rows_ == 0) return;
  out_ += tail_;
  out_ += ";\n";
  rows_ = 0;
  keys_.clear();
}

}  // namespace finwatch::notifier
