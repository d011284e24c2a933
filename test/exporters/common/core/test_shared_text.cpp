#include "core/shared_text.h"

#include <thread>
#include <vector>

#include "support/catch.h"

using namespace finwatch;

TEST_CASE("shared text: is kept once for all that have it") {
  const SharedText one = "severe";
  const SharedText other = std::string("severe");
  CHECK(&one.text() == &other.text());
  CHECK(sizeof one == sizeof(void*));
  const SharedText copy = one;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is tested
  CHECK(&copy.text() == &one.text());
}

TEST_CASE("shared text: is read as any text is") {
  const SharedText text = "major";
  const std::string& kept = text;
  const std::string_view view = text;
  CHECK(kept == "major");
  CHECK(view == "major");
  CHECK(text == "major");
  CHECK("major" == text);
  CHECK(text == std::string("major"));
  CHECK(text == std::string_view("major"));
  CHECK(text == SharedText("major"));
  CHECK_FALSE(text == "light");
  CHECK_FALSE(text == SharedText("light"));
  CHECK(SharedText(std::string_view("a\0b", 3)).text().size() == 3);
}

TEST_CASE("shared text: an empty one is no text at all") {
  SharedText text;
  CHECK(text.empty());
  CHECK(text == "");
  CHECK(text == SharedText(""));
  CHECK(text.text().empty());
  text = "x";
  CHECK_FALSE(text.empty());
  text = {};
  CHECK(text.empty());
}

TEST_CASE("shared text: another one may take its place") {
  SharedText text = "severe";
  const SharedText before = text;
  text = "light";
  CHECK(text == "light");
  CHECK(before == "severe");
  SharedText moved = std::move(text);
  CHECK(moved == "light");
  SharedText& self = moved;
  moved = self;
  CHECK(moved == "light");
  // Read from what it replaces, which nobody else has.
  moved = std::string_view(moved.text()).substr(2);
  CHECK(moved == "ght");
}

TEST_CASE("shared text: many threads take, copy and let go of the same text") {
  const auto work = [] {
    for (int i = 0; i < 20'000; ++i) {
      SharedText text = i % 2 == 0 ? "even of all" : "odd of all";
      const SharedText copy = text;
      text = {};
      if (copy.text().size() < 10) std::abort();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  CHECK(SharedText("odd of all") == "odd of all");
}
