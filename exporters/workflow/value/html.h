// The value of a form field in an HTML page: the token against forged requests that a login page hides in its form.
//
//   std::optional<std::string> token = html_field(page, "_csrf");         // <input type=hidden value='a&amp;b' NAME="_csrf">
//   std::optional<std::string> other = html_meta(page, "csrf-token");     // <meta name="csrf-token" content="…">
//
// A scanner that takes pages as they are: attributes in any order, quoted or not, upper or lower case, entities decoded; what
// stands in comments and scripts is no field. It walks the page once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace finwatch::workflow {

std::optional<std::string> html_field(std::string_view page, std::string_view name);
std::optional<std::string> html_meta(std::string_view page, std::string_view name);

}  // namespace finwatch::workflow
