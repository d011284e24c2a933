// A TCP connection, plain or TLS, that does one thing at a time and tells when it is done.
//
//   Stream stream(loop, clock);
//   stream.connect(addresses, [&](const Outcome& outcome) { … stream.send("EHLO\r\n", …); });
//   stream.receive([&](const Outcome& outcome) { … stream.buffer() … stream.at_end() … });
//
// What it tells may start the next thing, close it or destroy it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "workflow/net/address.h"
#include "workflow/net/call.h"
#include "workflow/net/loop.h"
#include "workflow/net/tls.h"

namespace finwatch::workflow {

class Stream final : TlsListener {
 public:
  using Told = std::function<void(const Outcome&)>;

  /// Enters the phases connect and tls of `clock`.
  Stream(Loop& loop, PhaseClock& clock) : loop_(loop), clock_(clock), timer_(loop) {}
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Tries one address after the other.
  void connect(std::vector<Address> addresses, Told told);
  /// TLS from here on. `host` is what the certificate must be for.
  void secure(TlsStore& store, const TlsOptions& options, const std::string& host, Told told);
  void send(std::string_view bytes, Told told);
  /// Until something has come, which is appended to buffer(), or the peer has ended.
  void receive(Told told);
  void close();

  std::string& buffer() { return buffer_; }
  bool at_end() const { return end_; }
  const Address& remote() const { return remote_; }  // the last that was tried
  std::shared_ptr<const TlsFacts> facts() const { return handshake_ ? handshake_->facts() : nullptr; }

 private:
  enum class Doing : unsigned char { nothing, connecting, securing, sending, receiving };
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };

  void handshake_begins() override { clock_.enter(Phase::tls, loop_.now()); }
  void handshake_ends() override {}
  void begin(Doing what, Told told);
  void step();
  void connect_next();
  void connected();
  void secure_step();
  void send_step();
  void receive_step();
  /// Was it only that the socket is not ready? Then waits for it.
  bool wait_for_tls(int result);
  void wait(unsigned events);
  void done(const Outcome& outcome);

  Loop& loop_;
  PhaseClock& clock_;
  Timer timer_;  // brings a failure from the loop
  int socket_ = -1;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<ssl_st, FreeSsl> ssl_;
  std::shared_ptr<Handshake> handshake_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  Address remote_;
  Outcome fault_;
  Doing doing_ = Doing::nothing;
  Told told_;
  std::string outgoing_;
  std::string buffer_;
  bool end_ = false;
};

}  // namespace finwatch::workflow
