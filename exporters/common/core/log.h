// One line an event, to standard error, as logfmt or JSON.
//
//   log.warn("collector failed", {{"collector", name}, {"reason", to_string(error.code)}, {"error", error.message}});
//
// The same line (level, message and values) repeated within a minute is written once; the next one after that says how often
// it was left out. Values are escaped; never pass a secret as a value.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/clock.h"

namespace finwatch {

enum class LogLevel : unsigned char { debug, info, warn, error };
enum class LogFormat : unsigned char { logfmt, json };

std::string_view to_string(LogLevel level);
std::optional<LogLevel> log_level(std::string_view name);

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

/// Writes lines of `least` and above to a descriptor that stays open, one write(2) a line. Never waits for who reads: a line
/// that finds no room in a pipe is left out, and the next one says so (lines_lost).
std::unique_ptr<Log> make_log(LogFormat format, LogLevel least, int descriptor, const Clock& clock);

}  // namespace finwatch
