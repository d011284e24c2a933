#include "conf/json.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr int kMostLevels = 512;

void add_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& file_name)
      : text_(text), file_(std::make_shared<const std::string>(file_name)) {}

  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }
  bool value(Tree& tree, int level);
  bool fail(std::string_view expected);
  const Error& error() const { return error_; }

 private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks();
  Position here() const { return {file_, line_, static_cast<int>(at_ - line_begin_) + 1}; }
  bool take(char wanted, std::string_view expected);
  bool string(std::string& out);
  bool escape(std::string& out);
  bool hex(std::uint32_t& code);
  bool bare(Tree& tree);
  bool list(Tree& tree, int level);
  bool object(Tree& tree, int level);

  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
  Error error_;
};

bool Reader::fail(std::string_view expected) {
  const std::size_t length = std::max<std::size_t>(1, utf8_prefix(text_.substr(at_, 4)));
  std::string found = at_ < text_.size() ? "'" + valid_utf8(text_.substr(at_, next() < 0 ? length : 1)) + "'" : "the end";
  if (found == "'\n'" || found == "'\r'") found = "the end of the line";
  error_ = {Errc::malformed, here().text() + ": expected " + std::string(expected) + ", found " + found};
  return false;
}

void Reader::skip_blanks() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n') {
      ++line_;
      line_begin_ = at_ + 1;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      return;
    }
  }
}

bool Reader::take(char wanted, std::string_view expected) {
  skip_blanks();
  if (next() != wanted) return fail(expected);
  ++at_;
  return true;
}

bool Reader::hex(std::uint32_t& code) {
  const auto number = to_number<std::uint32_t>(text_.substr(at_, 4), 16);
  if (!number || at_ + 4 > text_.size()) return fail("four hexadecimal digits");
  code = *number;
  at_ += 4;
  return true;
}

// What follows a backslash.
bool Reader::escape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  const char letter = next();
  if (const std::size_t which = kLetters.find(letter); letter != '\0' && which != std::string_view::npos) {
    ++at_;
    out += kMeant[which];
    return true;
  }
  if (letter != 'u') return fail("an escape such as \\n or \\u4e2d");
  ++at_;
  std::uint32_t code = 0;
  if (!hex(code)) return false;
  if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {  // the first half of a pair
    at_ += 2;
    std::uint32_t second = 0;
    if (!hex(second)) return false;
    code = second >= 0xdc00 && second < 0xe000 ? 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00) : 0xfffd;
  }
  add_utf8(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
  return true;
}

bool Reader::string(std::string& out) {
  if (!take('"', "a text in double quotes")) return false;
  for (;;) {
    const std::size_t end = text_.find_first_of("\"\\\n", at_);
    out.append(text_, at_, end == std::string_view::npos ? end : end - at_);
    at_ = std::min(end, text_.size());
    if (next() == '\\') {
      ++at_;
      if (!escape(out)) return false;
    } else if (next() == '"') {
      ++at_;
      return true;
    } else {
      return fail("the quote that ends this text");
    }
  }
}

bool Reader::bare(Tree& tree) {
  const std::size_t end = text_.find_first_not_of("+-.0123456789abcdefghijklmnopqrstuvwxyzE", at_);
  const std::string_view word = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
  const bool is_word = word == "null" || word == "true" || word == "false";
  if (!is_word && !(to_number<double>(word) && (word.front() == '-' || (word.front() >= '0' && word.front() <= '9'))))
    return fail("a value");
  at_ += word.size();
  if (word == "null") return true;
  tree.kind = Tree::Kind::scalar;
  tree.scalar = word;
  return true;
}

bool Reader::list(Tree& tree, int level) {
  tree.kind = Tree::Kind::list;
  ++at_;
  skip_blanks();
  if (next() == ']') return ++at_, true;
  for (;;) {
    if (!value(tree.items.emplace_back(), level)) return false;
    skip_blanks();
    if (next() == ']') return ++at_, true;
    if (!take(',', "a comma or ]")) return false;
  }
}

bool Reader::object(Tree& tree, int level) {
  tree.kind = Tree::Kind::map;
  ++at_;
  skip_blanks();
  if (next() == '}') return ++at_, true;
  for (;;) {
    skip_blanks();
    const Position where = here();
    std::string key;
    Tree item;
    if (!string(key) || !take(':', "a colon") || !value(item, level)) return false;
    const auto same = std::find(tree.keys.begin(), tree.keys.end(), key);
    if (same != tree.keys.end()) {
      tree.items[static_cast<std::size_t>(same - tree.keys.begin())] = std::move(item);
    } else {
      tree.keys.push_back(std::move(key));
      tree.key_where.push_back(where);
      tree.items.push_back(std::move(item));
    }
    skip_blanks();
    if (next() == '}') return ++at_, true;
    if (!take(',', "a comma or }")) return false;
  }
}

bool Reader::value(Tree& tree, int level) {
  skip_blanks();
  tree.where = here();
  if (level >= kMostLevels) return fail("no more than 512 levels");
  if (next() == '{') return object(tree, level + 1);
  if (next() == '[') return list(tree, level + 1);
  if (next() != '"') return bare(tree);
  tree.kind = Tree::Kind::scalar;
  tree.quoted = true;
  return string(tree.scalar);
}

}  // namespace

Result<std::vector<Tree>> parse_json_values(std::string_view text, const std::string& file_name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Reader reader(text, file_name);
  std::vector<Tree> values;
  while (!reader.at_end())
    if (!reader.value(values.emplace_back(), 0)) return reader.error();
  return values;
}

Result<Tree> parse_json(std::string_view text, const std::string& file_name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Reader reader(text, file_name);
  Tree tree;
  if (!reader.value(tree, 0)) return reader.error();
  if (!reader.at_end()) {
    reader.fail("nothing after the value");
    return reader.error();
  }
  return tree;
}

}  // namespace finwatch
