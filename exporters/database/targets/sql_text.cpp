#include "database/targets/sql_text.h"

#include <algorithm>

#include "core/text.h"

namespace finwatch::database {
namespace {

constexpr std::string_view kCut = "…";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (c & 0x80) != 0;
}

class Masker {
 public:
  Masker(std::string_view text, Engine engine) : text_(text), is_postgres_(engine == Engine::postgresql) {}

  std::string run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (starts("--") || (!is_postgres_ && c == '#'))
        skip_line();
      else if (starts("/*"))
        skip_comment();
      else if (c == '\'' || (c == '"' && !is_postgres_))
        mask_string(c);
      else if (c == '"' || c == '`')
        copy_identifier(c);
      else if (c == '$' && is_postgres_)
        mask_dollars();
      else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]) && !ends_in_word()))
        mask_number();
      else if (is_word(c))
        copy_word();
      else if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
        skip_blank();
      else
        out_ += text_[at_++];
    }
    return std::string(trim(out_));
  }

 private:
  bool starts(std::string_view with) const { return text_.substr(at_).starts_with(with); }
  bool ends_in_word() const { return !out_.empty() && (is_word(out_.back()) || out_.back() == '"' || out_.back() == '`'); }
  void blank() {
    if (!out_.empty() && out_.back() != ' ') out_ += ' ';
  }
  void skip_blank() {
    ++at_;
    blank();
  }
  void skip_line() {
    at_ = std::min(text_.find('\n', at_), text_.size());
    blank();
  }
  void skip_comment() {
    int open = 0;
    do {
      if (starts("/*")) {
        open = is_postgres_ ? open + 1 : 1;  // they nest in PostgreSQL only
        at_ += 2;
      } else if (starts("*/")) {
        --open;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (open > 0 && at_ < text_.size());
    blank();
  }
  // A quote behind an odd number of backslashes ends the literal or not, as the session was set: the rest is not shown.
  void mask_string(char quote) {
    out_ += '?';
    std::size_t slashes = 0;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote && slashes % 2 != 0) break;
      if (c == quote) {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != quote) return;  // twice: one quote inside of it
      }
      slashes = c == '\\' ? slashes + 1 : 0;
    }
    if (at_ < text_.size()) out_ += kCut;
    at_ = text_.size();
  }
  void copy_identifier(char quote) {
    const std::size_t end = std::min(text_.find(quote, at_ + 1), text_.size() - 1);
    out_ += text_.substr(at_, end + 1 - at_);
    at_ = end + 1;
  }
  // $tag$ … $tag$; $1 stays as it is.
  void mask_dollars() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_word(text_[end]) && text_[end] != '$') ++end;
    if (end >= text_.size() || text_[end] != '$' || is_digit(text_[at_ + 1])) {
      out_ += text_.substr(at_, end - at_);
      at_ = end;
      return;
    }
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const std::size_t close = text_.find(tag, end + 1);
    at_ = close == std::string_view::npos ? text_.size() : close + tag.size();
    out_ += '?';
  }
  void mask_number() {
    const auto is_exponent = [&] { return (text_[at_] == '+' || text_[at_] == '-') && (text_[at_ - 1] | 0x20) == 'e'; };
    const bool is_hexadecimal = starts("0x") || starts("0X");
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.' || (!is_hexadecimal && is_exponent()))) ++at_;
    out_ += '?';
  }
  void copy_word() {
    while (at_ < text_.size() && is_word(text_[at_])) out_ += text_[at_++];
  }

  std::string_view text_;
  bool is_postgres_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string show_statement(std::string_view statement, Engine engine, std::size_t most) {
  std::string shown = valid_utf8(Masker(statement, engine).run());
  if (shown.size() <= most) return shown;
  shown.resize(most - std::min(most, kCut.size()));
  shown.resize(utf8_prefix(shown));
  return shown.append(kCut);
}

}  // namespace finwatch::database
