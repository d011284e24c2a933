// DNS servers for tests: each question has one answer, 192.0.2.7, or a code.
//
//   FakeDns server(net.loop);                                              // by datagrams, on the loop of the test
//   FakeServer other([](FakeConnection& peer) { serve_dns(peer, 3); });    // over TCP
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "core/files.h"
#include "net/fake_server.h"
#include "workflow/net/loop.h"

namespace finwatch::test {

// The answer to a query: one A record with a TTL of a minute, its name a pointer to the question.
inline std::string answer_to(std::string query, int rcode = 0) {
  query[2] = static_cast<char>(0x85);
  query[3] = static_cast<char>(0x80 | rcode);
  if (rcode != 0) return query;
  query[7] = 1;
  return query + std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7", 16);
}

// Over TCP: two bytes of length before each message.
inline void serve_dns(FakeConnection& peer, int rcode) {
  const std::string query = peer.take_message();
  if (query.empty()) return;
  const std::string answer = answer_to(query, rcode);
  peer.write(std::string{static_cast<char>(answer.size() >> 8), static_cast<char>(answer.size() & 0xff)} + answer);
}

class FakeDns {
 public:
  /// `rcode` below 0: it never answers.
  explicit FakeDns(workflow::Loop& loop, int rcode = 0)
      : rcode_(rcode), watch_(loop, open(), workflow::Watch::kRead, [this](unsigned) { serve(); }) {}

  std::uint16_t port() const { return ntohs(address_.sin_port); }
  int questions() const { return questions_; }

 private:
  int open() {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    socket_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address_), size) != 0 ||
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size) != 0)
      throw std::runtime_error("no port for a server");
    return socket_.get();
  }
  void serve() {
    std::array<char, 1'024> bytes{};
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const ssize_t got = ::recvfrom(socket_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size);
    if (got <= 0) return;
    ++questions_;
    if (rcode_ < 0) return;
    const std::string answer = answer_to(std::string(bytes.data(), static_cast<std::size_t>(got)), rcode_);
    ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&peer), size);
  }

  const int rcode_;
  Descriptor socket_;
  sockaddr_in address_{};
  int questions_ = 0;
  workflow::Watch watch_;
};

}  // namespace finwatch::test
