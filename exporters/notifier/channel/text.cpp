#include "notifier/channel/text.h"

#include <algorithm>

#include "core/text.h"
#include "notifier/channel/plain_text.h"
#include "notifier/channel/time_words.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kMostTitle = 120, kMostName = 40, kMostPerson = 20, kMostWhere = 120, kMostNote = 300;  // characters
constexpr std::size_t kMostUrl = 1000;

bool is_word(char c) { return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }

/// The words of one message.
class Speech {
 public:
  Speech(const Message& message, std::size_t shown)
      : message_(message),
        shown_(std::min(shown, message.facts.size())),
        left_out_(message.facts.size() - shown_ + message.more) {}

  MessageText text() const {
    MessageText text;
    text.title = title();
    if (message_.maybe_twice) text.lines.push_back(both("可能重复", "may be a repeat"));
    if (message_.facts.size() + message_.more > 1) {
      for (std::size_t i = 0; i < shown_; ++i) text.lines.push_back(of_digest(message_.facts[i]));
      if (left_out_ > 0)
        text.lines.push_back(both("另有 " + std::to_string(left_out_) + " 个", "and " + std::to_string(left_out_) + " more"));
    } else if (shown_ > 0) {
      add_incident(message_.facts.front(), text.lines);
    }
    text.links = links();
    text.foot = foot();
    return text;
  }

 private:
  std::string both(std::string_view zh, std::string_view en) const { return in_languages(message_, zh, en); }
  /// Of the contract or of an alert; what one language lacks is said in the other.
  std::string both(const Words& words, std::size_t most) const {
    const std::string zh = first_characters(one_line(words.zh), most), en = first_characters(one_line(words.en), most);
    return both(zh.empty() ? en : zh, en.empty() ? zh : en);
  }

  std::string kind() const {
    switch (message_.purpose) {
      case Purpose::joined: return both("故障仍在", "it goes on");
      case Purpose::warning: return both("时限将到", "deadline near");
      case Purpose::breach: return both("已超时限", "deadline missed");
      case Purpose::resolved: return both("已恢复", "resolved");
      case Purpose::heartbeat: return both("心跳中断", "no heartbeat");
      case Purpose::page: break;
    }
    const std::string severity = message_.facts.empty() ? "" : both(message_.facts.front().severity, kMostName);
    return severity.empty() ? both("告警", "alert") : severity;
  }

  std::string title() const {
    std::string title = "【" + kind() + "】";
    if (message_.facts.empty())
      return title += message_.purpose == Purpose::heartbeat ? both("监控本身没有声音", "the monitoring itself is silent")
                                                             : both("事件", "incident");
    const std::size_t all = message_.facts.size() + message_.more;
    const IncidentFacts& first = message_.facts.front();
    if (all > 1) title += both(std::to_string(all) + " 个事件", std::to_string(all) + " incidents") + " · ";
    if (first.id != 0) title += number(first) + " ";
    return title += both(first.title, kMostTitle);
  }

  static std::string number(const IncidentFacts& facts) { return "INC-" + std::to_string(facts.id); }

  /// "22:45", or with its day when that is not today.
  std::string clock(WallTime at) const {
    const bool today = day_of(message_.zone.local(at)) == day_of(message_.zone.local(message_.now));
    return today ? hour_and_minute(at, message_.zone) : day_and_minute(at, message_.zone);
  }

  std::string deadline(const IncidentFacts& facts) const {
    const std::string at = clock(*facts.deadline);
    const bool answer = facts.deadline_clock == "answer", diagnosis = facts.deadline_clock == "first_diagnosis";
    const std::string zh = answer ? "响应" : diagnosis ? "初步诊断" : "解决";
    const std::string en = answer ? "answer" : diagnosis ? "diagnose" : "solve";
    if (*facts.deadline > message_.now) {
      const LengthWords left = length_words(*facts.deadline - message_.now);
      return both("须于 " + at + " 前" + zh + "（还有 " + left.zh + "）", en + " before " + at + " (in " + left.en + ")");
    }
    const LengthWords late = length_words(message_.now - *facts.deadline);
    return both(zh + "时限 " + at + " 已过 " + late.zh, en + " was due at " + at + ", " + late.en + " ago");
  }

  void add_incident(const IncidentFacts& facts, std::vector<std::string>& lines) const {
    std::string what = both(facts.service, kMostName);
    if (message_.purpose != Purpose::page) join(what, both(facts.severity, kMostName));
    join(what, both(facts.fault_class, kMostName));
    join(what, first_characters(one_line(facts.where), kMostWhere));
    if (!what.empty()) lines.push_back(what);
    lines.push_back(since(facts));
    if (facts.deadline && !facts.resolved) lines.push_back(deadline(facts));
    if (!facts.acknowledged_by.empty()) {
      const std::string who = person(facts.acknowledged_by);
      lines.push_back(both(who + " 已认领", "acknowledged by " + who));
    }
    if (const std::string note = both(facts.note, kMostNote); !note.empty()) lines.push_back(both("说明：", "note: ", note));
  }
  std::string both(std::string_view zh, std::string_view en, const std::string& behind) const {
    return std::string(is_chinese() ? zh : en) + behind;
  }

  std::string since(const IncidentFacts& facts) const {
    const std::string began = day_and_minute(facts.began, message_.zone);
    if (facts.resolved) {
      const std::string end = clock(*facts.resolved);
      const LengthWords length = length_words(*facts.resolved - facts.began);
      return both(began + " 至 " + end + "，历时 " + length.zh, "from " + began + " to " + end + ", " + length.en);
    }
    if (facts.firing <= 0) return both("自 " + began + " 起", "since " + began);
    const std::string count = std::to_string(facts.firing);
    return both("自 " + began + " 起 · " + count + " 条告警触发",
                "since " + began + " · " + count + (facts.firing == 1 ? " alert fires" : " alerts fire"));
  }

  std::string of_digest(const IncidentFacts& facts) const {
    std::string line = number(facts);
    join(line, both(facts.severity, kMostName));
    join(line, both(facts.title, kMostTitle));
    join(line, both(facts.service, kMostName));
    if (facts.resolved) {
      const std::string at = clock(*facts.resolved);
      join(line, both(at + " 恢复", "resolved at " + at));
    } else if (facts.deadline) {
      join(line, deadline(facts));
    }
    if (!facts.acknowledged_by.empty()) {
      const std::string who = person(facts.acknowledged_by);
      join(line, both(who + " 已认领", "acknowledged by " + who));
    }
    return line;
  }

  std::string person(const std::string& id) const {
    const auto known =
        std::find_if(message_.to.begin(), message_.to.end(), [&](const Recipient& each) { return each.id == id; });
    return known == message_.to.end() ? first_characters(one_line(id), kMostName) : name_of(message_, *known);
  }

  std::vector<MessageLink> links() const {
    std::vector<MessageLink> links;
    const auto add = [&](std::string label, std::string_view url) {
      if (std::string safe = safe_url(url); !safe.empty()) links.push_back({std::move(label), std::move(safe)});
    };
    if (!message_.facts.empty()) {
      const IncidentFacts& first = message_.facts.front();
      const bool waits = first.state < State::acknowledged && message_.purpose != Purpose::resolved;
      const bool digest = message_.facts.size() + message_.more > 1;
      for (const Recipient& person : message_.to)
        add((waits ? both("认领", "Acknowledge") : both("打开", "Open")) + (digest ? " " + number(first) : "") + " · " +
                name_of(message_, person),
            person.link);
      if (message_.purpose != Purpose::resolved)
        add(both("处置手册", "Runbook") + (digest ? " " + number(first) : ""), first.runbook);
    }
    add(both("全部事件", "All incidents"), message_.page);
    return links;
  }

  /// Empty unless it is an address whose letters end no link: those that could are written as %XX.
  static std::string safe_url(std::string_view url) {
    if (!url.starts_with("https://") && !url.starts_with("http://")) return {};
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string safe;
    for (const char c : url) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte > 0x20 && byte < 0x7F && std::string_view("()[]<>\"'\\`|{}^*").find(c) == std::string_view::npos) {
        safe += c;
        continue;
      }
      safe += '%';
      safe += kHex[byte >> 4U];
      safe += kHex[byte & 0xFU];
    }
    return safe.size() <= kMostUrl ? safe : std::string();
  }

  std::string foot() const {
    std::string foot = both(message_.organisation, kMostName);
    join(foot, one_line(message_.reference));
    std::string numbers;
    for (std::size_t i = 0; i < shown_; ++i)
      if (message_.facts[i].id != 0) numbers += (numbers.empty() ? "" : " ") + number(message_.facts[i]);
    join(foot, numbers);
    return foot;
  }

  static void join(std::string& line, const std::string& part) {
    if (part.empty()) return;
    if (!line.empty()) line += " · ";
    line += part;
  }
  bool is_chinese() const { return message_.languages.empty() || message_.languages.front() == "zh"; }

  const Message& message_;
  const std::size_t shown_, left_out_;
};

}  // namespace

MessageText words_of(const Message& message, std::size_t shown) { return Speech(message, shown).text(); }

std::string in_languages(const Message& message, std::string_view zh, std::string_view en) {
  if (zh == en) return std::string(zh);
  std::string said;
  for (const std::string& language : message.languages) {
    const std::string_view words = language == "zh" ? zh : language == "en" ? en : std::string_view();
    if (words.empty()) continue;
    if (!said.empty()) said += " / ";
    said += words;
  }
  return said.empty() ? std::string(zh.empty() ? en : zh) : said;
}

std::string name_of(const Message& message, const Recipient& person) {
  const bool chinese = message.languages.empty() || message.languages.front() == "zh";
  std::string name = one_line(chinese ? person.name.zh : person.name.en);
  if (name.empty()) name = one_line(person.id);
  return first_characters(name, kMostPerson);
}

std::string mobile_of(const Recipient& person) {
  std::string mobile;
  for (const char c : person.phone) {
    if (c == ' ' || c == '-' || c == '(' || c == ')') continue;
    if (!(c >= '0' && c <= '9') && !(c == '+' && mobile.empty())) return {};
    mobile += c;
  }
  if (mobile.starts_with("+86")) mobile.erase(0, 3);
  if (mobile.starts_with("0086")) mobile.erase(0, 4);
  return mobile.size() >= 5 && mobile.size() <= 20 ? mobile : std::string();
}

std::string harmless(std::string_view line, Markup markup) {
  if (markup == Markup::plain) return one_line(line);
  constexpr std::string_view kSigns = R"(&<>[]*_`~|@#\)";
  constexpr std::string_view kSisters = "＆＜＞［］＊＿｀～｜＠＃＼";  // three bytes each
  const std::string clean = one_line(line);
  std::string safe;
  for (std::size_t at = 0; at < clean.size(); ++at) {
    const std::size_t sign = kSigns.find(clean[at]);
    const bool inside_name =
        clean[at] == '_' && at > 0 && is_word(clean[at - 1]) && at + 1 < clean.size() && is_word(clean[at + 1]);
    if (clean.compare(at, 3, "://") == 0) {
      safe += "：";  // a bare address is no link
    } else if (sign != std::string_view::npos && !inside_name) {
      safe += kSisters.substr(sign * 3, 3);
    } else {
      safe += clean[at];
    }
  }
  return safe;
}

std::string set_link(const MessageLink& link, Markup markup) {
  if (markup == Markup::plain) return one_line(link.label) + ": " + link.url;
  return "[" + harmless(link.label, markup) + "](" + link.url + ")";
}

std::string fitted(const Message& message, std::size_t most, const std::function<std::string(const MessageText&)>& render) {
  for (std::size_t shown = message.facts.size(); shown > 1; --shown)
    if (std::string whole = render(words_of(message, shown)); whole.size() <= most) return whole;
  MessageText text = words_of(message, 1);
  std::string whole = render(text);
  if (whole.size() > most && text.lines.size() > 1) text.lines.emplace_back("…");
  while (whole.size() > most && text.lines.size() > 2) {
    text.lines.erase(text.lines.end() - 2);
    whole = render(text);
  }
  while (whole.size() > most && !text.links.empty()) {
    text.links.pop_back();
    whole = render(text);
  }
  return whole;
}

std::string plain_text(const MessageText& text) {
  std::string whole = text.title;
  for (const std::string& line : text.lines) whole += "\n" + line;
  for (const MessageLink& link : text.links) whole += "\n" + set_link(link, Markup::plain);
  return whole += "\n" + text.foot;
}

std::string plain_text(const Message& message, std::size_t most) {
  return first_bytes(fitted(message, most, [](const MessageText& text) { return plain_text(text); }), most);
}

}  // namespace finwatch::notifier
