#include "support/fake_smtp.h"

#include <thread>

#include "core/base64.h"
#include "core/text.h"
#include "net/fake_server.h"

namespace finwatch::test {
namespace {

std::string word_of(const std::string& line) { return lower_case(line.substr(0, line.find(' '))); }

// Of "RCPT TO:<a@b>" what stands in < >.
std::string address_of(const std::string& line) {
  const std::size_t open = line.find('<');
  return open == std::string::npos ? "" : line.substr(open + 1, line.find('>') - open - 1);
}

std::string without_dots(std::string text) {
  for (std::size_t at = 0; (at = text.find("\r\n..", at)) != std::string::npos; at += 3) text.erase(at + 2, 1);
  return text;
}

std::string plain_of(const std::string& base64) { return from_base64(base64).value_or(""); }

}  // namespace

struct FakeSmtp::Session {
  FakeLetter letter;
  SmtpMood mood = SmtpMood::ok;
  std::chrono::milliseconds late{0};
};

FakeSmtp::FakeSmtp(FakeSmtpSetup setup) : setup_(std::move(setup)) {
  server_ = std::make_unique<FakeTcpServer>([this](FakeConnection& peer) { serve(peer); });
}

FakeSmtp::~FakeSmtp() = default;

int FakeSmtp::port() const { return server_->port(); }

void FakeSmtp::be(SmtpMood mood, std::chrono::milliseconds late) {
  const std::lock_guard lock(mutex_);
  mood_ = mood;
  late_ = late;
}

std::vector<FakeLetter> FakeSmtp::letters() const {
  const std::lock_guard lock(mutex_);
  return letters_;
}

std::vector<std::string> FakeSmtp::commands() const {
  const std::lock_guard lock(mutex_);
  return commands_;
}

bool FakeSmtp::log_in(FakeConnection& peer, const std::string& line, Session& session) const {
  const std::string way = lower_case(line.substr(std::string("AUTH ").size()));
  std::string user, password;
  if (way.starts_with("plain")) {
    std::string said = trim(way) == "plain" ? std::string() : line.substr(std::string("AUTH PLAIN ").size());
    if (said.empty()) {
      peer.write("334 \r\n");
      said = peer.line();
    }
    const std::string all = plain_of(said);  // \0 user \0 password
    const std::size_t first = all.find('\0'), second = all.find('\0', first + 1);
    if (second != std::string::npos) user = all.substr(first + 1, second - first - 1), password = all.substr(second + 1);
  } else {
    peer.write("334 VXNlcm5hbWU6\r\n");
    user = plain_of(peer.line());
    peer.write("334 UGFzc3dvcmQ6\r\n");
    password = plain_of(peer.line());
  }
  if (user != setup_.user || password != setup_.password) return peer.write("535 5.7.8 authentication failed\r\n");
  session.letter.user = user;
  return peer.write("235 2.7.0 welcome\r\n");
}

// False when the connection is to end.
bool FakeSmtp::take(FakeConnection& peer, Session& session) {
  if (!peer.write("354 go on\r\n") || session.mood == SmtpMood::half) return false;
  const std::string text = peer.until("\r\n.\r\n");
  if (text.empty()) return false;
  session.letter.text = without_dots(text.substr(0, text.size() - 3));
  if (session.mood == SmtpMood::full) return peer.write("452 4.3.1 insufficient system storage\r\n");
  if (session.mood == SmtpMood::spam) return peer.write("554 5.7.1 message rejected\r\n");
  {
    const std::lock_guard lock(mutex_);
    letters_.push_back(session.letter);
  }
  session.letter.to.clear();
  if (session.mood == SmtpMood::taken_unanswered) return false;
  if (session.mood == SmtpMood::silent) std::this_thread::sleep_for(session.late);
  return peer.write("250 2.0.0 queued\r\n");
}

void FakeSmtp::serve(FakeConnection& peer) {
  Session session;
  {
    const std::lock_guard lock(mutex_);
    session.mood = mood_;
    session.late = late_;
  }
  if (session.mood == SmtpMood::closed) {
    peer.write("421 4.3.2 closing for now\r\n");
    return;
  }
  peer.write("220 fake ESMTP\r\n");
  for (std::string line = peer.line(); !line.empty(); line = peer.line()) {
    const std::string word = word_of(line);
    {
      const std::lock_guard lock(mutex_);
      commands_.push_back(word == "auth" ? "AUTH" : line);
    }
    bool open = true;
    if (word == "ehlo") {
      std::string offers = "250-fake\r\n";
      if (setup_.identity && !session.letter.tls) offers += "250-STARTTLS\r\n";
      if (!setup_.user.empty() && !setup_.login.empty()) offers += "250-AUTH " + setup_.login + "\r\n";
      open = peer.write(offers + "250 8BITMIME\r\n");
    } else if (word == "helo" || word == "rset" || word == "noop") {
      open = peer.write("250 ok\r\n");
    } else if (word == "starttls" && setup_.identity) {
      open = peer.write("220 go on\r\n") && peer.begin_tls(*setup_.identity);
      session.letter.tls = open;
    } else if (word == "auth") {
      open = log_in(peer, line, session);
    } else if (word == "mail") {
      session.letter.from = address_of(line);
      const bool known = setup_.user.empty() || !session.letter.user.empty();
      open = peer.write(known ? "250 ok\r\n" : "530 5.7.0 authentication required\r\n");
    } else if (word == "rcpt") {
      session.letter.to.push_back(address_of(line));
      if (session.mood == SmtpMood::gone) return;
      if (session.mood == SmtpMood::slow) std::this_thread::sleep_for(session.late);
      open = peer.write(session.mood == SmtpMood::busy       ? "451 4.7.1 greylisted, try again\r\n"
                        : session.mood == SmtpMood::refusing ? "550-5.1.1 no\r\n550 5.1.1 no such user, call 13800000001\r\n"
                                                             : "250 ok\r\n");
    } else if (word == "data") {
      open = take(peer, session);
    } else if (word == "quit") {
      peer.write("221 bye\r\n");
      return;
    } else {
      open = peer.write("502 5.5.2 what?\r\n");
    }
    if (!open) return;
  }
}

}  // namespace finwatch::test
