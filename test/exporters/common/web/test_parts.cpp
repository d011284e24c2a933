#include "support/catch.h"
#include "web/credentials.h"
#include "web/passwords.h"
#include "web/query.h"
#include "web/rate_limit.h"

#include <future>

using namespace finwatch;
using namespace std::chrono_literals;

TEST_CASE("web query: names and values are decoded, broken escapes stop the reading") {
  QueryReader query("collect%5B%5D=cpu&&flag&x=a+b%20c&y=%3d%3D");
  std::string all;
  while (query.next()) all += query.name() + "=" + query.value() + ";";
  CHECK(all == "collect[]=cpu;flag=;x=a b c;y===;");
  CHECK_FALSE(query.malformed());
  for (const char* broken : {"a=%", "a=%4", "%zz=1", "a=%00", "a=1&b=%G1"}) {
    QueryReader reader(broken);
    while (reader.next()) continue;
    CHECK(reader.malformed());
  }
}

TEST_CASE("web query: a target is path and query, with or without a host") {
  CHECK(split_target("/metrics?a=1?b").path == "/metrics");
  CHECK(split_target("/metrics?a=1?b").query == "a=1?b");
  CHECK(split_target("http://host:1/metrics?a").path == "/metrics");
  CHECK(split_target("http://host").path == "/");
  CHECK(split_target("https://host?a=1").query == "a=1");
  CHECK(split_target("*").path == "*");
}

TEST_CASE("web credentials: basic authentication is decoded strictly") {
  CHECK(decode_base64("Zm9vYg==") == "foob");
  CHECK(decode_base64("Zm9vYmE=") == "fooba");
  CHECK(decode_base64("") == "");
  for (const char* broken : {"Z", "Zm9v=", "Zm9vYg=a", "Zm 9vYg=", "Zm9vYg\n=", "===="}) CHECK_FALSE(decode_base64(broken));
  const auto alice = parse_basic_auth("basic  YWxpY2U6Y29ycmVjdDpob3JzZQ==");
  REQUIRE(alice);
  CHECK(alice->user == "alice");
  CHECK(alice->password == "correct:horse");
  for (const char* broken : {"", "Basic", "Basic ", "Basic YWxpY2U=", "Bearer YTpi", "Basic YTpiAGM="})
    CHECK_FALSE(parse_basic_auth(broken));
}

TEST_CASE("web rate limit: a burst, then one an interval") {
  RateLimiter limiter;
  const RateLimit limit{1s, 2};
  SteadyTime now{1h};
  CHECK(limiter.allow(limit, now));
  CHECK(limiter.allow(limit, now));
  CHECK_FALSE(limiter.allow(limit, now));
  CHECK_FALSE(limiter.allow(limit, now + 900ms));
  CHECK(limiter.allow(limit, now + 1000ms));
  CHECK_FALSE(limiter.allow(limit, now + 1500ms));
  now += 1h;
  CHECK(limiter.allow(limit, now));
  CHECK(limiter.allow(limit, now));
  CHECK_FALSE(limiter.allow(limit, now));
  CHECK(limiter.allow({1s, 5}, now));  // a changed limit begins anew
  CHECK(limiter.allow({}, now));
}

TEST_CASE("web passwords: one hash is worked out, then the answer is remembered") {
  const Users users{{"alice", "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"},
                    {"bob", "$2y$05$ABCDEFGHIJKLMNOPQRSTUOUtCXPn2UzFzzGv0RszF9Q8W6l19.Y9O"}};
  Passwords passwords;
  const auto ask = [&](const Credentials& who, const Users& known) {
    std::promise<bool> answer;
    REQUIRE(passwords.work_out(who, known, [&](bool allowed) { answer.set_value(allowed); }));
    return answer.get_future().get();
  };
  const Credentials alice{"alice", "correct horse"};
  CHECK(passwords.look_up(alice, users) == Passwords::Verdict::unknown);
  CHECK(ask(alice, users));
  CHECK(passwords.look_up(alice, users) == Passwords::Verdict::allowed);
  CHECK(ask({"bob", "correct horse"}, users));
  CHECK_FALSE(ask({"alice", "wrong"}, users));
  CHECK(passwords.look_up({"alice", "wrong"}, users) == Passwords::Verdict::refused);
  CHECK_FALSE(ask({"nobody", "correct horse"}, users));
  CHECK(passwords.look_up({"bob", "correct hors"}, users) == Passwords::Verdict::unknown);

  const Users changed{{"alice", users.at("bob")}};
  CHECK(passwords.look_up(alice, changed) == Passwords::Verdict::unknown);  // the stored hash is another one now

  for (int i = 0; i < 70; ++i) CHECK_FALSE(ask({"alice", "wrong " + std::to_string(i)}, users));
  CHECK(passwords.look_up(alice, users) == Passwords::Verdict::allowed);  // wrong ones push out wrong ones only
}

TEST_CASE("web credentials: a secret equals itself alone, and an empty one nothing") {
  CHECK(same_secret("a secret", "a secret"));
  CHECK_FALSE(same_secret("a secret", "a secreT"));
  CHECK_FALSE(same_secret("a secret", "a secret "));
  CHECK_FALSE(same_secret("", ""));
}
