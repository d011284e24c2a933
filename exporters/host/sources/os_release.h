// os-release(5): NAME=value lines that a shell could read.
//
//   const OsRelease release = parse_os_release(text);
//   release.value("PRETTY_NAME")              // unquoted; empty when it is not there
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace finwatch::host {

class OsRelease {
 public:
  /// Empty when the name does not occur. Of two lines with one name the later counts, as in a shell.
  std::string_view value(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string_view() : std::string_view(found->second);
  }
  bool empty() const { return values_.empty(); }
  void set(std::string_view name, std::string value) { values_.insert_or_assign(std::string(name), std::move(value)); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// Comments, empty lines and lines that make no sense are passed over.
OsRelease parse_os_release(std::string_view text);

/// What a shell makes of the right side of an assignment: 'literal', "with \" \\ \$ \` escapes", bare, or several of them in a
/// row. Nothing for a quote that is not closed.
std::optional<std::string> unquote(std::string_view text);

/// The major and minor number that a version begins with: 22.03 of "22.03", 12 of "12 SP5"; nothing when there is none.
std::optional<double> major_minor(std::string_view version);

/// Midnight UTC of a date such as 2026-03-31; nothing when it is none.
std::optional<std::chrono::sys_days> parse_date(std::string_view text);

}  // namespace finwatch::host
