#include "workflow/net/cookies.h"

#include "support/catch.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace std::chrono_literals;

namespace {

const Url kErp = *Url::parse("http://erp.example/books/list");
const WallTime kNow{1'700'000'000s};

WallTime at(std::int64_t seconds) { return WallTime{std::chrono::seconds{seconds}}; }

/// What is sent an hour later, when only `set_cookie` was taken in.
std::string an_hour_later(std::string_view set_cookie) {
  CookieJar jar;
  jar.take(set_cookie, kErp, kNow);
  return jar.header(kErp, kNow + 1h);
}

}  // namespace

TEST_CASE("cookies: a date is read in every form that servers write") {
  for (const char* text : {
           "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
           "Sun, 06-Nov-1994 08:49:37 GMT", "6 nov 94 8:49:37", "NOVEMBER/6/1994,08:49:37", "08:49:37Z;1994CE 6th November",
           "\t1994 06 Nov 08:49:37 10:00:00 7 Dec 1995",  // the first of each counts
       }) {
    CAPTURE(text);
    CHECK(parse_cookie_date(text) == at(784'111'777));
  }
}

TEST_CASE("cookies: years of two digits end with 2069") {
  CHECK(parse_cookie_date("Tue, 31-Dec-69 23:59:59 GMT") == at(3'155'759'999));
  CHECK(parse_cookie_date("Thu, 01-Jan-70 00:00:01 GMT") == at(1));
  CHECK(parse_cookie_date("Sat, 01-Jan-00 00:00:00 GMT") == at(946'684'800));
  CHECK(parse_cookie_date("Thu, 29 Feb 2024 00:00:00 GMT") == at(1'709'164'800));
}

TEST_CASE("cookies: years that no clock holds are its ends") {
  CHECK(parse_cookie_date("Mon, 01 Jan 1601 00:00:00 GMT") == WallTime::min());
  CHECK(parse_cookie_date("Fri, 31 Dec 9999 23:59:59 GMT") == WallTime::max());
}

TEST_CASE("cookies: what is no date is refused") {
  for (const char* text : {
           "",
           "0",
           "-1",
           "tomorrow",
           "Sun, 06 Nov 1994",
           "06 1994 08:49:37",
           "Nov 1994 08:49:37",
           "06 Nov 08:49:37",
           "06 Nov 94199 08:49:37",
           "06 Nov 994 08:49:37",
           "06 Nov 1600 08:49:37",
           "00 Nov 1994 08:49:37",
           "32 Nov 1994 08:49:37",
           "31 Nov 1994 08:49:37",
           "29 Feb 2023 08:49:37",
           "06 Nov 1994 24:00:00",
           "06 Nov 1994 08:60:00",
           "06 Nov 1994 08:49:60",
           "06 Nov 1994 08:49",
           "06 Nov 1994 008:49:37",
           "06 Nov 1994 08:49:-7",
           "06 Smarch 1994 08:49:37",
           "06 Anf 1994 08:49:37",
           "99999999999999999999 Nov 1994 08:49:37",
       }) {
    CAPTURE(text);
    CHECK(!parse_cookie_date(text));
  }
}

TEST_CASE("cookies: a date or an age ends them, and the age counts") {
  CHECK(an_hour_later("a=1") == "a=1");
  CHECK(an_hour_later("a=1; Expires=Tue, 14 Nov 2023 23:13:21 GMT") == "a=1");  // an hour and a second after kNow
  CHECK(an_hour_later("a=1; Expires=Tue, 14 Nov 2023 23:13:20 GMT").empty());
  CHECK(an_hour_later("a=1; Expires=Mon, 01 Jan 1601 00:00:00 GMT").empty());
  CHECK(an_hour_later("a=1; Expires=soon") == "a=1");
  CHECK(an_hour_later("a=1; Max-Age=3601") == "a=1");
  CHECK(an_hour_later("a=1; Max-Age=3600").empty());
  CHECK(an_hour_later("a=1; Max-Age=-1").empty());
  CHECK(an_hour_later("a=1; Max-Age=99999999999999999999") == "a=1");
  CHECK(an_hour_later("a=1; Max-Age=-99999999999999999999").empty());
  for (const char* no_number : {"", "+3600", "1h", "- 1", "x"}) {
    CAPTURE(no_number);
    CHECK(an_hour_later(std::string("a=1; Max-Age=") + no_number) == "a=1");
  }
  const std::string past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
  CHECK(an_hour_later("a=1; Max-Age=7200; " + past) == "a=1");
  CHECK(an_hour_later("a=1; " + past + "; Max-Age=7200") == "a=1");
  CHECK(an_hour_later("a=1; " + past + "; Max-Age=later").empty());
  CHECK(an_hour_later("a=1; " + past + "; Expires=Fri, 31 Dec 9999 23:59:59 GMT") == "a=1");  // the last of its kind
}

TEST_CASE("cookies: a date in the past removes what is kept") {
  for (const char* past :
       {"Expires=Thu, 01-Jan-70 00:00:00 GMT", "Expires=Mon, 01 Jan 1601 00:00:00 GMT", "Max-Age=0", "Max-Age=-7"}) {
    CAPTURE(past);
    CookieJar jar;
    jar.take("SESSION=s1; Path=/", kErp, kNow);
    jar.take("SESSION=s2; Path=/books", kErp, kNow);
    jar.take(std::string("SESSION=; Path=/; ") + past, kErp, kNow);
    CHECK(jar.header(kErp, kNow) == "SESSION=s2");  // another path is another cookie
    jar.take(std::string("SESSION=; ") + past, kErp, kNow);
    CHECK(jar.size() == 0);
  }
}
