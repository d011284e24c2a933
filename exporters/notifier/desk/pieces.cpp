// The pieces that pages are put together from.
#include <algorithm>

#include "notifier/desk/frame.h"

namespace finwatch::notifier {
namespace {

constexpr Phrase kLeft{"剩 ", " left"};
constexpr Phrase kOver{"超时 ", " over"};
constexpr Phrase kUsed{"用时 ", " used"};
constexpr Phrase kPaused{"暂停计时", "paused"};
constexpr Phrase kLimit{"时限 ", "Limit "};
constexpr Phrase kUntil{"截止 ", "due "};
constexpr Phrase kKept{"达标", "kept"};
constexpr Phrase kMissed{"超时", "breached"};
constexpr Phrase kClocks{"服务时限", "Clocks of the service level"};
constexpr Phrase kFiring{" 条告警触发中", " firing"};
constexpr Phrase kHas{"处理人 ", "with "};
constexpr Phrase kFor{"已派给 ", "for "};
constexpr Phrase kNobody{"无人认领", "nobody has it"};
constexpr Phrase kSince{"开始 ", "since "};

// In Chinese the word stands before the length, in English behind it.
std::string around(const View& view, const Phrase& word, const std::string& length) {
  return view.language() == Language::chinese ? std::string(view.say(word)) + length : length + std::string(view.say(word));
}

std::string with_length(const View& view, const Phrase& word, nanoseconds length) {
  return around(view, word, duration_words(length, view.language()));
}

std::string standing(const View& view, const ClockReading& clock) {
  if (clock.stopped)
    return with_length(view, kUsed, clock.used) + " · " + std::string(view.say(clock.breached() ? kMissed : kKept));
  std::string text = clock.breached() ? with_length(view, kOver, clock.used - clock.limit)
                                      : with_length(view, kLeft, clock.limit - clock.used);
  if (clock.paused) text += " · " + std::string(view.say(kPaused));
  return text;
}

// What the script counts on from, in seconds. Zero or less is over, as in ClockReading; where counting will pause, it stands still.
std::string ticking_attributes(const View& view, const ClockReading& clock) {
  if (clock.stopped || clock.paused || clock.limit.count() <= 0) return {};
  const auto seconds = [](auto length) { return std::to_string(std::chrono::ceil<std::chrono::seconds>(length).count()); };
  return attribute("data-left", seconds(clock.limit - clock.used)) + attribute("data-limit", seconds(clock.limit)) +
         attribute("data-steady", seconds(clock.steady_until - view.now));
}

std::string clock_bar(const View& view, const ClockReading& clock) {
  constexpr std::array<std::string_view, 4> kLevels = {"quiet-clock", "half", "late", "breached"};
  const auto permille =
      clock.limit.count() <= 0 ? 1000 : std::min<long long>(1000, clock.used.count() / (clock.limit.count() / 1000 + 1));
  const std::string name(view.say(kClockWords[index(clock.kind)]));
  std::string out = "<li class=\"" + std::string(kLevels[index(clock.level())]) + (clock.stopped ? " stopped" : "") + "\"" +
                    ticking_attributes(view, clock) + "><p><span>" + name + "</span><b>" + standing(view, clock) +
                    "</b></p><progress max=\"1000\" value=\"" + std::to_string(permille) + "\"" +
                    attribute("aria-label", name) + "></progress><small>";
  out += std::string(view.say(kLimit)) + duration_words(clock.limit, view.language());
  if (!clock.stopped) out += " · " + std::string(view.say(kUntil)) + time_tag(view, clock.deadline);
  return out + "</small></li>\n";
}

}  // namespace

std::string time_tag(const View& view, WallTime time) {
  return "<time datetime=\"" + utc(time) + "\">" + wall_text(time, view.contract().zone) + "</time>";
}

std::string badge(std::string_view kind, std::string_view words) {
  return "<span class=\"badge " + std::string(kind) + "\">" + as_text(words) + "</span>";
}

std::string_view gravity(const Contract& contract, int rank) {
  int highest = rank, lowest = rank;
  for (const auto& [id, severity] : contract.severities) {
    highest = std::max(highest, severity.rank);
    lowest = std::min(lowest, severity.rank);
  }
  if (rank == highest) return "grave";
  return rank == lowest ? "mild" : "middle";
}

std::string clock_bars(const View& view, const Sheet& sheet) {
  if (sheet.clocks.empty()) return {};
  std::string out = "<ul class=\"clocks\"" + attribute("aria-label", view.say(kClocks)) +
                    attribute("data-left-says", around(view, kLeft, "{}")) +
                    attribute("data-over-says", around(view, kOver, "{}")) + ">\n";
  for (const ClockReading& clock : sheet.clocks) out += clock_bar(view, clock);
  return out + "</ul>\n";
}

std::string incident_head(const View& view, const Sheet& sheet) {
  const Incident& incident = sheet.incident;
  const Language language = view.language();
  const bool over = incident.state >= State::resolved;
  std::string out =
      "<p>" +
      badge(over ? "" : gravity(view.contract(), sheet.rank), severity_name(view.contract(), incident.severity, language)) +
      badge(over ? "fine" : "", view.say(incident.outcome == Outcome::open || incident.outcome == Outcome::solved
                                             ? kStateWords[index(incident.state)]
                                             : kOutcomeWords[index(incident.outcome)]));
  if (sheet.breached()) out += badge("breached", view.say(kMissed));
  if (incident.firing > 0) out += badge("", std::to_string(incident.firing) + std::string(view.say(kFiring)));
  out += "</p>\n<p class=\"quiet\">";
  const auto add = [&](const std::string& html) {
    if (!html.empty()) out += html + " · ";
  };
  add(as_text(service_name(view.contract(), incident.service, language)));
  add(as_text(incident.where));
  // Whoever is on duty was given it; that is not yet to say that he has it.
  const bool taken = incident.state >= State::acknowledged;
  const std::string& holder = incident.assigned.empty() ? incident.acknowledged_by : incident.assigned;
  if (!holder.empty())
    add(std::string(view.say(taken ? kHas : kFor)) + "<b>" + as_text(actor_name(view.contract(), holder, language)) + "</b>");
  if (!taken) add("<span class=\"bad\">" + std::string(view.say(kNobody)) + "</span>");
  return out + std::string(view.say(kSince)) + time_tag(view, incident.began) + "</p>\n";
}

std::string fact(std::string_view name, const std::string& html) {
  return html.empty() ? std::string() : "<dt>" + std::string(name) + "</dt><dd>" + html + "</dd>\n";
}

std::string form_begin(const View& view, std::string_view target, std::string_view purpose) {
  std::string out = "<form method=\"post\"" + attribute("action", target) + ">";
  if (view.visit.visitor) out += hidden("token", form_token(*view.setup, *view.visit.visitor, purpose));
  return out;
}

std::string hidden(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\"" + attribute("name", name) + attribute("value", value) + ">";
}

std::string option(std::string_view value, std::string_view words, std::string_view chosen) {
  return "<option" + attribute("value", value) + (value == chosen ? " selected>" : ">") + as_text(words) + "</option>";
}

}  // namespace finwatch::notifier
