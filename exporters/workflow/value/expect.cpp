#include "workflow/value/expect.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "workflow/value/decimal.h"
#include "workflow/value/extract.h"

namespace finwatch::workflow {
namespace {

std::string_view words_of(Test::Kind kind) {
  switch (kind) {
    case Test::Kind::eq: return "to be";
    case Test::Kind::ne: return "not to be";
    case Test::Kind::lt: return "to be below";
    case Test::Kind::le: return "to be at most";
    case Test::Kind::gt: return "to be above";
    case Test::Kind::ge: return "to be at least";
    case Test::Kind::in: return "to be one of";
    case Test::Kind::not_in: return "to be none of";
    case Test::Kind::contains: return "to contain";
    case Test::Kind::not_contains: return "not to contain";
    case Test::Kind::matches: return "to match";
    case Test::Kind::not_matches: return "not to match";
    case Test::Kind::exists: return "to be there";
    case Test::Kind::absent: return "not to be there";
    case Test::Kind::length: return "to have a length";
  }
  return {};
}

bool both_decimals(const Value& one, const Value& other) {
  return one.kind != Value::Kind::json && other.kind != Value::Kind::json && is_decimal(one.text) && is_decimal(other.text);
}

bool equal(const Value& one, const Value& other) {
  const bool null = one.kind == Value::Kind::null;
  if (null || other.kind == Value::Kind::null) return null && other.kind == Value::Kind::null;
  if (both_decimals(one, other)) return compare_decimals(one.text, other.text) == 0;
  return one.text == other.text;
}

// A date or a time as ISO writes it, which stands in the order of its text.
bool is_time(std::string_view text) {
  return text.size() >= 7 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || std::string_view("-:T Z.+").find(c) != std::string_view::npos;
         });
}

std::optional<std::strong_ordering> order(const Value& one, const Value& other) {
  if (both_decimals(one, other)) return compare_decimals(one.text, other.text);
  if (one.text.size() == other.text.size() && is_time(one.text) && is_time(other.text)) return one.text <=> other.text;
  return std::nullopt;
}

bool is_in(const Value& wanted, const Value& list) {
  if (!list.json) return equal(wanted, list);
  for (auto item = list.json->root().first(); item; item = item->next())
    if (equal(wanted, Value::of(*item))) return true;
  return false;
}

// A text in a text, a value in a list.
bool contains(const Value& value, const Value& part) {
  if (value.json && value.json->root().kind() == JsonRef::Kind::list) return is_in(part, value);
  return value.text.find(part.text) != std::string::npos;
}

bool passes(const Test& test, const Value& value, const Value& operand) {
  const auto ordered = [&](auto wanted) {
    const auto found = order(value, operand);
    return found && wanted(*found);
  };
  switch (test.kind) {
    case Test::Kind::eq: return equal(value, operand);
    case Test::Kind::ne: return !equal(value, operand);
    case Test::Kind::lt: return ordered([](auto o) { return o < 0; });
    case Test::Kind::le: return ordered([](auto o) { return o <= 0; });
    case Test::Kind::gt: return ordered([](auto o) { return o > 0; });
    case Test::Kind::ge: return ordered([](auto o) { return o >= 0; });
    case Test::Kind::in: return is_in(value, operand);
    case Test::Kind::not_in: return !is_in(value, operand);
    case Test::Kind::contains: return contains(value, operand);
    case Test::Kind::not_contains: return !contains(value, operand);
    case Test::Kind::matches: return test.pattern->matches(value.text);
    case Test::Kind::not_matches: return !test.pattern->matches(value.text);
    case Test::Kind::exists: return true;
    case Test::Kind::absent:
    case Test::Kind::length: return false;
  }
  return false;
}

std::string shown(const Value& value, const Masker& masker) {
  if (value.kind == Value::Kind::null) return "null";
  const std::string text = value.secret ? std::string(Masker::kMask) : masker.excerpt(value.text, 120);
  const bool quoted = value.kind == Value::Kind::text && !is_decimal(value.text);
  return quoted ? "'" + text + "'" : text;
}

long long length_of(const Value& value) {
  if (value.json) return static_cast<long long>(value.json->root().size());
  return std::count_if(value.text.begin(), value.text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

class Judge {
 public:
  Judge(const Answer& answer, Variables& variables) : answer_(answer), variables_(variables) {}

  // The sentence of what is wrong; nothing when the condition holds.
  std::optional<std::string> broken(const Condition& condition) {
    confused_ = false;
    for (const Part& part : condition.parts)
      if (auto sentence = broken(part)) return sentence;
    return std::nullopt;
  }

  // An operand could not be worked out, so that the sentence is about the flow.
  bool confused() const { return confused_; }

  std::string describe(const Condition& condition) const {
    std::string text;
    for (const Part& part : condition.parts) {
      const Result<std::vector<Value>> found = part.source.find(answer_);
      if (!found || found->empty()) continue;
      text += (text.empty() ? "" : ", ") + part.source.describe() + " is " + shown(found->front(), variables_.masker());
    }
    return variables_.masker().mask(text);
  }

 private:
  std::optional<std::string> broken(const Part& part) {
    const Result<std::vector<Value>> found = part.source.find(answer_);
    if (!part.statuses.empty()) {
      const bool good = std::any_of(part.statuses.begin(), part.statuses.end(), [&](const std::pair<int, int>& range) {
        return answer_.status >= range.first && answer_.status <= range.second;
      });
      if (good) return std::nullopt;
      return "expected the status " + part.statuses_written + ", found " + std::to_string(answer_.status) + there(part);
    }
    for (const Test& test : part.tests)
      if (auto sentence = broken(test, found, part)) return sentence;
    return std::nullopt;
  }

  // Most conditions hold: words are put together for one that does not.
  std::optional<std::string> broken(const Test& test, const Result<std::vector<Value>>& found, const Part& part) {
    if (test.kind == Test::Kind::absent) {
      if (!found || found->empty()) return std::nullopt;
      return expected(test, part, nullptr) + ", found " + shown(found->front(), variables_.masker());
    }
    if (test.kind == Test::Kind::length && found && part.source.finds_many())
      return broken_length(test, static_cast<long long>(found->size()), part);
    Value scratch;
    const Value* operand = this->operand(test, scratch);
    if (operand == nullptr) return std::exchange(confusion_, {});
    if (!found) return expected(test, part, operand) + ", but " + found.error().message + there(part);
    if (found->empty()) return expected(test, part, operand) + ", found nothing" + there(part);
    for (const Value& value : *found) {
      if (test.kind == Test::Kind::length) {
        if (auto sentence = broken_length(test, length_of(value), part)) return sentence;
      } else if (!passes(test, value, *operand)) {
        return expected(test, part, operand) + ", found " + shown(value, variables_.masker());
      }
    }
    return std::nullopt;
  }

  std::string expected(const Test& test, const Part& part, const Value* operand) const {
    const bool named = operand != nullptr && test.kind != Test::Kind::exists && test.kind != Test::Kind::length;
    return "expected " + part.source.describe() + " " + std::string(words_of(test.kind)) +
           (named ? " " + shown(*operand, variables_.masker()) : "");
  }

  std::optional<std::string> broken_length(const Test& test, long long length, const Part& part) {
    for (const Test& inner : test.inner) {
      Value scratch;
      const Value* operand = this->operand(inner, scratch);
      if (operand == nullptr) return std::exchange(confusion_, {});
      const Value value = Value::of_number(length);
      if (!passes(inner, value, *operand))
        return "expected the length of " + part.source.describe() + " " + std::string(words_of(inner.kind)) + " " +
               shown(*operand, variables_.masker()) + ", found " + value.text;
    }
    return std::nullopt;
  }

  const Value* operand(const Test& test, Value& scratch) {
    if (test.fixed) return &*test.fixed;
    if (!test.operand) return &scratch;
    Result<Value> value = test.operand->json_value(variables_);
    if (!value) {
      confused_ = true;
      confusion_ = value.error().message;
      return nullptr;
    }
    scratch = std::move(*value);
    return &scratch;
  }

  std::string there(const Part& part) const { return what_was_there(part.source, answer_, variables_.masker()); }

  const Answer& answer_;
  Variables& variables_;
  bool confused_ = false;
  std::string confusion_;
};

}  // namespace

std::optional<Failure> first_failure(const Checks& checks, const Answer& answer, Variables& variables) {
  Judge judge(answer, variables);
  for (const Condition& rule : checks.classify)
    if (!judge.broken(rule)) return Failure{rule.reason, judge.describe(rule)};
  for (const Condition& condition : checks.expect)
    if (const auto sentence = judge.broken(condition))
      return Failure{judge.confused() ? Reason::internal : condition.reason, variables.masker().mask(*sentence)};
  return std::nullopt;
}

}  // namespace finwatch::workflow
