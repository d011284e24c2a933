#include "notifier/channel/phone_text.h"

#include "notifier/channel/plain_text.h"
#include "notifier/channel/time_words.h"

namespace finwatch::notifier {
namespace {

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_ascii_word(char32_t c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool in_word(char32_t c) { return is_ascii_word(c) || c >= 0x3040; }
// Full stops that a telephone takes for the dot of an address; that of Chinese sentences only between letters of addresses.
bool is_dot(char32_t c) { return c == '.' || c == U'．' || c == U'。' || c == U'｡'; }
bool joins(char32_t before, char32_t dot, char32_t behind) {
  const bool sentence = dot == U'。' || dot == U'｡';
  return sentence ? is_ascii_word(before) && is_ascii_word(behind) : in_word(before) && in_word(behind);
}
// Pictures: refused by some providers, and charged as several characters by the others.
bool is_picture(char32_t c) { return c >= 0x1F000 && c <= 0x1FAFF; }

std::u32string codes_of(std::string_view text) {
  std::u32string codes;
  Characters characters(text);
  while (const auto character = characters.next()) codes += character->code;
  return codes;
}

// "see https://db1" as "see db1".
std::string without_schemes(std::string text) {
  constexpr std::string_view kScheme = "://";
  for (std::size_t at = 0; (at = text.find(kScheme)) != std::string::npos;) {
    std::size_t from = at;
    while (from > 0 && is_ascii_word(static_cast<unsigned char>(text[from - 1]))) --from;
    text.replace(from, at + kScheme.size() - from, " ");
  }
  return text;
}

// "99.9" is a number; "10.0.0.1" and "v1.2.3" are none.
bool is_decimal_point(const std::u32string& codes, std::size_t at) {
  std::size_t from = at, to = at + 1;
  while (from > 0 && is_digit(codes[from - 1])) --from;
  while (to < codes.size() && is_digit(codes[to])) ++to;
  if (from == at || to == at + 1) return false;
  const bool ends_before = from == 0 || !(is_dot(codes[from - 1]) || is_ascii_word(codes[from - 1]));
  const bool ends_behind = to == codes.size() || !(is_dot(codes[to]) || is_ascii_word(codes[to]));
  return ends_before && ends_behind;
}

// The end says how many there are, and is never what is cut.
std::string of_several(const std::string& first, std::size_t all, std::size_t longest, bool chinese) {
  if (all < 2) return phone_words(first, longest, chinese);
  const std::string end = chinese ? "等" + std::to_string(all) + "项" : " and " + std::to_string(all - 1) + " more";
  const std::size_t length = count_characters(end);
  if (length >= longest) return first_characters(end, longest);
  return phone_words(first, longest - length, chinese) + end;
}

std::string value_of(const Message& message, std::string_view name, std::size_t longest, bool chinese) {
  const auto word = [&](const Words& words) { return chinese ? words.zh : words.en; };
  const bool heartbeat = message.purpose == Purpose::heartbeat;
  if (name == "code") return message.to.empty() ? "" : phone_words(message.to.front().code, longest, chinese);
  if (message.facts.empty() || (heartbeat && message.facts.front().id == 0)) {
    if (name == "id") return chinese ? "心跳告警" : "heartbeat";
    if (name == "time") return hour_and_minute(message.facts.empty() ? message.now : message.facts.front().began, message.zone);
    if (message.facts.empty()) return name == "service" || name == "title" ? (chinese ? "监控" : "monitoring") : "";
  }
  const IncidentFacts& facts = message.facts.front();
  const std::size_t all = message.facts.size() + message.more;
  if (name == "id") return phone_words("INC-" + std::to_string(facts.id), longest, chinese);
  if (name == "severity") return phone_words(word(facts.severity), longest, chinese);
  if (name == "class") return phone_words(word(facts.fault_class), longest, chinese);
  if (name == "time") return hour_and_minute(facts.began, message.zone);
  if (name == "title") return of_several(word(facts.title), all, longest, chinese);
  if (name != "service") return {};
  std::string service = word(facts.service);
  if (service.empty()) service = facts.where;
  if (service.empty()) service = word(facts.title);
  return of_several(service, all, longest, chinese);
}

}  // namespace

std::string phone_words(std::string_view text, std::size_t longest, bool chinese) {
  const std::string line = one_line(without_schemes(one_line(text)));
  const std::u32string codes = codes_of(line);
  std::string words;
  std::size_t at = 0;
  for (Characters characters(line); const auto character = characters.next(); ++at) {
    const char32_t c = character->code;
    if (c == U'【' || c == U'】' || is_picture(c)) {
      words += ' ';
    } else if (!is_dot(c) || at == 0 || at + 1 == codes.size() || !joins(codes[at - 1], c, codes[at + 1])) {
      words += character->bytes;
    } else if (is_decimal_point(codes, at)) {
      words += chinese ? "点" : " point ";
    } else {
      words += '-';
    }
  }
  return first_characters(one_line(words), longest);
}

std::vector<std::pair<std::string, std::string>> phone_variables(const Message& message, std::span<const std::string> names,
                                                                 std::size_t longest) {
  const bool chinese = message.languages.empty() || message.languages.front() == "zh";
  std::vector<std::pair<std::string, std::string>> variables;
  for (const std::string& name : names) {
    std::string value = value_of(message, name, longest, chinese);
    if (value.empty()) value = first_characters(chinese ? "无" : "none", longest);
    variables.emplace_back(name, std::move(value));
  }
  return variables;
}

}  // namespace finwatch::notifier
