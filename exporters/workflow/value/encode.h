// Texts in the clothes that others want: percent signs, JSON, XML; and how a value is put into a place.
//
//   std::string body;
//   if (Status status = append_escaped("a\"b", Escape::json, body); !status) return status.error();     // a\"b
#pragma once

#include <string>
#include <string_view>

#include "core/base64.h"
#include "core/result.h"

namespace finwatch::workflow {

/// Where a value is put, which says what must be done to it there.
enum class Escape : unsigned char {
  none,     // as it is
  json,     // inside the quotes of a JSON text
  percent,  // a value in a query or a form: all but letters, digits and -._~ as %XX
  xml,      // text or attribute; a character that XML cannot carry is an error
  header,   // as it is, but a line break or a zero byte is an error: it would begin a header of its own
  line,     // inside what TcpExchange sends: a line break or a zero byte is an error, as it would begin a line of its own
  sql,      // a literal with its quotes; a backslash, which servers read differently, or a zero byte is an error
};

/// `text` behind `out`. malformed for what the place cannot carry; `out` is then as it was.
Status append_escaped(std::string_view text, Escape escape, std::string& out);
std::string escaped(std::string_view text, Escape escape);  // what cannot be carried comes out empty

}  // namespace finwatch::workflow
