// What a step got back, in one shape for HTTP, SQL and certificates; and where in it a value is looked for.
//
//   Answer answer;
//   answer.status = 200;
//   answer.body = R"({"Result":{"Id":7}})";
//   Result<std::vector<Value>> found = source.find(answer);       // empty: not there; malformed: the body is no JSON
//
// A body is parsed when it is first asked for, once for all extractions and expectations. Not for several threads at once.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conf/pattern.h"
#include "conf/yaml.h"
#include "workflow/value/json_path.h"
#include "workflow/value/xml.h"

namespace finwatch::workflow {

/// What a statement gave; a NULL is a cell without text.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> cells;  // by row
};

struct Answer {
  int status = 0;  // of HTTP; 0 when there is none
  std::chrono::nanoseconds time{0};
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // in their order, repeated ones repeated
  std::optional<Rows> rows;
  std::optional<double> certificate_days;  // until the server's certificate ends

  const Result<Json>& json() const;
  const Result<Xml>& xml() const;

 private:
  mutable std::optional<Result<Json>> json_;
  mutable std::optional<Result<Xml>> xml_;
};

class Source {
 public:
  enum class Kind : unsigned char {
    body,  // also for regex alone
    json,
    xpath,
    header,
    cookie,
    html_field,
    html_meta,
    column,
    status,
    time,
    size,
    rows,
    certificate_days,
  };

  /// Reads json, xpath (with namespaces), header, cookie, html_field, html_meta, column (with row) or body, and regex (with
  /// group) over what these find. Nothing when none of them is there. What is wrong goes to the reader.
  static std::optional<Source> read(MapReader& reader);
  static Source of(Kind kind);
  static const std::vector<std::string_view>& keys();

  Result<std::vector<Value>> find(const Answer& answer) const;
  Kind kind() const { return kind_; }
  /// It may find several by its nature: a path with [*], every row.
  bool finds_many() const;
  /// "json /Result/Id"
  std::string describe() const;

 private:
  Result<std::vector<Value>> look(const Answer& answer) const;

  Kind kind_ = Kind::body;
  std::string name_;  // as written: the path, the header, the column
  std::optional<JsonPath> json_;
  std::optional<XPath> xpath_;
  long long row_ = 0;
  bool every_row_ = false;
  std::optional<Pattern> regex_;
  std::string regex_written_;
  int group_ = 0;
};

}  // namespace finwatch::workflow
