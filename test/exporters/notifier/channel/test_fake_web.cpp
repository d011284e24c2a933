#include "http/http.h"
#include "support/catch.h"
#include "support/fake_web.h"

using namespace finwatch;
using finwatch::test::FakeAnswer;
using finwatch::test::FakeCall;
using finwatch::test::FakeWeb;

TEST_CASE("fake web: what was sent is seen, and an answer may be whole, half or none") {
  FakeWeb web([](const FakeCall& call) -> FakeAnswer {
    if (call.path == "/half") return {.body = "0123456789", .ending = FakeAnswer::Ending::half};
    if (call.path == "/none") return {.body = {}, .ending = FakeAnswer::Ending::none};
    return {.code = 202, .body = "yes"};
  });
  bool reached = false;
  const Result<HttpReply> whole =
      http({.url = web.url() + "/whole?a=1", .form = {}, .body = "{}", .headers = {"X-One: two"}, .reached = &reached});
  REQUIRE(whole);
  CHECK(whole->status == 202);
  CHECK(whole->body == "yes");
  CHECK(reached);
  const std::vector<FakeCall> calls = web.calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].method == "POST");
  CHECK(calls[0].query == "a=1");
  CHECK(calls[0].body == "{}");
  CHECK(calls[0].headers.at("x-one") == "two");
  CHECK(http({.url = web.url() + "/half"}).error().code == Errc::malformed);
  reached = false;
  CHECK(http({.url = web.url() + "/none", .reached = &reached}).error().code == Errc::unavailable);
  CHECK(reached);
}

TEST_CASE("http: what never left is told from what may have arrived") {
  int port = 0;
  {
    port = FakeWeb([](const FakeCall&) -> FakeAnswer { return {}; }).port();
  }
  bool reached = true;
  CHECK_FALSE(http({.url = "http://127.0.0.1:" + std::to_string(port), .reached = &reached}));
  CHECK_FALSE(reached);
}
