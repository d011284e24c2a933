// A web server of one handler, by civetweb, on a port of its own: what a test's fake providers stand on.
//
//   FakeWeb web([](const FakeCall& call) -> FakeAnswer { return {.body = R"({"errcode":0})"}; });
//   send_to(web.url() + "/robot/send");
//   CHECK(web.calls().at(0).headers.at("content-type") == "application/json");
//
// An answer may come late, be cut in the middle, or never come.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

struct mg_context;
struct mg_connection;

namespace finwatch::test {

struct FakeCall {
  std::string method, path, query, body;       // the query as sent
  std::map<std::string, std::string> headers;  // names in small letters
};

struct FakeAnswer {
  int code = 200;
  std::string body;
  std::string content_type = "application/json; charset=utf-8";
  std::chrono::milliseconds delay{0};
  enum class Ending : unsigned char {
    whole,
    half,
    none
  } ending = Ending::whole;  // half: cut in the body; none: closed unanswered
};

class FakeWeb {
 public:
  using Handler = std::function<FakeAnswer(const FakeCall&)>;

  /// The handler is called by several threads at once. Port 0: any that is free.
  explicit FakeWeb(Handler handler, int port = 0);
  ~FakeWeb();
  FakeWeb(const FakeWeb&) = delete;
  FakeWeb& operator=(const FakeWeb&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// All so far, also those that were not answered.
  std::vector<FakeCall> calls() const;

 private:
  int answer(mg_connection* connection);

  Handler handler_;
  mutable std::mutex mutex_;
  std::vector<FakeCall> calls_;
  int port_ = 0;
  mg_context* context_ = nullptr;
};

}  // namespace finwatch::test
