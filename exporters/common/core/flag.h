// One command-line switch as data. `conf/flags.h` parses them; a collector declares its own beside its metrics.
//
//   constexpr FlagSpec kFlags[] = {
//       {FlagKind::regexp, "collector.arp.device-exclude", "", "Network devices to leave out, as a regular expression."},
//   };
//
// Spelling is that of the Go exporters: --name=value or --name value; a boolean is --name or --no-name; a flag given twice
// is an error unless it is a list. The same value can stand in the configuration file: collectors.arp.device-exclude.
#pragma once

#include <span>
#include <string_view>

namespace finwatch {

enum class FlagKind : unsigned char { text, boolean, integer, duration, regexp, list };

struct FlagSpec {
  FlagKind kind = FlagKind::text;
  std::string_view name;             // without the dashes
  std::string_view default_value;    // "true" or "false" for a boolean; a duration as "500ms", "5s", "1m"
  std::string_view help;             // one sentence, with the unit
  bool hidden = false;               // accepted, not shown by --help
  std::string_view bare_value = {};  // what --name alone means, where a value may be left out; "true" for a boolean
};

}  // namespace finwatch
