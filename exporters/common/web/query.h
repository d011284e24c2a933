// What stands behind the `?` of a request, and the path before it.
//
//   const RequestTarget target = split_target("/metrics?collect[]=cpu&collect%5B%5D=loadavg");
//   for (QueryReader query(target.query); query.next();)
//     if (query.name() == "collect[]") names.push_back(query.value());
//   if (query.malformed()) …                     // a broken %-escape somewhere: refuse the request
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace finwatch {

/// %41 becomes A and, in a query, + becomes a blank. Nothing when an escape is cut short or holds no hexadecimal digits, or
/// when it hides a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);

/// The other way, for a value in a link: everything but letters, digits and -._~ becomes %XX.
std::string percent_encode(std::string_view text);

struct RequestTarget {
  std::string_view path;   // still escaped
  std::string_view query;  // behind the first '?', still escaped
};

/// Takes origin form ("/metrics?x") and absolute form ("http://host/metrics?x").
RequestTarget split_target(std::string_view target);

class QueryReader {
 public:
  explicit QueryReader(std::string_view query) : rest_(query) {}
  /// Moves to the next name=value; false at the end and at the first broken escape.
  bool next();
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool malformed() const { return malformed_; }

 private:
  std::string_view rest_;
  std::string name_;
  std::string value_;
  bool malformed_ = false;
};

}  // namespace finwatch
