// What text is in HTML and XML: no markup.
//
//   for (const char c : valid_utf8(text)) append_markup(c, page);
//
// Of ' HTML and XML know different names, and double quotes do not need it: who writes single ones adds it.
#pragma once

#include <string>

namespace finwatch {

/// & < > and " as entities, every other byte as it is.
inline void append_markup(char c, std::string& out) {
  switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    default: out += c;
  }
}

}  // namespace finwatch
