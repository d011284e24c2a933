// DNS servers for tests: each question has one answer, 192.0.2.7, or a code, or what the test says.
//
//   FakeDns server(net.loop);                                              // by datagrams, on the loop of the test
//   FakeDns third(net.loop, [](const std::string& query) { return answer_with(query, {a_record("192.0.2.8", 5)}); });
//   FakeTcpServer other([](FakeConnection& peer) { serve_dns(peer, 3); });    // over TCP
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"
#include "net/fake_server.h"
#include "workflow/net/loop.h"

namespace finwatch::test {

enum class DnsType : unsigned char { a = 1, cname = 5, aaaa = 28 };

struct FakeRecord {
  DnsType type;
  unsigned char ttl;
  std::string data;
  std::string owner = "\xc0\x0c";  // a pointer to the question
};

inline FakeRecord a_record(const char* address, unsigned char ttl) {
  std::string data(4, '\0');
  ::inet_pton(AF_INET, address, data.data());
  return {DnsType::a, ttl, data};
}
inline FakeRecord aaaa_record(const char* address, unsigned char ttl) {
  std::string data(16, '\0');
  ::inet_pton(AF_INET6, address, data.data());
  return {DnsType::aaaa, ttl, data};
}

/// "erp.example" as it stands in a message.
inline std::string dns_name(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find('.'));
    name += static_cast<char>(label.size());
    name += label;
    text.remove_prefix(std::min(label.size() + 1, text.size()));
  }
  return name + '\0';
}

/// Header and question of a query, without what a client may append for EDNS.
inline std::string question_of(std::string query) {
  query.resize(query.find('\0', 12) + 5);
  query[11] = 0;
  return query;
}
inline DnsType type_of(const std::string& query) { return static_cast<DnsType>(question_of(query).end()[-3]); }

inline std::string answer_with(const std::string& query, const std::vector<FakeRecord>& records, int rcode = 0) {
  std::string answer = question_of(query);
  answer[2] = static_cast<char>(0x85);
  answer[3] = static_cast<char>(0x80 | rcode);
  answer[7] = static_cast<char>(records.size());
  for (const FakeRecord& record : records) {
    const std::string fixed = {0, static_cast<char>(record.type), 0, 1, 0, 0, 0, static_cast<char>(record.ttl), 0};
    answer += record.owner + fixed + static_cast<char>(record.data.size()) + record.data;
  }
  return answer;
}

inline std::string answer_to(const std::string& query, int rcode = 0) {
  if (rcode != 0) return answer_with(query, {}, rcode);
  return answer_with(query, {a_record("192.0.2.7", 60)});
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
  /// Makes the answer to a query; an empty one is not sent.
  using Answer = std::function<std::string(const std::string& query)>;

  FakeDns(workflow::Loop& loop, Answer answer, std::uint16_t port = 0)
      : answer_(std::move(answer)), watch_(loop, open(port), workflow::Watch::kRead, [this](unsigned) { serve(); }) {}
  /// `rcode` below 0: it never answers.
  explicit FakeDns(workflow::Loop& loop, int rcode = 0)
      : FakeDns(loop, [rcode](const std::string& query) { return rcode < 0 ? "" : answer_to(query, rcode); }) {}

  std::uint16_t port() const { return ntohs(address_.sin_port); }
  int questions() const { return questions_; }

 private:
  int open(std::uint16_t port) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address_.sin_port = htons(port);
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
    const std::string answer = answer_(std::string(bytes.data(), static_cast<std::size_t>(got)));
    if (!answer.empty())
      ::sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&peer), size);
  }

  const Answer answer_;
  Descriptor socket_;
  sockaddr_in address_{};
  int questions_ = 0;
  workflow::Watch watch_;
};

}  // namespace finwatch::test
