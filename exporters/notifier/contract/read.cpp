#include "notifier/contract/read.h"

#include <cstdint>
#include <limits>

#include "core/text.h"

namespace finwatch::notifier {
namespace {

constexpr std::int64_t kDay = 24LL * 3600 * 1'000'000'000;
constexpr nanoseconds kLongest{3650 * kDay};  // so that no sum of an instant and two of them is beyond all instants

// "2w" and "1y", which stand alone: `finwatch compile` writes them where nothing is left over.
bool parse_length(std::string_view text, nanoseconds& out) {
  const std::int64_t unit = text.ends_with('w') ? 7 * kDay : text.ends_with('y') ? 365 * kDay : 0;
  if (unit == 0) return parse_duration(text, out);
  const auto number = to_number<std::int64_t>(text.substr(0, text.size() - 1));
  if (!number || *number < 0 || *number > std::numeric_limits<std::int64_t>::max() / unit) return false;
  out = nanoseconds{*number * unit};
  return true;
}

}  // namespace

nanoseconds required_length(MapReader& reader, std::string_view key) {
  const std::string text = reader.required_text(key);
  nanoseconds length{};
  if (!text.empty() && !parse_length(text, length))
    reader.fail(
        key, reader.path_of(key) + ": expected a length of time such as 30s, 5m, 2h or 1w, found '" + valid_utf8(text) + "'");
  if (length > kLongest)
    reader.fail(key, reader.path_of(key) + ": expected ten years at most, found '" + valid_utf8(text) + "'");
  return length;
}

std::chrono::minutes required_time_of_day(MapReader& reader, std::string_view key) {
  const std::string text = reader.required_text(key);
  const auto time = parse_time_of_day(text);
  if (!text.empty() && !time)
    reader.fail(key, reader.path_of(key) + ": expected a time of day such as \"08:00\", found '" + valid_utf8(text) + "'");
  return time.value_or(std::chrono::minutes{0});
}

}  // namespace finwatch::notifier
