#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arpa/inet.h>

#include <cstring>
#include <stdexcept>

#include "core/text.h"
#include "support/web_client.h"

namespace finwatch::test {
namespace {

int connect_to(const std::string& address) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (address.starts_with("unix:")) {
    auto* name = reinterpret_cast<sockaddr_un*>(&storage);
    name->sun_family = AF_UNIX;
    std::strncpy(name->sun_path, address.c_str() + 5, sizeof name->sun_path - 1);
    length = sizeof *name;
  } else {
    const std::size_t colon = address.rfind(':');
    const auto port = to_number<std::uint16_t>(std::string_view(address).substr(colon + 1)).value();
    if (address.front() == '[') {
      auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
      six->sin6_family = AF_INET6;
      six->sin6_port = htons(port);
      ::inet_pton(AF_INET6, address.substr(1, colon - 2).c_str(), &six->sin6_addr);
      length = sizeof *six;
    } else {
      auto* four = reinterpret_cast<sockaddr_in*>(&storage);
      four->sin_family = AF_INET;
      four->sin_port = htons(port);
      ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &four->sin_addr);
      length = sizeof *four;
    }
  }
  const int socket = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&storage), length) != 0)
    throw std::runtime_error("cannot connect to " + address + ": " + std::strerror(errno));
  return socket;
}

}  // namespace

std::string WebResponse::header(std::string_view name) const {
  for (LineReader lines(head); auto line = lines.next();) {
    const std::size_t colon = line->find(':');
    if (colon == name.size() && ::strncasecmp(line->data(), name.data(), colon) == 0)
      return std::string(trim(line->substr(colon + 1)));
  }
  return {};
}

WebClient::WebClient(const std::string& address) : socket_(connect_to(address)) {}

bool WebClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool WebClient::receive_more() {
  constexpr int kPatience = 20'000;
  pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&wait, 1, kPatience) != 1) return false;
  char piece[16384];
  const ssize_t got = ::recv(socket_.get(), piece, sizeof piece, 0);
  if (got <= 0) return false;
  input_.append(piece, static_cast<std::size_t>(got));
  return true;
}

bool WebClient::closed_within(int seconds) {
  pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&wait, 1, seconds * 1000) != 1) return false;
  char piece[16384];
  ssize_t got = 0;
  while ((got = ::recv(socket_.get(), piece, sizeof piece, 0)) > 0) continue;
  return got == 0 || errno == ECONNRESET;
}

WebResponse WebClient::receive(bool has_body) {
  WebResponse response;
  std::size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos)
    if (!receive_more()) return response;
  response.head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  response.code = to_number<int>(std::string_view(response.head).substr(9, 3)).value_or(0);
  if (response.code == 100) return receive(has_body);
  const auto length = to_number<std::size_t>(response.header("Content-Length")).value_or(0);
  if (!has_body) return response;
  while (input_.size() < length)
    if (!receive_more()) return {};
  response.body = input_.substr(0, length);
  input_.erase(0, length);
  return response;
}

WebResponse WebClient::request(std::string_view method, std::string_view target, const std::vector<std::string>& headers,
                               std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n" + std::string(body);
  if (!send(text)) return {};
  return receive(method != "HEAD");
}

}  // namespace finwatch::test
