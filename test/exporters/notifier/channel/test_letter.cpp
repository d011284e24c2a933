#include "notifier/channel/letter.h"

#include "core/base64.h"
#include "core/text.h"
#include "notifier/channel/mail_text.h"
#include "support/catch.h"
#include "support/time_text.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

// The words of a header line as a mail program reads them.
std::string decoded(const std::string& line) {
  std::string text, rest = line;
  for (std::size_t begin = 0; (begin = rest.find("=?UTF-8?B?")) != std::string::npos;) {
    const std::string before = rest.substr(0, begin);
    if (trim(before) != "") text += before;  // blanks between encoded words do not count
    const std::size_t end = rest.find("?=", begin + 10);
    text += from_base64(rest.substr(begin + 10, end - begin - 10)).value_or("(not base64)");
    rest = rest.substr(end + 2);
  }
  if (trim(rest) != "") text += rest;
  return text;
}

std::vector<std::string> header_names(const std::string& text) {
  std::vector<std::string> names;
  const std::string head = text.substr(0, text.find("\r\n\r\n") + 2);
  for (LineReader lines(head); auto line = lines.next();)
    if (!line->starts_with(' ')) names.emplace_back(line->substr(0, line->find(':')));
  return names;
}

std::string header_of(const std::string& text, const std::string& name) {
  const std::size_t begin = text.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return {};
  std::size_t end = begin + 2;
  do end = text.find("\r\n", end) + 2;
  while (text[end] == ' ');
  return text.substr(begin + 4 + name.size(), end - begin - 6 - name.size());
}

std::string body_of(const std::string& text, const std::string& type) {
  const std::size_t part = text.find("Content-Type: " + type);
  const std::size_t begin = text.find("\r\n\r\n", part) + 4;
  return from_base64(text.substr(begin, text.find("\r\n--", begin) - begin)).value_or("(not base64)");
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0;
  for (LineReader lines(text); auto line = lines.next();) longest = std::max(longest, line->size() - 1);  // its CR
  return longest;
}

const std::vector<std::string> kHeaders{"From",
                                        "To",
                                        "Subject",
                                        "Date",
                                        "Message-ID",
                                        "In-Reply-To",
                                        "References",
                                        "Auto-Submitted",
                                        "X-Auto-Response-Suppress",
                                        "MIME-Version",
                                        "Content-Type"};

Message message() {
  Message made;
  made.reference = "D17";
  IncidentFacts facts;
  facts.id = 42;
  facts.title = {"凭证录入失败", "Voucher entry fails"};
  facts.severity = {"严重", "Severe"};
  facts.firing = 2;
  facts.runbook = "https://runbooks.example.com/voucher?a=1&b=2";
  made.zone = zone("Asia/Shanghai");
  made.now = facts.began = time("2026-12-01 22:15", made.zone);
  made.facts = {facts};
  Recipient person;
  person.id = "zhang.wei";
  person.name = {"张伟", "Zhang Wei"};
  person.email = "zhang.wei@example.com";
  person.link = "https://notify.example.com/t/abc";
  made.to = {person};
  made.organisation = {"集团财务部", "Group Finance"};
  made.languages = {"zh", "en"};
  return made;
}

const Mailbox kFrom{"", "finwatch@example.com"};

}  // namespace

TEST_CASE("channel: a header is plain where it can be, else encoded words of whole characters, folded") {
  CHECK(header_line("Subject", "INC-42 Voucher entry fails") == "Subject: INC-42 Voucher entry fails\r\n");
  CHECK(header_line("Subject", "") == "Subject: \r\n");
  CHECK(header_line("Subject", "严重") == "Subject: =?UTF-8?B?5Lil6YeN?=\r\n");
  CHECK(decoded(header_line("Subject", "=?UTF-8?B?eA==?=")) == "Subject: =?UTF-8?B?eA==?=");
  std::string longer;
  for (int i = 0; i < 60; ++i) longer += "财a务😀";
  const std::string line = header_line("Subject", longer);
  CHECK(longest_line(line) <= 76);
  CHECK(decoded(line) == "Subject: " + longer);
  for (std::size_t at = 0; (at = line.find("=?UTF-8?B?", at)) != std::string::npos; at += 10) {
    const std::string word = *from_base64(line.substr(at + 10, line.find("?=", at + 10) - at - 10));
    CHECK(utf8_prefix(word) == word.size());
  }
  const std::string ascii(200, 'x');
  CHECK(longest_line(header_line("Subject", ascii)) <= 76);
  CHECK(decoded(header_line("Subject", ascii)) == "Subject: " + ascii);
  CHECK(decoded(header_line("Subject",
                            "a\xff"
                            "b")) ==
        "Subject: a\xEF\xBF\xBD"
        "b");
}

TEST_CASE("channel: mailboxes and addresses") {
  CHECK(parse_mailbox("finwatch@example.com").address == "finwatch@example.com");
  const Mailbox named = parse_mailbox(" \"Finance, Group\" <finwatch@example.com> ");
  CHECK(named.name == "Finance, Group");
  CHECK(named.address == "finwatch@example.com");
  CHECK(is_address("a.b-c+d@mail.example.com"));
  for (const char* wrong : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nX: y", "<a@b>", "a@b,c@d"})
    CHECK_FALSE(is_address(wrong));
  CHECK_FALSE(is_address(std::string("a@") + std::string(300, 'b')));
}

TEST_CASE("channel: the date of a letter is that of the house") {
  CHECK(letter_date(time("2026-12-01 14:15"), zone("Asia/Shanghai")) == "Tue, 01 Dec 2026 22:15:00 +0800");
  CHECK(letter_date(time("2026-07-05 01:02"), zone("America/St_Johns")) == "Sat, 04 Jul 2026 22:32:00 -0230");
  CHECK(letter_date(time("2026-01-01 00:00"), {}) == "Thu, 01 Jan 2026 00:00:00 +0000");
}

TEST_CASE("channel: a letter of an incident, in one thread with the others of it") {
  const Letter letter = letter_of(message(), kFrom);
  CHECK(letter.message_id == "<D17.inc42@example.com>");
  CHECK(letter.thread_id == "<inc-42@example.com>");
  const std::string text = letter_text(letter);
  CHECK(header_names(text) == kHeaders);
  CHECK(header_of(text, "In-Reply-To") == "<inc-42@example.com>");
  CHECK(header_of(text, "References") == "<inc-42@example.com>");
  CHECK(header_of(text, "Auto-Submitted") == "auto-generated");
  CHECK(decoded(header_of(text, "Subject")) == letter.subject);
  CHECK_THAT(letter.subject, Contains("INC-42") && Contains("凭证录入失败") && Contains("Voucher entry fails"));
  CHECK(decoded(text.substr(0, text.find("To: "))) == "From: 集团财务部\r\n <finwatch@example.com>\r\n");
  CHECK(decoded(header_of(text, "To")) == "张伟\r\n <zhang.wei@example.com>");
  CHECK(longest_line(text) <= 76);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at) CHECK(text[at - 1] == '\r');

  const std::string plain = body_of(text, "text/plain"), html = body_of(text, "text/html");
  CHECK_THAT(plain, Contains("凭证录入失败 / Voucher entry fails"));
  CHECK_THAT(plain, Contains("https://notify.example.com/t/abc\r\n"));
  CHECK_THAT(html, Contains("<html lang=\"zh\">") && Contains("凭证录入失败 / Voucher entry fails"));
  CHECK_THAT(html, Contains("href=\"https://notify.example.com/t/abc\""));
  CHECK_THAT(html, Contains("href=\"https://runbooks.example.com/voucher?a=1&amp;b=2\""));

  Message later = message();
  later.reference = "D18";
  later.purpose = Purpose::resolved;
  later.facts[0].resolved = later.now;
  const Letter second = letter_of(later, {"Finance", "finwatch@example.com"});
  CHECK(second.message_id == "<D18.inc42@example.com>");
  CHECK(second.thread_id == letter.thread_id);
  CHECK_THAT(letter_text(second), Contains("From: Finance <finwatch@example.com>\r\n"));
}

TEST_CASE("channel: digests and heartbeats stand alone") {
  Message digest = message();
  digest.facts.push_back(digest.facts[0]);
  digest.facts[1].id = 43;
  CHECK(letter_of(digest, kFrom).thread_id.empty());
  CHECK(letter_of(digest, kFrom).message_id == "<D17@example.com>");
  CHECK_THAT(letter_of(digest, kFrom).plain, Contains("INC-43"));
  Message counted = message();
  counted.more = 3;
  CHECK(letter_of(counted, kFrom).thread_id.empty());
  Message heartbeat = message();
  heartbeat.purpose = Purpose::heartbeat;
  heartbeat.facts.clear();
  const Letter alone = letter_of(heartbeat, kFrom);
  CHECK(alone.message_id == "<D17@example.com>");
  CHECK(header_of(letter_text(alone), "References").empty());
  CHECK_FALSE(alone.subject.empty());
}

TEST_CASE("channel: every purpose has words in the languages that are asked for") {
  for (const Purpose purpose :
       {Purpose::page, Purpose::joined, Purpose::warning, Purpose::breach, Purpose::resolved, Purpose::heartbeat}) {
    Message both = message();
    both.purpose = purpose;
    CHECK_THAT(letter_of(both, kFrom).plain, Contains("凭证录入失败") && Contains("Voucher entry fails"));
    both.languages = {"en"};
    const Letter english = letter_of(both, kFrom);
    CHECK_THAT(english.plain, Contains("Voucher entry fails"));
    CHECK(english.plain.find("凭证") == std::string::npos);
    CHECK(english.from.name == "Group Finance");
    CHECK(english.to[0].name == "Zhang Wei");
    CHECK_THAT(english.html, Contains("lang=\"en\""));
  }
}

TEST_CASE("channel: no title, name, reference or address can become a header, a part or markup") {
  const std::string evil = "x\r\nBcc: all@example.com\r\n\r\n--=_finwatch_alternative\r\n<script>alert(1)</script>\x00\x1b[0m";
  Message bad = message();
  bad.reference = "D17>\r\nBcc: a@b.c";
  bad.facts[0].title = {evil, evil};
  bad.facts[0].severity = {evil, evil};
  bad.facts[0].note = {evil, evil};
  bad.facts[0].where = evil;
  bad.facts[0].runbook = "https://x.example.com/\"><script>\r\nBcc: a@b.c";
  bad.organisation = {evil, evil};
  bad.to[0].name = {evil, evil};
  bad.to[0].email = "a@b.c>\r\nBcc: d@e.f";
  bad.to[0].link = "javascript:alert(1)";
  const Letter letter = letter_of(bad, {evil, "finwatch@example.com"});
  const std::string text = letter_text(letter);
  CHECK(header_names(text) == kHeaders);
  CHECK(text.find("Bcc: ") == std::string::npos);
  CHECK(header_of(text, "Message-ID") == "<D17Bccab.c.inc42@example.com>");
  CHECK_THAT(header_of(text, "To"), Contains("<>"));
  std::size_t parts = 0;
  for (std::size_t at = 0; (at = text.find("\r\n--=_finwatch_alternative", at)) != std::string::npos; ++at) ++parts;
  CHECK(parts == 3);
  CHECK(letter.html.find("<script") == std::string::npos);
  CHECK(letter.html.find("javascript:") == std::string::npos);
  CHECK(letter.html.find("\"><script") == std::string::npos);

  Letter raw{.from = {evil, evil},
             .to = {{evil, evil}},
             .subject = evil,
             .date = evil,
             .message_id = evil,
             .thread_id = evil,
             .plain = evil,
             .html = evil};
  CHECK(header_names(letter_text(raw)) == kHeaders);
}
