// Functions over texts and numbers, and what the environment says.
#include <algorithm>
#include <cstdlib>

#include "core/text.h"
#include "workflow/value/decimal.h"
#include "workflow/value/functions.h"

namespace finwatch::workflow {
namespace {

constexpr long long kMostCharacters = 1 << 30;

template <char (*change)(char)>
Status case_of(const Call& call, Value& result) {
  std::string text(call.text(0));
  std::transform(text.begin(), text.end(), text.begin(), change);
  result = Value::of_text(std::move(text));
  return ok();
}

Status trim_of(const Call& call, Value& result) {
  result = Value::of_text(std::string(trim(call.text(0))));
  return ok();
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

long long character_count(std::string_view text) { return std::count_if(text.begin(), text.end(), begins_character); }

// Behind `count` characters.
std::size_t byte_at(std::string_view text, long long count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (begins_character(text[at]) && count-- == 0) break;
  return at;
}

Status substr_of(const Call& call, Value& result) {
  std::string_view text = call.text(0);
  Result<long long> start = whole_argument(call, 1, -kMostCharacters, kMostCharacters);
  if (!start) return start.error();
  if (*start < 0) *start = std::max(0LL, character_count(text) + *start);
  text.remove_prefix(byte_at(text, *start));
  if (call.has(2)) {
    const Result<long long> count = whole_argument(call, 2, 0, kMostCharacters);
    if (!count) return count.error();
    text = text.substr(0, byte_at(text, *count));
  }
  result = Value::of_text(std::string(text));
  return ok();
}

Status concat_of(const Call& call, Value& result) {
  std::string text;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) text += call.text(i);
  result = Value::of_text(std::move(text));
  return ok();
}

Status replace_of(const Call& call, Value& result) {
  const std::string_view from = call.text(1);
  if (from.empty()) return {Errc::malformed, "replace has no text to look for"};
  std::string_view rest = call.text(0);
  std::string out;
  for (std::size_t at = rest.find(from); at != std::string_view::npos; at = rest.find(from)) {
    out += rest.substr(0, at);
    out += call.text(2);
    rest.remove_prefix(at + from.size());
  }
  result = Value::of_text(out + std::string(rest));
  return ok();
}

Status length_of(const Call& call, Value& result) {
  const Value& value = *call.arguments[0];
  result = Value::of_number(value.json ? static_cast<long long>(value.json->root().size()) : character_count(value.text));
  return ok();
}

Status default_of(const Call& call, Value& result) {
  for (const Value* value : call.arguments) {
    result = *value;
    if (value->kind != Value::Kind::unset && value->kind != Value::Kind::null && !value->text.empty()) break;
  }
  if (result.kind == Value::Kind::unset) return {Errc::malformed, "none of the values that default may take is set"};
  return ok();
}

Status not_of(const Call& call, Value& result) {
  result = Value::of_boolean(!is_true(*call.arguments[0]));
  return ok();
}

template <bool every>
Status truth_of(const Call& call, Value& result) {
  const auto true_one = [](const Value* value) { return is_true(*value); };
  const auto& given = call.arguments;
  result = Value::of_boolean(every ? std::all_of(given.begin(), given.end(), true_one)
                                   : std::any_of(given.begin(), given.end(), true_one));
  return ok();
}

Status json_of(const Call& call, Value& result) {
  if (utf8_prefix(call.text(0)) != call.text(0).size()) return {Errc::malformed, "the value is not UTF-8, which JSON needs"};
  std::string text;
  call.arguments[0]->write_json(text);
  result = Value::of_text(std::move(text));
  return ok();
}

Status text_of(const Call& call, Value& result) {
  result = Value::of_text(std::string(call.text(0)));
  return ok();
}

Status number_of(const Call& call, Value& result) {
  const std::string_view text = trim(call.text(0));
  if (!is_json_number(text)) return {Errc::malformed, "expected a number, found " + shown_argument(call, 0)};
  result = Value::of_number(std::string(text));
  return ok();
}

Status parse_json_of(const Call& call, Value& result) {
  Result<Value> value = Value::of_json(call.text(0));
  if (!value) return value.error();
  result = std::move(*value);
  return ok();
}

Result<std::string_view> decimal_argument(const Call& call, std::size_t index) {
  const std::string_view text = trim(call.text(index));
  if (!is_decimal(text)) return {Errc::malformed, "expected a number, found " + shown_argument(call, index)};
  return text;
}

template <bool subtract>
Status add_of(const Call& call, Value& result) {
  std::string total;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const Result<std::string_view> number = decimal_argument(call, i);
    if (!number) return number.error();
    total =
        i == 0 ? add_decimals(*number, "0") : add_decimals(total, subtract ? negate_decimal(*number) : std::string(*number));
  }
  result = Value::of_number(std::move(total));
  return ok();
}

Status env_of(const Call& call, Value& result) {
  const std::string name(call.text(0));
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  if (value == nullptr) return {Errc::malformed, "the environment has no " + shown_argument(call, 0)};
  result = Value::of_text(value);
  return ok();
}

constexpr Function kFunctions[] = {
    {.name = "upper", .usage = "upper(text)", .least = 1, .most = 1, .call = case_of<to_upper>},
    {.name = "lower", .usage = "lower(text)", .least = 1, .most = 1, .call = case_of<to_lower>},
    {.name = "trim", .usage = "trim(text)", .least = 1, .most = 1, .call = trim_of},
    {.name = "substr", .usage = "substr(text, start, count)", .least = 2, .most = 3, .call = substr_of},
    {.name = "concat", .usage = "concat(text, …)", .least = 1, .most = kMostArguments, .call = concat_of},
    {.name = "replace", .usage = "replace(text, from, to)", .least = 3, .most = 3, .call = replace_of},
    {.name = "length", .usage = "length(text or list)", .least = 1, .most = 1, .call = length_of},
    {.name = "default",
     .usage = "default(value, …)",
     .least = 2,
     .most = kMostArguments,
     .call = default_of,
     .accepts_unset = true},
    {.name = "not", .usage = "not(value)", .least = 1, .most = 1, .call = not_of, .accepts_unset = true},
    {.name = "all",
     .usage = "all(value, …)",
     .least = 1,
     .most = kMostArguments,
     .call = truth_of<true>,
     .accepts_unset = true},
    {.name = "any",
     .usage = "any(value, …)",
     .least = 1,
     .most = kMostArguments,
     .call = truth_of<false>,
     .accepts_unset = true},
    {.name = "json", .usage = "json(value)", .least = 1, .most = 1, .call = json_of},
    {.name = "parse_json", .usage = "parse_json(text)", .least = 1, .most = 1, .call = parse_json_of},
    {.name = "text", .usage = "text(value)", .least = 1, .most = 1, .call = text_of},
    {.name = "number", .usage = "number(text)", .least = 1, .most = 1, .call = number_of},
    {.name = "add", .usage = "add(number, …)", .least = 2, .most = kMostArguments, .call = add_of<false>},
    {.name = "subtract", .usage = "subtract(number, …)", .least = 2, .most = kMostArguments, .call = add_of<true>},
    {.name = "env", .usage = "env('NAME')", .least = 1, .most = 1, .call = env_of, .pure = false, .secret = true},
    {.name = "public_env", .usage = "public_env('NAME')", .least = 1, .most = 1, .call = env_of, .pure = false},
};

}  // namespace

std::span<const Function> text_functions() { return kFunctions; }

}  // namespace finwatch::workflow
