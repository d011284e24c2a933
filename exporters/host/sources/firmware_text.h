// What firmware says about itself: makers put bytes of any code page into it.
#pragma once

#include <string>
#include <string_view>

#include "core/buffer.h"
#include "core/text.h"
#include "host/sources/sensor_file.h"

namespace finwatch::host {

/// `text` with every run of bytes that are not UTF-8 replaced by one U+FFFD, as node_exporter writes such labels.
inline std::string firmware_text(std::string_view text) {
  std::string sound;
  bool in_run = false;
  while (!text.empty()) {
    const std::size_t valid = utf8_prefix(text);
    if (valid > 0) {
      sound.append(text.substr(0, valid));
      text.remove_prefix(valid);
      in_run = false;
      continue;
    }
    if (!in_run) sound += "\xEF\xBF\xBD";
    in_run = true;
    text.remove_prefix(1);
  }
  return sound;
}

/// An attribute in /sys as such text, trimmed; empty when it cannot be read.
inline std::string firmware_attribute(const std::string& path) {
  Buffer text;
  return read_small(path.c_str(), text) == 0 ? firmware_text(attribute_text(text)) : std::string();
}

}  // namespace finwatch::host
