#include "notifier/channel/letter.h"

#include <algorithm>

#include "core/base64.h"
#include "core/text.h"
#include "notifier/channel/plain_text.h"

namespace finwatch::notifier {
namespace {

constexpr std::size_t kLine = 76;
constexpr std::string_view kBoundary = "=_finwatch_alternative";  // no line of base64 begins so
constexpr std::string_view kWordBegin = "=?UTF-8?B?", kWordEnd = "?=";

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }) &&
         text.find("=?") == std::string_view::npos;
}

// A name that needs neither quotes nor encoding.
bool is_plain_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == ' ' || c == '-' || c == '_';
  });
}

// Encoded words, the first of which begins at `column`; each holds whole characters.
std::string encoded_words(std::string_view text, std::size_t column) {
  std::string words, part;
  std::size_t room = 0;
  const auto begin_word = [&](std::size_t at) {
    const std::size_t used = at + kWordBegin.size() + kWordEnd.size();
    room = used < kLine ? (kLine - used) / 4 * 3 : 0;
  };
  const auto end_word = [&] {
    if (part.empty()) return;
    words.append(words.empty() ? "" : "\r\n ").append(kWordBegin).append(to_base64(part)).append(kWordEnd);
    part.clear();
  };
  begin_word(column);
  Characters characters(text);
  while (const auto character = characters.next()) {
    // Bytes that are no UTF-8 are U+FFFD, of three bytes.
    const std::string bytes = valid_utf8(character->bytes);
    if (part.size() + bytes.size() > room) {
      end_word();
      begin_word(1);
    }
    part += bytes;
  }
  end_word();
  return words;
}

std::string mailbox_text(const Mailbox& mailbox, std::size_t column) {
  const std::string address = is_address(mailbox.address) ? "<" + mailbox.address + ">" : "<>";
  const std::string name = one_line(mailbox.name);
  if (name.empty()) return address;
  if (is_plain_name(name) && column + name.size() + 1 + address.size() <= kLine) return name + " " + address;
  return encoded_words(name, column) + "\r\n " + address;
}

// An identifier in < >, without anything that could end it.
std::string identifier(std::string_view text) {
  std::string kept;
  for (const char c : text)
    if (c > ' ' && c <= '~' && c != '<' && c != '>') kept += c;
  return "<" + kept + ">";
}

std::string base64_body(std::string_view text) {
  std::string lines;  // text in MIME ends its lines in CRLF, also inside base64
  for (const char c : text) lines += c == '\n' ? std::string("\r\n") : c == '\r' ? std::string() : std::string(1, c);
  const std::string all = to_base64(lines);
  std::string body;
  for (std::size_t at = 0; at < all.size(); at += kLine) body.append(all, at, kLine).append("\r\n");
  return body;
}

std::string part(std::string_view type, std::string_view text) {
  return std::string("--")
      .append(kBoundary)
      .append("\r\nContent-Type: ")
      .append(type)
      .append("; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n")
      .append(base64_body(text));
}

std::string two_digits(long long number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

std::string header_line(std::string_view name, std::string_view text) {
  const std::string line = one_line(text);
  const std::string begin = std::string(name).append(": ");
  if (is_plain(line) && begin.size() + line.size() <= kLine) return begin + line + "\r\n";
  return begin + encoded_words(line, begin.size()) + "\r\n";
}

std::string letter_text(const Letter& letter) {
  std::string text = "From: " + mailbox_text(letter.from, 6) + "\r\nTo: ";
  for (std::size_t i = 0; i < letter.to.size(); ++i)
    text += (i == 0 ? "" : ",\r\n ") + mailbox_text(letter.to[i], i == 0 ? 4 : 1);
  text += "\r\n" + header_line("Subject", letter.subject) + header_line("Date", letter.date);
  text += "Message-ID: " + identifier(letter.message_id) + "\r\n";
  if (!letter.thread_id.empty()) {
    const std::string root = identifier(letter.thread_id);
    text += "In-Reply-To: " + root + "\r\nReferences: " + root + "\r\n";
  }
  // So that nobody's holiday notice comes back.
  text += "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n";
  text.append("Content-Type: multipart/alternative;\r\n boundary=\"").append(kBoundary).append("\"\r\n\r\n");
  text += part("text/plain", letter.plain) + "\r\n" + part("text/html", letter.html);
  return text.append("\r\n--").append(kBoundary).append("--\r\n");
}

Mailbox parse_mailbox(std::string_view text) {
  const std::size_t open = text.rfind('<');
  if (open == std::string_view::npos) return {{}, std::string(trim(text))};
  std::string_view name = trim(text.substr(0, open)), address = text.substr(open + 1);
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return {std::string(name), std::string(trim(address.substr(0, address.find('>'))))};
}

bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() || text.size() > 254) return false;
  if (text.find('@', at + 1) != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
  });
}

std::string letter_date(WallTime at, const Zone& zone) {
  const LocalTime time = zone.local(at);
  const Day day = day_of(time);
  const std::chrono::year_month_day date{day};
  const auto seconds = (time - day).count();
  const auto ahead = (time.time_since_epoch() - std::chrono::floor<std::chrono::seconds>(at).time_since_epoch()).count() / 60;
  const auto minutes = ahead < 0 ? -ahead : ahead;
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat", kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  return std::string(kDays.substr(weekday_number(day) * std::size_t{3}, 3)) + ", " + two_digits(day_number(day)) + " " +
         std::string(kMonths.substr((month_number(month_of(day)) - std::size_t{1}) * 3, 3)) + " " +
         std::to_string(static_cast<int>(date.year())) + " " + two_digits(seconds / 3600) + ":" +
         two_digits(seconds / 60 % 60) + ":" + two_digits(seconds % 60) + (ahead < 0 ? " -" : " +") + two_digits(minutes / 60) +
         two_digits(minutes % 60);
}

}  // namespace finwatch::notifier
