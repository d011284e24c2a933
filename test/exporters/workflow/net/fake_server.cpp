#include "net/fake_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "core/text.h"

namespace finwatch::test {
namespace {

// The length that the head promises for the body.
std::size_t body_length(std::string_view head) {
  for (LineReader lines(head); auto line = lines.next();) {
    constexpr std::string_view kName = "Content-Length:";
    if (line->starts_with(kName)) return to_number<std::size_t>(trim(line->substr(kName.size()))).value_or(0);
  }
  return 0;
}

}  // namespace

FakeConnection::~FakeConnection() {
  ssl_.reset();
  ::close(socket_);
}

bool FakeConnection::read_more(std::size_t most) {
  std::array<char, 16'384> bytes;  // read() fills it
  most = std::min(most, bytes.size());
  const ssize_t got = ssl_ ? SSL_read(static_cast<SSL*>(ssl_.get()), bytes.data(), static_cast<int>(most))
                           : ::read(socket_, bytes.data(), most);
  if (got <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::string FakeConnection::request() {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!read_more()) return {};
  const std::size_t whole = end + 4 + body_length(std::string_view(buffer_).substr(0, end));
  while (buffer_.size() < whole)
    if (!read_more()) return {};
  std::string request = buffer_.substr(0, whole);
  buffer_.erase(0, whole);
  return request;
}

std::string FakeConnection::line() {
  std::size_t end = std::string::npos;
  while ((end = buffer_.find('\n')) == std::string::npos)
    if (!read_more(1)) return {};  // what stands behind the line may be for TLS
  std::string line(trim(std::string_view(buffer_).substr(0, end)));
  buffer_.erase(0, end + 1);
  return line;
}

std::string FakeConnection::until(std::string_view end) {
  std::size_t at = std::string::npos;
  while ((at = buffer_.find(end)) == std::string::npos)
    if (!read_more()) return {};
  std::string text = buffer_.substr(0, at + end.size());
  buffer_.erase(0, text.size());
  return text;
}

std::string FakeConnection::take_message() {
  const auto length = [this] {
    return buffer_.size() < 2
               ? 0
               : std::size_t{static_cast<unsigned char>(buffer_[0])} * 256 + static_cast<unsigned char>(buffer_[1]);
  };
  while (buffer_.size() < 2 || buffer_.size() < length() + 2)
    if (!read_more()) return {};
  std::string message = buffer_.substr(2, length());
  buffer_.erase(0, message.size() + 2);
  return message;
}

bool FakeConnection::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ssl_ ? SSL_write(static_cast<SSL*>(ssl_.get()), text.data(), static_cast<int>(text.size()))
                              : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool FakeConnection::answer(std::string_view body, std::string_view headers, std::string_view status) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  return write(text.append(headers).append("\r\n").append(body));
}

void FakeConnection::hang() {
  while (read_more()) buffer_.clear();
}

void FakeConnection::reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

bool FakeConnection::begin_tls(const ServerIdentity& identity) {
  ssl_ = std::shared_ptr<void>(SSL_new(identity.context()), [](void* ssl) {
    SSL_shutdown(static_cast<SSL*>(ssl));
    SSL_free(static_cast<SSL*>(ssl));
  });
  SSL_set_fd(static_cast<SSL*>(ssl_.get()), socket_);
  if (SSL_accept(static_cast<SSL*>(ssl_.get())) == 1) return true;
  ssl_ = nullptr;
  return false;
}

void FakeConnection::shut_down() const { ::shutdown(socket_, SHUT_RDWR); }

FakeTcpServer::FakeTcpServer(Handler handler, std::optional<ServerIdentity> identity, int backlog)
    : handler_(std::move(handler)), identity_(std::move(identity)) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, backlog) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("a fake server cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

FakeTcpServer::~FakeTcpServer() {
  std::unique_lock lock(mutex_);
  ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  for (const FakeConnection* connection : open_) connection->shut_down();
  changed_.wait(lock, [this] { return running_ == 0; });
  lock.unlock();
  thread_.join();
  ::close(listener_);
}

std::string FakeTcpServer::url(std::string_view path, std::string_view host) const {
  return (identity_ ? "https://" : "http://") + std::string(host) + ":" + std::to_string(port_) + std::string(path);
}

void FakeTcpServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<FakeConnection>(socket, connections_++);
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    open_.push_back(connection.get());
    ++running_;
    std::thread([this, peer = std::move(connection)]() mutable {
      if (!identity_ || peer->begin_tls(*identity_)) handler_(*peer);
      const std::lock_guard its_lock(mutex_);
      open_.remove(peer.get());
      peer.reset();
      --running_;
      changed_.notify_all();
    }).detach();
  }
}

}  // namespace finwatch::test
