// A server for one test, in this process: every connection runs a function in a thread of its own.
//
//   FakeTcpServer server([](FakeConnection& peer) {
//     while (!peer.request().empty()) peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
//   });
//   server.url("/path"), server.port(), server.connections()
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "net/certificates.h"

namespace finwatch::test {

class FakeConnection {
 public:
  FakeConnection(int socket, int number) : socket_(socket), number_(number) {}
  ~FakeConnection();
  FakeConnection(const FakeConnection&) = delete;
  FakeConnection& operator=(const FakeConnection&) = delete;

  /// Head and body of the next request (by its Content-Length); empty when the peer has gone.
  std::string request();
  /// A line without its end; empty when the peer has gone.
  std::string line();
  /// Up to and with `end`; empty when the peer has gone before.
  std::string until(std::string_view end);
  /// What stands after two bytes that hold its length, as DNS does over TCP; empty when the peer has gone.
  std::string take_message();
  bool write(std::string_view text);
  /// A whole answer with its length.
  bool answer(std::string_view body, std::string_view headers = {}, std::string_view status = "200 OK");
  /// Until the peer closes.
  void hang();
  /// Closes with a reset instead of an end.
  void reset();
  /// From here on TLS; false when the handshake fails.
  bool begin_tls(const ServerIdentity& identity);
  int number() const { return number_; }  // 0 for the first connection

  void shut_down() const;
  /// More bytes into the buffer; false at the end.
  bool read_more(std::size_t most = 16'384);

 private:
  int socket_;
  int number_;
  std::string buffer_;
  std::shared_ptr<void> ssl_;
};

class FakeTcpServer {
 public:
  using Handler = std::function<void(FakeConnection&)>;

  explicit FakeTcpServer(Handler handler, std::optional<ServerIdentity> identity = std::nullopt, int backlog = 4'096);
  ~FakeTcpServer();
  FakeTcpServer(const FakeTcpServer&) = delete;
  FakeTcpServer& operator=(const FakeTcpServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const;
  int connections() const { return connections_; }

 private:
  void accept_all();

  Handler handler_;
  std::optional<ServerIdentity> identity_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  bool ending_ = false;              // guarded by mutex_
  std::list<FakeConnection*> open_;  // guarded by mutex_
  std::size_t running_ = 0;          // guarded by mutex_
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace finwatch::test
