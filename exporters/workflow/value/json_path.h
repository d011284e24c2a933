// Where in a JSON document: a JSON pointer, or the part of JSON path that probes need.
//
//   Result<JsonPath> path = JsonPath::compile("$.rows[?(@.state == 'posted')].id");        or "/rows/0/id"
//   std::vector<JsonRef> found;
//   path->select(json.root(), found);                                  // in the order of the document; empty when not there
//
// A pointer begins with "/" (~1 is a slash, ~0 a tilde). A path begins with "$": .name ['name'] [0] [-1] [*] and the filters
// [?(@.name)] and [?(@.name == 'text')] with == != < <= > >=, where the other side is a text, a number, true, false or null.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace finwatch::workflow {

class JsonPath {
 public:
  /// config, with what was expected where, when it is none.
  static Result<JsonPath> compile(std::string_view text);

  void select(JsonRef root, std::vector<JsonRef>& found) const;
  /// The one value of a path without wildcards, or the first; nothing when it is not there.
  std::optional<JsonRef> first(JsonRef root) const;
  /// It has a wildcard or a filter, so that it may find several.
  bool finds_many() const;

 private:
  enum class Kind : unsigned char { key, index, key_or_index, every, filter };
  enum class Compare : unsigned char { exists, eq, ne, lt, le, gt, ge };
  struct Step {
    Kind kind = Kind::key;
    std::string key;
    long long index = 0;
    std::vector<Step> inner;  // of a filter: from the element to what is compared
    Compare compare = Compare::exists;
    JsonRef::Kind literal_kind = JsonRef::Kind::null;
    std::string literal;
  };
  friend class JsonPathParser;
  static void walk(const std::vector<Step>& steps, std::size_t at, JsonRef from, std::vector<JsonRef>& found);
  static bool accepts(const Step& filter, JsonRef element);

  std::vector<Step> steps_;
};

}  // namespace finwatch::workflow
