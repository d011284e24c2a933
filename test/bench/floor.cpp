// The floor: what a page costs when nothing is understood. The files of FILES are kept open and each is read once with pread,
// the lines of PAGE (somebody's metrics) are written again with their values formatted anew, the result is compressed by
// ISA-L level 1 when the client accepts gzip, and one sendmsg answers. One thread, epoll, no parsing, no limits.
//
//   bench_floor PORT FILES PAGE
#include <arpa/inet.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::vector<std::string> lines_of(const char* path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

struct Source {
  int descriptor;
  std::size_t piece;  // /proc/sys and /sys clear as much kernel memory as they are asked for
};

std::vector<Source> open_all(const char* list) {
  std::vector<Source> sources;
  for (const std::string& path : lines_of(list)) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool small = path.starts_with("/proc/sys/") || path.starts_with("/sys/");
    if (descriptor >= 0) sources.push_back({descriptor, small ? std::size_t{4096} : std::size_t{1} << 20});
  }
  return sources;
}

struct Line {
  std::string text;  // with the blank before the value
  double value = 0;
  bool sample = false;
};

std::vector<Line> read_page(const char* path) {
  std::vector<Line> page;
  for (const std::string& line : lines_of(path)) {
    const std::size_t blank = line.rfind(' ');
    if (line[0] == '#')
      page.push_back({line + "\n"});
    else
      page.push_back({line.substr(0, blank + 1), std::strtod(line.c_str() + blank + 1, nullptr), true});
  }
  return page;
}

class Floor {
 public:
  Floor(const char* files, const char* page) : sources_(open_all(files)), page_(read_page(page)) {}

  std::string_view make(bool gzip) {
    for (const Source& source : sources_)
      if (::pread(source.descriptor, scratch_.data(), source.piece, 0) < 0) continue;  // some attributes refuse; so be it
    char* out = body_.data();
    ++shift_;
    for (const Line& line : page_) {
      std::copy(line.text.begin(), line.text.end(), out);
      out += line.text.size();
      if (!line.sample) continue;
      out = std::to_chars(out, out + 40, line.value + shift_).ptr;
      *out++ = '\n';
    }
    const std::size_t length = static_cast<std::size_t>(out - body_.data());
    if (!gzip) return {body_.data(), length};
    isal_deflate_stateless_init(&stream_);
    stream_.gzip_flag = IGZIP_GZIP;
    stream_.level = 1;
    stream_.level_buf = tables_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(tables_.size());
    stream_.end_of_stream = 1;
    stream_.next_in = reinterpret_cast<std::uint8_t*>(body_.data());
    stream_.avail_in = static_cast<std::uint32_t>(length);
    stream_.next_out = reinterpret_cast<std::uint8_t*>(packed_.data());
    stream_.avail_out = static_cast<std::uint32_t>(packed_.size());
    isal_deflate_stateless(&stream_);
    return {packed_.data(), stream_.total_out};
  }

 private:
  std::vector<Source> sources_;
  std::vector<Line> page_;
  double shift_ = 0;
  std::vector<char> scratch_ = std::vector<char>(std::size_t{1} << 20);
  std::vector<char> body_ = std::vector<char>(std::size_t{8} << 20);
  std::vector<char> packed_ = std::vector<char>(std::size_t{8} << 20);
  std::vector<std::uint8_t> tables_ = std::vector<std::uint8_t>(ISAL_DEF_LVL1_DEFAULT);
  isal_zstream stream_{};
};

int listen_on(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 512) != 0) {
    std::perror("bench_floor: listen");
    std::exit(1);
  }
  return listener;
}

void answer(int client, Floor& floor) {
  char request[4096];
  const ssize_t length = ::recv(client, request, sizeof request, 0);
  if (length <= 0) {
    ::close(client);
    return;
  }
  const bool gzip = std::string_view(request, static_cast<std::size_t>(length)).find("gzip") != std::string_view::npos;
  const std::string_view body = floor.make(gzip);
  char head[256];
  const int head_length = std::snprintf(
      head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n%sContent-Length: %zu\r\n\r\n",
      gzip ? "Content-Encoding: gzip\r\n" : "", body.size());
  iovec pieces[] = {{head, static_cast<std::size_t>(head_length)}, {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  ::sendmsg(client, &message, MSG_NOSIGNAL);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_floor PORT FILES PAGE\n");
    return 2;
  }
  Floor floor(argv[2], argv[3]);
  const int listener = listen_on(std::atoi(argv[1]));
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [&](int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
  };
  watch(listener);
  while (true) {
    epoll_event events[64];
    const int count = ::epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd != listener) {
        answer(events[i].data.fd, floor);
        continue;
      }
      const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      const int yes = 1;
      ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      watch(client);
    }
  }
}
