// A mail server on a port of its own that keeps what it takes.
//
//   FakeSmtp smtp({.identity = maker.server(), .user = "finwatch", .password = "secret"});   // STARTTLS, and AUTH behind it
//   send_to("127.0.0.1:" + std::to_string(smtp.port()));
//   CHECK(smtp.letters().at(0).to == std::vector<std::string>{"zhang.wei@example.com"});
//   smtp.be(SmtpMood::taken_unanswered);
//
// With an identity it offers STARTTLS; who has a user must log in, by PLAIN or LOGIN.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace finwatch::test {

class FakeConnection;
class FakeTcpServer;
class ServerIdentity;

enum class SmtpMood : unsigned char {
  ok,
  closed,            // 421 at the greeting
  busy,              // 451 for every recipient
  refusing,          // 550 for every recipient, with a number in its words
  gone,              // closes when a recipient is named
  slow,              // waits before it answers a recipient
  silent,            // takes the letter, and answers late
  taken_unanswered,  // takes the letter, and closes
  half,              // closes behind its 354
  full,              // 452 for the letter
  spam               // 554 for the letter
};

struct FakeLetter {
  std::string from;
  std::vector<std::string> to;
  std::string text;  // as sent, without the dots that SMTP adds
  std::string user;  // who logged in
  bool tls = false;
};

struct FakeSmtpSetup {
  std::shared_ptr<const ServerIdentity> identity;
  std::string user, password;
  std::string login = "PLAIN LOGIN";  // the ways that are offered
};

class FakeSmtp {
 public:
  explicit FakeSmtp(FakeSmtpSetup setup = {});
  ~FakeSmtp();
  FakeSmtp(const FakeSmtp&) = delete;
  FakeSmtp& operator=(const FakeSmtp&) = delete;

  int port() const;
  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }
  void be(SmtpMood mood, std::chrono::milliseconds late = std::chrono::milliseconds{400});
  /// All that were taken, answered or not.
  std::vector<FakeLetter> letters() const;
  /// All commands so far, without what was said to log in.
  std::vector<std::string> commands() const;

 private:
  struct Session;
  void serve(FakeConnection& peer);
  bool log_in(FakeConnection& peer, const std::string& line, Session& session) const;
  bool take(FakeConnection& peer, Session& session);

  FakeSmtpSetup setup_;
  mutable std::mutex mutex_;  // over all below but the server
  SmtpMood mood_ = SmtpMood::ok;
  std::chrono::milliseconds late_{0};
  std::vector<FakeLetter> letters_;
  std::vector<std::string> commands_;
  std::unique_ptr<FakeTcpServer> server_;
};

}  // namespace finwatch::test
