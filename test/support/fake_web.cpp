#include "support/fake_web.h"

#include <civetweb.h>

#include <array>
#include <stdexcept>
#include <thread>

#include "core/text.h"

namespace finwatch::test {
namespace {

std::string body_of(mg_connection* connection) {
  std::string body;
  std::array<char, 8192> part{};
  for (int got = 0; (got = mg_read(connection, part.data(), part.size())) > 0;)
    body.append(part.data(), static_cast<std::size_t>(got));
  return body;
}

}  // namespace

FakeWeb::FakeWeb(Handler handler, int port) : handler_(std::move(handler)) {
  const std::string where = "127.0.0.1:" + std::to_string(port);
  const std::array<const char*, 9> options{"listening_ports", where.c_str(),       "num_threads", "16",   "request_timeout_ms",
                                           "30000",           "linger_timeout_ms", "0",           nullptr};
  mg_init_library(0);
  context_ = mg_start(nullptr, this, const_cast<const char**>(options.data()));
  if (context_ == nullptr) throw std::runtime_error("civetweb does not start on " + where);
  mg_server_port bound{};
  if (mg_get_server_ports(context_, 1, &bound) == 1) port_ = bound.port;
  mg_set_request_handler(
      context_, "/**", [](mg_connection* connection, void* self) { return static_cast<FakeWeb*>(self)->answer(connection); },
      this);
}

FakeWeb::~FakeWeb() {
  mg_stop(context_);
  mg_exit_library();
}

std::vector<FakeCall> FakeWeb::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

int FakeWeb::answer(mg_connection* connection) {
  const mg_request_info* info = mg_get_request_info(connection);
  FakeCall call{.method = info->request_method,
                .path = info->local_uri,
                .query = info->query_string ? info->query_string : "",
                .body = body_of(connection),
                .headers = {}};
  for (int i = 0; i < info->num_headers; ++i)
    call.headers[lower_case(info->http_headers[i].name)] = info->http_headers[i].value;
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }
  const FakeAnswer answer = handler_(call);
  std::this_thread::sleep_for(answer.delay);
  if (answer.ending == FakeAnswer::Ending::none) return 200;
  const std::string head = "HTTP/1.1 " + std::to_string(answer.code) + " X\r\nContent-Type: " + answer.content_type +
                           "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\nConnection: close\r\n\r\n";
  const std::size_t sent = answer.ending == FakeAnswer::Ending::half ? answer.body.size() / 2 : answer.body.size();
  mg_write(connection, head.data(), head.size());
  mg_write(connection, answer.body.data(), sent);
  return answer.code;
}

}  // namespace finwatch::test
