#include <cstdio>
#include <optional>

#include "core/date.h"
#include "core/json.h"
#include "core/json_text.h"
#include "notifier/store/archive.h"
#include "notifier/store/rows.h"

namespace finwatch::notifier {
namespace {

std::string time_text(WallTime at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::hh_mm_ss clock(second - day);
  char text[48];
  std::snprintf(text, sizeof text, "T%02d:%02d:%02d.%09lld", static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                static_cast<long long>(to_nanoseconds(at) - to_nanoseconds(second)));
  std::string out = to_text(Day{day.time_since_epoch()}) + text;
  while (out.ends_with('0')) out.pop_back();
  if (out.ends_with('.')) out.pop_back();
  return out + 'Z';
}

class JsonWriter {
 public:
  void operator()(std::string_view name, const std::string& value) { members_.add(name, json_text(value)); }
  template <std::integral T>
  void operator()(std::string_view name, const T& value) {
    if constexpr (std::same_as<T, bool>)
      members_.add(name, json_truth(value));
    else
      members_.add(name, std::to_string(value));
  }
  void operator()(std::string_view name, const WallTime& value) { members_.add(name, json_text(time_text(value))); }
  void operator()(std::string_view name, const std::optional<WallTime>& value) {
    members_.add(name, value ? json_text(time_text(*value)) : "null");
  }
  template <Named E>
  void operator()(std::string_view name, const E& value) {
    members_.add(name, json_text(to_string(value)));
  }
  void operator()(std::string_view name, const std::vector<Span>& value) {
    JsonMembers list('[');
    for (const Span& span : value)
      list.add(JsonMembers('{').add("from", json_text(time_text(span.from))).add("to", json_text(time_text(span.to))).end());
    members_.add(name, list.end());
  }
  void operator()(std::string_view name, const std::vector<std::string>& value) { members_.add(name, word_list_text(value)); }
  void given(std::string_view name, const std::int64_t& value) { (*this)(name, value); }
  void kept(std::string_view name, const std::string& value) { (*this)(name, value); }
  void document(std::string_view name, const std::string& value) {
    const Result<Json> json = Json::parse(value);
    members_.add(name, value.empty() ? "null" : json ? json->root().written() : json_text(value));
  }
  template <class T>
  void list(std::string_view name, const std::vector<T>& records) {
    JsonMembers all('[');
    for (const T& record : records) {
      JsonWriter one;
      Record<T>::each(record, one);
      all.add(one.members_.end());
    }
    members_.add(name, all.end());
  }
  std::string end() { return members_.end(); }

 private:
  JsonMembers members_{'{'};
};

}  // namespace

std::string archive_line(const Incident& incident, const std::vector<AlertRecord>& alerts,
                         const std::vector<TimelineEntry>& timeline, const std::vector<Delivery>& deliveries) {
  JsonWriter line;
  line("number", incident.number());
  Record<Incident>::each(incident, line);
  line.list("alerts", alerts);
  line.list("timeline", timeline);
  line.list("deliveries", deliveries);
  return line.end();
}

}  // namespace finwatch::notifier
