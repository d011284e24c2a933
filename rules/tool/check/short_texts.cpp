// Text messages and calls: will the provider carry what the contract's names make of them?
#include <algorithm>

#include "core/text.h"
#include "rules/tool/alerts/readable.h"
#include "rules/tool/check/subject.h"
#include "rules/tool/check/text_rules.h"

namespace finwatch::rules {
namespace {

// Lengths of the variables that the notifier fills in by itself.
constexpr std::pair<std::string_view, std::size_t> kOwnLengths[] = {{"id", 14}, {"time", 5}, {"code", 6}};

// What may stand in a variable, and where it is written.
struct ShortText {
  Position where;
  std::string path, text;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_host_letter(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

// http://x, www.x, erp.example.com, 10.0.0.7: letters or digits on both sides of a dot.
bool looks_like_address(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return true;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1))
    if (dot > 0 && dot + 1 < text.size() && is_host_letter(text[dot - 1]) && is_host_letter(text[dot + 1])) return true;
  return false;
}

// The fixed part of a title: what stands in braces is filled in when it is sent.
std::string fixed_part(std::string_view title) {
  std::string text = readable(title), out;
  bool inside = false;
  for (const char c : text) {
    inside = inside || c == '<';
    if (!inside) out += c;
    if (c == '>') inside = false;
  }
  return out;
}

class Checker {
 public:
  Checker(const Subject& subject, std::string_view channel, const PhoneChannel& phone, Problems& problems)
      : subject_(subject), channel_(channel), phone_(phone), rules_(rules_of(phone.provider)), problems_(problems) {}

  void check() {
    std::size_t sum = phone_.sign_name.empty() ? 0 : utf8_length(phone_.sign_name) + 2;
    if (!phone_.sign_name.empty()) check_sign();
    for (const std::string& variable : phone_.variables) {
      std::size_t longest = 0;
      for (const ShortText& one : texts_of(variable)) {
        check_text(one, variable == "title");
        longest = std::max(longest, utf8_length(one.text));
      }
      for (const auto& [own, length] : kOwnLengths)
        if (own == variable) longest = length;
      sum += longest;
    }
    if (channel_ != "sms") return;
    const std::string most = path() + ": signature and variables take up to " + std::to_string(sum) + " characters";
    if (sum > kLongestMessage)
      problems_.error(phone_.where, most + ", more than the " + std::to_string(kLongestMessage) + " of a message. Send fewer");
    else if (sum > kSegment)
      problems_.warning(phone_.where, most + ", with the template's own text more than the " + std::to_string(kSegment) +
                                          " of one message: each is paid for. Shorten the names, or send fewer variables");
  }

 private:
  std::string path() const { return "channels." + std::string(channel_); }

  std::vector<ShortText> texts_of(std::string_view variable) const {
    std::vector<ShortText> texts;
    const auto add = [&](const Position& where, const std::string& at, const Words& words) {
      texts.push_back({where, at + ".zh", words.zh});
      texts.push_back({where, at + ".en", words.en});
    };
    const Contract& contract = subject_.contract;
    if (variable == "service")
      for (const Service& service : contract.services) {
        texts.push_back({service.where, "the service " + service.id + ": id", service.id});
        add(service.where, "the service " + service.id + ": name", service.name);
      }
    if (variable == "severity")
      for (const auto& [id, one] : contract.severities) add(one.where, "severities." + id + ".name", one.name);
    if (variable == "class")
      for (const auto& [id, one] : contract.classes) add(one.where, "classes." + id + ".name", one.name);
    if (variable == "title")
      for (const Area& area : subject_.areas)
        for (const Alert& alert : area.alerts)
          add(alert.where, alert.id + ".title", {fixed_part(alert.title.zh), fixed_part(alert.title.en)});
    std::erase_if(texts, [&](const ShortText& one) {
      const bool zh = one.path.ends_with(".zh"), en = one.path.ends_with(".en");
      const auto& languages = contract.languages;
      return (zh || en) && std::find(languages.begin(), languages.end(), zh ? "zh" : "en") == languages.end();
    });
    return texts;
  }

  void check_sign() {
    const std::size_t length = utf8_length(phone_.sign_name);
    const std::string at = path() + ".sign_name";
    if (length < rules_.shortest_sign || length > rules_.longest_sign)
      problems_.error(phone_.where, at + ": expected " + std::to_string(rules_.shortest_sign) + " to " +
                                        std::to_string(rules_.longest_sign) + " characters, found " + std::to_string(length) +
                                        ": give what " + std::string(rules_.name) + " approved, without 【】");
    check_words({phone_.where, at, phone_.sign_name});
  }

  void check_text(const ShortText& one, bool is_title) {
    const std::size_t length = utf8_length(one.text);
    if (length > rules_.longest) {
      const std::string said = one.path + ": " + std::to_string(length) + " characters, and " + std::string(rules_.name) +
                               " takes " + std::to_string(rules_.longest) + " in a variable of " + path();
      if (is_title)
        problems_.warning(one.where, said + ": the rest is cut off. Shorten it");
      else if (rules_.is_certain)
        problems_.error(one.where, said + ": the message would be refused. Shorten it");
      else
        problems_.warning(one.where, said + ", some accounts more. Shorten it, or make sure that yours does");
    }
    if (looks_like_address(one.text))
      problems_.error(one.where, one.path + ": '" + one.text +
                                     "' looks like an address, and no provider takes one in a variable of " + path() +
                                     ". Write it without dots");
    else if (rules_.refuses_dots && one.text.find('.') != std::string::npos)
      problems_.warning(one.where, one.path + ": '" + one.text + "' has a dot, which some gateways refuse. Write it without");
    check_words(one);
  }

  void check_words(const ShortText& one) {
    for (const std::string_view sign : kRefusedSigns)
      if (one.text.find(sign) != std::string::npos)
        problems_.error(one.where, one.path + ": '" + std::string(sign) + "' is refused in text messages. Take it out");
    for (const RefusedWord& refused : kRefusedWords) {
      if (one.text.find(refused.word) == std::string::npos) continue;
      const Provider provider = phone_.provider;
      const bool listed = provider == Provider::aliyun ? refused.aliyun : provider == Provider::tencent && refused.tencent;
      const std::string said = one.path + ": '" + std::string(refused.word) + "' is on the list of words that ";
      if (listed)
        problems_.error(one.where, said + std::string(rules_.name) + " refuses. Choose another name for messages");
      else
        problems_.warning(one.where, said + "other providers refuse, and carriers may. Choose another name for messages");
    }
  }

  const Subject& subject_;
  const std::string_view channel_;
  const PhoneChannel& phone_;
  const TextRules rules_;
  Problems& problems_;
};

}  // namespace

void check_short_texts(const Subject& subject, Problems& problems) {
  if (!subject.contract.channels) return;
  const Channels& channels = *subject.contract.channels;
  if (channels.sms) Checker(subject, "sms", *channels.sms, problems).check();
  if (channels.voice) Checker(subject, "voice", *channels.voice, problems).check();
}

}  // namespace finwatch::rules
