// A plain HTTP client over a real socket, for tests of the HTTP door.
//
//   WebClient client(address);               // "127.0.0.1:41873", "[::1]:…" or "unix:/path"
//   const WebResponse answer = client.get("/metrics", {"Accept-Encoding: gzip"});
//   CHECK(answer.code == 200);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/files.h"

namespace finwatch::test {

struct WebResponse {
  int code = 0;  // 0: the connection ended without an answer
  std::string head;
  std::string body;
  /// The value of a header, "" when it is not there.
  std::string header(std::string_view name) const;
};

class WebClient {
 public:
  explicit WebClient(const std::string& address);

  /// One request on the kept connection.
  WebResponse request(std::string_view method, std::string_view target, const std::vector<std::string>& headers = {},
                      std::string_view body = {});
  WebResponse get(std::string_view target, const std::vector<std::string>& headers = {}) {
    return request("GET", target, headers);
  }

  bool send(std::string_view bytes);
  WebResponse receive(bool has_body = true);
  /// True when the server closes the connection within `seconds`.
  bool closed_within(int seconds);
  int socket() const { return socket_.get(); }
  void close() { socket_.reset(); }

 private:
  bool receive_more();

  Descriptor socket_;
  std::string input_;
};

}  // namespace finwatch::test
