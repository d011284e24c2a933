#include "core/base64.h"
#include "net/certificates.h"
#include "notifier/channel/channel.h"
#include "notifier/channel/smtp.h"
#include "support/catch.h"
#include "support/collector_test.h"
#include "support/fake_smtp.h"
#include "support/time_text.h"

using namespace finwatch;
using namespace finwatch::notifier;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

struct MailFixture {
  explicit MailFixture(FakeSmtpSetup with = {}) : smtp(std::move(with)) {
    env.clock = &clock;
    world.env = &env;
    setup.smarthost = smtp.address();
    setup.from = "finwatch@example.com";
    setup.require_tls = false;
    message.reference = "D17";
    IncidentFacts facts;
    facts.id = 42;
    facts.title = {"凭证录入失败", "Voucher entry fails"};
    facts.severity = {"严重", "Severe"};
    facts.began = clock.wall();
    message.facts = {facts};
    Recipient person;
    person.id = "zhang.wei";
    person.name = {"张伟", "Zhang Wei"};
    person.email = "zhang.wei@example.com";
    message.to = {person};
    message.zone = zone("Asia/Shanghai");
    message.languages = {"zh", "en"};
    message.now = clock.wall();
  }

  void log_in() {
    files.write("password", "s3cret\n");
    setup.user = "finwatch";
    setup.password_file = files.path("password");
  }
  Receipt send(std::chrono::milliseconds left = std::chrono::seconds{10}) const {
    Result<std::unique_ptr<Channel>> channel = open_email(setup, world);
    if (!channel) FAIL(channel.error().message);
    return (*channel)->send(message, clock.steady() + left);
  }

  ManualClock clock{time("2026-12-01 22:15", zone("Asia/Shanghai"))};
  Env env;
  TemporaryTree files;
  FakeSmtp smtp;
  EmailSetup setup;
  ChannelWorld world;
  Message message;
};

std::shared_ptr<const ServerIdentity> identity(const CertificateMaker& maker, const Wanted& wanted = {}) {
  return std::make_shared<const ServerIdentity>(maker.server(wanted));
}

bool has(const std::vector<std::string>& commands, std::string_view word) {
  for (const std::string& command : commands)
    if (command.starts_with(word)) return true;
  return false;
}

}  // namespace

TEST_CASE("channel: a smarthost is host:port, and 465 is TLS from the first byte") {
  CHECK(*smtp_url("mail.example.com:587") == "smtp://mail.example.com:587");
  CHECK(*smtp_url("mail.example.com:465") == "smtps://mail.example.com:465");
  CHECK(*smtp_url("[::1]:25") == "smtp://[::1]:25");
  for (const char* wrong :
       {"", "mail", "mail:", ":25", "mail:x", "mail:0", "mail:70000", "a@b:25", "a/b:25", "::1:25", "a b:25"}) {
    INFO(wrong);
    const auto url = smtp_url(wrong);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == Errc::config);
    CHECK_THAT(url.error().message, Contains("channels.email.smarthost"));
  }
}

TEST_CASE("channel: a letter is taken, and its name is the same on a repeat") {
  MailFixture mail;
  const Receipt receipt = mail.send();
  INFO(receipt.note);
  CHECK(receipt.verdict == Verdict::accepted);
  CHECK(receipt.code == "250");
  CHECK(receipt.provider_id == "<D17.inc42@example.com>");
  mail.message.attempt = 2;
  mail.message.maybe_twice = true;
  mail.clock.advance(std::chrono::minutes{5});
  mail.message.now = mail.clock.wall();
  CHECK(mail.send().provider_id == receipt.provider_id);
  const std::vector<FakeLetter> letters = mail.smtp.letters();
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].from == "finwatch@example.com");
  CHECK(letters[0].to == std::vector<std::string>{"zhang.wei@example.com"});
  CHECK_FALSE(letters[0].tls);
  CHECK(letters[0].user.empty());
  for (const FakeLetter& letter : letters) CHECK_THAT(letter.text, Contains("\r\nMessage-ID: <D17.inc42@example.com>\r\n"));
  CHECK_THAT(letters[0].text, Contains("\r\nDate: Tue, 01 Dec 2026 22:15:00 +0800\r\n"));
}

TEST_CASE("channel: STARTTLS is used when it is offered, and the certificate is looked at") {
  const CertificateMaker maker;
  MailFixture mail({.identity = identity(maker)});
  mail.world.ca_file = maker.root_file();
  CHECK(mail.send().verdict == Verdict::accepted);  // also where TLS need not be
  mail.setup.require_tls = true;
  CHECK(mail.send().verdict == Verdict::accepted);
  const std::vector<FakeLetter> letters = mail.smtp.letters();
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].tls);
  CHECK(letters[1].tls);

  MailFixture stranger({.identity = identity(maker, {.self_signed = true})});
  stranger.world.ca_file = maker.root_file();
  stranger.setup.require_tls = true;
  const Receipt receipt = stranger.send();
  CHECK(receipt.verdict == Verdict::refused);
  CHECK(receipt.code == "certificate");
  CHECK(stranger.smtp.letters().empty());
  stranger.world.ca_file = "/nowhere/ca.pem";
  CHECK(stranger.send().code == "certificate");
}

TEST_CASE("channel: where TLS must be and is not offered, nothing is said") {
  MailFixture mail({.user = "finwatch", .password = "s3cret"});
  mail.log_in();
  mail.setup.require_tls = true;
  const Receipt receipt = mail.send();
  CHECK(receipt.verdict == Verdict::refused);
  CHECK(receipt.code == "no_tls");
  CHECK_THAT(receipt.note, Contains("STARTTLS"));
  CHECK_FALSE(has(mail.smtp.commands(), "AUTH"));
  CHECK_FALSE(has(mail.smtp.commands(), "MAIL"));
}

TEST_CASE("channel: logs in by PLAIN and by LOGIN") {
  const CertificateMaker maker;
  for (const char* way : {"PLAIN", "LOGIN", "PLAIN LOGIN"}) {
    MailFixture mail({.identity = identity(maker), .user = "finwatch", .password = "s3cret", .login = way});
    mail.world.ca_file = maker.root_file();
    mail.setup.require_tls = true;
    mail.log_in();
    INFO(way);
    CHECK(mail.send().verdict == Verdict::accepted);
    REQUIRE(mail.smtp.letters().size() == 1);
    CHECK(mail.smtp.letters()[0].user == "finwatch");
  }
}

TEST_CASE("channel: a wrong password, no way to log in, and none given") {
  MailFixture mail({.user = "finwatch", .password = "other"});
  CHECK(mail.send().code == "530");
  mail.log_in();
  const Receipt wrong = mail.send();
  CHECK(wrong.verdict == Verdict::refused);
  CHECK(wrong.code == "535");
  CHECK(wrong.note.find("s3cret") == std::string::npos);
  MailFixture none({.user = "finwatch", .password = "s3cret", .login = ""});
  none.log_in();
  CHECK(none.send().code == "530");
  MailFixture strange({.user = "finwatch", .password = "s3cret", .login = "X-CARD"});
  strange.log_in();
  CHECK(strange.send().code == "no_auth");
  CHECK(strange.smtp.letters().empty());
}

TEST_CASE("channel: 4xx is later, 5xx is refused, and a number in its words is struck out") {
  MailFixture mail;
  const auto sent = [&](SmtpMood mood) {
    mail.smtp.be(mood);
    return mail.send();
  };
  const Receipt closed = sent(SmtpMood::closed), busy = sent(SmtpMood::busy), full = sent(SmtpMood::full);
  for (const Receipt* receipt : {&closed, &busy, &full}) CHECK(receipt->verdict == Verdict::later);
  CHECK(closed.code == "421");
  CHECK(busy.code == "451");
  CHECK_THAT(busy.note, Contains("greylisted"));
  CHECK(full.code == "452");
  const Receipt refusing = sent(SmtpMood::refusing), spam = sent(SmtpMood::spam);
  CHECK(refusing.verdict == Verdict::refused);
  CHECK(refusing.code == "550");
  CHECK_THAT(refusing.note, Contains("no such user") && Contains("***"));
  CHECK(refusing.note.find("13800000001") == std::string::npos);
  CHECK(spam.verdict == Verdict::refused);
  CHECK(spam.code == "554");
  CHECK(mail.smtp.letters().empty());
  CHECK(sent(SmtpMood::ok).verdict == Verdict::accepted);
}

TEST_CASE("channel: lost before the letter left is later, lost behind it is unknown") {
  MailFixture mail;
  mail.smtp.be(SmtpMood::gone);
  CHECK(mail.send().verdict == Verdict::later);
  mail.smtp.be(SmtpMood::slow);
  const Receipt slow = mail.send(std::chrono::milliseconds{150});
  CHECK(slow.verdict == Verdict::later);
  CHECK(slow.code == "timeout");
  CHECK(mail.smtp.letters().empty());
  mail.smtp.be(SmtpMood::taken_unanswered);
  const Receipt cut = mail.send();
  CHECK(cut.verdict == Verdict::unknown);
  CHECK(cut.code == "cut");
  CHECK(mail.smtp.letters().size() == 1);
  mail.smtp.be(SmtpMood::silent);
  const Receipt silent = mail.send(std::chrono::milliseconds{150});
  CHECK(silent.verdict == Verdict::unknown);
  CHECK(silent.code == "timeout");
  CHECK(mail.send(std::chrono::milliseconds{0}).code == "deadline");
  mail.setup.smarthost = "127.0.0.1:1";
  const Receipt nobody = mail.send();
  CHECK(nobody.verdict == Verdict::later);
  CHECK(nobody.code == "connect");
}

TEST_CASE("channel: an address that is none is refused before anything is said") {
  MailFixture mail;
  for (const char* address :
       {"", "zhang.wei", "@example.com", "zhang.wei@", "a@b@c", "a b@c.com", "a@b.com>\r\nRCPT TO:<x@y.com", "张伟@例.com"}) {
    mail.message.to[0].email = address;
    INFO(address);
    const Receipt receipt = mail.send();
    CHECK(receipt.verdict == Verdict::refused);
    CHECK(receipt.code == "address");
  }
  mail.message.to.clear();
  CHECK(mail.send().code == "address");
  CHECK(mail.smtp.commands().empty());
}

TEST_CASE("channel: a mail setup that cannot be") {
  MailFixture mail;
  EmailSetup setup = mail.setup;
  setup.smarthost = "mail.example.com";
  CHECK(open_email(setup, mail.world).error().code == Errc::config);
  setup = mail.setup;
  setup.from = "finwatch";
  CHECK_THAT(open_email(setup, mail.world).error().message, Contains("channels.email.from"));
  setup = mail.setup;
  setup.user = "finwatch";
  setup.password_file = mail.files.path("nowhere");
  CHECK_THAT(open_email(setup, mail.world).error().message, Contains("channels.email.password_file"));
}
