#include "core/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <unordered_map>

#include "core/text.h"

namespace finwatch {
namespace {

constexpr std::chrono::seconds kQuiet{60};
constexpr std::size_t kMostRemembered = 500;
constexpr int kPatience = 100;  // milliseconds, for the rest of a line that is longer than a pipe takes at once

class SilentLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, LogFields) override {}
};

// "2026-11-23T09:07:21.042Z"
std::string timestamp(WallTime time) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(millis % 1000));
  return text;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : valid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", byte);
      out += code;
    } else {
      out += c;
    }
  }
}

void append_logfmt_value(std::string& out, std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value) plain = plain && c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  append_escaped(out, value);
  out += '"';
}

class StreamLog final : public Log {
 public:
  StreamLog(LogFormat format, LogLevel least, int descriptor, const Clock& clock)
      : format_(format), least_(least), descriptor_(descriptor), clock_(clock) {}

  bool enabled(LogLevel level) const override { return level >= least_; }

  void write(LogLevel level, std::string_view message, LogFields fields) override {
    if (!enabled(level)) return;
    const std::lock_guard lock(mutex_);
    std::uint64_t left_out = 0;
    if (is_repeat(level, message, fields, left_out)) return;
    line_.clear();
    if (format_ == LogFormat::json) line_ += '{';
    field("time", timestamp(clock_.wall()));
    field("level", to_string(level));
    field("msg", message);
    for (const LogField& each : fields) field(each.key, each.value);
    if (left_out > 0) field("repeated", std::to_string(left_out));
    if (lost_ > 0) field("lines_lost", std::to_string(lost_));
    if (format_ == LogFormat::json) line_ += '}';
    line_ += '\n';
    emit();
  }

 private:
  struct Said {
    SteadyTime when;
    std::uint64_t left_out = 0;
  };

  // The same words within a minute. What differs between two lines of one event (an errno, a name) makes them two events.
  bool is_repeat(LogLevel level, std::string_view message, LogFields fields, std::uint64_t& left_out) {
    key_.assign(1, static_cast<char>('0' + static_cast<int>(level)));
    key_ += message;
    for (const LogField& each : fields) (key_ += '\0') += each.value;
    const SteadyTime now = clock_.steady();
    if (said_.size() >= kMostRemembered)
      std::erase_if(said_, [&](const auto& entry) { return now - entry.second.when >= kQuiet; });
    if (said_.size() >= kMostRemembered) said_.clear();
    const auto [entry, first] = said_.try_emplace(key_, Said{.when = now});
    if (first) return false;
    if (now - entry->second.when < kQuiet) {
      ++entry->second.left_out;
      return true;
    }
    left_out = entry->second.left_out;
    entry->second = {.when = now};
    return false;
  }

  void field(std::string_view key, std::string_view value) {
    if (format_ == LogFormat::json) {
      line_ += line_.size() > 1 ? ",\"" : "\"";
      append_escaped(line_, key);
      line_ += "\":\"";
      append_escaped(line_, value);
      line_ += '"';
    } else {
      if (!line_.empty()) line_ += ' ';
      line_ += key;
      line_ += '=';
      append_logfmt_value(line_, value);
    }
  }

  // A line is one write, so lines of several threads and processes never mix. A reader of a pipe that has stopped reading must
  // not stop the scrapes as well: what finds no room is left out, and the next line says how many were. A log that cannot be
  // written has nowhere else to complain to.
  void emit() {
    std::string_view rest = line_;
    while (!rest.empty()) {
      const bool begun = rest.size() < line_.size();
      pollfd room{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      if (::poll(&room, 1, begun ? kPatience : 0) != 1 || (room.revents & POLLOUT) == 0) break;
      const ssize_t written = ::write(descriptor_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    lost_ = rest.empty() ? 0 : lost_ + 1;
  }

  const LogFormat format_;
  const LogLevel least_;
  const int descriptor_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string line_;
  std::string key_;
  std::uint64_t lost_ = 0;  // lines, since the last one that was written
  std::unordered_map<std::string, Said> said_;
};

}  // namespace

std::string_view to_string(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level(std::string_view name) {
  for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error})
    if (to_string(level) == name) return level;
  return std::nullopt;
}

Log& silent_log() {
  static SilentLog log;
  return log;
}

std::unique_ptr<Log> make_log(LogFormat format, LogLevel least, int descriptor, const Clock& clock) {
  return std::make_unique<StreamLog>(format, least, descriptor, clock);
}

}  // namespace finwatch
