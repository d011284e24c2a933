// Writes a fleet's history into Prometheus by remote write, faster than it could be scraped: for test/bench/rules.sh.
//
//   remote_write PORT <lines
//
// A line is a family and all of its series, between tabs: the seconds from now at which its samples begin and end, the seconds between them, how
// its values go (constant, counter, gauge, line, age), a value, a second value for one unit in a hundred or -, how fast a counter or line moves in a
// second, the name, then each label as label=a|b or label*count. Every combination of the labels is a series.
// Remote write 1.0: protobuf, and snappy that never compresses. Loopback only.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "remote_write: %s\n", what.c_str());
  std::exit(1);
}

struct Dimension {
  std::string label;
  std::vector<std::string> values;
};

struct Family {
  long begin = 0, end = 0, step = 0;
  std::string way, name;
  double value = 0, troubled = 0, slope = 0;
  bool has_trouble = false;
  std::vector<Dimension> labels;

  std::size_t series() const {
    std::size_t product = 1;
    for (const Dimension& one : labels) product *= one.values.size();
    return product;
  }
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const std::size_t end = text.find(at, from);
    parts.push_back(text.substr(from, end - from));
    if (end == std::string::npos) return parts;
    from = end + 1;
  }
}

Dimension read_dimension(const std::string& text) {
  const std::size_t at = text.find_first_of("=*");
  if (at == std::string::npos) fail("no label: " + text);
  Dimension one{text.substr(0, at), {}};
  if (text[at] == '=') {
    one.values = split(text.substr(at + 1), '|');
    return one;
  }
  const int count = std::atoi(text.c_str() + at + 1);
  for (int i = 0; i < count; ++i) {
    char value[96];
    std::snprintf(value, sizeof value, "%.60s%04d", one.label.c_str(), i);
    one.values.emplace_back(value);
  }
  return one;
}

Family read_family(const std::string& line) {
  const std::vector<std::string> words = split(line, '\t');
  if (words.size() < 8) fail("too few words: " + line);
  Family family;
  family.begin = std::atol(words[0].c_str());
  family.end = std::atol(words[1].c_str());
  family.step = std::atol(words[2].c_str());
  family.way = words[3];
  family.value = std::atof(words[4].c_str());
  family.has_trouble = words[5] != "-";
  family.troubled = family.has_trouble ? std::atof(words[5].c_str()) : family.value;
  family.slope = std::atof(words[6].c_str());
  family.name = words[7];
  for (std::size_t i = 8; i < words.size(); ++i) family.labels.push_back(read_dimension(words[i]));
  if (family.step <= 0) fail("a step of 0: " + line);
  return family;
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<char>(value | 128));
  out.push_back(static_cast<char>(value));
}
void put_bytes(std::string& out, int field, const std::string& bytes) {
  put_varint(out, static_cast<std::uint64_t>(field) << 3 | 2);
  put_varint(out, bytes.size());
  out += bytes;
}

// The same number for the same series and moment, anywhere in [0, 1).
double chance(std::uint64_t series, std::uint64_t moment) {
  std::uint64_t mixed = (series + 1) * 0xBF58476D1CE4E5B9U ^ (moment + 7) * 0x94D049BB133111EBU;
  mixed = (mixed ^ mixed >> 29) * 0x9E3779B97F4A7C15U;
  return static_cast<double>(mixed >> 11) / 9007199254740992.0;
}

double value_at(const Family& family, std::uint64_t series, bool troubled, long from_now, long now) {
  const double value = troubled ? family.troubled : family.value;
  const auto moment = static_cast<std::uint64_t>(from_now + (1L << 40));
  if (family.way == "counter")  // `value` is where it stands now, troubled ones move so fast instead
    return 1e7 +
           (troubled ? family.troubled : family.slope) *
               (static_cast<double>(from_now + 40 * 86400) + 0.4 * static_cast<double>(family.step) * chance(series, moment));
  if (family.way == "gauge") return value * (0.95 + 0.1 * chance(series, moment));
  if (family.way == "line") return value + family.slope * static_cast<double>(from_now);
  if (family.way == "age") return static_cast<double>(now + from_now) + value;
  return value;
}

class Connection {
 public:
  explicit Connection(int port) : port_(port) {}
  ~Connection() { drop(); }

  void post(const std::string& body) {
    std::string said;
    for (int tries = 0; tries < 10; ++tries) {
      if ((fd_ >= 0 || open()) && exchange(body, said)) {
        if (said.compare(0, 10, "HTTP/1.1 2") == 0) return;
        if (said.compare(0, 10, "HTTP/1.1 4") == 0) fail(said);
      }
      drop();
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    fail("Prometheus does not take it: " + said);
  }

 private:
  int port_;
  int fd_ = -1;

  void drop() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  bool open() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) fail(std::strerror(errno));
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<std::uint16_t>(port_));
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0;
  }

  bool exchange(const std::string& body, std::string& said) {
    // Snappy's stream: the length of it all, then literals of at most 64 KiB.
    std::string packed;
    put_varint(packed, body.size());
    for (std::size_t at = 0; at < body.size(); at += 65536) {
      const std::size_t length = std::min<std::size_t>(65536, body.size() - at);
      packed += {static_cast<char>(61 << 2), static_cast<char>((length - 1) & 255), static_cast<char>((length - 1) >> 8)};
      packed.append(body, at, length);
    }
    const std::string request =
        "POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: snappy\r\nContent-Type: application/x-protobuf\r\n"
        "X-Prometheus-Remote-Write-Version: 0.1.0\r\nContent-Length: " +
        std::to_string(packed.size()) + "\r\n\r\n" + packed;
    for (std::size_t at = 0; at < request.size();) {
      const ssize_t sent = ::send(fd_, request.data() + at, request.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      at += static_cast<std::size_t>(sent);
    }
    char answer[1024];
    const ssize_t got = ::recv(fd_, answer, sizeof answer, 0);
    said.assign(answer, got > 0 ? static_cast<std::size_t>(got) : 0);
    return got > 0;
  }
};

class Writer {
 public:
  Writer(int port, long now) : port_(port), now_(now) {}

  void write(const std::vector<Family>& families) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        Connection connection(port_);
        for (std::size_t at = next_++; at < families.size(); at = next_++) write(families[at], connection);
      });
    for (std::thread& thread : threads) thread.join();
    std::printf("%llu series, %llu samples\n", static_cast<unsigned long long>(series_),
                static_cast<unsigned long long>(samples_));
  }

 private:
  int port_;
  long now_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::uint64_t> series_{0}, samples_{0};

  // The labels must come in the order of their names.
  static std::string labels_of(const Family& family, std::size_t series, std::size_t& unit) {
    std::vector<std::pair<std::string, const std::string*>> labels{{"__name__", &family.name}};
    std::size_t rest = series, all = 1;
    unit = 0;
    for (const Dimension& one : family.labels) {
      const std::size_t which = rest % one.values.size();
      rest /= one.values.size();
      if (one.label == "instance" || one.label == "target" || one.label == "flow") {
        unit += which * all;
        all *= one.values.size();
      }
      if (!one.values[which].empty()) labels.emplace_back(one.label, &one.values[which]);
    }
    std::sort(labels.begin(), labels.end());
    std::string out;
    for (const auto& [name, value] : labels) {
      std::string pair;
      put_bytes(pair, 1, name);
      put_bytes(pair, 2, *value);
      put_bytes(out, 1, pair);
    }
    return out;
  }

  void write(const Family& family, Connection& connection) {
    std::string body;
    const std::size_t count = family.series();
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t unit = 0;
      std::string series = labels_of(family, i, unit);
      const bool troubled = family.has_trouble && unit % 100 == 7;
      // Spread over the step as scrapes are.
      const long offset = static_cast<long>(unit % static_cast<std::size_t>(family.step));
      for (long t = family.begin + offset; t <= family.end; t += family.step) {
        const double value = value_at(family, i, troubled, t, now_);
        std::string sample(1, '\x09');
        sample.append(reinterpret_cast<const char*>(&value), sizeof value);
        sample.push_back('\x10');
        put_varint(sample, static_cast<std::uint64_t>(now_ + t) * 1000);
        put_bytes(series, 2, sample);
        ++samples_;
      }
      put_bytes(body, 1, series);
      ++series_;
      if (body.size() > 1U << 20) {
        connection.post(body);
        body.clear();
      }
    }
    if (!body.empty()) connection.post(body);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) fail("usage: remote_write PORT <lines");
  std::vector<Family> families;
  for (std::string line; std::getline(std::cin, line);)
    if (!line.empty()) families.push_back(read_family(line));
  // Whole minutes: recordings were written on them.
  const long now = static_cast<long>(std::time(nullptr)) / 60 * 60;
  Writer(std::atoi(argv[1]), now).write(families);
}
