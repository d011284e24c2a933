#include <zlib.h>

#include <filesystem>
#include <map>
#include <thread>

#include "core/text.h"
#include "net/fake_server.h"
#include "net/net_fixture.h"
#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace finwatch::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::chrono::milliseconds kShort{150};

// Answers every request with what it was.
void echo(FakeConnection& peer) {
  for (std::string request = peer.request(); !request.empty(); request = peer.request()) peer.answer(request);
}

// A function that answers by path; the others get 404.
FakeTcpServer::Handler routes(std::map<std::string, std::function<void(FakeConnection&, const std::string&)>> all) {
  return [all = std::move(all)](FakeConnection& peer) {
    for (std::string request = peer.request(); !request.empty(); request = peer.request()) {
      FieldReader words(request);
      words.skip(1);
      const auto found = all.find(std::string(words.next()));
      if (found == all.end())
        peer.answer("no such page", {}, "404 Not Found");
      else
        found->second(peer, request);
    }
  };
}

std::function<void(FakeConnection&, const std::string&)> redirect(std::string status, std::string location) {
  return [=](FakeConnection& peer, const std::string&) { peer.answer("", "Location: " + location + "\r\n", status); };
}

std::function<void(FakeConnection&, const std::string&)> say_request() {
  return [](FakeConnection& peer, const std::string& request) { peer.answer(request); };
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  std::string copy = text;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

void check_times(const HttpResult& result) {
  PhaseTimes::Duration sum{};
  for (const HttpHop& hop : result.hops) sum += hop.times.total();
  CHECK(sum == result.times.total());
}

}  // namespace

TEST_CASE("http: a plain answer, with everything that is known of it") {
  Net net;
  FakeTcpServer server([](FakeConnection& peer) {
    peer.request();
    peer.answer("hello", "X-One: 1\r\nx-two:  two words \r\nX-One: again\r\n", "202 Accepted");
    peer.hang();
  });
  const SteadyTime before = net.loop.now();
  const HttpResult result = net.http({.url = "http://user:secret@127.0.0.1:" + std::to_string(server.port()) + "/a?b=c#d"});
  const SteadyTime after = net.loop.now();
  CHECK(result.outcome);
  CHECK(result.status() == 202);
  CHECK(result.body == "hello");
  CHECK(result.received == 5);
  CHECK(result.last().url == server.url("/a?b=c"));
  CHECK(result.last().version == HttpVersion::http1_1);
  CHECK(result.last().remote == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(!result.last().reused);
  CHECK(result.last().tls == nullptr);
  REQUIRE(result.last().headers.size() == 4);
  CHECK(result.last().headers[3].value == "again");
  CHECK(result.last().header("X-TWO") == "two words");
  CHECK(result.times[Phase::connect] > PhaseTimes::Duration{});
  CHECK(result.times[Phase::processing] > PhaseTimes::Duration{});
  CHECK(result.times[Phase::tls] == PhaseTimes::Duration{});
  CHECK(result.times.total() <= after - before);
  check_times(result);
}

TEST_CASE("http: the request goes out as it was asked for") {
  Net net;
  FakeTcpServer server(echo);
  SECTION("a POST with a body, a type, own headers and basic auth") {
    const HttpResult result = net.http({.method = "POST",
                                        .url = server.url("/x"),
                                        .headers = {{"X-Mine", "yes"}, {"X-Empty", ""}, {"User-Agent", "me"}},
                                        .body = "a=1",
                                        .content_type = "application/x-www-form-urlencoded",
                                        .auth = {.user = "Aladdin", .password = Secret("open sesame")}});
    CHECK_THAT(result.body, Contains("POST /x HTTP/1.1\r\n"));
    CHECK_THAT(result.body, Contains("\r\nX-Mine: yes\r\n"));
    CHECK_THAT(result.body, Contains("\r\nX-Empty:\r\n"));
    CHECK_THAT(result.body, Contains("\r\nUser-Agent: me\r\n"));
    CHECK_THAT(result.body, Contains("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    CHECK_THAT(result.body, Contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    CHECK_THAT(result.body, Contains("\r\nContent-Length: 3\r\n") && Contains("\r\n\r\na=1"));
  }
  SECTION("any other method") {
    for (const std::string method : {"PUT", "PATCH", "DELETE", "OPTIONS"}) {
      const HttpResult with =
          net.http({.method = method, .url = server.url(), .body = "{}", .content_type = "application/json"});
      CHECK_THAT(with.body, Contains(method + " / HTTP/1.1\r\n") && Contains("\r\n\r\n{}"));
      CHECK_THAT(net.http({.method = method, .url = server.url()}).body, Contains(method + " / HTTP/1.1\r\n"));
    }
    CHECK_THAT(net.http({.url = server.url(), .auth = {.bearer = Secret("abc")}}).body,
               Contains("\r\nAuthorization: Bearer abc\r\n"));
  }
  SECTION("a body of a megabyte arrives whole and takes the phase of its sending") {
    const HttpResult result =
        net.http({.method = "POST", .url = server.url(), .body = std::string(1'000'000, 'x'), .most_body = 2'000'000});
    CHECK(result.outcome);
    CHECK(result.body.size() > 1'000'000);
    CHECK(result.times[Phase::send] > PhaseTimes::Duration{});
  }
}

TEST_CASE("http: HEAD has no body and waits for none") {
  Net net;
  FakeTcpServer server([](FakeConnection& peer) {
    peer.request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    peer.hang();
  });
  const HttpResult result = net.http({.method = "HEAD", .url = server.url()});
  CHECK(result.outcome);
  CHECK(result.last().header("content-length") == "1000");
}

TEST_CASE("http: each way to fail has its class and a text") {
  Net net;
  const auto fails = [&](const FakeTcpServer::Handler& handler, NetError error, const std::string& text) {
    FakeTcpServer server(handler);
    const HttpResult result = net.http({.url = server.url()});
    CHECK(to_string(result.outcome.error) == to_string(error));
    CHECK_THAT(result.outcome.text, Contains(text));
    check_times(result);
  };
  SECTION("the server closes before it answers") {
    fails([](FakeConnection& peer) { peer.request(); }, NetError::protocol, "Empty reply");
  }
  SECTION("the server resets in the middle of the body") {
    fails(
        [](FakeConnection& peer) {
          peer.request();
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
          peer.reset();
        },
        NetError::protocol, "");
  }
  SECTION("the body is shorter than promised") {
    fails(
        [](FakeConnection& peer) {
          peer.request();
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        },
        NetError::protocol, "remaining");
  }
  SECTION("what answers speaks no HTTP") {
    fails(
        [](FakeConnection& peer) {
          peer.request();
          peer.write("220 mail.example ESMTP\r\n");
          peer.hang();
        },
        NetError::protocol, "");
  }
  SECTION("headers without end") {
    fails(
        [](FakeConnection& peer) {
          peer.request();
          peer.write("HTTP/1.1 200 OK\r\n");
          while (peer.write("X-More: " + std::string(1'000, 'x') + "\r\n")) {
          }
        },
        NetError::too_large, "");
  }
  SECTION("nobody listens") {
    const HttpResult result = net.http({.url = "http://127.0.0.1:1/"});
    CHECK(result.outcome.error == NetError::connect);
    CHECK(result.last().remote == "127.0.0.1:1");
    CHECK(result.last().status == 0);
    check_times(result);
  }
  SECTION("plain HTTP where TLS is spoken") {
    FakeTcpServer server([](FakeConnection& peer) {
      peer.read_more();
      peer.answer("this is no TLS", {}, "400 Bad Request");
      peer.hang();
    });
    const HttpResult result = net.http({.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/"});
    CHECK(result.outcome.error == NetError::tls);
    CHECK(result.times[Phase::tls] > PhaseTimes::Duration{});
    CHECK(result.times[Phase::connect] > PhaseTimes::Duration{});
  }
  SECTION("what cannot be asked") {
    for (const std::string url : {"", "nonsense:", "ftp://host/", "http://", "http://host:99999/", "file:///etc/passwd"}) {
      CAPTURE(url);
      CHECK(net.http({.url = url}).outcome.error == NetError::invalid);
    }
    CHECK(net.http({.url = "http://127.0.0.1:1/", .proxy = "ftp://x"}).outcome.error == NetError::invalid);
  }
}

TEST_CASE("http: the deadline ends whatever hangs, in the phase where it hung, and keeps what had come") {
  Net net;
  const auto late = [&](const FakeTcpServer::Handler& handler, Phase phase, int status) {
    FakeTcpServer server(handler);
    const HttpResult result = net.http({.url = server.url()}, kShort);
    CHECK(result.outcome.error == NetError::timeout);
    CHECK_THAT(result.outcome.text, Contains(std::string(to_string(phase))));
    CHECK(result.status() == status);
    CHECK(result.times.total() >= kShort);
    CHECK(result.times[phase] > PhaseTimes::Duration{});
    check_times(result);
  };
  SECTION("no answer") {
    late([](FakeConnection& peer) { peer.hang(); }, Phase::processing, 0);
  }
  SECTION("an answer that does not end") {
    late(
        [](FakeConnection& peer) {
          peer.request();
          peer.write("HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nabc");
          peer.hang();
        },
        Phase::transfer, 503);
  }
  SECTION("an answer that drips") {
    late(
        [](FakeConnection& peer) {
          peer.request();
          peer.write("HTTP/1.1 200 OK\r\n\r\n");
          while (peer.write(".")) std::this_thread::sleep_for(std::chrono::milliseconds{5});
        },
        Phase::transfer, 200);
  }
  SECTION("a TLS peer that says nothing") {
    FakeTcpServer server([](FakeConnection& peer) { peer.hang(); });
    const HttpResult result = net.http({.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/"}, kShort);
    CHECK(result.outcome.error == NetError::timeout);
    CHECK_THAT(result.outcome.text, Contains("phase tls"));
    CHECK(result.times[Phase::tls] > PhaseTimes::Duration{});
  }
  SECTION("a deadline that has passed") {
    FakeTcpServer server(echo);
    CHECK(net.http({.url = server.url()}, std::chrono::milliseconds{-1}).outcome.error == NetError::timeout);
  }
}

TEST_CASE("http: a body is cut at its limit, packed or not") {
  Net net;
  SECTION("plain") {
    FakeTcpServer server([](FakeConnection& peer) {
      peer.request();
      peer.answer(std::string(5'000, 'x'));
    });
    const HttpResult exact = net.http({.url = server.url(), .most_body = 5'000});
    CHECK(exact.outcome);
    CHECK(exact.body.size() == 5'000);
    const HttpResult over = net.http({.url = server.url(), .most_body = 4'999});
    CHECK(over.outcome.error == NetError::too_large);
    CHECK(over.body.size() == 4'999);
    CHECK(over.status() == 200);
  }
  SECTION("a gzip bomb: 1 kB of zeros for each byte") {
    FakeTcpServer server([](FakeConnection& peer) {
      peer.request();
      peer.answer(gzip(std::string(20'000'000, '\0')), "Content-Encoding: gzip\r\n");
    });
    const HttpResult bomb = net.http({.url = server.url()});
    CHECK(bomb.outcome.error == NetError::too_large);
    CHECK(bomb.body.size() == 1024 * 1024);
    CHECK(bomb.received < 50'000);
  }
  SECTION("gzip that is none") {
    FakeTcpServer server([](FakeConnection& peer) {
      peer.request();
      peer.answer("plain words", "Content-Encoding: gzip\r\n");
    });
    CHECK(net.http({.url = server.url()}).outcome.error == NetError::protocol);
    CHECK(net.http({.url = server.url(), .compressed = false}).body == "plain words");
  }
}

TEST_CASE("http: redirects are followed by us, hop by hop") {
  Net net;
  FakeTcpServer other(routes({{"/landed", say_request()}}));
  FakeTcpServer server(
      routes({{"/relative", redirect("302 Found", "land?x=1")},
              {"/land?x=1", say_request()},
              {"/see", redirect("303 See Other", "/land?x=1")},
              {"/keep", redirect("307 Temporary Redirect", "/land?x=1")},
              {"/away", redirect("302 Found", other.url("/landed"))},
              {"/loop", redirect("301 Moved Permanently", "/loop")},
              {"/file", redirect("302 Found", "file:///etc/passwd")},
              {"/nowhere", [](FakeConnection& peer, const std::string&) { peer.answer("stay", {}, "302 Found"); }}}));
  HttpRequest request{.method = "POST",
                      .url = server.url("/relative"),
                      .headers = {{"Cookie", "mine=1"}},
                      .body = "b",
                      .auth = {.bearer = Secret("t0ken")},
                      .follow_redirects = true};
  SECTION("302 after a POST is a GET without the body, at the same host with who we are") {
    const HttpResult result = net.http(request);
    CHECK(result.redirects() == 1);
    CHECK(result.hops[0].status == 302);
    CHECK(result.last().url == server.url("/land?x=1"));
    CHECK_THAT(result.body, Contains("GET /land?x=1 HTTP/1.1") && Contains("t0ken") && Contains("mine=1"));
    CHECK_THAT(result.body, !Contains("Content-"));
    check_times(result);
  }
  SECTION("307 keeps method and body") {
    request.url = server.url("/keep");
    CHECK_THAT(net.http(request).body, Contains("POST /land?x=1 HTTP/1.1") && Contains("\r\n\r\nb"));
  }
  SECTION("303 makes a GET of anything") {
    request.url = server.url("/see");
    request.method = "PUT";
    CHECK_THAT(net.http(request).body, Contains("GET /land?x=1 HTTP/1.1"));
  }
  SECTION("another host is not told who we are") {
    request.url = server.url("/away");
    const HttpResult result = net.http(request);
    CHECK_THAT(result.body, Contains("GET /landed") && !Contains("t0ken") && !Contains("mine=1"));
  }
  SECTION("a loop ends at the limit") {
    request.url = server.url("/loop");
    request.most_redirects = 4;
    const HttpResult result = net.http(request);
    CHECK(result.outcome.error == NetError::protocol);
    CHECK(result.outcome.text == "more than 4 redirects");
    CHECK(result.hops.size() == 5);
  }
  SECTION("to what is not HTTP, or nowhere, or not wanted") {
    request.url = server.url("/file");
    CHECK(net.http(request).outcome.error == NetError::protocol);
    request.url = server.url("/nowhere");
    CHECK(net.http(request).body == "stay");
    request.url = server.url("/relative");
    request.follow_redirects = false;
    CHECK(net.http(request).status() == 302);
  }
}

TEST_CASE("http: cookies are kept in the caller's jar, over hops and calls") {
  Net net;
  CookieJar jar;
  FakeTcpServer server(
      routes({{"/login",
               [](FakeConnection& peer, const std::string&) {
                 peer.answer("", "Set-Cookie: SESSION=s1; Path=/; HttpOnly\r\nSet-Cookie: theme=dark\r\nLocation: /home\r\n",
                             "302 Found");
               }},
              {"/home", say_request()},
              {"/logout", [](FakeConnection& peer, const std::string&) {
                 peer.answer("", "Set-Cookie: SESSION=; Path=/; Max-Age=0\r\n");
               }}}));
  const HttpResult first = net.http({.url = server.url("/login"), .follow_redirects = true, .cookies = &jar});
  CHECK_THAT(first.body, Contains("\r\nCookie: SESSION=s1; theme=dark\r\n"));
  CHECK(jar.find("SESSION") == "s1");
  net.http({.url = server.url("/logout"), .cookies = &jar});
  CHECK_THAT(net.http({.url = server.url("/home"), .cookies = &jar}).body, Contains("\r\nCookie: theme=dark\r\n"));
  CHECK_THAT(net.http({.url = server.url("/home")}).body, !Contains("Cookie"));
}

TEST_CASE("http: a kept connection is taken up again, any other is closed") {
  Net net;
  FakeTcpServer server(echo);
  HttpRequest keep{.url = server.url(), .keep_connection = true};
  CHECK(!net.http(keep).last().reused);
  for (int i = 0; i < 20; ++i) CHECK(net.http(keep).last().reused);
  CHECK(server.connections() == 1);
  CHECK(net.client.opened_sockets() == 1);
  for (int i = 0; i < 20; ++i) CHECK(!net.http({.url = server.url()}).last().reused);
  CHECK(server.connections() == 21);
  CHECK(net.client.opened_sockets() == 21);
}

TEST_CASE("http: a kept connection that is closed under a request: sent once more when idempotent, else never") {
  Net net;
  std::atomic<int> requests{0};
  // Answers the first request of a connection and closes when it has read the second.
  FakeTcpServer server([&](FakeConnection& peer) {
    for (int i = 0; i < 2; ++i) {
      if (peer.request().empty()) return;
      ++requests;
      if (i == 0) peer.answer("ok");
    }
  });
  for (const std::string method : {"GET", "POST"}) {
    HttpRequest request{.method = method, .url = server.url(), .keep_connection = true, .idempotent = true};
    if (method == "POST") request.body = "voucher";
    CHECK(net.http(request).outcome);
    requests = 0;
    const HttpResult again = net.http(request);
    CHECK(again.outcome);
    CHECK(again.last().repeated);
    CHECK(requests == 2);

    request.idempotent = false;
    requests = 0;
    const HttpResult never = net.http(request);
    CHECK(never.outcome.error == NetError::protocol);
    CHECK_THAT(never.outcome.text, Contains("not sent again"));
    CHECK(requests == 1);
    check_times(never);
  }
}

TEST_CASE("http: a proxy is asked instead, and the name is its to look up") {
  Net net;
  FakeTcpServer proxy([](FakeConnection& peer) {
    for (std::string request = peer.request(); !request.empty(); request = peer.request()) {
      if (request.starts_with("CONNECT good.invalid")) {
        peer.write("HTTP/1.1 200 Connected\r\n\r\n");
        peer.hang();
      } else if (request.starts_with("CONNECT")) {
        peer.answer("", {}, "403 Forbidden");
      } else {
        peer.answer(request);
      }
    }
  });
  const std::string address = "http://user:pw@localhost:" + std::to_string(proxy.port());
  const HttpResult result = net.http({.url = "http://erp.invalid/x", .proxy = address});
  CHECK_THAT(result.body, Contains("GET http://erp.invalid/x HTTP/1.1") && Contains("Proxy-Authorization: Basic"));
  const HttpResult refused = net.http({.url = "https://bad.invalid/", .proxy = address});
  CHECK(refused.outcome.error == NetError::connect);
  const HttpResult silent = net.http({.url = "https://good.invalid/", .proxy = address}, kShort);
  CHECK(silent.outcome.error == NetError::timeout);
  CHECK(silent.times[Phase::tls] > PhaseTimes::Duration{});
}

TEST_CASE("http: cancelling tells once, destroying tells nothing, both at any time") {
  Net net;
  FakeTcpServer slow([](FakeConnection& peer) {
    peer.request();
    peer.hang();
  });
  for (const int rounds : {0, 1, 2, 3, 5}) {
    int told = 0;
    HttpCall call(net.client);
    call.start({.url = slow.url()}, net.in(std::chrono::seconds{30}), [&](HttpResult&& result) {
      ++told;
      CHECK(result.outcome.error == NetError::cancelled);
      call.cancel();  // over already: nothing
    });
    for (int i = 0; i < rounds; ++i) net.loop.run_once(net.in(std::chrono::milliseconds{5}));
    call.cancel();
    call.cancel();
    CHECK(told == 0);
    net.run_until([&] { return told > 0; });
    net.loop.run_once(net.loop.now());
    CHECK(told == 1);

    auto gone = std::make_unique<HttpCall>(net.client);
    gone->start({.url = slow.url()}, net.in(std::chrono::seconds{30}), [&](HttpResult&&) { ++told; });
    for (int i = 0; i < rounds; ++i) net.loop.run_once(net.in(std::chrono::milliseconds{5}));
    gone.reset();
    net.loop.run_once(net.loop.now());
    CHECK(told == 1);
  }
  CHECK(net.loop.watches() == 0);
  CHECK(net.loop.timers() == 0);
}

TEST_CASE("http: a call may destroy itself and others, and start anew, in its callback") {
  Net net;
  FakeTcpServer server(echo);
  auto first = std::make_unique<HttpCall>(net.client);
  auto second = std::make_unique<HttpCall>(net.client);
  HttpCall third(net.client);
  int told = 0;
  const auto tell = [&](HttpResult&& result) {
    CHECK(result.outcome);
    if (++told > 1) return;
    first.reset();
    second.reset();
    third.start({.url = server.url()}, net.in(std::chrono::seconds{30}), [&](HttpResult&& last) {
      CHECK(last.outcome);
      told = 10;
    });
  };
  first->start({.url = server.url()}, net.in(std::chrono::seconds{30}), tell);
  second->start({.url = server.url()}, net.in(std::chrono::seconds{30}), tell);
  CHECK(net.run_until([&] { return told == 10; }));
}

TEST_CASE("http: five hundred at once, and thousands in a row, leave nothing behind") {
  Net net;
  FakeTcpServer server(echo);
  std::vector<std::unique_ptr<HttpCall>> calls;
  net.http({.url = server.url()});
  net.loop.run_once(net.in(std::chrono::milliseconds{100}));
  const std::size_t descriptors = open_descriptors() + 1;
  std::size_t done = 0;
  for (int i = 0; i < 500; ++i) {
    calls.push_back(std::make_unique<HttpCall>(net.client));
    calls.back()->start({.url = server.url()}, net.in(std::chrono::seconds{60}), [&](HttpResult&& result) {
      CHECK(result.outcome);
      ++done;
    });
  }
  CHECK(net.run_until([&] { return done == 500; }));
  calls.clear();
  for (int i = 0; i < 1'000; ++i)
    if (!net.http({.url = server.url()}).outcome) FAIL("a call failed");
  CHECK(net.loop.watches() == 0);
  CHECK(net.loop.timers() == 0);
  // The server, which lives in this process too, closes its ends a little later.
  CHECK(net.run_until([&] {
    net.loop.run_once(net.in(std::chrono::milliseconds{10}));
    return open_descriptors() <= descriptors;
  }));
}

TEST_CASE("http: described for a person, nothing secret is said") {
  CookieJar jar;
  jar.take("a=topsecret", *Url::parse("http://h/"), WallTime{});
  const std::string text =
      describe({.method = "POST",
                .url = "https://joe:topsecret@erp.example/login?x=1",
                .headers = {{"authorization", "topsecret"}, {"X-Api-Key", "topsecret"}, {"Accept", "text/html"}},
                .body = "a=1",
                .content_type = "text/plain",
                .auth = {.user = "joe", .password = Secret("topsecret")},
                .proxy = "http://p:topsecret@proxy:3128",
                .cookies = &jar});
  CHECK(text ==
        "POST https://erp.example/login?x=1\nauthorization: ********\nX-Api-Key: ********\nAccept: text/html\n"
        "Authorization: Basic ********\nCookie: ********\nContent-Type: text/plain\n(through http://proxy:3128)\n\na=1\n");
  CHECK(without_user("http://a:b@c@host/x@y") == "http://host/x@y");
  CHECK(without_user("no url") == "no url");
}
