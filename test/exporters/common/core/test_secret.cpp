#include "core/secret.h"

#include <cstring>
#include <new>
#include <sstream>
#include <type_traits>

#include "support/catch.h"

using namespace finwatch;

namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

TEST_CASE("secret: it cannot be printed or turned into text by accident") {
  static_assert(!Printable<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
  CHECK(Secret(std::string("x")).reveal() == "x");
  CHECK(Secret().empty());
}

TEST_CASE("secret: what was moved from is empty, and copies are their own") {
  Secret first(std::string("a long secret that does not fit the short form"));
  Secret second(std::move(first));
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that nothing is left is what is tested
  Secret third = second;
  second = Secret(std::string("other"));
  CHECK(third.reveal().starts_with("a long secret"));
  CHECK(second.reveal() == "other");
  const Secret& same = third;
  third = same;
  CHECK(third.reveal().size() == 46);
}

TEST_CASE("secret: its bytes are gone when it goes") {
  alignas(Secret) unsigned char room[sizeof(Secret)];  // a short text lies inside the object
  auto* secret = new (room) Secret(std::string("s3cret"));
  REQUIRE(std::memchr(room, 's', sizeof room) != nullptr);
  const Secret taken(std::move(*secret));
  CHECK(std::string_view(reinterpret_cast<const char*>(room), sizeof room).find("3cret") == std::string_view::npos);
  *secret = taken;
  REQUIRE(std::memchr(room, '3', sizeof room) != nullptr);
  secret->~Secret();
  const std::string_view left(reinterpret_cast<const char*>(room), sizeof room);
  CHECK(left.find("s3cret") == std::string_view::npos);
  CHECK(left.find("3cret") == std::string_view::npos);
}
