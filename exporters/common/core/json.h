// A JSON text, read once and then only looked at. Numbers stay as they were written, so that money is exact.
//
//   Result<Json> json = Json::parse(body);
//   if (!json) return json.error();                                  // "not JSON: … at byte 17"
//   for (auto row = json->root().first(); row; row = row->next()) use(row->find("amount")->text());
//
// By rapidjson's SAX reader (six times as fast as nlohmann on a page of 1 MB; simdjson 3.0 of Debian 12 is faster yet, but turns
// numbers into doubles and refuses those of more than 64 bits), iteratively, so that depth costs no stack. Bounded: 256 levels,
// a million values, 64 MiB; text must be UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace finwatch {

class Json;

/// A value inside a Json, which must outlive it.
class JsonRef {
 public:
  enum class Kind : unsigned char { null, boolean, number, text, list, map };

  JsonRef(const Json& json, std::uint32_t index) : json_(&json), index_(index) {}

  Kind kind() const;
  bool is_container() const { return kind() == Kind::list || kind() == Kind::map; }
  /// A text decoded, a number as written, true, false; empty for null and for a list or a map.
  std::string_view text() const;
  std::size_t size() const;      // of a list or a map
  std::string_view key() const;  // of a value in a map
  std::optional<JsonRef> first() const;
  std::optional<JsonRef> next() const;                      // the value after this one in the same list or map
  std::optional<JsonRef> find(std::string_view key) const;  // in a map; the last of several, as browsers do
  std::optional<JsonRef> at(long long index) const;         // in a list; -1 is the last
  /// As compact JSON text.
  void write(std::string& out) const;
  std::string written() const;

  bool operator==(const JsonRef&) const = default;

 private:
  const Json* json_;
  std::uint32_t index_;
};

class Json {
 public:
  static constexpr std::size_t kMostDepth = 256;
  static constexpr std::size_t kMostValues = 1'000'000;
  static constexpr std::size_t kMostBytes = 64U << 20;

  static Result<Json> parse(std::string_view text);
  JsonRef root() const { return {*this, 0}; }

 private:
  friend class JsonRef;
  friend struct JsonBuilder;
  // In the order of the text: a list or map, then all that is inside it.
  struct Node {
    JsonRef::Kind kind = JsonRef::Kind::null;
    bool keyed = false;
    std::uint32_t begin = 0, length = 0;          // of the text in text_; length counts the values of a list or map
    std::uint32_t key_begin = 0, key_length = 0;  // in text_
    std::uint32_t end = 0;                        // the node behind this one and all inside it
    std::uint32_t parent = 0;
  };
  std::vector<Node> nodes_;
  std::string text_;
};

}  // namespace finwatch
