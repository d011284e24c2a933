#include "notifier/desk/words.h"

#include <algorithm>

#include "core/text.h"

namespace finwatch::notifier {
namespace {

struct Event {
  std::string_view kind;
  Phrase words;
};
constexpr Event kEvents[] = {
    {"fired", {"告警触发", "Alert fired"}},
    {"joined", {"新告警并入", "Alert joined"}},
    {"cleared", {"告警恢复", "Alert resolved"}},
    {"refired", {"告警再次触发", "Alert fired again"}},
    {"reopened", {"重新打开", "Reopened"}},
    {"merged", {"已合并", "Merged"}},
    {"false_alarm", {"判为误报", "False alarm"}},
    {"note", {"备注", "Note"}},
    {"told", {"通知已送达", "Told"}},
    {"not_told", {"通知失败", "Not told"}},
    {"maybe_told_twice", {"可能重复通知", "Maybe told twice"}},
    {"warned_half", {"时限已用一半", "Half of the time used"}},
    {"warned_late", {"时限已用八成", "Four fifths of the time used"}},
    {"breached", {"已超时", "Breached"}},
    {"step", {"升级", "Escalated"}},
    {"policy", {"升级策略变更", "Escalation policy changed"}},
    {"heartbeat", {"心跳告警", "Dead man's switch"}},
};

std::string two_digits(long long number) { return (number < 10 ? "0" : "") + std::to_string(number); }

template <class Named>
std::string name_or(const Named* named, std::string_view id, Language language) {
  return named == nullptr || say(named->name, language).empty() ? std::string(id) : say(named->name, language);
}

}  // namespace

std::string service_name(const Contract& contract, std::string_view id, Language language) {
  return name_or(contract.service(id), id, language);
}
std::string class_name(const Contract& contract, std::string_view id, Language language) {
  return name_or(contract.fault_class(id), id, language);
}
std::string severity_name(const Contract& contract, std::string_view id, Language language) {
  return name_or(contract.severity(id), id, language);
}

std::string actor_name(const Contract& contract, std::string_view id, Language language) {
  if (id == "alertmanager") return "Alertmanager";
  return name_or(contract.person(id), id, language);
}

std::string event_words(std::string_view kind, Language language) {
  const auto state = std::find(kStateNames.begin(), kStateNames.end(), kind);
  if (state != kStateNames.end())
    return std::string(kStateWords[static_cast<std::size_t>(state - kStateNames.begin())].in(language));
  const auto event = std::find_if(std::begin(kEvents), std::end(kEvents), [&](const Event& each) { return each.kind == kind; });
  return event == std::end(kEvents) ? std::string(kind) : std::string(event->words.in(language));
}

std::string duration_words(nanoseconds length, Language language) {
  const long long seconds = std::max<long long>(0, std::chrono::floor<std::chrono::seconds>(length).count());
  const bool chinese = language == Language::chinese;
  const auto say_two = [&](long long big, std::string_view big_word, long long small, std::string_view small_word) {
    std::string text = std::to_string(big) + " " + std::string(big_word);
    return small == 0 ? text : text + " " + std::to_string(small) + " " + std::string(small_word);
  };
  if (seconds < 60) return std::to_string(seconds) + (chinese ? " 秒" : " s");
  if (seconds < 3600) return std::to_string(seconds / 60) + (chinese ? " 分钟" : " min");
  if (seconds < 86400) return say_two(seconds / 3600, chinese ? "小时" : "h", seconds / 60 % 60, chinese ? "分" : "min");
  return say_two(seconds / 86400, chinese ? "天" : "d", seconds / 3600 % 24, chinese ? "小时" : "h");
}

std::string wall_text(WallTime time, const Zone& zone) {
  const LocalTime local = zone.local(time);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(local - day_of(local)).count();
  return finwatch::to_text(day_of(local)) + " " + two_digits(minutes / 60) + ":" + two_digits(minutes % 60);
}

std::string clean_text(std::string_view text) {
  std::string clean = valid_utf8(trim(text));
  std::erase(clean, '\0');
  return clean;
}

std::optional<Month> parse_year_month(std::string_view text) {
  if (text.size() != 7) return std::nullopt;
  const auto day = parse_day(std::string(text) + "-01");
  return day ? std::optional(month_of(*day)) : std::nullopt;
}

std::string to_text(Month month) { return finwatch::to_text(first_day(month)).substr(0, 7); }

}  // namespace finwatch::notifier
