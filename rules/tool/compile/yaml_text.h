// YAML, written line by line; JSON's texts, lists and maps are YAML's.
//
//   YamlText yaml;
//   yaml.line(0, "route:").text(1, "receiver", "notifier").list(1, "group_by", {"service"}).length(1, "group_wait", 30s);
//   return {"alertmanager.yml", yaml.made()};
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conf/both_languages.h"
#include "core/json_text.h"
#include "rules/tool/compile/compile.h"
#include "rules/tool/promql/print.h"

namespace finwatch::rules {

inline std::string length_text(nanoseconds time) {
  return print_length(std::chrono::duration_cast<std::chrono::milliseconds>(time));
}

/// ["a", "b"]
inline std::string yaml_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const std::string& item : items) out.append(out.size() > 1 ? ", " : "").append(json_text(item));
  return out + "]";
}

/// {zh: "…", en: "…"}
inline std::string yaml_words(const Words& words) {
  return "{zh: " + json_text(words.zh) + ", en: " + json_text(words.en) + "}";
}

class YamlText {
 public:
  /// `depth` counts steps of two blanks; a line that begins an item of a list has its "- " in `text`.
  YamlText& line(int depth, std::string_view text) {
    text_.append(static_cast<std::size_t>(depth) * 2, ' ').append(text).append("\n");
    return *this;
  }
  YamlText& plain(int depth, std::string_view key, std::string_view value) {
    return line(depth, std::string(key) + ": " + std::string(value));
  }
  YamlText& text(int depth, std::string_view key, std::string_view value) { return plain(depth, key, json_text(value)); }
  /// Nothing where there is nothing to say.
  YamlText& text_if(int depth, std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(depth, key, value);
  }
  YamlText& length(int depth, std::string_view key, nanoseconds value) { return plain(depth, key, length_text(value)); }
  YamlText& words(int depth, std::string_view key, const Words& value) { return plain(depth, key, yaml_words(value)); }
  YamlText& list(int depth, std::string_view key, const std::vector<std::string>& items) {
    return plain(depth, key, yaml_list(items));
  }

  std::string made() const { return std::string(kMade) + text_; }

 private:
  std::string text_;
};

}  // namespace finwatch::rules
