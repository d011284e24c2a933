#include "workflow/value/html.h"

#include <algorithm>
#include <cstdint>

#include "core/text.h"

namespace finwatch::workflow {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

bool same(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](char a, char b) { return lower(a) == lower(b); });
}

void append_utf8(std::uint32_t point, std::string& out) {
  if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) point = 0xfffd;
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (point >> shift & 0x3f)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | point >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | point >> 18);
    tail(12), tail(6), tail(0);
  }
}

std::string decoded(std::string_view text) {
  struct Entity {
    std::string_view name;
    std::string_view text;
  };
  constexpr Entity kEntities[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\u00a0"}};
  constexpr std::size_t kLongest = 10;
  std::string out;
  while (!text.empty()) {
    const std::size_t amp = std::min(text.find('&'), text.size());
    out += text.substr(0, amp);
    text.remove_prefix(amp);
    if (text.empty()) break;
    const std::size_t end = text.substr(0, kLongest).find(';');
    const std::string_view name = end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
    std::size_t used = 0;
    if (name.starts_with('#')) {
      const bool hex = name.size() > 1 && lower(name[1]) == 'x';
      if (const auto point = to_number<std::uint32_t>(name.substr(hex ? 2 : 1), hex ? 16 : 10)) {
        append_utf8(*point, out);
        used = end + 1;
      }
    } else if (const auto* entity = std::find_if(std::begin(kEntities), std::end(kEntities),
                                                 [&](const Entity& one) { return one.name == name; });
               entity != std::end(kEntities)) {
      out += entity->text;
      used = end + 1;
    }
    if (used == 0) {
      out += '&';
      used = 1;
    }
    text.remove_prefix(used);
  }
  return out;
}

class Page {
 public:
  explicit Page(std::string_view text) : rest_(text) {}

  // Of the first tag `tag` whose attribute name is `name`: the attribute `wanted`, empty when it has none.
  std::optional<std::string> find(std::string_view tag, std::string_view name, std::string_view wanted) {
    while (to('<')) {
      if (rest_.starts_with("<!--")) {
        behind("-->");
        continue;
      }
      rest_.remove_prefix(1);
      const std::string_view found = word();
      if (same(found, "script") || same(found, "style")) {
        behind(same(found, "script") ? "</script" : "</style");
        continue;
      }
      if (!same(found, tag)) continue;
      std::optional<std::string> its_name;
      std::string value;
      while (attribute()) {
        if (same(key_, "name") && !its_name) its_name = decoded(value_);
        if (same(key_, wanted)) value = decoded(value_);
      }
      if (its_name == name) return value;
    }
    return std::nullopt;
  }

 private:
  bool to(char c) {
    rest_.remove_prefix(std::min(rest_.find(c), rest_.size()));
    return !rest_.empty();
  }
  void behind(std::string_view end) {
    const auto at =
        std::search(rest_.begin(), rest_.end(), end.begin(), end.end(), [](char a, char b) { return lower(a) == b; });
    const auto skipped = static_cast<std::size_t>(at - rest_.begin());
    rest_.remove_prefix(std::min(skipped + end.size(), rest_.size()));
  }
  void blanks() {
    while (!rest_.empty() && (is_blank(rest_.front()) || rest_.front() == '/')) rest_.remove_prefix(1);
  }
  std::string_view word() {
    std::size_t end = 0;
    while (end < rest_.size() && !is_blank(rest_[end]) && std::string_view("/>=<").find(rest_[end]) == std::string_view::npos)
      ++end;
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return found;
  }
  // The next attribute of the tag that is open, into key_ and value_.
  bool attribute() {
    blanks();
    if (rest_.empty() || rest_.front() == '>' || rest_.front() == '<') return false;
    key_ = word();
    value_ = {};
    if (key_.empty()) {
      rest_.remove_prefix(1);  // a stray "="
      return true;
    }
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    if (!rest_.starts_with('=')) return true;
    rest_.remove_prefix(1);
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    const char quote = rest_.front();
    if (quote == '"' || quote == '\'') {
      const std::size_t end = std::min(rest_.find(quote, 1), rest_.size());
      value_ = rest_.substr(1, end - 1);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
    } else {
      std::size_t end = 0;
      while (end < rest_.size() && !is_blank(rest_[end]) && rest_[end] != '>') ++end;
      value_ = rest_.substr(0, end);
      rest_.remove_prefix(end);
    }
    return true;
  }

  std::string_view rest_;
  std::string_view key_, value_;
};

}  // namespace

std::optional<std::string> html_field(std::string_view page, std::string_view name) {
  return Page(page).find("input", name, "value");
}

std::optional<std::string> html_meta(std::string_view page, std::string_view name) {
  return Page(page).find("meta", name, "content");
}

}  // namespace finwatch::workflow
