// The command line, in the spelling of the Go exporters.
//
//   Flags flags(specs);
//   if (Status status = flags.parse(arguments); !status) die(status.error().message);
//   flags.text("web.telemetry-path");  flags.boolean("collector.cpu");  flags.given("scrape.timeout");
//
// --name=value or --name value; a boolean is --name or --no-name; a list may be given again and again, anything else once.
// Values are checked by their kind while parsing, so the getters cannot fail.
#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/flag.h"
#include "core/result.h"

namespace finwatch {

/// config, naming `name`, when `value` is not one of the kind.
Status check_flag_value(FlagKind kind, std::string_view name, std::string_view value);

class Flags {
 public:
  /// The specs point to text that must outlive the Flags.
  explicit Flags(std::vector<FlagSpec> specs);

  /// Words without dashes are values of the list `operands`; refused where it is empty.
  Status parse(std::span<const char* const> arguments, std::string_view operands = {});

  bool known(std::string_view name) const { return specs_.contains(name); }
  bool given(std::string_view name) const { return values_.contains(name); }
  std::string_view text(std::string_view name) const;
  bool boolean(std::string_view name) const { return text(name) == "true"; }
  long long integer(std::string_view name) const;
  std::chrono::nanoseconds duration(std::string_view name) const;
  std::span<const std::string> list(std::string_view name) const;

  /// For --help: every flag that is not hidden, in the order of the specs, at most 100 columns wide.
  std::string help() const;

 private:
  Status take(const FlagSpec& spec, std::string_view value);

  std::vector<FlagSpec> order_;
  std::map<std::string_view, const FlagSpec*> specs_;
  std::map<std::string_view, std::vector<std::string>> values_;    // of the flags that were given
  std::map<std::string_view, std::vector<std::string>> defaults_;  // of lists
};

}  // namespace finwatch
