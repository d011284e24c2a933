#include "workflow/value/json_path.h"

#include <algorithm>

#include "core/text.h"
#include "workflow/value/decimal.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kMostSteps = 64;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

}  // namespace

class JsonPathParser {
 public:
  explicit JsonPathParser(std::string_view text) : text_(text) {}

  Result<JsonPath> parse() {
    JsonPath path;
    const bool good = text_.starts_with('/') ? pointer(path.steps_) : take("$") && steps(path.steps_) && at_end();
    if (good) return path;
    const std::string_view what =
        expected_.empty() ? "'/' of a JSON pointer or '$' of a JSON path at its beginning" : expected_;
    return {Errc::config, valid_utf8("'" + std::string(text_) + "': expected " + std::string(what) + " at character " +
                                     std::to_string(at_ + 1))};
  }

 private:
  using Step = JsonPath::Step;

  bool pointer(std::vector<Step>& out) {
    while (at_ < text_.size()) {
      ++at_;  // the slash
      Step step;
      step.kind = JsonPath::Kind::key_or_index;
      for (; at_ < text_.size() && text_[at_] != '/'; ++at_) {
        if (text_[at_] != '~') {
          step.key += text_[at_];
        } else if (take_if("~0", -1)) {
          step.key += '~';
        } else if (take_if("~1", -1)) {
          step.key += '/';
        } else {
          return fail("~0 or ~1 for a tilde or a slash");
        }
      }
      const auto index = to_number<std::uint32_t>(step.key);
      if (!index || std::to_string(*index) != step.key) step.kind = JsonPath::Kind::key;
      step.index = index.value_or(0);
      out.push_back(std::move(step));
      if (out.size() > kMostSteps) return fail("at most 64 steps");
    }
    return true;
  }

  bool steps(std::vector<Step>& out) {
    while (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '[')) {
      Step step;
      if (!(text_[at_] == '.' ? name(step) : bracket(step))) return false;
      out.push_back(std::move(step));
      if (out.size() > kMostSteps) return fail("at most 64 steps");
    }
    return true;
  }

  bool name(Step& step) {
    ++at_;
    if (take("*")) {
      step.kind = JsonPath::Kind::every;
      return true;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    step.key = text_.substr(begin, at_ - begin);
    return !step.key.empty() || fail("a name after the point");
  }

  bool bracket(Step& step) {
    ++at_;
    if (take("*")) {
      step.kind = JsonPath::Kind::every;
    } else if (take("?(")) {
      step.kind = JsonPath::Kind::filter;
      if (in_filter_) return fail("no filter inside a filter");
      in_filter_ = true;
      if (!filter(step)) return false;
      in_filter_ = false;
    } else if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      if (!quoted(step.key)) return false;
    } else {
      const std::size_t begin = at_;
      while (at_ < text_.size() && (text_[at_] == '-' || (text_[at_] >= '0' && text_[at_] <= '9'))) ++at_;
      const auto index = to_number<std::int32_t>(text_.substr(begin, at_ - begin));
      if (!index) {
        at_ = begin;
        return fail("an index, a quoted name, * or ?(…)");
      }
      step.kind = JsonPath::Kind::index;
      step.index = *index;
    }
    return take("]") || fail("']'");
  }

  bool filter(Step& step) {
    struct Sign {
      std::string_view text;
      JsonPath::Compare compare;
    };
    constexpr Sign kSigns[] = {{"==", JsonPath::Compare::eq}, {"!=", JsonPath::Compare::ne}, {"<=", JsonPath::Compare::le},
                               {">=", JsonPath::Compare::ge}, {"<", JsonPath::Compare::lt},  {">", JsonPath::Compare::gt}};
    blanks();
    if (!take("@")) return fail("'@'");
    if (!steps(step.inner)) return false;
    blanks();
    for (const Sign& sign : kSigns) {
      if (!take(sign.text)) continue;
      step.compare = sign.compare;
      blanks();
      if (!literal(step)) return false;
      blanks();
      break;
    }
    return take(")") || fail("a comparison or ')'");
  }

  bool literal(Step& step) {
    if (at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"')) {
      step.literal_kind = JsonRef::Kind::text;
      return quoted(step.literal);
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_name_character(text_[at_]) || text_[at_] == '.' || text_[at_] == '+')) ++at_;
    step.literal = text_.substr(begin, at_ - begin);
    if (step.literal == "null") {
      step.literal.clear();
    } else if (step.literal == "true" || step.literal == "false") {
      step.literal_kind = JsonRef::Kind::boolean;
    } else if (is_decimal(step.literal)) {
      step.literal_kind = JsonRef::Kind::number;
    } else {
      at_ = begin;
      return fail("a quoted text, a number, true, false or null");
    }
    return true;
  }

  bool quoted(std::string& out) {
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    return at_++ < text_.size() || fail("the end of the quoted text");
  }

  void blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view what) {
    if (!text_.substr(std::min(at_, text_.size())).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  bool take_if(std::string_view what, int back) {
    if (!take(what)) return false;
    at_ = static_cast<std::size_t>(static_cast<long long>(at_) + back);
    return true;
  }
  bool at_end() { return at_ == text_.size() || fail("'.', '[' or the end"); }
  bool fail(std::string_view expected) {
    if (expected_.empty()) expected_ = expected;
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_filter_ = false;
  std::string_view expected_;
};

Result<JsonPath> JsonPath::compile(std::string_view text) { return JsonPathParser(text).parse(); }

bool JsonPath::accepts(const Step& filter, JsonRef element) {
  std::vector<JsonRef> found;
  walk(filter.inner, 0, element, found);
  if (found.empty()) return false;
  if (filter.compare == Compare::exists) return true;
  const JsonRef value = found.front();
  const bool numbers = is_decimal(value.text()) && is_decimal(filter.literal);
  std::strong_ordering order = std::strong_ordering::equal;
  if (numbers) {
    order = compare_decimals(value.text(), filter.literal);
  } else {
    if (filter.compare != Compare::eq && filter.compare != Compare::ne &&
        (value.kind() != JsonRef::Kind::text || filter.literal_kind != JsonRef::Kind::text))
      return false;
    order = value.text() <=> std::string_view(filter.literal);
    if (value.kind() != filter.literal_kind) order = std::strong_ordering::less;
  }
  switch (filter.compare) {
    case Compare::exists: return true;
    case Compare::eq: return order == 0;
    case Compare::ne: return order != 0;
    case Compare::lt: return order < 0;
    case Compare::le: return order <= 0;
    case Compare::gt: return order > 0;
    case Compare::ge: return order >= 0;
  }
  return false;
}

// At most as deep as the path has steps, of which the parser allows 64.
void JsonPath::walk(const std::vector<Step>& steps, std::size_t at, JsonRef from, std::vector<JsonRef>& found) {
  if (at == steps.size()) {
    found.push_back(from);
    return;
  }
  const Step& step = steps[at];
  std::optional<JsonRef> next;
  switch (step.kind) {
    case Kind::key: next = from.find(step.key); break;
    case Kind::index: next = from.at(step.index); break;
    case Kind::key_or_index: next = from.kind() == JsonRef::Kind::list ? from.at(step.index) : from.find(step.key); break;
    case Kind::every:
    case Kind::filter:
      for (auto element = from.first(); element; element = element->next())
        if (step.kind == Kind::every || accepts(step, *element)) walk(steps, at + 1, *element, found);
      return;
  }
  if (next) walk(steps, at + 1, *next, found);
}

void JsonPath::select(JsonRef root, std::vector<JsonRef>& found) const { walk(steps_, 0, root, found); }

std::optional<JsonRef> JsonPath::first(JsonRef root) const {
  std::vector<JsonRef> found;
  select(root, found);
  if (found.empty()) return std::nullopt;
  return found.front();
}

bool JsonPath::finds_many() const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [](const Step& step) { return step.kind == Kind::every || step.kind == Kind::filter; });
}

}  // namespace finwatch::workflow
