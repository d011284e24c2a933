#include "workflow/value/variables.h"

#include <algorithm>

#include "core/text.h"
#include "workflow/value/decimal.h"
#include "workflow/value/encode.h"

namespace finwatch::workflow {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// At most as deep as a Json may be.
void mask_leaves(JsonRef value, Masker& masker) {
  if (!value.is_container()) {
    if (value.kind() == JsonRef::Kind::text || value.kind() == JsonRef::Kind::number) masker.add_derived(value.text());
    return;
  }
  for (auto inner = value.first(); inner; inner = inner->next()) mask_leaves(*inner, masker);
}

}  // namespace

Value Value::of_number(std::string text) {
  const Kind kind = is_json_number(text) ? Kind::number : Kind::text;
  return {kind, false, std::move(text), {}};
}

Result<Value> Value::of_json(std::string_view text) {
  Result<Json> json = Json::parse(text);
  if (!json) return json.error();
  if (!json->root().is_container()) return of(json->root());
  Value value{Kind::json, false, json->root().written(), {}};
  value.json = std::make_shared<const Json>(std::move(*json));
  return value;
}

Value Value::of(JsonRef value) {
  switch (value.kind()) {
    case JsonRef::Kind::null: return of_null();
    case JsonRef::Kind::boolean: return of_boolean(value.text() == "true");
    case JsonRef::Kind::number: return {Kind::number, false, std::string(value.text()), {}};
    case JsonRef::Kind::text: return of_text(std::string(value.text()));
    case JsonRef::Kind::list:
    case JsonRef::Kind::map: break;
  }
  return of_json(value.written()).value_or(Value{});
}

Value Value::of_list(const std::vector<std::string>& texts) {
  std::string text = "[";
  for (const std::string& item : texts) {
    if (text.size() > 1) text += ',';
    text += '"' + escaped(valid_utf8(item), Escape::json) + '"';
  }
  return of_json(text + "]").value_or(Value{});
}

void Value::write_json(std::string& out) const {
  switch (kind) {
    case Kind::unset:
    case Kind::null: out += "null"; return;
    case Kind::number:
    case Kind::boolean:
    case Kind::json: out += text; return;
    case Kind::text: break;
  }
  out += '"';
  (void)append_escaped(text, Escape::json, out);
  out += '"';
}

std::size_t Scope::add(std::string_view name) {
  if (const auto place = find(name)) return *place;
  names_.emplace_back(name);
  return names_.size() - 1;
}

std::optional<std::size_t> Scope::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names_.begin());
}

bool Scope::is_name(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_true(const Value& value) {
  const bool nothing = value.kind == Value::Kind::unset || value.kind == Value::Kind::null || value.text.empty();
  return !nothing && value.text != "false" && !(is_decimal(value.text) && compare_decimals(value.text, "0") == 0);
}

void Variables::set(std::size_t place, Value value) {
  if (value.secret) {
    masker_.add(value.text);
    if (value.json) mask_leaves(value.json->root(), masker_);
  }
  values_[place] = std::move(value);
}

void Variables::set(std::string_view name, Value value) {
  if (const auto place = scope_->find(name); place && *place < values_.size()) set(*place, std::move(value));
}

const Value& Variables::get(std::string_view name) const {
  static const Value kUnset;
  const auto place = scope_->find(name);
  return place && *place < values_.size() ? values_[*place] : kUnset;
}

}  // namespace finwatch::workflow
