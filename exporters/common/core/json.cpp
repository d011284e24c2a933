#include "core/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "core/json_text.h"

namespace finwatch {

// What rapidjson's reader calls; a false ends the reading.
struct JsonBuilder {
  Json& json;
  std::vector<std::uint32_t> open{};  // the lists and maps around
  std::uint32_t key_begin = 0, key_length = 0;
  bool keyed = false;
  std::string_view limit{};  // that was passed

  bool add(JsonRef::Kind kind, std::string_view text) {
    if (json.nodes_.size() >= Json::kMostValues) return passed("more than a million values");
    Json::Node node;
    node.kind = kind;
    node.keyed = keyed;
    node.key_begin = key_begin;
    node.key_length = key_length;
    node.begin = static_cast<std::uint32_t>(json.text_.size());
    node.length = static_cast<std::uint32_t>(text.size());
    node.end = static_cast<std::uint32_t>(json.nodes_.size() + 1);
    node.parent = open.empty() ? 0 : open.back();
    json.text_ += text;
    json.nodes_.push_back(node);
    keyed = false;
    return true;
  }
  bool passed(std::string_view what) {
    limit = what;
    return false;
  }
  bool begin(JsonRef::Kind kind) {
    if (open.size() >= Json::kMostDepth) return passed("more than 256 levels");
    if (!add(kind, "")) return false;
    open.push_back(static_cast<std::uint32_t>(json.nodes_.size() - 1));
    return true;
  }
  bool end(rapidjson::SizeType count) {
    Json::Node& node = json.nodes_[open.back()];
    node.length = count;
    node.end = static_cast<std::uint32_t>(json.nodes_.size());
    open.pop_back();
    return true;
  }

  bool Null() { return add(JsonRef::Kind::null, ""); }
  bool Bool(bool value) { return add(JsonRef::Kind::boolean, value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) { return add(JsonRef::Kind::number, {text, length}); }
  bool String(const char* text, rapidjson::SizeType length, bool) { return add(JsonRef::Kind::text, {text, length}); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    key_begin = static_cast<std::uint32_t>(json.text_.size());
    key_length = length;
    keyed = true;
    json.text_.append(text, length);
    return true;
  }
  bool StartObject() { return begin(JsonRef::Kind::map); }
  bool EndObject(rapidjson::SizeType count) { return end(count); }
  bool StartArray() { return begin(JsonRef::Kind::list); }
  bool EndArray(rapidjson::SizeType count) { return end(count); }
  // Never called: numbers come as texts.
  static bool Int(int) { return false; }
  static bool Uint(unsigned) { return false; }
  static bool Int64(std::int64_t) { return false; }
  static bool Uint64(std::uint64_t) { return false; }
  static bool Double(double) { return false; }
};

Result<Json> Json::parse(std::string_view text) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  if (text.size() > kMostBytes) return {Errc::malformed, "not read as JSON: more than 64 MiB"};
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Json json;
  JsonBuilder builder{.json = json};
  rapidjson::MemoryStream stream(text.empty() ? "" : text.data(), text.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (!builder.limit.empty()) return {Errc::malformed, "not read as JSON: " + std::string(builder.limit)};
  // rapidjson takes a zero byte for the end of the text.
  if (!result.IsError() && stream.Tell() < text.size())
    return {Errc::malformed, "not JSON: a zero byte at byte " + std::to_string(stream.Tell())};
  if (result.IsError())
    return {Errc::malformed, std::string("not JSON: ") + rapidjson::GetParseError_En(result.Code()) + " at byte " +
                                 std::to_string(result.Offset())};
  return json;
}

JsonRef::Kind JsonRef::kind() const { return json_->nodes_[index_].kind; }

std::string_view JsonRef::text() const {
  const Json::Node& node = json_->nodes_[index_];
  return is_container() ? std::string_view() : std::string_view(json_->text_).substr(node.begin, node.length);
}

std::size_t JsonRef::size() const { return is_container() ? json_->nodes_[index_].length : 0; }

std::string_view JsonRef::key() const {
  const Json::Node& node = json_->nodes_[index_];
  return std::string_view(json_->text_).substr(node.key_begin, node.keyed ? node.key_length : 0);
}

std::optional<JsonRef> JsonRef::first() const {
  if (size() == 0) return std::nullopt;
  return JsonRef(*json_, index_ + 1);
}

std::optional<JsonRef> JsonRef::next() const {
  const Json::Node& node = json_->nodes_[index_];
  if (index_ == 0 || node.end >= json_->nodes_[node.parent].end) return std::nullopt;
  return JsonRef(*json_, node.end);
}

std::optional<JsonRef> JsonRef::find(std::string_view key) const {
  std::optional<JsonRef> found;
  if (kind() != Kind::map) return found;
  for (auto value = first(); value; value = value->next())
    if (value->key() == key) found = value;
  return found;
}

std::optional<JsonRef> JsonRef::at(long long index) const {
  const auto count = static_cast<long long>(size());
  if (kind() != Kind::list) return std::nullopt;
  if (index < 0) index += count;
  if (index < 0 || index >= count) return std::nullopt;
  auto value = first();
  while (index-- > 0) value = value->next();
  return value;
}

// Depth is bounded by the parser.
void JsonRef::write(std::string& out) const {
  switch (kind()) {
    case Kind::null: out += "null"; return;
    case Kind::boolean:
    case Kind::number: out += text(); return;
    case Kind::text:
      out += '"';
      append_json_inside(text(), out);
      out += '"';
      return;
    case Kind::list:
    case Kind::map: break;
  }
  const bool map = kind() == Kind::map;
  out += map ? '{' : '[';
  const std::size_t empty = out.size();
  for (auto value = first(); value; value = value->next()) {
    if (out.size() > empty) out += ',';
    if (map) {
      out += '"';
      append_json_inside(value->key(), out);
      out += "\":";
    }
    value->write(out);
  }
  out += map ? '}' : ']';
}

std::string JsonRef::written() const {
  std::string out;
  write(out);
  return out;
}

}  // namespace finwatch
