#include "rules/tool/alerts/readable.h"

#include <algorithm>

#include "core/text.h"

namespace finwatch::rules {

std::string readable(std::string_view text) {
  constexpr std::string_view kLabels = "$labels.", kValue = "$value";
  std::string out;
  for (std::size_t from = 0;;) {
    const std::size_t open = text.find("{{", from), close = text.find("}}", open == std::string_view::npos ? open : open + 2);
    if (close == std::string_view::npos) return out.append(text.substr(from));
    out.append(text.substr(from, open - from));
    const std::string_view inside = trim(text.substr(open + 2, close - open - 2));
    if (const std::size_t label = inside.find(kLabels); label != std::string_view::npos) {
      const std::string_view name = inside.substr(label + kLabels.size());
      const auto end = std::find_if(name.begin(), name.end(), [](char c) { return c == ' ' || c == '|' || c == ')'; });
      out.append("<").append(name.begin(), end).append(">");
    } else if (inside.find(kValue) != std::string_view::npos) {
      out.append("<value>");
    }
    from = close + 2;
  }
}

}  // namespace finwatch::rules
