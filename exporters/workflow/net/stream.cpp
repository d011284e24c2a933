#include "workflow/net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "workflow/net/certificate.h"

namespace finwatch::workflow {

void Stream::FreeSsl::operator()(ssl_st* ssl) const { SSL_free(ssl); }

void Stream::close() {
  if (handshake_) handshake_->forget_listener();
  timer_.cancel();
  watch_.reset();
  ssl_.reset();
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  doing_ = Doing::nothing;
  told_ = nullptr;
}

void Stream::begin(Doing what, Told told) {
  doing_ = what;
  told_ = std::move(told);
}

void Stream::done(const Outcome& outcome) {
  doing_ = Doing::nothing;
  const Told told = std::exchange(told_, nullptr);
  const Outcome copy = outcome;  // NOLINT(performance-unnecessary-copy-initialization): what is told may end this stream
  told(copy);
}

void Stream::wait(unsigned events) {
  if (watch_) return watch_->change(events);
  watch_ = std::make_unique<Watch>(loop_, socket_, events, [this](unsigned) { step(); });
}

void Stream::step() {
  switch (doing_) {
    case Doing::connecting: return connected();
    case Doing::securing: return secure_step();
    case Doing::sending: return send_step();
    case Doing::receiving: return receive_step();
    case Doing::nothing: wait(0);  // whatever it is will be met by what is done next
  }
}

void Stream::connect(std::vector<Address> addresses, Told told) {
  close();
  buffer_.clear();
  end_ = false;
  handshake_.reset();
  addresses_ = std::move(addresses);
  next_ = 0;
  fault_ = {NetError::connect, "no address"};
  begin(Doing::connecting, std::move(told));
  connect_next();
}

void Stream::connect_next() {
  while (next_ < addresses_.size()) {
    remote_ = addresses_[next_++];
    watch_.reset();
    if (socket_ >= 0) ::close(socket_);
    socket_ = ::socket(remote_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ >= 0 && (::connect(socket_, remote_.data(), remote_.size()) == 0 || errno == EINPROGRESS))
      return wait(Watch::kWrite);
    fault_ = {NetError::connect, remote_.text() + ": " + error_from_errno(errno, "connect").message};
  }
  timer_.start(loop_.now(), [this] { done(fault_); });
}

void Stream::connected() {
  int number = 0;
  socklen_t length = sizeof number;
  ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &number, &length);
  if (number != 0) {
    fault_ = {NetError::connect, remote_.text() + ": " + error_from_errno(number, "connect").message};
    return connect_next();
  }
  done({});
}

void Stream::secure(TlsStore& store, const TlsOptions& options, const std::string& host, Told told) {
  begin(Doing::securing, std::move(told));
  const TlsContext::Lent lent(store.context());
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  Result<std::shared_ptr<Handshake>> made = Handshake::prepare(store, options, host, host + "|" + remote_.text(), this);
  const Status attached = made ? Handshake::attach(context.get(), *made) : Status(made.error());
  if (!attached) return done({NetError::invalid, attached.error().message});
  handshake_ = *made;
  ssl_.reset(SSL_new(context.get()));
  SSL_set_fd(ssl_.get(), socket_);
  if (options.server_name.empty() && !is_address(host))  // otherwise the handshake sets it
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, std::string(host).data());
  secure_step();
}

bool Stream::wait_for_tls(int result) {
  const int reason = SSL_get_error(ssl_.get(), result);
  if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) return false;
  wait(reason == SSL_ERROR_WANT_READ ? Watch::kRead : Watch::kWrite);
  return true;
}

void Stream::secure_step() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_connect(ssl_.get());
  if (result == 1) return done({});
  if (wait_for_tls(result)) return;
  const int number = errno;
  std::string text = last_tls_error();
  if (const auto known = facts(); known && !known->verified && text == "certificate verify failed")
    text = "the certificate was refused: " + known->verify_text;
  if (text.empty()) text = number != 0 ? error_from_errno(number, "handshake").message : "the peer ended the handshake";
  done({NetError::tls, std::move(text)});
}

void Stream::send(std::string_view bytes, Told told) {
  begin(Doing::sending, std::move(told));
  outgoing_ = bytes;
  send_step();
}

void Stream::send_step() {
  while (!outgoing_.empty()) {
    ssize_t sent = 0;
    if (ssl_) {
      ERR_clear_error();
      sent = SSL_write(ssl_.get(), outgoing_.data(), static_cast<int>(outgoing_.size()));
      if (sent <= 0 && wait_for_tls(static_cast<int>(sent))) return;
    } else {
      sent = ::send(socket_, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return wait(Watch::kWrite);
    }
    if (sent <= 0) return done({NetError::protocol, "the peer closed the connection while it was written to"});
    outgoing_.erase(0, static_cast<std::size_t>(sent));
  }
  done({});
}

void Stream::receive(Told told) {
  begin(Doing::receiving, std::move(told));
  receive_step();
}

void Stream::receive_step() {
  std::array<char, 4'096> bytes;  // what is read fills it
  ssize_t got = 0;
  if (ssl_) {
    ERR_clear_error();
    got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (got <= 0 && wait_for_tls(static_cast<int>(got))) return;
  } else {
    got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return wait(Watch::kRead);
  }
  if (got > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  if (got <= 0) end_ = true;
  done({});
}

}  // namespace finwatch::workflow
