// Functions over lists that a step found.
#include "workflow/value/functions.h"

#include "workflow/value/decimal.h"
#include "workflow/value/json_path.h"

namespace finwatch::workflow {
namespace {

// A null is a list without items, as many write one.
Result<JsonRef> list_argument(const Call& call, std::size_t index) {
  static const Json kEmpty = *Json::parse("[]");
  const Value& value = *call.arguments[index];
  if (value.kind == Value::Kind::null) return kEmpty.root();
  if (value.json && value.json->root().kind() == JsonRef::Kind::list) return value.json->root();
  return {Errc::malformed, "expected a list, found " + shown_argument(call, index)};
}

Status sum_of(const Call& call, Value& result) {
  const Result<JsonRef> list = list_argument(call, 0);
  if (!list) return list.error();
  std::string total = "0";
  for (auto item = list->first(); item; item = item->next()) {
    if (!is_decimal(item->text())) return {Errc::malformed, "expected a list of numbers, found " + shown_argument(call, 0)};
    total = add_decimals(total, item->text());
  }
  result = Value::of_number(std::move(total));
  return ok();
}

Status join_of(const Call& call, Value& result) {
  const Result<JsonRef> list = list_argument(call, 0);
  if (!list) return list.error();
  std::string text;
  for (auto item = list->first(); item; item = item->next()) {
    if (item != list->first()) text += call.text(1);
    text += item->is_container() ? item->written() : std::string(item->text());
  }
  result = Value::of_text(std::move(text));
  return ok();
}

/// The items of a list for which `keep` gives a value, as a list of these.
template <class Keep>
Status filtered(const Call& call, Keep keep, Value& result) {
  const Result<JsonRef> list = list_argument(call, 0);
  if (!list) return list.error();
  const Result<JsonPath> path = JsonPath::compile(call.text(1));
  if (!path) return path.error();
  std::string text = "[";
  for (auto item = list->first(); item; item = item->next()) {
    const std::optional<JsonRef> inside = path->first(*item);
    const std::optional<JsonRef> kept = inside ? keep(*item, *inside) : std::nullopt;
    if (!kept) continue;
    if (text.size() > 1) text += ',';
    kept->write(text);
  }
  Result<Value> value = Value::of_json(text + "]");
  if (!value) return value.error();
  result = std::move(*value);
  return ok();
}

Status pluck_of(const Call& call, Value& result) {
  return filtered(
      call, [](JsonRef, JsonRef inside) { return std::optional(inside); }, result);
}

Status where_of(const Call& call, Value& result) {
  // Whatever is removed goes by this: nothing asked for must never mean everything found.
  if (call.text(2).empty()) return {Errc::malformed, "where needs the text that is looked for"};
  const auto begins = [&](JsonRef item, JsonRef inside) {
    return inside.text().starts_with(call.text(2)) ? std::optional(item) : std::nullopt;
  };
  return filtered(call, begins, result);
}

constexpr Function kFunctions[] = {
    {.name = "sum", .usage = "sum(list)", .least = 1, .most = 1, .call = sum_of},
    {.name = "join", .usage = "join(list, between)", .least = 2, .most = 2, .call = join_of},
    {.name = "pluck", .usage = "pluck(list, path)", .least = 2, .most = 2, .call = pluck_of},
    {.name = "where", .usage = "where(list, path, beginning)", .least = 3, .most = 3, .call = where_of},
};

}  // namespace

std::span<const Function> list_functions() { return kFunctions; }

}  // namespace finwatch::workflow
