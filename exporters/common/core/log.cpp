#include "core/log.h"

namespace finwatch {
namespace {

class SilentLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, LogFields) override {}
};

}  // namespace

Log& silent_log() {
  static SilentLog log;
  return log;
}

}  // namespace finwatch
