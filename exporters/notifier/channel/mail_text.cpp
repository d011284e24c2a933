#include "notifier/channel/mail_text.h"

#include "core/markup.h"
#include "core/text.h"
#include "notifier/channel/text.h"

namespace finwatch::notifier {
namespace {

constexpr std::string_view kBody = "font:15px/1.6 sans-serif;color:#222;max-width:44em";
constexpr std::string_view kFirstLink =
    "display:inline-block;padding:8px 18px;border-radius:4px;background:#1664ff;color:#fff;text-decoration:none";

std::string escaped(std::string_view text) {
  std::string markup;
  for (const char c : valid_utf8(text)) append_markup(c, markup);
  return markup;
}

std::string html_of(const Message& message, const MessageText& text) {
  const std::string language = message.languages.empty() ? "zh" : message.languages.front();
  std::string html = "<!DOCTYPE html>\n<html lang=\"" + escaped(language) + "\"><head><meta charset=\"utf-8\"><title>" +
                     escaped(text.title) + "</title></head>\n<body style=\"" + std::string(kBody) +
                     "\">\n<h2 style=\"font-size:18px\">" + escaped(text.title) + "</h2>\n";
  for (const std::string& line : text.lines) html += "<p style=\"margin:4px 0\">" + escaped(line) + "</p>\n";
  // The first one is what is to be done.
  for (std::size_t i = 0; i < text.links.size(); ++i)
    html += std::string("<p><a") + (i == 0 ? " style=\"" + std::string(kFirstLink) + "\"" : "") + " href=\"" +
            escaped(text.links[i].url) + "\">" + escaped(text.links[i].label) + "</a></p>\n";
  return html + "<p style=\"color:#888;font-size:12px\">" + escaped(text.foot) + "</p>\n</body></html>\n";
}

std::string identifier_part(std::string_view text) {
  std::string kept;
  for (const char c : text)
    if ((c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-' || c == '.') kept += c;
  return kept;
}

}  // namespace

Letter letter_of(const Message& message, const Mailbox& from) {
  const MessageText text = words_of(message);
  Letter letter;
  letter.from = from;
  const bool chinese = message.languages.empty() || message.languages.front() == "zh";
  if (letter.from.name.empty()) letter.from.name = chinese ? message.organisation.zh : message.organisation.en;
  if (letter.from.name.empty()) letter.from.name = "finwatch";
  for (const Recipient& person : message.to)
    if (!person.email.empty()) letter.to.push_back({name_of(message, person), person.email});
  letter.subject = text.title;
  letter.date = letter_date(message.now, message.zone);

  const std::size_t at = from.address.rfind('@');
  const std::string domain = identifier_part(at == std::string::npos ? "" : std::string_view(from.address).substr(at + 1));
  const std::string end = "@" + (domain.empty() ? "finwatch.invalid" : domain) + ">";
  const bool one_incident = message.facts.size() == 1 && message.more == 0 && message.facts.front().id != 0;
  const std::string number = one_incident ? std::to_string(message.facts.front().id) : std::string();
  letter.message_id = "<" + identifier_part(message.reference) + (one_incident ? ".inc" + number : "") + end;
  if (one_incident) letter.thread_id = "<inc-" + number + end;

  letter.plain = plain_text(text) + "\n";
  letter.html = html_of(message, text);
  return letter;
}

}  // namespace finwatch::notifier
