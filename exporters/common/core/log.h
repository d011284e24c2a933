// One line an event, to standard error, as logfmt or JSON.
//
//   log.warn("collector failed", {{"collector", name}, {"reason", to_string(error.code)}, {"error", error.message}});
//
// The same event (level and message text) repeated within a minute is written once; the next line after that says how many
// were left out. Values are escaped; never pass a secret as a value.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace finwatch {

enum class LogLevel : unsigned char { debug, info, warn, error };

struct LogField {
  std::string_view key;
  std::string value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, long long v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, std::size_t v) : key(k), value(std::to_string(v)) {}
};
using LogFields = std::initializer_list<LogField>;

class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view message, LogFields fields) = 0;

  void debug(std::string_view message, LogFields fields = {}) { write(LogLevel::debug, message, fields); }
  void info(std::string_view message, LogFields fields = {}) { write(LogLevel::info, message, fields); }
  void warn(std::string_view message, LogFields fields = {}) { write(LogLevel::warn, message, fields); }
  void error(std::string_view message, LogFields fields = {}) { write(LogLevel::error, message, fields); }
};

/// Forgets everything: the default in tests.
Log& silent_log();

}  // namespace finwatch
